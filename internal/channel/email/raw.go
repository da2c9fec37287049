package email

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/attachment/blob"
	"parley/internal/id"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// write keeps a raw mail; record then makes it known.
func (s *Service) write(ctx context.Context, c *ent.EmailChannel, place string, raw io.Reader) (*ent.InboundMail, error) {
	m := &ent.InboundMail{
		ID: id.New(id.InboundMail), AccountID: c.AccountID, InboxID: c.InboxID, ChannelID: c.ID, Place: place,
		EnvelopeTo: []string{}, ArrivedAt: s.now(), State: vocab.InboundStored,
	}
	m.BlobKey = blob.RawKey(c.AccountID, m.ID)
	size, hash, err := s.blobs.Write(ctx, m.BlobKey, raw)
	m.Size, m.Hash = int(size), hash
	return m, err
}

// record makes raw mails known and moves the mailbox's mark, in one transaction
// that only the lease's holder can make. It returns the ids of those that were
// not known.
func (s *Service) record(ctx context.Context, l *lease.Lease, c *ent.EmailChannel, validity, uid int64, mails []*ent.InboundMail) (fresh []string, err error) {
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		fresh = nil
		if err := l.Check(ctx, tx); err != nil {
			return err
		}
		for _, m := range mails {
			made, err := insertRaw(ctx, tx, m)
			if err != nil {
				return err
			}
			if made {
				fresh = append(fresh, m.ID)
			}
		}
		return tx.Client.EmailChannel.UpdateOneID(c.ID).SetUIDValidity(validity).SetLastUID(uid).Exec(ctx)
	})
	return fresh, err
}

// insertRaw writes a mail's row, unless its place is known.
func insertRaw(ctx context.Context, tx *store.Tx, m *ent.InboundMail) (bool, error) {
	to, err := json.Marshal(m.EnvelopeTo)
	if err != nil {
		return false, err
	}
	verdict, err := json.Marshal(m.Verdict)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO inbound_mails (id, account_id, inbox_id, channel_id, place, blob_key, size, hash, envelope_from, envelope_to,
		arrived_at, state, verdict, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
		ON CONFLICT (channel_id, place) DO NOTHING`,
		m.ID, m.AccountID, m.InboxID, m.ChannelID, m.Place, m.BlobKey, m.Size, m.Hash, m.EnvelopeFrom, string(to),
		int64(m.ArrivedAt), string(m.State), string(verdict), int64(tx.Now()))
	return n == 1, err
}

// Deliver keeps a mail that the listener took, for each of the channels, and
// returns when that is durable: then the listener answers for it.
func (s *Service) Deliver(ctx context.Context, a Arrived) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("email"))
	channels, err := s.Get(ctx, a.ChannelIDs)
	if err != nil {
		return err
	}
	if len(channels) == 0 {
		return errors.New("none of the mail's channels is there any more")
	}
	first, err := s.deliver(ctx, channels[0], a, a.Raw)
	if err != nil {
		return err
	}
	for _, c := range channels[1:] {
		again, err := s.blobs.NewReader(ctx, first.BlobKey)
		if err != nil {
			return err
		}
		_, err = s.deliver(ctx, c, a, again)
		if err := errors.Join(err, again.Close()); err != nil {
			return err
		}
	}
	return nil
}

// deliver keeps a mail for one channel.
func (s *Service) deliver(ctx context.Context, c *ent.EmailChannel, a Arrived, raw io.Reader) (*ent.InboundMail, error) {
	ctx = inAccount(ctx, c.AccountID)
	m, err := s.write(ctx, c, "smtp:"+id.New("receipt"), raw)
	if err != nil {
		return nil, err
	}
	m.EnvelopeFrom, m.EnvelopeTo = a.From, a.Recipients
	return m, s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := insertRaw(ctx, tx, m)
		tx.Enqueue(store.Job{Args: IngestArgs{AccountID: m.AccountID, MailID: m.ID}})
		return err
	})
}

// IngestArgs asks to read a mail that was stored.
type IngestArgs struct {
	AccountID string `json:"accountId"`
	MailID    string `json:"mailId"`
}

// Kind names the job.
func (IngestArgs) Kind() string { return "ingest_mail" }

// RunIngest is the queue's worker. What the channel stored before goes first, so
// that no answer is read before what it answers.
func (s *Service) RunIngest(ctx context.Context, args IngestArgs) error {
	ctx = inAccount(ctx, args.AccountID)
	m, err := s.store.Client(ctx).InboundMail.Get(ctx, args.MailID)
	if err != nil {
		return err
	}
	turn, _ := s.turns.LoadOrStore(m.ChannelID, &sync.Mutex{})
	mutex := turn.(*sync.Mutex) //nolint:errcheck,forcetypeassert // the map holds nothing else
	mutex.Lock()
	defer mutex.Unlock()
	before, err := s.store.Strings(ctx, waitingInChannel+" AND id < $3 ORDER BY id LIMIT 50", m.ChannelID, m.AccountID, m.ID)
	if err != nil {
		return err
	}
	s.ingestAll(ctx, before)
	return s.ingest(ctx, m.ID)
}

// waitingInChannel finds what a channel stored and did not read. The state stands
// in the text: only so does the index of such mails serve.
const waitingInChannel = "SELECT id FROM inbound_mails WHERE state = 'STORED' AND channel_id = $1 AND account_id = $2"

// ingestStored reads what an earlier worker of the mailbox stored and did not
// come to read.
func (s *Service) ingestStored(ctx context.Context, channelID string) error {
	ids, err := s.store.Strings(ctx, waitingInChannel+" ORDER BY id", channelID, viewer.FromContext(ctx).AccountID)
	s.ingestAll(ctx, ids)
	return err
}

// sweepAfter is how long a stored mail may wait for its own worker.
const sweepAfter = 2 * time.Minute

// IngestOverdue reads stored mails that their workers left behind, oldest first.
// One whose content cannot be got keeps no other waiting. The system runs it each
// minute.
func (s *Service) IngestOverdue(ctx context.Context) error {
	until, last := int64(s.now().Add(-sweepAfter)), ""
	for ctx.Err() == nil {
		overdue, err := s.store.Strings(ctx, `SELECT account_id || ' ' || id FROM inbound_mails
			WHERE state = 'STORED' AND created_at < $1 AND id > $2 ORDER BY id LIMIT 500`, until, last)
		if err != nil || len(overdue) == 0 {
			return err
		}
		for _, m := range overdue {
			var accountID string
			accountID, last, _ = strings.Cut(m, " ")
			s.ingestAll(inAccount(ctx, accountID), []string{last})
		}
	}
	return ctx.Err()
}
