package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Event is an entry for the account's log, before it has its sequence number.
type Event struct {
	Type           vocab.EventType
	InboxID        string
	ConversationID string
	MessageID      string
	SubjectID      string
	// UserID, when set, makes the event visible only to that user or integration.
	UserID   string
	Revision int
	Changes  []vocab.FieldChange

	accountID string
	actorKind viewer.Kind
	actorID   string
	at        clock.Micros
}

// Append adds e to the log as the last act of the transaction. The actor and
// the account are the context's viewer.
func (tx *Tx) Append(ctx context.Context, e Event) {
	v := viewer.FromContext(ctx)
	e.accountID, e.at = v.AccountID, tx.store.Now()
	e.actorKind, e.actorID = v.Actor().Kind, v.Actor().ActorID
	if e.Changes == nil {
		e.Changes = []vocab.FieldChange{}
	}
	tx.events = append(tx.events, e)
}

// row is the event as the log has it, under its number.
func (e *Event) row(sequence int64) *ent.Event {
	return &ent.Event{
		ID: id.New(id.Event), AccountID: e.accountID, Sequence: sequence, Type: e.Type, OccurredAt: e.at,
		ActorKind: e.actorKind, ActorID: e.actorID, InboxID: e.InboxID, ConversationID: e.ConversationID,
		MessageID: e.MessageID, SubjectID: e.SubjectID, UserID: e.UserID, Revision: e.Revision, Changes: e.Changes,
	}
}

// UsePublisher has publish called with the events of each commit, at once after
// it: those of one account in the order of their numbers, and the commits that
// this store makes for an account one after the other. It must not block: the
// callers whose commit it was wait for it. Events of a process that dies in
// between are in the log all the same.
func (s *Store) UsePublisher(publish func([]*ent.Event)) { s.publish = publish }

const eventColumns = 14

// eventBatch keeps a statement below SQLite's limit of 32,766 parameters.
const eventBatch = 1000

// appendEvents takes the next numbers of each account's sequence and writes the
// events under them. The counter's row is locked from here to the commit, so
// that the order of the numbers is the order of the commits.
func (g *group) appendEvents(ctx context.Context, events []Event) error {
	for len(events) > 0 {
		account := events[0].accountID
		var mine, others []Event
		for _, e := range events {
			if e.accountID == account {
				mine = append(mine, e)
			} else {
				others = append(others, e)
			}
		}
		events = others
		var head int64
		const take = "UPDATE account_sequences SET sequence = sequence + $1 WHERE id = $2 RETURNING sequence"
		g.store.trace(take)
		row := g.tx.QueryRowContext(ctx, take, len(mine), account)
		if err := row.Scan(&head); err != nil {
			return fmt.Errorf("take %d sequence numbers: %w", len(mine), err)
		}
		if err := g.insertEvents(ctx, mine, head-int64(len(mine))); err != nil {
			return err
		}
	}
	return nil
}

func (g *group) insertEvents(ctx context.Context, events []Event, last int64) error {
	for start := 0; start < len(events); start += eventBatch {
		batch := events[start:min(start+eventBatch, len(events))]
		args := make([]any, 0, len(batch)*eventColumns)
		for i, e := range batch {
			changes, err := json.Marshal(e.Changes)
			if err != nil {
				return err
			}
			row := e.row(last + int64(start+i) + 1)
			g.logged = append(g.logged, row)
			args = append(args, row.ID, row.AccountID, row.Sequence, string(row.Type), int64(row.OccurredAt),
				string(row.ActorKind), row.ActorID, row.InboxID, row.ConversationID, row.MessageID, row.SubjectID, row.UserID, row.Revision, string(changes))
		}
		insert := insertEventsSQL(len(batch))
		g.store.trace(insert)
		if _, err := g.tx.ExecContext(ctx, insert, args...); err != nil {
			return fmt.Errorf("append %d events: %w", len(batch), err)
		}
	}
	return nil
}

func insertEventsSQL(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO events (id, account_id, sequence, type, occurred_at, actor_kind, actor_id, inbox_id, conversation_id, message_id, subject_id, user_id, revision, changes) VALUES ")
	for r := range rows {
		if r > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for c := range eventColumns {
			if c > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, "$%d", r*eventColumns+c+1)
		}
		b.WriteByte(')')
	}
	return b.String()
}
