package event

import (
	"context"
	"sort"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// trimBatch is how many events one transaction deletes.
const trimBatch = 500

// log is an account's log: floor and head are sequence numbers.
type log struct {
	account     string
	floor, head int64
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
	err := s.eachRow(ctx, "SELECT id, log_floor, sequence FROM account_sequences WHERE sequence > 0", nil, func(rows entsql.ColumnScanner) error {
		var l log
		err := rows.Scan(&l.account, &l.floor, &l.head)
		list = append(list, l)
		return err
	})
	return list, err
}

// forgetLog deletes the events below the floor that belong to no conversation, and
// the tombstones of those that did.
func (s *Service) forgetLog(ctx context.Context, l log) error {
	for deleted := int64(trimBatch); deleted == trimBatch; {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			deleted, err = tx.Exec(ctx, unbound, l.account, l.floor, trimBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const unbound = `DELETE FROM events WHERE id IN (SELECT id FROM events
	WHERE account_id = $1 AND conversation_id = '' AND sequence <= $2 ORDER BY sequence LIMIT $3)`

// raiseFloor moves the floor up to the last event that happened before a time. The
// log is gapless above its floor and in the order of time, so that the place is
// found by halving.
func (s *Service) raiseFloor(ctx context.Context, l log, before clock.Micros) error {
	var failed error
	old := sort.Search(int(l.head-l.floor), func(i int) bool {
		at, err := s.timeOf(ctx, l.account, l.floor+int64(i)+1)
		if err != nil {
			failed = err
		}
		return failed != nil || at >= before
	})
	if failed != nil || old == 0 {
		return failed
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		needed, err := tx.Number(ctx, handled, l.head, l.account, tx.Now().Add(-parkedKept))
		if err != nil {
			return err
		}
		floor := min(l.floor+int64(old), needed)
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

// timeOf returns when the first event from a number on happened.
func (s *Service) timeOf(ctx context.Context, account string, sequence int64) (at clock.Micros, err error) {
	err = s.eachRow(ctx, "SELECT occurred_at FROM events WHERE account_id = $1 AND sequence >= $2 ORDER BY sequence LIMIT 1", []any{account, sequence},
		func(rows entsql.ColumnScanner) error { return rows.Scan(&at) })
	return at, err
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
