package receive

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/clock"
	"parley/internal/vocab"
)

const (
	// fetchMails are stored in one transaction.
	fetchMails = 50
	// headerMails are looked through at a time.
	headerMails = 500
)

// fetchNew takes all new mail.
func (in *session) fetchNew(ctx context.Context) error {
	defer in.reading.Wait()
	for more := true; more; {
		var err error
		more, err = in.takeBatch(ctx, batch{
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
	// dated leaves out what came before since: elsewhere UIDs say it, and a server's
	// clock may be wrong.
	dated bool
}

// takeBatch stores some mails from a UID on, and has them read once those
// before them are. It reports whether there are more.
func (in *session) takeBatch(ctx context.Context, b batch) (more bool, err error) {
	var mails []*ent.InboundMail
	last := in.c.LastUID
	more, err = in.conn.Fetch(ctx, b.from, b.count, in.service.o.MaxMailBytes, func(m imap.Mail) error {
		if !b.dated || !in.isOld(m.InternalDate) {
			stored, err := in.storeMail(ctx, b.validity, m)
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
	ids, failed := in.service.recordRaw(ctx, in.lease, in.c, validity, last, mails)
	if failed != nil {
		return false, failed
	}
	in.c.LastUID = last
	in.reading.Wait()
	in.reading.Go(func() { in.service.ingestAll(ctx, ids) })
	return more, err
}

// storeMail keeps one raw mail.
func (in *session) storeMail(ctx context.Context, validity int64, m imap.Mail) (*ent.InboundMail, error) {
	stored, err := in.service.writeRaw(ctx, in.c, fmt.Sprintf("%d:%d", validity, m.UID), m.Raw)
	if err != nil {
		return nil, err
	}
	if !m.InternalDate.IsZero() {
		stored.ArrivedAt = clock.Of(m.InternalDate)
	}
	if m.TooLarge {
		stored.Verdict.Problems = append(stored.Verdict.Problems, vocab.MailProblem{
			Code: vocab.MailTooLarge, Text: fmt.Sprintf("The e-mail has %d bytes, more than the maximum: only its header was read.", m.Size),
		})
	}
	if m.Problem != "" {
		stored.Verdict.Problems = append(stored.Verdict.Problems, vocab.MailProblem{Code: vocab.MailUnreadable, Text: "The server cannot read the mail: " + m.Problem})
	}
	return stored, nil
}

// stored is the state of mail that waits to be read.
const stored = vocab.InboundStored
