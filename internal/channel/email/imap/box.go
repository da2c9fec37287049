package imap

import (
	"context"
	"errors"
	"time"

	goimap "github.com/emersion/go-imap/v2"
)

// Box is what a mailbox says of itself when it is opened.
type Box struct {
	UIDValidity uint32 // another value: all UIDs that were known mean nothing now
	UIDNext     uint32 // lies above the UID of every mail that is there
	Messages    int
}

// Select opens INBOX for reading. It must be called once before what follows.
// It returns ErrRefused if there is no INBOX, or one without lasting UIDs.
func (c *Conn) Select(ctx context.Context) (Box, error) {
	defer c.wire.beginOperation(ctx, smallAnswer)()
	data, err := c.client.Select("INBOX", &goimap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		if status := statusOf(err); status != nil && !passing(status) {
			return Box{}, c.failOperation("open INBOX", ErrRefused, err)
		}
		return Box{}, c.failOperation("open INBOX", nil, err)
	}
	box := Box{UIDValidity: data.UIDValidity, UIDNext: uint32(data.UIDNext), Messages: int(data.NumMessages)}
	if box.UIDValidity == 0 {
		return Box{}, c.failOperation("open INBOX", ErrRefused, errors.New("it keeps no UIDs"))
	}
	if box.UIDNext == 0 {
		box.UIDNext, err = c.uidNext(box.Messages)
	}
	return box, err
}

// uidNext asks a server that does not report it for the last mail's UID.
func (c *Conn) uidNext(messages int) (uint32, error) {
	if messages == 0 {
		return 1, nil
	}
	last, err := c.client.Fetch(goimap.SeqSetNum(uint32(messages)), &goimap.FetchOptions{UID: true}).Collect()
	if err != nil {
		return 0, c.failOperation("read the last UID", nil, err)
	}
	next := uint32(1)
	for _, mail := range last {
		next = max(next, uint32(mail.UID)+1)
	}
	return next, nil
}

// mostUIDs is how many UIDs SearchSince returns at most.
const mostUIDs = 1 << 20

// SearchSince returns the UIDs of the mails that arrived at t or later, rising.
// Servers know days alone, each in its own time zone: mails of up to two days
// before t are among them, and InternalDate says which.
func (c *Conn) SearchSince(ctx context.Context, t time.Time) ([]uint32, error) {
	set, err := c.search(ctx, &goimap.SearchCriteria{Since: t.UTC().AddDate(0, 0, -1)})
	if err != nil {
		return nil, err
	}
	uids, _ := firstUIDs(set, 1, mostUIDs)
	return uids, nil
}

// searchNewer returns the first count UIDs from the given one on, and whether there
// are more.
func (c *Conn) searchNewer(ctx context.Context, from uint32, count int) (uids []uint32, more bool, err error) {
	// Some servers report new mail only when they are asked, and what they have
	// reported so far is seen below.
	if err := c.noop(ctx); err != nil {
		return nil, false, err
	}
	select {
	case <-c.news:
	default:
	}
	if box := c.client.Mailbox(); box != nil && box.NumMessages == 0 {
		return nil, false, nil
	}
	from = max(from, 1)
	set, err := c.search(ctx, &goimap.SearchCriteria{UID: []goimap.UIDSet{{{Start: goimap.UID(from)}}}})
	if err != nil {
		return nil, false, err
	}
	// n:* means the last mail too, where none is newer.
	uids, more = firstUIDs(set, from, count)
	return uids, more, nil
}

// firstUIDs returns the first count UIDs of the set from the given one on. A set that
// a server made up may be huge.
func firstUIDs(set goimap.UIDSet, from uint32, count int) (uids []uint32, more bool) {
	for _, part := range set {
		for uid := max(uint64(part.Start), uint64(from)); uid <= uint64(part.Stop); uid++ {
			if len(uids) == count {
				return uids, true
			}
			uids = append(uids, uint32(uid))
		}
	}
	return uids, false
}

func (c *Conn) search(ctx context.Context, criteria *goimap.SearchCriteria) (goimap.UIDSet, error) {
	defer c.wire.beginOperation(ctx, largeAnswer)()
	data, err := c.client.UIDSearch(criteria, nil).Wait()
	if err != nil {
		return nil, c.failOperation("look for mails", nil, err)
	}
	set, _ := data.All.(goimap.UIDSet)
	return set, nil
}

// mailExists reports whether the mail is still in the mailbox.
func (c *Conn) mailExists(ctx context.Context, uid uint32) (bool, error) {
	set, err := c.search(ctx, &goimap.SearchCriteria{UID: []goimap.UIDSet{goimap.UIDSetNum(goimap.UID(uid))}})
	return set.Contains(goimap.UID(uid)), err
}

func (c *Conn) noop(ctx context.Context) error {
	defer c.wire.beginOperation(ctx, smallAnswer)()
	if err := c.client.Noop().Wait(); err != nil {
		return c.failOperation("NOOP", nil, err)
	}
	return nil
}
