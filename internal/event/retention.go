package event

import (
	"context"
	"strconv"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// log is an account's log: floor, trimmed and head are sequence numbers, began is when the
// account did.
type log struct {
	account string
	// floor is up to where events are no longer served; trimmed is up to where the audit
	// log says so, and may be deleted.
	floor, trimmed, head int64
	began                clock.Micros
}

// Trim makes every account's log forget what is older than kept: it raises the
// floor, below which the doors answer CURSOR_EXPIRED, and deletes what lay below
// the floor of an earlier round, so that no one who is about to read it finds
// holes. Events of a conversation live as long as the conversation, for its
// entries. The floor does not pass what a consumer of the log has yet to handle
// (package reaction, ENG-2). The system runs it each hour.
func (s *Service) Trim(ctx context.Context, kept time.Duration) error {
	logs, err := s.logs(ctx)
	if err != nil {
		return err
	}
	before := s.store.Now().Add(-kept)
	for _, l := range logs {
		if l.began > before {
			continue // what happened before the account began was filled in later
		}
		ctx := viewer.NewContext(ctx, viewer.System("retention", l.account))
		if err := s.forgetLog(ctx, l); err != nil {
			return err
		}
		if err := s.raiseFloor(ctx, l, before); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) logs(ctx context.Context) ([]log, error) {
	var list []log
	err := s.eachRow(ctx, "SELECT s.id, s.log_floor, s.log_trimmed, s.sequence, a.created_at FROM account_sequences s JOIN accounts a ON a.id = s.id WHERE s.sequence > 0", nil, func(rows entsql.ColumnScanner) error {
		var l log
		err := rows.Scan(&l.account, &l.floor, &l.trimmed, &l.head, &l.began)
		list = append(list, l)
		return err
	})
	return list, err
}

// forgetLog deletes the events below the floor that belong to no conversation, as far as
// the audit log and a seal say that they may be gone (OP-6). Of what their digests were made
// goes too; the digests stay. What belonged to a conversation stays as a tombstone.
func (s *Service) forgetLog(ctx context.Context, l log) error {
	unbound := store.Trimmed{Log: store.EventLog, Table: "events", Number: "sequence", Where: " AND e.conversation_id = ''", KeepTombstones: true}
	return s.store.DeleteTrimmed(ctx, l.account, unbound, l.trimmed)
}

// raiseFloor moves the floor up to the first event above it that did not happen before
// a time. The log need not be in the order of time: demo data is written long after
// it is said to have happened, and must not cut off what came before it.
func (s *Service) raiseFloor(ctx context.Context, l log, before clock.Micros) error {
	kept, err := s.firstSince(ctx, l, before)
	if err != nil || kept == l.floor+1 && l.trimmed == l.floor {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		needed, err := tx.Number(ctx, handled, l.head, l.account, tx.Now().Add(-parkedKept))
		if err != nil {
			return err
		}
		floor := min(kept-1, needed)
		_, err = tx.Exec(ctx, "UPDATE account_sequences SET log_floor = $1 WHERE id = $2 AND log_floor < $1", floor, l.account)
		if err != nil {
			return err
		}
		return recordFloor(ctx, tx, l)
	})
}

// recordEvery is how often the audit log has an entry that the floor rose, at most.
const recordEvery = 24 * time.Hour

// recordFloor records up to where the floor rose since it was recorded last, once a day:
// what no entry says was trimmed is not deleted (OP-6).
func recordFloor(ctx context.Context, tx *store.Tx, l log) error {
	floor, err := tx.Number(ctx, "SELECT log_floor FROM account_sequences WHERE id = $1", l.account)
	if err != nil || floor <= l.trimmed {
		return err
	}
	last, err := tx.Number(ctx, "SELECT COALESCE(MAX(at), 0) FROM audit_entries WHERE account_id = $1 AND action = $2", l.account, string(vocab.AuditEventLogTrimmed))
	if err != nil || clock.Micros(last) > tx.Now().Add(-recordEvery) {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE account_sequences SET log_trimmed = $1 WHERE id = $2", floor, l.account); err != nil {
		return err
	}
	from, to := strconv.FormatInt(l.trimmed, 10), strconv.FormatInt(floor, 10)
	tx.Audit(ctx, store.Audit{Action: vocab.AuditEventLogTrimmed, Changes: []vocab.FieldChange{{Field: "floor", From: &from, To: &to}}})
	return nil
}

// parkedKept is how long an event that a consumer could not handle holds back
// the floor. Only those without a conversation do: the others are not deleted.
const parkedKept = 7 * 24 * time.Hour

// handled is the number up to which all consumers of an account's log that were
// not stopped have handled it; without consumers the log's end. A consumer
// without a mark has yet to meet the account.
const handled = `SELECT COALESCE(MIN(number), $1) FROM (
	SELECT COALESCE(m.mark, 0) AS number FROM reaction_consumers c
		LEFT JOIN reaction_marks m ON m.account_id = $2 AND m.consumer = c.name WHERE COALESCE(m.stopped_at, 0) = 0
	UNION ALL
	SELECT sequence - 1 AS number FROM reaction_parked WHERE account_id = $2 AND conversation_id = '' AND failed_at > $3
) AS numbers`

// firstSince returns the number of the first event above the floor that did not happen
// before a time; the number behind the head, if there is none.
func (s *Service) firstSince(ctx context.Context, l log, before clock.Micros) (int64, error) {
	sequence := l.head + 1
	err := s.eachRow(ctx, "SELECT sequence FROM events WHERE account_id = $1 AND sequence > $2 AND occurred_at >= $3 ORDER BY sequence LIMIT 1",
		[]any{l.account, l.floor, int64(before)}, func(rows entsql.ColumnScanner) error { return rows.Scan(&sequence) })
	return sequence, err
}

// eachRow runs a hand-written query and gives scan each row.
func (s *Service) eachRow(ctx context.Context, query string, args []any, scan func(entsql.ColumnScanner) error) error {
	rows, err := s.store.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
