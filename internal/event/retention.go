package event

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// trimBatch is how many events one transaction deletes.
const trimBatch = 500

// log is an account's log: floor and head are sequence numbers, began is when the
// account did.
type log struct {
	account     string
	floor, head int64
	began       clock.Micros
}

// Trim makes every account's log forget what is older than kept: it raises the
// floor, below which the doors answer CURSOR_EXPIRED, and deletes what lay below
// the floor of the round before, so that no one who is about to read it finds
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
	err := s.eachRow(ctx, "SELECT s.id, s.log_floor, s.sequence, a.created_at FROM account_sequences s JOIN accounts a ON a.id = s.id WHERE s.sequence > 0", nil, func(rows entsql.ColumnScanner) error {
		var l log
		err := rows.Scan(&l.account, &l.floor, &l.head, &l.began)
		list = append(list, l)
		return err
	})
	return list, err
}

// forgetLog deletes the events below the floor that belong to no conversation, and
// the tombstones of those that did, as far as a seal says that they may be gone
// (OP-6). Of what their digests were made goes too; the digests stay.
func (s *Service) forgetLog(ctx context.Context, l log) error {
	floor, err := s.store.SealedFloor(ctx, l.account, store.EventLog, l.floor)
	if err != nil {
		return err
	}
	for deleted := int64(trimBatch); deleted == trimBatch; {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			if _, err = tx.Exec(ctx, unboundDigests, l.account, floor, trimBatch); err != nil {
				return err
			}
			deleted, err = tx.Exec(ctx, unbound, l.account, floor, trimBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.ForgetDigests(ctx, l.account, store.EventLog, floor, "events", "sequence")
	})
}

const (
	unbound = `DELETE FROM events WHERE id IN (SELECT id FROM events
	WHERE account_id = $1 AND conversation_id = '' AND sequence <= $2 ORDER BY sequence LIMIT $3)`
	unboundDigests = `DELETE FROM seal_digests WHERE account_id = $1 AND log = 'EVENTS' AND number IN (SELECT sequence FROM events
	WHERE account_id = $1 AND conversation_id = '' AND sequence <= $2 ORDER BY sequence LIMIT $3)`
)

// raiseFloor moves the floor up to the first event above it that did not happen before
// a time. The log need not be in the order of time: demo data is written long after
// it is said to have happened, and must not cut off what came before it.
func (s *Service) raiseFloor(ctx context.Context, l log, before clock.Micros) error {
	kept, err := s.firstSince(ctx, l, before)
	if err != nil || kept == l.floor+1 {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		needed, err := tx.Number(ctx, handled, l.head, l.account, tx.Now().Add(-parkedKept))
		if err != nil {
			return err
		}
		floor := min(kept-1, needed)
		_, err = tx.Exec(ctx, "UPDATE account_sequences SET log_floor = $1 WHERE id = $2 AND log_floor < $1", floor, l.account)
		return err
	})
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
