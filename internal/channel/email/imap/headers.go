package imap

import (
	"cmp"
	"context"
	"io"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
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
	uids, more, err := c.searchNewer(ctx, from, count)
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

func (c *Conn) headers(ctx context.Context, uids []uint32) (headers []Header, err error) {
	defer c.wire.beginOperation(ctx, largeAnswer)()
	command := c.client.Fetch(uidSet(uids), &goimap.FetchOptions{
		UID: true, InternalDate: true, RFC822Size: true, BodySection: []*goimap.FetchItemBodySection{header},
	})
	for message := command.Next(); message != nil; message = command.Next() {
		got, err := readHeader(message)
		if err != nil {
			return nil, c.abandon("fetch headers", err)
		}
		if got.Raw != nil {
			headers = append(headers, got)
		}
	}
	if err := command.Close(); err != nil && (statusOf(err) == nil || passing(statusOf(err))) {
		return nil, c.failOperation("fetch headers", nil, err)
	}
	slices.SortFunc(headers, func(a, b Header) int { return cmp.Compare(a.UID, b.UID) })
	return headers, nil
}

// readHeader reads one answer, which has no Raw if it is not one with a header.
func readHeader(message *imapclient.FetchMessageData) (got Header, err error) {
	for item := message.Next(); item != nil; item = message.Next() {
		switch item := item.(type) {
		case imapclient.FetchItemDataUID:
			got.UID = uint32(item.UID)
		case imapclient.FetchItemDataInternalDate:
			got.InternalDate = item.Time
		case imapclient.FetchItemDataRFC822Size:
			got.Size = item.Size
		case imapclient.FetchItemDataBodySection:
			if item.Literal == nil || !item.MatchCommand(header) {
				continue
			}
			body := newBody(item.Literal)
			if got.Raw, err = io.ReadAll(io.LimitReader(body, headerBytes)); err != nil {
				return Header{}, err
			}
			if err := body.finish(); err != nil {
				return Header{}, err
			}
		}
	}
	return got, nil
}
