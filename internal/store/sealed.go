package store

import (
	"context"
	"fmt"
)

// SealedLog is one of an account's logs that are sealed (OP-6).
type SealedLog string

// The logs that are sealed.
const (
	EventLog SealedLog = "EVENTS"
	AuditLog SealedLog = "AUDIT"
)

// LockSeals keeps a log from being sealed until the transaction ends, or waits
// until it was: whoever takes from a row what its digest is made of calls it
// before, so that a row is sealed as it was before or as it is afterwards. SQLite
// has one writer. share: others may take from rows too.
func (tx *Tx) LockSeals(ctx context.Context, accountID string, log SealedLog, share bool) error {
	const begin = "INSERT INTO seal_heads (account_id, log) VALUES ($1, $2) ON CONFLICT (account_id, log) DO NOTHING"
	if !tx.store.Postgres() {
		if share {
			return nil
		}
		_, err := tx.Exec(ctx, begin, accountID, string(log))
		return err
	}
	if _, err := tx.Exec(ctx, begin, accountID, string(log)); err != nil {
		return fmt.Errorf("lock the seals: %w", err)
	}
	mode := "UPDATE"
	if share {
		mode = "SHARE"
	}
	if _, err := tx.Exec(ctx, "SELECT block FROM seal_heads WHERE account_id = $1 AND log = $2 FOR "+mode, accountID, string(log)); err != nil {
		return fmt.Errorf("lock the seals: %w", err)
	}
	return nil
}

// ForgetEvents makes tombstones of events: their references, changes and salts go,
// and what they keep stays sealed. where names them by
// $2 and so on: args; $1 is the account.
func (tx *Tx) ForgetEvents(ctx context.Context, where, accountID string, args ...any) error {
	if err := tx.LockSeals(ctx, accountID, EventLog, true); err != nil {
		return err
	}
	for _, statement := range []string{
		"UPDATE seal_digests SET salt = NULL WHERE account_id = $1 AND log = 'EVENTS' AND number IN (SELECT sequence FROM events WHERE account_id = $1 AND " + where + ")",
		"UPDATE events SET conversation_id = '', message_id = '', subject_id = '', changes = '[]' WHERE account_id = $1 AND " + where,
	} {
		if _, err := tx.Exec(ctx, statement, append([]any{accountID}, args...)...); err != nil {
			return fmt.Errorf("make tombstones of events: %w", err)
		}
	}
	return nil
}

// ForgetEntries makes tombstones of entries of the audit log, as ForgetEvents does.
func (tx *Tx) ForgetEntries(ctx context.Context, where, accountID string, args ...any) error {
	if err := tx.LockSeals(ctx, accountID, AuditLog, true); err != nil {
		return err
	}
	for _, statement := range []string{
		"UPDATE seal_digests SET salt = NULL WHERE account_id = $1 AND log = 'AUDIT' AND number IN (SELECT number FROM audit_entries WHERE account_id = $1 AND " + where + ")",
		"UPDATE audit_entries SET subject_id = '', changes = '[]' WHERE account_id = $1 AND " + where,
	} {
		if _, err := tx.Exec(ctx, statement, append([]any{accountID}, args...)...); err != nil {
			return fmt.Errorf("make tombstones of the audit log: %w", err)
		}
	}
	return nil
}

// SealedFloor is up to where rows of a log may be deleted that lie below its floor:
// what no seal says was deleted must stay. A log without seals has its own floor.
func (s *Store) SealedFloor(ctx context.Context, accountID string, log SealedLog, floor int64) (int64, error) {
	sealed, err := s.Numbers(ctx, "SELECT log_floor FROM seal_heads WHERE account_id = $1 AND log = $2 AND block > 0", accountID, string(log))
	if err != nil || len(sealed) == 0 {
		return floor, err
	}
	return min(floor, sealed[0]), nil
}

// ForgetDigests forgets the digests of blocks below the floor of which no row is left:
// their seals stay. table and number say where the log's rows are.
func (tx *Tx) ForgetDigests(ctx context.Context, accountID string, log SealedLog, floor int64, table, number string) error {
	_, err := tx.Exec(ctx, `UPDATE seals SET digests = $1 WHERE account_id = $2 AND log = $3 AND last <= $4 AND length(digests) > 0
		AND NOT EXISTS (SELECT 1 FROM `+table+` e WHERE e.account_id = seals.account_id AND e.`+number+` BETWEEN seals.first AND seals.last)`,
		[]byte{}, accountID, string(log), floor)
	if err != nil {
		return fmt.Errorf("forget the digests of deleted rows: %w", err)
	}
	return nil
}
