package receive

import (
	"context"
	"slices"

	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/parse"
)

// rescanMailbox goes through a mailbox whose UIDs changed by its headers, and
// fetches what is not known. Only then are the new UIDs gone by: whatever
// interrupts it has it begin again.
func (in *session) rescanMailbox(ctx context.Context, box imap.Box) error {
	defer in.reading.Wait()
	uids, err := in.conn.SearchSince(ctx, in.since().Time())
	if err != nil {
		return err
	}
	validity, last := int64(box.UIDValidity), int64(box.UIDNext)-1
	for part := range slices.Chunk(uids, headerMails) {
		unknown, err := in.unknownUIDs(ctx, part)
		if err != nil {
			return err
		}
		for len(unknown) > 0 {
			n := consecutive(unknown)
			if _, err := in.takeBatch(ctx, batch{validity: validity, from: unknown[0], count: n, stay: true, dated: true}); err != nil {
				return err
			}
			unknown = unknown[n:]
		}
		last = max(last, int64(part[len(part)-1]))
	}
	return in.moveMark(ctx, validity, last)
}

// consecutive is how many of the first UIDs follow one another without a gap,
// of as many as are stored together.
func consecutive(uids []uint32) int {
	n := 1
	for n < min(len(uids), fetchMails) && uids[n] == uids[n-1]+1 {
		n++
	}
	return n
}

// unknownUIDs are those of the mails that the inbox does not have for certain. The
// UIDs rise.
func (in *session) unknownUIDs(ctx context.Context, uids []uint32) ([]uint32, error) {
	left := slices.Clone(uids)
	_, err := in.conn.Headers(ctx, uids[0], len(uids), func(h imap.Header) error {
		known, err := in.isKnown(ctx, h)
		if at, found := slices.BinarySearch(left, h.UID); found && (known || in.isOld(h.InternalDate)) {
			left = slices.Delete(left, at, at+1)
		}
		return err
	})
	return left, err
}

// isKnown reports whether the inbox has the mail of a header. One without an id
// cannot be known by its header only.
func (in *session) isKnown(ctx context.Context, h imap.Header) (bool, error) {
	m := parse.Parse(h.Raw)
	if m.MessageID == "" {
		return false, nil
	}
	return in.service.isKnown(ctx, in.c.InboxID, identity(m, h.Raw))
}
