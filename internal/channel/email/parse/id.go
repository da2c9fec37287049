package parse

import "parley/internal/channel/email/thread"

const (
	// mostDelivered bounds Mail.DeliveredTo.
	mostDelivered = 200
	// mostContentID is the length in bytes at which a Content-ID is cut.
	mostContentID = 998
)

// readIDs reads a list of Message-IDs as threading does.
func readIDs(value string) []string {
	ids := thread.IDs(value)
	for i, id := range ids {
		ids[i] = cleanText(id)
	}
	return ids
}
