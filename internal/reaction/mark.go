package reaction

import (
	"context"
	"encoding/json"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/lease"
	"parley/internal/store"
)

// loadProgress reads how far a consumer has come in an account, and what is parked.
func (e *Engine) loadProgress(ctx context.Context, p *progress) error {
	p.position, p.stored, p.absent, p.stopped, p.matched, p.checkAt = 0, 0, true, false, false, 0
	err := eachRow(e.store.Query(ctx, "SELECT mark, stopped_at, reset_at FROM reaction_marks WHERE account_id = $1 AND consumer = $2", p.account, p.consumer.Name))(
		func(rows entsql.ColumnScanner) error {
			var stoppedAt int64
			err := rows.Scan(&p.stored, &stoppedAt, &p.checkAt)
			p.position, p.absent, p.stopped = p.stored, false, stoppedAt != 0
			return err
		})
	if err != nil {
		return err
	}
	if p.absent {
		// One that an operator has had forgotten does not begin again.
		known, err := e.store.Numbers(ctx, "SELECT COUNT(*) FROM reaction_consumers WHERE name = $1", p.consumer.Name)
		if err != nil {
			return err
		}
		p.stopped = known[0] == 0
	}
	parked, err := e.store.Strings(ctx, "SELECT conversation_id FROM reaction_parked WHERE account_id = $1 AND consumer = $2", p.account, p.consumer.Name)
	if err != nil {
		return err
	}
	p.parked = map[string]bool{}
	for _, conversationID := range parked {
		p.parked[conversationID] = true
	}
	p.loaded = true
	return nil
}

// eachRow gives scan each row of a query.
func eachRow(rows entsql.ColumnScanner, err error) func(scan func(entsql.ColumnScanner) error) error {
	return func(scan func(entsql.ColumnScanner) error) error {
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
}

// markStored notes that the mark in the database is a number.
func (p *progress) markStored(number int64, now time.Time) {
	p.stored, p.absent, p.storedAt = number, false, now
	p.matched = p.matched && p.position > number
}

// toStore reports whether the mark is to be stored now.
func (p *progress) toStore(t timing, now time.Time) bool {
	wait := t.lazy
	if p.matched {
		wait = t.mark
	}
	return p.loaded && !p.stopped && p.position > p.stored && now.Sub(p.storedAt) >= wait
}

// storeMark stores the mark of a progress that runs, when its time has come.
func (e *Engine) storeMark(ctx context.Context, p *progress) error {
	now := e.store.Clock().Now()
	if !p.toStore(e.timing, now) {
		return nil
	}
	err := e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return moveMark(ctx, tx, p, p.position) })
	if err == nil {
		p.markStored(p.position, now)
	}
	return err
}

// moveMark writes a progress's mark. lease.ErrLost: it is not where it was left.
func moveMark(ctx context.Context, tx *store.Tx, p *progress, to int64) error {
	moved, err := moveMarks(ctx, tx, []move{{p, to}})
	if err == nil && len(moved) == 0 {
		err = lease.ErrLost
	}
	return err
}

// move is a mark on its way to another number.
type move struct {
	progress *progress
	to       int64
}

// key of a mark.
type key struct{ consumer, account string }

// moveMarks writes marks, and returns those that were where they had been left.
func moveMarks(ctx context.Context, tx *store.Tx, moves []move) (map[key]bool, error) {
	list := make([][4]any, len(moves))
	absent := [][4]any{}
	for i, m := range moves {
		p := m.progress
		list[i] = [4]any{p.consumer.Name, p.account, p.stored, m.to}
		if p.absent {
			absent = append(absent, list[i])
		}
	}
	if len(absent) > 0 {
		if err := insertMarks(ctx, tx, absent); err != nil {
			return nil, err
		}
	}
	data, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	moved := map[key]bool{}
	err = eachRow(tx.Query(ctx, `UPDATE reaction_marks SET mark = v.mark, moved_at = $1, overdue_at = 0 FROM `+marksOf(tx)+`
		WHERE reaction_marks.account_id = v.account_id AND reaction_marks.consumer = v.consumer
			AND reaction_marks.mark = v.was AND reaction_marks.stopped_at = 0
		RETURNING reaction_marks.consumer, reaction_marks.account_id`, tx.Now(), string(data)))(
		func(rows entsql.ColumnScanner) error {
			var k key
			err := rows.Scan(&k.consumer, &k.account)
			moved[k] = true
			return err
		})
	return moved, err
}

// insertMarks writes the first marks of accounts that are younger than the
// consumers, unless these were forgotten.
func insertMarks(ctx context.Context, tx *store.Tx, list [][4]any) error {
	data, err := json.Marshal(list)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO reaction_marks (account_id, consumer, mark, moved_at)
		SELECT v.account_id, v.consumer, 0, $1 FROM `+marksOf(tx)+`
		WHERE v.was = 0 AND EXISTS (SELECT 1 FROM reaction_consumers c WHERE c.name = v.consumer)
		ON CONFLICT (account_id, consumer) DO NOTHING`, tx.Now(), string(data))
	return err
}

// marksOf reads $2, a list of lists of consumer, account, old and new mark.
func marksOf(tx *store.Tx) string {
	if tx.Postgres() {
		return `(SELECT value->>0 AS consumer, value->>1 AS account_id, CAST(value->>2 AS bigint) AS was, CAST(value->>3 AS bigint) AS mark
			FROM jsonb_array_elements($2::text::jsonb)) AS v`
	}
	return `(SELECT json_extract(value, '$[0]') AS consumer, json_extract(value, '$[1]') AS account_id,
		json_extract(value, '$[2]') AS was, json_extract(value, '$[3]') AS mark FROM json_each($2)) AS v`
}

// storeBatch is how many marks one transaction stores.
const storeBatch = 2000

// storeMarks stores the marks of what does not run and whose time has come; all:
// of everything.
func (e *Engine) storeMarks(ctx context.Context, all bool) {
	for moves := e.claimMoves(all); len(moves) > 0; moves = e.claimMoves(all) {
		var moved map[key]bool
		err := e.store.WithTx(acrossAccounts(ctx), func(ctx context.Context, tx *store.Tx) (err error) {
			moved, err = moveMarks(ctx, tx, moves)
			return err
		})
		e.concludeMoves(moves, moved, err)
		if err != nil {
			if ctx.Err() == nil {
				e.log.Warn("cannot store how far the log's consumers have come; trying again", "error", err)
			}
			return
		}
	}
}

// claimMoves returns the moves that are to be stored, and keeps runs of them
// from starting.
func (e *Engine) claimMoves(all bool) []move {
	now := e.store.Clock().Now()
	t := e.timing
	if all {
		t.mark, t.lazy = 0, 0
	}
	var moves []move
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.consumers {
		for _, p := range c.accounts {
			if len(moves) < storeBatch && !p.running && !p.storing && p.toStore(t, now) {
				p.storing = true
				moves = append(moves, move{p, p.position})
			}
		}
	}
	return moves
}

// concludeMoves notes what was stored. A mark that another one moved is read
// again.
func (e *Engine) concludeMoves(moves []move, moved map[key]bool, err error) {
	now := e.store.Clock().Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range moves {
		p := m.progress
		p.storing = false
		if err == nil && !moved[key{p.consumer.Name, p.account}] {
			e.loadAgain(p)
			continue
		}
		if err == nil {
			p.markStored(m.to, now)
		}
		if p.consumer.accounts[p.account] == p {
			e.enqueueRun(p)
		}
	}
}
