package targeting

import (
	"cmp"
	"context"

	"parley/ent"
	"parley/ent/inbox"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service holds the use cases of targeted messages. It is safe for concurrent
// use.
type Service struct {
	store *store.Store
}

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// changeMessage runs apply on a targeted message in a transaction of its own, once
// per idempotency key, and returns the message as it then is.
func (s *Service) changeMessage(ctx context.Context, mutation, messageID string, key *string, input any, apply func(context.Context, *store.Tx, *ent.TargetedMessage) error) (*ent.TargetedMessage, error) {
	in := idempotency.Call{Mutation: mutation, Key: key, Input: input, Result: messageID}
	_, err := account.Administer(ctx, s.store, in, func(ctx context.Context, tx *store.Tx) error {
		m, err := findMessage(ctx, tx.Client, messageID)
		if err != nil {
			return err
		}
		return apply(ctx, tx, m)
	})
	if err != nil {
		return nil, err
	}
	return findMessage(ctx, s.store.Client(ctx), messageID)
}

// findMessage loads a targeted message: NOT_FOUND on targetedMessageId.
func findMessage(ctx context.Context, client *ent.Client, messageID string) (*ent.TargetedMessage, error) {
	gone := errs.New(errs.NotFound, "There is no targeted message %q.", errs.Clip(messageID)).On("targetedMessageId")
	if !id.Is(messageID, id.TargetedMessage) {
		return nil, gone
	}
	m, err := client.TargetedMessage.Get(ctx, messageID)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	if lives, err := inboxLives(ctx, client, m.InboxID); err != nil || !lives {
		return nil, cmp.Or[error](err, gone)
	}
	return m, nil
}

// inboxLives reports whether an inbox is there and not deleted. What belongs
// to a deleted one is cleared away in the background and looks gone (IB-3).
func inboxLives(ctx context.Context, client *ent.Client, inboxID string) (bool, error) {
	return client.Inbox.Query().Where(inbox.ID(inboxID), inbox.DeletedAt(clock.Micros(0))).Exist(ctx)
}

// recordEvent appends an event of the message to the log.
func recordEvent(ctx context.Context, tx *store.Tx, t vocab.EventType, m *ent.TargetedMessage, changes ...vocab.FieldChange) {
	tx.Append(ctx, store.Event{Type: t, InboxID: m.InboxID, SubjectID: m.ID, Changes: changes})
}

// fieldChange is a field that went from one enum or number to another; "" is null.
func fieldChange(field, from, to string) vocab.FieldChange {
	change := vocab.FieldChange{Field: field}
	if from != "" {
		change.From = &from
	}
	if to != "" {
		change.To = &to
	}
	return change
}
