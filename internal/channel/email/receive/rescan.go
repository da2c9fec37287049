package receive

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/inboundmail"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/parse"
	"parley/internal/clock"
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

// isKnown reports whether the inbox has the mail of a header for certain: one with the same
// identity that has as many bytes and came at the same time. Any other may say something
// else, and is fetched and compared (EM-5). One without an id and a time cannot be known
// by its header only.
func (in *session) isKnown(ctx context.Context, h imap.Header) (bool, error) {
	m := parse.Parse(h.Raw)
	if writtenID(m) == "" || m.Date.IsZero() {
		return false, nil
	}
	client, at := in.service.store.Client(ctx), clock.Of(h.InternalDate)
	same := func(m *ent.InboundMail) bool { return int64(m.Size) == h.Size && m.ArrivedAt == at }
	alike, err := in.service.findAlike(ctx, client, in.c.InboxID, m, h.Raw)
	if err != nil || slices.ContainsFunc(alike, same) {
		return err == nil, err
	}
	for _, m := range alike {
		if m.MessageID == "" {
			continue
		}
		known, err := client.InboundMail.Query().Where(inboundmail.MessageID(m.MessageID), inboundmail.Size(int(h.Size)), inboundmail.ArrivedAt(at)).Exist(ctx)
		if err != nil || known {
			return known, err
		}
	}
	return false, nil
}
