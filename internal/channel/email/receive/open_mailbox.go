package receive

import (
	"context"
	"time"

	"parley/internal/channel/email/imap"
	"parley/internal/clock"
)

// openMailbox looks at the mailbox: at the first time it decides where to
// begin, and after its UIDs changed it finds out which mail is known (EM-5).
func (in *session) openMailbox(ctx context.Context) error {
	box, err := in.conn.Select(ctx)
	if err != nil {
		return err
	}
	validity := int64(box.UIDValidity)
	switch in.c.UIDValidity {
	case validity:
		return nil
	case 0:
		from, err := in.firstUID(ctx, box)
		if err != nil {
			return err
		}
		return in.moveMark(ctx, validity, from)
	}
	in.service.o.Log.InfoContext(ctx, "a mailbox's UIDs changed: it is looked through again", "channel", in.c.ID)
	return in.rescanMailbox(ctx, box)
}

// firstUID is the UID after which the first mail to take lies: what came since
// the channel was connected, or since the time that the admin chose.
func (in *session) firstUID(ctx context.Context, box imap.Box) (int64, error) {
	uids, err := in.conn.SearchSince(ctx, in.since().Time())
	if err != nil || len(uids) == 0 {
		return int64(box.UIDNext) - 1, err
	}
	for more := true; more; {
		before := uids[0]
		var first uint32
		more, err = in.conn.Headers(ctx, uids[0], headerMails, func(h imap.Header) error {
			if first == 0 && !in.isOld(h.InternalDate) {
				first = h.UID
			}
			uids[0] = h.UID + 1
			return nil
		})
		if err != nil || first > 0 {
			return int64(first) - 1, err
		}
		if uids[0] == before {
			break
		}
	}
	return int64(box.UIDNext) - 1, nil
}

// moveMark sets up to where the mailbox was read.
func (in *session) moveMark(ctx context.Context, validity, uid int64) error {
	_, err := in.service.recordRaw(ctx, in.lease, in.c, validity, uid, nil)
	if err == nil {
		in.c.UIDValidity, in.c.LastUID = validity, uid
	}
	return err
}

// since is from when on mail is taken: what came before stays in the mailbox.
func (in *session) since() clock.Micros {
	if in.c.ImportSince.IsSet() {
		return in.c.ImportSince
	}
	return in.c.CreatedAt
}

// isOld reports whether a mail came before the channel.
func (in *session) isOld(internal time.Time) bool {
	return !internal.IsZero() && internal.Before(in.since().Time().Truncate(time.Second))
}
