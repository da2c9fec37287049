package receive

import (
	"context"
	"encoding/json"
	"io"

	"parley/ent"
	"parley/internal/attachment/blob"
	"parley/internal/id"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/vocab"
)

// writeRaw keeps a raw mail; record then makes it known.
func (s *Service) writeRaw(ctx context.Context, c *ent.EmailChannel, place string, raw io.Reader) (*ent.InboundMail, error) {
	m := &ent.InboundMail{
		ID: id.New(id.InboundMail), AccountID: c.AccountID, InboxID: c.InboxID, ChannelID: c.ID, Place: place,
		EnvelopeTo: []string{}, ArrivedAt: s.store.Now(), State: vocab.InboundStored,
	}
	m.BlobKey = blob.RawKey(c.AccountID, m.ID)
	size, hash, err := s.blobs.Write(ctx, m.BlobKey, raw)
	m.Size, m.Hash = int(size), hash
	return m, err
}

// recordRaw makes raw mails known and moves the mailbox's mark, in one transaction
// that only the lease's holder can make. It returns the ids of those that were
// not known.
func (s *Service) recordRaw(ctx context.Context, l *lease.Lease, c *ent.EmailChannel, validity, uid int64, mails []*ent.InboundMail) (fresh []string, err error) {
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
