package reaction

import (
	"context"
	"errors"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/vocab"
)

// parkedRow is the first event of a conversation that a consumer could not
// handle; the conversation's later ones wait behind it, in the log.
type parkedRow struct {
	id             string
	conversationID string
	sequence       int64 // in the database
	eventType      vocab.EventType
	next           int64 // of the event that is to be handled next
	attempts       int   // of that event
	failedAt       clock.Micros
}

// maxError is how much of an error is kept, in bytes.
const maxError = 500

// parkEvent has an event tried again later, and moves the mark past it.
func (e *Engine) parkEvent(ctx context.Context, p *progress, ev *ent.Event, cause error) error {
	next := e.nextTry(p.consumer, 1)
	e.reportFailure(p, ev, 1, next, cause)
	now := e.store.Clock().Now()
	err := e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := moveMark(ctx, tx, p, ev.Sequence); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO reaction_parked (id, account_id, consumer, conversation_id, sequence, type, attempts, next_at, failed_at, error)
			VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9) ON CONFLICT (account_id, consumer, conversation_id) DO NOTHING`,
			id.New("parked"), p.account, p.consumer.Name, ev.ConversationID, ev.Sequence, string(ev.Type), next, tx.Now(), clipError(cause))
		return err
	})
	if err != nil {
		return err
	}
	if p.parked == nil {
		p.parked = map[string]bool{}
	}
	p.parked[ev.ConversationID] = true
	p.reached(ev.Sequence)
	p.markStored(ev.Sequence, now)
	return nil
}

// nextTry is when an event is tried again after so many attempts; clock.Never:
// when an operator says so.
func (e *Engine) nextTry(c *consumer, attempts int) clock.Micros {
	if attempts >= c.Tries {
		return clock.Never
	}
	return e.store.Now().Add(backoff(attempts))
}

func (e *Engine) reportFailure(p *progress, ev *ent.Event, attempts int, next clock.Micros, cause error) {
	fields := []any{"consumer", p.consumer.Name, "account", p.account, "sequence", ev.Sequence, "type", ev.Type, "attempts", attempts, "error", cause}
	if next == clock.Never {
		e.log.Error("a consumer of the log cannot handle an event, which now waits for an operator: see parley reactions", fields...)
	} else {
		e.log.Warn("a consumer of the log cannot handle an event; trying again", fields...)
	}
}

// dueBatch is how many parked events one run tries again.
const dueBatch = 100

// retryParked tries the parked events that are due, and what waits behind them.
func (e *Engine) retryParked(ctx context.Context, p *progress) error {
	due, err := e.dueRows(ctx, p)
	if err != nil {
		return err
	}
	started := e.store.Clock().Now()
	for i, row := range due {
		if err := e.catchUp(ctx, p, row); err != nil {
			return err
		}
		if i == dueBatch-1 || e.store.Clock().Now().Sub(started) >= e.timing.slice {
			e.setDue(p)
			break
		}
	}
	return nil
}

// setDue has the next run try parked events.
func (e *Engine) setDue(p *progress) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p.due = true
}

func (e *Engine) dueRows(ctx context.Context, p *progress) ([]*parkedRow, error) {
	var due []*parkedRow
	err := eachRow(e.store.Query(ctx, `SELECT id, conversation_id, sequence, type, attempts, failed_at FROM reaction_parked
		WHERE account_id = $1 AND consumer = $2 AND next_at <= $3 ORDER BY sequence LIMIT $4`, p.account, p.consumer.Name, e.store.Now(), dueBatch))(
		func(rows entsql.ColumnScanner) error {
			row := &parkedRow{}
			err := rows.Scan(&row.id, &row.conversationID, &row.sequence, &row.eventType, &row.attempts, &row.failedAt)
			row.next = row.sequence
			due = append(due, row)
			return err
		})
	return due, err
}

// catchUp handles the events of a conversation from a parked one on, up to where
// the other conversations are. Then nothing waits any longer.
func (e *Engine) catchUp(ctx context.Context, p *progress, row *parkedRow) error {
	if failed, err := e.checkIfTrimmed(ctx, p, row); failed || err != nil {
		return err
	}
	started := e.store.Clock().Now()
	for {
		events, err := e.eventsBetween(ctx, p.consumer, row.next-1, p.position).Where(entevent.ConversationID(row.conversationID)).All(ctx)
		if err != nil {
			return err
		}
		for _, ev := range events {
			failed, err := e.handleParked(ctx, p, row, ev)
			if failed || err != nil {
				return err
			}
		}
		if len(events) < batch {
			return e.unparkConversation(ctx, p, row)
		}
		if e.store.Clock().Now().Sub(started) >= e.timing.slice {
			e.setDue(p)
			return e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return row.moveTo(ctx, tx, row.next) })
		}
	}
}

// checkIfTrimmed has the consumer check the account if the log no longer has all
// that waited. Only events without a conversation are deleted. failed: the check
// did, and is made again at the row's next turn.
func (e *Engine) checkIfTrimmed(ctx context.Context, p *progress, row *parkedRow) (failed bool, err error) {
	if row.conversationID != "" {
		return false, nil
	}
	log, err := e.store.Client(ctx).AccountSequence.Query().Only(ctx)
	if err != nil || row.sequence > log.LogFloor {
		return false, err
	}
	err = e.checkAccount(ctx, p.consumer)
	if err == nil || ctx.Err() != nil {
		return false, err
	}
	return true, e.postponeEvent(ctx, p, row, &ent.Event{Sequence: row.sequence, Type: row.eventType}, err)
}

// handleParked tries an event again. failed: it waits for its next turn.
func (e *Engine) handleParked(ctx context.Context, p *progress, row *parkedRow, ev *ent.Event) (failed bool, err error) {
	if ev.Sequence != row.next {
		row.next, row.attempts = ev.Sequence, 0
	}
	err = e.handleEvent(ctx, &delivery{progress: p, sequence: ev.Sequence, row: row}, ev)
	switch {
	case err == nil:
		row.next, row.attempts = ev.Sequence+1, 0
		return false, nil
	case ctx.Err() != nil:
		return false, context.Cause(ctx)
	case errors.Is(err, lease.ErrLost):
		return false, err
	}
	return true, e.postponeEvent(ctx, p, row, ev, err)
}

// postponeEvent stores that an event failed again.
func (e *Engine) postponeEvent(ctx context.Context, p *progress, row *parkedRow, ev *ent.Event, cause error) error {
	attempts := row.attempts + 1
	next := e.nextTry(p.consumer, attempts)
	e.reportFailure(p, ev, attempts, next, cause)
	failedAt := row.failedAt
	if ev.Sequence != row.sequence {
		failedAt = e.store.Now()
	}
	return e.changeRow(ctx, `UPDATE reaction_parked SET sequence = $1, type = $2, attempts = $3, next_at = $4, failed_at = $5, error = $6
		WHERE id = $7 AND sequence = $8`, row, ev.Sequence, string(ev.Type), attempts, next, failedAt, clipError(cause))
}

// unparkConversation notes that nothing of the conversation waits any longer.
func (e *Engine) unparkConversation(ctx context.Context, p *progress, row *parkedRow) error {
	err := e.changeRow(ctx, "DELETE FROM reaction_parked WHERE id = $1 AND sequence = $2", row)
	if err == nil {
		delete(p.parked, row.conversationID)
	}
	return err
}

// changeRow runs a statement on a parked row, whose last two arguments are the
// row's id and number. lease.ErrLost: another node
// or an operator changed it.
func (e *Engine) changeRow(ctx context.Context, statement string, row *parkedRow, args ...any) error {
	return e.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return checkChanged(tx.Exec(ctx, statement, append(args, row.id, row.sequence)...))
	})
}

// moveTo stores up to where the conversation's events are handled now.
func (row *parkedRow) moveTo(ctx context.Context, tx *store.Tx, sequence int64) error {
	return checkChanged(tx.Exec(ctx, "UPDATE reaction_parked SET sequence = $1, attempts = 0, next_at = 0 WHERE id = $2 AND sequence = $3", sequence, row.id, row.sequence))
}

// checkChanged makes an error of a statement that found nothing to change.
func checkChanged(n int64, err error) error {
	if err == nil && n == 0 {
		return lease.ErrLost
	}
	return err
}

func clipError(err error) string {
	text := strings.ReplaceAll(err.Error(), "\x00", "")
	return strings.ToValidUTF8(text[:min(len(text), maxError)], "")
}
