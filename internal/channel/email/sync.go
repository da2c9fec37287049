package email

import (
	"context"
	"fmt"
	"time"

	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/parse"
	"parley/internal/clock"
	"parley/internal/lease"
	"parley/internal/vocab"
)

const (
	// fetchMails are stored in one transaction.
	fetchMails = 50
	// lookAgain is when a mailbox is read again though its server told nothing.
	lookAgain = 5 * time.Minute
)

// session is one connection to a mailbox.
type session struct {
	service *Service
	lease   *lease.Lease
	conn    *imap.Conn
	c       *ent.EmailChannel
}

// follow reads a mailbox and what comes into it, until ctx ends or something
// fails.
func (s *Service) follow(ctx context.Context, l *lease.Lease, channelID string) error {
	c, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
	if err != nil {
		return err
	}
	if err := s.ingestStored(ctx, c.ID); err != nil {
		return err
	}
	config, source, err := s.mailbox(c)
	if err != nil {
		return err
	}
	conn, err := imap.Dial(ctx, config)
	if err != nil {
		if source != nil {
			refuse(ctx, source, err)
		}
		return err
	}
	defer conn.Close()
	in := &session{service: s, lease: l, conn: conn, c: c}
	if err := in.open(ctx); err != nil {
		return err
	}
	for {
		if err := in.fetch(ctx); err != nil {
			return err
		}
		if err := s.works(ctx, c.ID); err != nil {
			return err
		}
		if err := in.wait(ctx); err != nil {
			return err
		}
	}
}

// wait returns when there may be new mail.
func (in *session) wait(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, lookAgain)
	defer cancel()
	err := in.conn.Idle(patient, nil)
	if patient.Err() != nil && ctx.Err() == nil {
		return nil
	}
	return err
}

// open looks at the mailbox: at the first time it decides where to begin, and
// after its UIDs changed it finds out which mail is known (EM-5).
func (in *session) open(ctx context.Context) error {
	box, err := in.conn.Select(ctx)
	if err != nil {
		return err
	}
	validity := int64(box.UIDValidity)
	switch in.c.UIDValidity {
	case validity:
		return nil
	case 0:
		from, err := in.beginning(ctx, box)
		if err != nil {
			return err
		}
		return in.move(ctx, validity, from)
	}
	in.service.o.Log.InfoContext(ctx, "a mailbox's UIDs changed: it is looked through anew", "channel", in.c.ID)
	if err := in.move(ctx, validity, 0); err != nil {
		return err
	}
	return in.rescan(ctx)
}

// beginning is the UID after which the first mail to take lies: all that comes
// from now on, or what came since the time that the admin chose.
func (in *session) beginning(ctx context.Context, box imap.Box) (int64, error) {
	if !in.c.ImportSince.IsSet() {
		return int64(box.UIDNext) - 1, nil
	}
	uids, err := in.conn.SearchSince(ctx, in.c.ImportSince.Time())
	if err != nil {
		return 0, err
	}
	if len(uids) == 0 {
		return int64(box.UIDNext) - 1, nil
	}
	return int64(uids[0]) - 1, nil
}

// move sets up to where the mailbox was read.
func (in *session) move(ctx context.Context, validity, uid int64) error {
	_, err := in.service.record(ctx, in.lease, in.c, validity, uid, nil)
	in.c.UIDValidity, in.c.LastUID = validity, uid
	return err
}

// since is from when on mail is taken: what came before stays in the mailbox.
func (in *session) since() clock.Micros {
	if in.c.ImportSince.IsSet() {
		return in.c.ImportSince
	}
	return in.c.CreatedAt
}

// old reports whether a mail came before the channel.
func (in *session) old(internal time.Time) bool {
	return !internal.IsZero() && internal.Before(in.since().Time().Truncate(time.Second))
}

// rescan goes through a mailbox whose UIDs changed by its headers, and fetches
// what is not known.
func (in *session) rescan(ctx context.Context) error {
	for more := true; more; {
		var unknown []uint32
		last := in.c.LastUID
		var err error
		more, err = in.conn.Headers(ctx, uint32(in.c.LastUID+1), 500, func(h imap.Header) error {
			last = int64(h.UID)
			known, err := in.known(ctx, h)
			if err == nil && !known && !in.old(h.InternalDate) {
				unknown = append(unknown, h.UID)
			}
			return err
		})
		if err != nil {
			return err
		}
		for _, uid := range unknown {
			if err := in.batch(ctx, uid, 1); err != nil {
				return err
			}
		}
		if last == in.c.LastUID && !more {
			return nil
		}
		if err := in.move(ctx, in.c.UIDValidity, last); err != nil {
			return err
		}
	}
	return nil
}

// known reports whether the inbox has the mail of a header. One without an id
// is not told by its header alone.
func (in *session) known(ctx context.Context, h imap.Header) (bool, error) {
	m := parse.Parse(h.Raw)
	if m.MessageID == "" {
		return false, nil
	}
	return in.service.identified(ctx, in.c.InboxID, identity(m, h.Raw))
}

// fetch takes all new mail.
func (in *session) fetch(ctx context.Context) error {
	for {
		before := in.c.LastUID
		if err := in.batch(ctx, uint32(in.c.LastUID+1), fetchMails); err != nil {
			return err
		}
		if in.c.LastUID == before {
			return nil
		}
	}
}

// batch stores some mails from a UID on in one transaction, and then reads them.
func (in *session) batch(ctx context.Context, from uint32, count int) error {
	var mails []*ent.InboundMail
	last := in.c.LastUID
	_, err := in.conn.Fetch(ctx, from, count, in.service.o.MaxMailBytes, func(m imap.Mail) error {
		last = int64(m.UID)
		if in.old(m.InternalDate) {
			return nil
		}
		stored, err := in.service.write(ctx, in.c, fmt.Sprintf("%d:%d", in.c.UIDValidity, m.UID), m.Raw)
		if err != nil {
			return err
		}
		if !m.InternalDate.IsZero() {
			stored.ArrivedAt = clock.Of(m.InternalDate)
		}
		if m.TooLarge {
			stored.Verdict.Problems = append(stored.Verdict.Problems, fmt.Sprintf("The mail has %d bytes, more than are read: this is its header alone.", m.Size))
		}
		if m.Problem != "" {
			stored.Verdict.Problems = append(stored.Verdict.Problems, "The server cannot read the mail: "+m.Problem)
		}
		mails = append(mails, stored)
		return nil
	})
	if len(mails) == 0 && err != nil || last == in.c.LastUID {
		return err
	}
	// What came whole before an error is kept.
	ids, failed := in.service.record(ctx, in.lease, in.c, in.c.UIDValidity, last, mails)
	if failed != nil {
		return failed
	}
	in.c.LastUID = last
	in.service.ingestAll(ctx, ids)
	return err
}

// stored is the state of mail that waits to be read.
const stored = vocab.InboundStored
