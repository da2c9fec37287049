package audit

import (
	"context"

	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// RecordRead records that an admin read a field which only admins may read, once in an
// hour for each (AC-17). It returns when that is durable: what was read may go out only
// after it.
func (s *Service) RecordRead(ctx context.Context, field string) error {
	v := viewer.FromContext(ctx)
	if v == nil || v.Kind != viewer.Admin {
		return nil
	}
	read := store.Audit{Action: vocab.AuditReadAsAdmin, Detail: field}
	mark := v.AccountID + " " + store.AuditMark(v, read, s.store.Now())
	if s.known.Contains(mark) {
		return nil
	}
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.AuditHourly(ctx, read)
		return err
	})
	if err == nil {
		s.known.Add(mark, struct{}{})
	}
	return err
}

// Exported records that a file with data of the account was made for the context's
// viewer; what says which (AC-17).
func (s *Service) Exported(ctx context.Context, what string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Audit(ctx, store.Audit{Action: vocab.AuditExported, Detail: what})
		return nil
	})
}
