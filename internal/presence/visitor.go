package presence

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/viewer"
)

// TypingChange says that someone began to type a message, or stopped.
type TypingChange struct {
	Kind    viewer.Kind
	ActorID string
	Typing  bool
}

// Typing shows a visitor who of the staff, or which bot, types a message for
// them, as it changes: never notes, never who looks, never their own typing
// (IN-16). It is for one goroutine.
type Typing struct {
	*subscriber
	reported []actor
}

// WatchVisitor follows what a visitor may know of their conversation. The caller
// has found the conversation under the visitor's fence, and passes its account
// and inbox; NOT_FOUND if the visitor is of another account.
func (s *Service) WatchVisitor(ctx context.Context, accountID, inboxID, conversationID string) (*Typing, error) {
	if v := viewer.FromContext(ctx); v == nil || v.AccountID != accountID {
		return nil, errs.New(errs.NotFound, "You have no conversation %q.", errs.Clip(conversationID)).On("conversationId")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	place, err := s.followConversation(&ent.Conversation{ID: conversationID, AccountID: accountID, InboxID: inboxID}, false)
	if err != nil {
		return nil, err
	}
	return &Typing{subscriber: place}, nil
}

// Next waits for the next change and returns it; those who type already are the
// first. It ends with ctx's cause.
func (t *Typing) Next(ctx context.Context) (*TypingChange, error) {
	for {
		change, more, err := t.Peek()
		if change != nil || err != nil {
			return change, err
		}
		select {
		case <-more:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Peek returns the next change without waiting for it. If there is none yet, it
// returns a channel that is closed when there may be one, for those who wait for
// several things; then they call it again.
func (t *Typing) Peek() (*TypingChange, <-chan struct{}, error) {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	if err := t.conversation.inbox.err; err != nil {
		return nil, nil, err
	}
	for i, a := range t.reported {
		if !slices.Contains(t.conversation.typists, a) {
			t.reported = slices.Delete(t.reported, i, i+1)
			return &TypingChange{a.kind, a.id, false}, nil, nil
		}
	}
	for _, a := range t.conversation.typists {
		if !slices.Contains(t.reported, a) {
			t.reported = append(t.reported, a)
			return &TypingChange{a.kind, a.id, true}, nil, nil
		}
	}
	return nil, t.conversation.changed, nil
}

// Close ends it.
func (t *Typing) Close() {
	t.service.mu.Lock()
	defer t.service.mu.Unlock()
	if !t.left {
		t.unsubscribe()
	}
}
