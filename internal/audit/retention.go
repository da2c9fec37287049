package audit

import (
	"context"
	"strconv"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// trimEvery is how much the log grows old before it is trimmed: the log has an entry
// for it each time.
const trimEvery = 24 * time.Hour

// trimmable finds the accounts with entries that are older than a time: by the first
// entry above the floor. $1: the time.
const trimmable = `SELECT s.id FROM account_sequences s WHERE s.audit_number > s.audit_floor AND
	(SELECT e.at FROM audit_entries e WHERE e.account_id = s.id AND e.number > s.audit_floor ORDER BY e.number LIMIT 1) < $1`

// Trim makes the audit logs forget entries that are older than kept, once a day: it
// raises the log's floor, records that it did, and deletes what lies below the floor as
// soon as a seal says that it may be gone (OP-6). The system runs it each hour.
func (s *Service) Trim(ctx context.Context, kept time.Duration) error {
	before := s.store.Now().Add(-kept)
	due, err := s.store.Strings(ctx, trimmable, int64(before.Add(-trimEvery)))
	if err != nil {
		return err
	}
	for _, account := range due {
		if err := s.raiseFloor(asRetention(ctx, account), before); err != nil {
			return err
		}
	}
	floored, err := s.store.Strings(ctx, `SELECT s.id FROM account_sequences s WHERE s.audit_floor > 0
		AND EXISTS (SELECT 1 FROM audit_entries e WHERE e.account_id = s.id AND e.number <= s.audit_floor)`)
	if err != nil {
		return err
	}
	for _, account := range floored {
		if err := s.deleteEntries(asRetention(ctx, account)); err != nil {
			return err
		}
	}
	return nil
}

func asRetention(ctx context.Context, account string) context.Context {
	return viewer.NewContext(ctx, viewer.System("retention", account))
}

// raiseFloor moves the floor of an account's log up to the first entry that is kept.
func (s *Service) raiseFloor(ctx context.Context, before clock.Micros) error {
	account := viewer.FromContext(ctx).AccountID
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		floor, err := tx.Number(ctx, "SELECT audit_floor FROM account_sequences WHERE id = $1", account)
		if err != nil {
			return err
		}
		first, err := tx.Number(ctx, `SELECT COALESCE((SELECT number FROM audit_entries WHERE account_id = $1 AND number > $2 AND at >= $3 ORDER BY number LIMIT 1),
			(SELECT audit_number + 1 FROM account_sequences WHERE id = $1))`, account, floor, int64(before))
		if err != nil || first <= floor+1 {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE account_sequences SET audit_floor = $1 WHERE id = $2", first-1, account); err != nil {
			return err
		}
		from, to := strconv.FormatInt(floor, 10), strconv.FormatInt(first-1, 10)
		tx.Audit(ctx, store.Audit{Action: vocab.AuditAuditLogTrimmed, Changes: []vocab.FieldChange{{Field: "floor", From: &from, To: &to}}})
		return nil
	})
}

// deleteEntries deletes what lies below the floor of an account's log.
func (s *Service) deleteEntries(ctx context.Context) error {
	account := viewer.FromContext(ctx).AccountID
	floors, err := s.store.Numbers(ctx, "SELECT audit_floor FROM account_sequences WHERE id = $1", account)
	if err != nil || len(floors) == 0 {
		return err
	}
	return s.store.DeleteTrimmed(ctx, account, store.Trimmed{Log: store.AuditLog, Table: "audit_entries", Number: "number"}, floors[0])
}

// ForgetMarks forgets what was recorded in an hour that is over. The system runs it each hour.
func (s *Service) ForgetMarks(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("forget-audit-marks"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM audit_marks WHERE at < $1", int64(tx.Now().Add(-2*time.Hour)))
		return err
	})
}
