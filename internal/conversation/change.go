package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/idempotency"
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
	// contactWrote: a message of the contact's was added.
	contactWrote bool
	// to is whom the first mail went to; see router.
	to []string
	// ticket is what the conversation's ticket begins with, which is made with the
	// change; nil: none is.
	ticket *vocab.TicketPreset
}

// changeConversation runs apply on the target in a transaction of its own, once per
// idempotency key, and returns the conversation as it then is. in is the input
// of the mutation.
func (s *Service) changeConversation(ctx context.Context, mutation string, target Target, in any, apply func(ctx context.Context, ch *change) error) (*ent.Conversation, error) {
	call := idempotency.Call{Mutation: mutation, Key: target.IdempotencyKey, Input: in, Result: target.ConversationID}
	var ch *change
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		ch, err = changeOne(ctx, tx, target, apply)
		return err
	}, func(ctx context.Context, tx *store.Tx, conversationID string) (err error) {
		ch, err = loadChange(ctx, tx, conversationID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return ch.c, nil
}

// changeAsSystem runs apply on a conversation in a transaction of its own: for
// what Parley does by itself.
func (s *Service) changeAsSystem(ctx context.Context, conversationID string, apply func(ctx context.Context, ch *change) error) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := changeOne(ctx, tx, On(conversationID), apply)
		return err
	})
}

// changeOne runs apply on a conversation within a transaction, and saves it.
func changeOne(ctx context.Context, tx *store.Tx, target Target, apply func(ctx context.Context, ch *change) error) (*change, error) {
	ch, err := loadChange(ctx, tx, target.ConversationID)
	if err != nil {
		return nil, err
	}
	if err := ch.expectRevision(target.ExpectedRevision); err != nil {
		return nil, err
	}
	if err := apply(ctx, ch); err != nil {
		return nil, err
	}
	return ch, ch.save(ctx)
}

// expectRevision refuses to change a conversation that has another revision than the
// caller saw. Revisions begin at 1: 0 comes from clients that send an int that they left
// out.
func (ch *change) expectRevision(revision *int) error {
	if revision == nil || *revision == 0 || *revision == ch.c.Revision {
		return nil
	}
	return conflict(ch.before, "The conversation has changed: its revision is %d, not %d. Load it again before you change it.", ch.c.Revision, *revision).On("expectedRevision")
}

// conflict is a CONFLICT that shows the conversation as it is.
func conflict(c *ent.Conversation, format string, args ...any) *errs.Error {
	return errs.New(errs.Conflict, format, args...).With(c)
}

// loadChange reads a conversation under the fence and keeps others from changing it
// until the transaction ends.
func loadChange(ctx context.Context, tx *store.Tx, conversationID string) (*change, error) {
	c, err := view.Find(ctx, tx.Client.Conversation.Query().Modify(store.ForUpdate, withChannel).ConversationQuery, conversationID)
	if err != nil {
		return nil, err
	}
	return newChange(tx, c), nil
}

func newChange(tx *store.Tx, c *ent.Conversation) *change {
	before := *c
	return &change{tx: tx, before: &before, c: c}
}

// emitEvent adds an event of the conversation. When the change is saved, its events
// report what changed, each what its type is about and the first one the rest.
func (ch *change) emitEvent(t vocab.EventType) *store.Event {
	ch.events = append(ch.events, store.Event{Type: t, InboxID: ch.c.InboxID, ConversationID: ch.c.ID})
	return &ch.events[len(ch.events)-1]
}

// setReason says why in the event: an enum in capitals.
func setReason(e *store.Event, why string) {
	e.Changes = append(e.Changes, vocab.FieldChange{Field: "reason", To: &why})
}

// now returns the time of the change.
func (ch *change) now() clock.Micros { return ch.tx.Now() }

// save derives the folder, writes what changed, and appends the events. It does
// nothing when nothing changed.
func (ch *change) save(ctx context.Context) error {
	fileConversation(ch.c)
	if ch.turnRises() {
		ch.c.Turn++
		if err := ch.cancelBots(ctx); err != nil {
			return err
		}
	}
	diff := differences(ch.before, ch.c)
	if len(diff) > 0 || ch.touched {
		if len(ch.events) > 0 || ch.touched { // what no one sees leaves it as it is
			ch.c.Revision++
		}
		query, args := updateSQL(ch.c, diff)
		touched, err := ch.tx.Exec(ctx, query, args...)
		if err != nil {
			return fmt.Errorf("save conversation: %w", err)
		}
		if touched != 1 {
			return view.NotFound(ch.c.ID)
		}
	}
	ch.appendEvents(ctx, diff)
	if err := ch.makeTicket(ctx); err != nil {
		return err
	}
	return ch.offerFreed(ctx)
}

func (ch *change) appendEvents(ctx context.Context, diff []column) {
	addChanges(ch.before, ch.c, diff, ch.events)
	for i, e := range ch.events {
		if ch.routed[i] {
			ch.tx.Append(byRouting(ctx, ch.c.AccountID), e)
		} else {
			ch.tx.Append(ctx, e)
		}
	}
}
