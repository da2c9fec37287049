package store

import (
	"context"
	"errors"
	"fmt"
)

// SealedLog is one of an account's logs that are sealed (OP-6).
type SealedLog string

// The logs that are sealed.
const (
	EventLog SealedLog = "EVENTS"
	AuditLog SealedLog = "AUDIT"
)

const beginSeals = "INSERT INTO seal_heads (account_id, log) VALUES ($1, $2) ON CONFLICT (account_id, log) DO NOTHING"

// LockSeals keeps rows of a log as they are until the transaction ends: it is sealed. It
// does not wait: locked is false while someone makes tombstones of rows, or seals the log.
// SQLite has one writer.
func (tx *Tx) LockSeals(ctx context.Context, accountID string, log SealedLog) (locked bool, err error) {
	if _, err := tx.Exec(ctx, beginSeals, accountID, string(log)); err != nil {
		return false, fmt.Errorf("lock the seals: %w", err)
	}
	if !tx.store.Postgres() {
		return true, nil
	}
	rows, err := tx.Query(ctx, "SELECT block FROM seal_heads WHERE account_id = $1 AND log = $2 FOR UPDATE SKIP LOCKED", accountID, string(log))
	if err != nil {
		return false, fmt.Errorf("lock the seals: %w", err)
	}
	locked = rows.Next()
	return locked, errors.Join(rows.Err(), rows.Close())
}

// keepFromSealing keeps a log from being sealed until the transaction ends, or waits until
// it was: whoever takes from a row what its digest is made of calls it before, so that a
// row is sealed as it was before or as it is afterwards.
func (tx *Tx) keepFromSealing(ctx context.Context, accountID string, log SealedLog) error {
	if !tx.store.Postgres() {
		return nil
	}
	if _, err := tx.Exec(ctx, beginSeals, accountID, string(log)); err != nil {
		return fmt.Errorf("lock the seals: %w", err)
	}
	if _, err := tx.Exec(ctx, "SELECT block FROM seal_heads WHERE account_id = $1 AND log = $2 FOR SHARE", accountID, string(log)); err != nil {
		return fmt.Errorf("lock the seals: %w", err)
	}
	return nil
}

// ForgetEvents makes tombstones of events: their references, changes and salts go,
// and what they keep stays sealed. where names them by
// $2 and so on: args; $1 is the account.
func (tx *Tx) ForgetEvents(ctx context.Context, where, accountID string, args ...any) error {
	if err := tx.keepFromSealing(ctx, accountID, EventLog); err != nil {
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
	if err := tx.keepFromSealing(ctx, accountID, AuditLog); err != nil {
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
	sealed, err := s.Numbers(ctx, "SELECT log_floor FROM seals WHERE account_id = $1 AND log = $2 ORDER BY block DESC LIMIT 1", accountID, string(log))
	if err != nil || len(sealed) == 0 {
		return floor, err
	}
	return min(floor, sealed[0]), nil
}

// Trimmed says how retention deletes rows of a log.
type Trimmed struct {
	Log           SealedLog
	Table, Number string
	// Where narrows the rows; empty: all below the floor.
	Where string
	// KeepTombstones leaves what became a tombstone after it was sealed: an event that
	// belonged to a conversation is never missing.
	KeepTombstones bool
}

// trimBatch is how many rows one transaction deletes.
const trimBatch = 500

// DeleteTrimmed deletes rows of an account's log up to a floor, and what their digests
// were made of; then the digests of blocks of which no row is left.
func (s *Store) DeleteTrimmed(ctx context.Context, accountID string, t Trimmed, floor int64) error {
	floor, err := s.SealedFloor(ctx, accountID, t.Log, floor)
	if err != nil || floor == 0 {
		return err
	}
	where := "e.account_id = $1 AND e." + t.Number + " <= $2" + t.Where
	if t.KeepTombstones {
		where += " AND NOT EXISTS (SELECT 1 FROM seal_digests d WHERE d.account_id = e.account_id AND d.log = '" + string(t.Log) + "' AND d.number = e." + t.Number + " AND d.salt IS NULL)"
	}
	some := "SELECT e." + t.Number + " FROM " + t.Table + " e WHERE " + where + " ORDER BY e." + t.Number + " LIMIT $3"
	first, err := s.Numbers(ctx, some, accountID, floor, 1) // without the writer, if there is none
	if err != nil || len(first) == 0 {
		return err
	}
	for deleted := trimBatch; deleted == trimBatch; {
		err := s.WithTx(ctx, func(ctx context.Context, tx *Tx) (err error) {
			deleted, err = tx.deleteTrimmed(ctx, accountID, t, some, floor)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.WithTx(ctx, func(ctx context.Context, tx *Tx) error {
		_, err := tx.Exec(ctx, `UPDATE seals SET digests = $1 WHERE account_id = $2 AND log = $3 AND last >= $4 AND last <= $5 AND bound_count = 0 AND length(digests) > 0
			AND NOT EXISTS (SELECT 1 FROM `+t.Table+` e WHERE e.account_id = seals.account_id AND e.`+t.Number+` BETWEEN seals.first AND seals.last)`,
			[]byte{}, accountID, string(t.Log), first[0], floor)
		return err
	})
}

// deleteTrimmed deletes some rows, and of what they were sealed: of the same rows,
// whatever is purged at the same time.
func (tx *Tx) deleteTrimmed(ctx context.Context, accountID string, t Trimmed, some string, floor int64) (int, error) {
	rows, err := tx.Query(ctx, "DELETE FROM "+t.Table+" WHERE account_id = $1 AND "+t.Number+" IN ("+some+") RETURNING "+t.Number, accountID, floor, trimBatch)
	if err != nil {
		return 0, err
	}
	forget := &Statement{}
	forget.WriteString("DELETE FROM seal_digests WHERE account_id = " + forget.Arg(accountID) + " AND log = " + forget.Arg(string(t.Log)) + " AND number IN (")
	n := 0
	for ; rows.Next(); n++ {
		var number int64
		if err := rows.Scan(&number); err != nil {
			return 0, errors.Join(err, rows.Close())
		}
		if n > 0 {
			forget.WriteByte(',')
		}
		forget.WriteString(forget.Arg(number))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || n == 0 {
		return n, err
	}
	forget.WriteByte(')')
	_, err = tx.Exec(ctx, forget.String(), forget.Args...)
	return n, err
}
