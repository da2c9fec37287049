package testkit

import (
	"context"
	"slices"
	"testing"

	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// withoutOneCreation are the messages that do not have exactly one
// MESSAGE_CREATED, by which they are among the entries of their conversation.
const withoutOneCreation = `SELECT m.id FROM messages m LEFT JOIN events e
	ON e.account_id = m.account_id AND e.conversation_id = m.conversation_id AND e.message_id = m.id AND e.type = 'MESSAGE_CREATED'
	WHERE m.account_id = $1 GROUP BY m.id HAVING COUNT(e.id) <> 1 ORDER BY m.id`

// Unlogged are an account's messages that do not have exactly one MESSAGE_CREATED.
func Unlogged(t testing.TB, s *store.Store, accountID string) []string {
	t.Helper()
	ctx := viewer.NewContext(t.Context(), viewer.System("audit", accountID))
	list, err := s.Strings(ctx, withoutOneCreation, accountID)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// ofConversations are types of events that are about a conversation's fields.
var ofConversations = []vocab.EventType{
	vocab.ConversationAssigned, vocab.ConversationClosed, vocab.ConversationFiltered, vocab.ConversationDeleted, vocab.ConversationUpdated,
	vocab.ConversationTagged, vocab.ConversationSnoozed, vocab.BotHandedOffEvent, vocab.ContactLinked, vocab.MessageCreated,
}

// explained reports whether the table of event types says that a type's events may
// have changes of a field (DX-5).
func explained(t vocab.EventType, field string) bool {
	return t.HasField(field) || t.AboutConversation() && slices.ContainsFunc(ofConversations, func(other vocab.EventType) bool { return other.HasField(field) })
}

// AuditLog checks at the end of a test that each message of the fixture's account
// has exactly one MESSAGE_CREATED (API-6), but for those that it has now, which
// are past the log; and that events only have the changes that their types are
// said to have.
func (f *Fixture) AuditLog() {
	f.t.Helper()
	before := Unlogged(f.t, f.Store, f.AccountID)
	f.t.Cleanup(func() {
		if f.t.Failed() {
			return
		}
		ctx := viewer.NewContext(context.WithoutCancel(f.t.Context()), viewer.System("audit", f.AccountID))
		list, err := f.Store.Strings(ctx, withoutOneCreation, f.AccountID)
		if err != nil {
			f.t.Errorf("audit of messages: %v", err)
		}
		events, err := f.Store.Client(ctx).Event.Query().All(ctx)
		if err != nil {
			f.t.Errorf("audit of events: %v", err)
		}
		for _, e := range events {
			for _, c := range e.Changes {
				if !explained(e.Type, c.Field) {
					f.t.Errorf("%s has a change of %s: add it to the type's fields in vocab/event.go", e.Type, c.Field)
				}
			}
		}
		for _, m := range list {
			if !slices.Contains(before, m) {
				f.t.Errorf("%s has no MESSAGE_CREATED, or several", m)
			}
		}
	})
}
