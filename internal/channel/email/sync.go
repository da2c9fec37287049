package email

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/parse"
	"parley/internal/clock"
	"parley/internal/lease"
	"parley/internal/vocab"
)

const (
	// fetchMails are stored in one transaction.
	fetchMails = 50
	// headerMails are looked through at a time.
	headerMails = 500
)

// session is one connection to a mailbox.
type session struct {
	service *Service
	lease   *lease.Lease
	conn    *imap.Conn
	c       *ent.EmailChannel
	// source gives the access tokens; nil: there are none.
	source *oauth.Source
	// reading is the batch that is being read while the next one is fetched.
	reading sync.WaitGroup
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
			err = refuse(ctx, source, err)
		}
		return err
	}
	defer conn.Close()
	in := &session{service: s, lease: l, conn: conn, c: c, source: source}
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
	patient, cancel := context.WithTimeout(ctx, in.service.o.ReadEvery)
	defer cancel()
	err := in.conn.Idle(patient, nil)
	if patient.Err() == nil || ctx.Err() != nil {
		return err
	}
	return in.granted(ctx)
}

// granted fails when the provider took the grant back: a server may let a
// connection go on that was opened before (EM-7).
func (in *session) granted(ctx context.Context) error {
	if in.source == nil {
		return nil
	}
	_, err := in.source.Token(ctx)
	if errors.Is(err, oauth.ErrRevoked) || errors.Is(err, oauth.ErrNoRefresh) {
		return err
	}
	return nil // it may come back before the connection ends
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
	return in.rescan(ctx, box)
}

// beginning is the UID after which the first mail to take lies: what came since
// the channel was connected, or since the time that the admin chose.
func (in *session) beginning(ctx context.Context, box imap.Box) (int64, error) {
	uids, err := in.conn.SearchSince(ctx, in.since().Time())
	if err != nil || len(uids) == 0 {
		return int64(box.UIDNext) - 1, err
	}
	for more := true; more; {
		before := uids[0]
		var first uint32
		more, err = in.conn.Headers(ctx, uids[0], headerMails, func(h imap.Header) error {
			if first == 0 && !in.old(h.InternalDate) {
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

// move sets up to where the mailbox was read.
func (in *session) move(ctx context.Context, validity, uid int64) error {
	_, err := in.service.record(ctx, in.lease, in.c, validity, uid, nil)
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

// old reports whether a mail came before the channel.
func (in *session) old(internal time.Time) bool {
	return !internal.IsZero() && internal.Before(in.since().Time().Truncate(time.Second))
}

// rescan goes through a mailbox whose UIDs changed by its headers, and fetches
// what is not known. Only then are the new UIDs gone by: whatever interrupts it
// has it begin again.
func (in *session) rescan(ctx context.Context, box imap.Box) error {
	defer in.reading.Wait()
	uids, err := in.conn.SearchSince(ctx, in.since().Time())
	if err != nil {
		return err
	}
	validity, last := int64(box.UIDValidity), int64(box.UIDNext)-1
	for part := range slices.Chunk(uids, headerMails) {
		unknown, err := in.unknown(ctx, part)
		if err != nil {
			return err
		}
		for len(unknown) > 0 {
			n := run(unknown)
			if _, err := in.take(ctx, batch{validity: validity, from: unknown[0], count: n, stay: true, dated: true}); err != nil {
				return err
			}
			unknown = unknown[n:]
		}
		last = max(last, int64(part[len(part)-1]))
	}
	return in.move(ctx, validity, last)
}

// run is how many of the first UIDs follow one another without a gap, of as many
// as are stored together.
func run(uids []uint32) int {
	n := 1
	for n < min(len(uids), fetchMails) && uids[n] == uids[n-1]+1 {
		n++
	}
	return n
}

// unknown are those of the mails that the inbox does not have for certain. The
// UIDs rise.
func (in *session) unknown(ctx context.Context, uids []uint32) ([]uint32, error) {
	left := slices.Clone(uids)
	_, err := in.conn.Headers(ctx, uids[0], len(uids), func(h imap.Header) error {
		known, err := in.known(ctx, h)
		if at, found := slices.BinarySearch(left, h.UID); found && (known || in.old(h.InternalDate)) {
			left = slices.Delete(left, at, at+1)
		}
		return err
	})
	return left, err
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
	defer in.reading.Wait()
	for more := true; more; {
		var err error
		more, err = in.take(ctx, batch{
			validity: in.c.UIDValidity, from: uint32(in.c.LastUID + 1), count: fetchMails, dated: in.c.ImportSince.IsSet(),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// batch are mails that are stored in one transaction.
type batch struct {
	validity int64
	from     uint32
	count    int
	// stay leaves the mark of how far the mailbox was read where it is.
	stay bool
	// dated leaves out what came before since: elsewhere UIDs tell, and a server's
	// clock may be wrong.
	dated bool
}

// take stores some mails from a UID on, and has them read once those before them
// are. It reports whether there are more.
func (in *session) take(ctx context.Context, b batch) (more bool, err error) {
	var mails []*ent.InboundMail
	last := in.c.LastUID
	more, err = in.conn.Fetch(ctx, b.from, b.count, in.service.o.MaxMailBytes, func(m imap.Mail) error {
		if !b.dated || !in.old(m.InternalDate) {
			stored, err := in.store(ctx, b.validity, m)
			if err != nil {
				return err
			}
			mails = append(mails, stored)
		}
		last = int64(m.UID)
		return nil
	})
	if b.stay {
		last = in.c.LastUID
	}
	if len(mails) == 0 && last == in.c.LastUID {
		return more, err
	}
	// What came whole before an error is kept.
	validity := b.validity
	if b.stay {
		validity = in.c.UIDValidity
	}
	ids, failed := in.service.record(ctx, in.lease, in.c, validity, last, mails)
	if failed != nil {
		return false, failed
	}
	in.c.LastUID = last
	in.reading.Wait()
	in.reading.Go(func() { in.service.ingestAll(ctx, ids) })
	return more, err
}

// store keeps one raw mail.
func (in *session) store(ctx context.Context, validity int64, m imap.Mail) (*ent.InboundMail, error) {
	stored, err := in.service.write(ctx, in.c, fmt.Sprintf("%d:%d", validity, m.UID), m.Raw)
	if err != nil {
		return nil, err
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
	return stored, nil
}

// stored is the state of mail that waits to be read.
const stored = vocab.InboundStored
