package conversation

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/schema"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/vocab"
)

// change is a conversation that is being changed within a transaction: c is
// what it becomes, before what it was.
type change struct {
	tx     *store.Tx
	before *ent.Conversation
	c      *ent.Conversation
	events []store.Event
	// routed are the places, among the events, of those that are routing's doing.
	routed map[int]bool
	// touched: something that belongs to the conversation changed, though none
	// of its columns.
	touched bool
	// to is whom the first mail went to; see router.
	to []string
	// ticket is what the conversation's ticket begins with, which is made with the
	// change; nil: none is.
	ticket *schema.TicketPreset
}

// call is what the mutations on one conversation share.
type call struct {
	mutation         string
	conversationID   string
	expectedRevision *int
	key              *string
	input            any
}

// change runs apply on a conversation in a transaction of its own, once per
// idempotency key, and returns the conversation as it then is.
func (s *Service) change(ctx context.Context, in call, apply func(ctx context.Context, ch *change) error) (*ent.Conversation, error) {
	var c *ent.Conversation
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, in.mutation, in.key, in.input, in.conversationID)
		if err != nil {
			return err
		}
		ch, err := load(ctx, tx, in.conversationID)
		if err != nil {
			return err
		}
		c = ch.c
		if replayed != "" {
			return nil
		}
		if err := ch.expect(in.expectedRevision); err != nil {
			return err
		}
		if err := apply(ctx, ch); err != nil {
			return err
		}
		return ch.save(ctx)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// expect refuses to change a conversation that has another revision than the
// caller saw.
func (ch *change) expect(revision *int) error {
	if revision == nil || *revision == ch.c.Revision {
		return nil
	}
	return conflict(ch.before, "The conversation changed meanwhile: it has revision %d, not %d.", ch.c.Revision, *revision).On("expectedRevision")
}

// conflict is a CONFLICT that shows the conversation as it is.
func conflict(c *ent.Conversation, format string, args ...any) *errs.Error {
	return errs.New(errs.Conflict, format, args...).With(c)
}

// load reads a conversation under the fence and keeps others from changing it
// until the transaction ends.
func load(ctx context.Context, tx *store.Tx, conversationID string) (*change, error) {
	c, err := find(ctx, tx.Client.Conversation.Query().Modify(forUpdate).ConversationQuery, conversationID)
	if err != nil {
		return nil, err
	}
	return begin(tx, c), nil
}

func begin(tx *store.Tx, c *ent.Conversation) *change {
	before := *c
	return &change{tx: tx, before: &before, c: c}
}

func find(ctx context.Context, q *ent.ConversationQuery, conversationID string) (*ent.Conversation, error) {
	if !id.Is(conversationID, id.Conversation) {
		return nil, notFound(conversationID)
	}
	c, err := q.Where(entconversation.ID(conversationID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound(conversationID)
	}
	return c, err
}

func notFound(conversationID string) error {
	return errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(conversationID)).On("conversationId")
}

// forUpdate locks the rows where the database locks rows: SQLite has one writer.
func forUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}

// emit adds an event of the conversation. When the change is saved, its events
// tell what changed, each what its type is about and the first one the rest.
func (ch *change) emit(t vocab.EventType) *store.Event {
	ch.events = append(ch.events, store.Event{Type: t, InboxID: ch.c.InboxID, ConversationID: ch.c.ID})
	return &ch.events[len(ch.events)-1]
}

// reason tells why in the event: an enum in capitals.
func reason(e *store.Event, why string) {
	e.Changes = append(e.Changes, schema.FieldChange{Field: "reason", To: &why})
}

// now returns the time of the change.
func (ch *change) now() clock.Micros { return ch.tx.Now() }

// save derives the folder, writes what changed, and appends the events. It does
// nothing when nothing changed.
func (ch *change) save(ctx context.Context) error {
	file(ch.c)
	diff := differences(ch.before, ch.c)
	if len(diff) > 0 || ch.touched {
		ch.c.Revision++
		query, args := updateSQL(ch.c, diff)
		touched, err := ch.tx.Exec(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("save conversation: %w", err)
		}
		if touched != 1 {
			return notFound(ch.c.ID)
		}
	}
	ch.append(ctx, diff)
	if err := ch.makeTicket(ctx); err != nil {
		return err
	}
	return ch.freed(ctx)
}

func (ch *change) append(ctx context.Context, diff []column) {
	tell(ch.before, ch.c, diff, ch.events)
	for i, e := range ch.events {
		if ch.routed[i] {
			ch.tx.Append(byRouting(ctx, ch.c.AccountID), e)
		} else {
			ch.tx.Append(ctx, e)
		}
	}
}
