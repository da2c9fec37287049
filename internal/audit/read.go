package audit

import (
	"context"
	"maps"
	"slices"

	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// RecordRead records that an admin read a field which only admins may read, and which
// objects if it has single ones, once in an hour for each (AC-17). It returns when that is
// durable: what was read may go out only after it.
func (s *Service) RecordRead(ctx context.Context, field string, objects ...string) error {
	v := viewer.FromContext(ctx)
	if v == nil || v.Kind != viewer.Admin {
		return nil
	}
	if len(objects) == 0 {
		objects = []string{""}
	}
	fresh := map[string]store.Audit{}
	for _, object := range objects {
		read := store.Audit{Action: vocab.AuditReadAsAdmin, SubjectID: object, Detail: field}
		if mark := v.AccountID + " " + store.AuditMark(v, read, s.store.Now()); !s.known.Contains(mark) {
			fresh[mark] = read
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, mark := range slices.Sorted(maps.Keys(fresh)) { // in one order, as others do at the same time
			if _, err := tx.AuditHourly(ctx, fresh[mark]); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		for mark := range fresh {
			s.known.Add(mark, struct{}{})
		}
	}
	return err
}
