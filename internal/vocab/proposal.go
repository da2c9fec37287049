package vocab

import "strings"

// ProposalKind is what a proposal is of (AG-3).
type ProposalKind string

// Kinds of proposals.
const (
	ProposedReply  ProposalKind = "REPLY"
	ProposedAction ProposalKind = "ACTION"
)

// ProposalState is what became of a proposal (AG-3).
type ProposalState string

// States of proposals.
const (
	ProposalWaiting   ProposalState = "WAITING"
	ProposalAccepted  ProposalState = "ACCEPTED"
	ProposalDismissed ProposalState = "DISMISSED"
	// ProposalStale: the contact wrote since.
	ProposalStale ProposalState = "STALE"
)

// ProposalSource is what a proposal goes back to.
type ProposalSource struct {
	Title string  `json:"title"`
	URL   *string `json:"url,omitempty"`
}

// AnnotationCondition is that a conversation, or one of its messages, has an annotation now.
type AnnotationCondition struct {
	Kind string
	// AnyOf are values, whatever their case; nil: any.
	AnyOf []string `json:",omitempty"`
}

// maxAnnotationKey is how many characters of a value filters compare.
const maxAnnotationKey = 100

// AnnotationKey is by what a value is found: its beginning, whatever its case.
func AnnotationKey(value string) string {
	r := []rune(strings.ToLower(value))
	return string(r[:min(len(r), maxAnnotationKey)])
}
