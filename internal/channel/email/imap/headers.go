package imap

import (
	"cmp"
	"context"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// Header is a mail's header.
type Header struct {
	UID          uint32
	InternalDate time.Time
	Size         int64  // bytes of the whole mail
	Raw          []byte // as it stands in the mail, with the empty line; at most a megabyte
}

// Headers gives the headers of the mails from the UID from on, count at most, by
// rising UID, and reports whether there are more. It is quick, and may leave out a
// mail that the server cannot read. An error of give ends it and is returned as
// it is.
func (c *Conn) Headers(ctx context.Context, from uint32, count int, give func(Header) error) (more bool, err error) {
	uids, more, err := c.newer(ctx, from, count)
	if err != nil {
		return false, err
	}
	for part := range slices.Chunk(uids, batchMails) {
		headers, err := c.headers(ctx, part)
		if err != nil {
			return false, err
		}
		for _, header := range headers {
			if err := give(header); err != nil {
				return false, err
			}
		}
	}
	return more, nil
}

func (c *Conn) headers(ctx context.Context, uids []uint32) ([]Header, error) {
	defer c.wire.begin(ctx, largeAnswer)()
	messages, err := c.client.Fetch(uidSet(uids), &goimap.FetchOptions{
		UID: true, InternalDate: true, RFC822Size: true, BodySection: []*goimap.FetchItemBodySection{header},
	}).Collect()
	if err != nil && (statusOf(err) == nil || passing(statusOf(err))) {
		return nil, c.fail("fetch headers", nil, err)
	}
	var headers []Header
	for _, message := range messages {
		if raw := message.FindBodySection(header); raw != nil {
			raw = raw[:min(len(raw), headerBytes)]
			headers = append(headers, Header{UID: uint32(message.UID), InternalDate: message.InternalDate, Size: message.RFC822Size, Raw: raw})
		}
	}
	slices.SortFunc(headers, func(a, b Header) int { return cmp.Compare(a.UID, b.UID) })
	return headers, nil
}
