package notification

import (
	"context"

	"parley/ent"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Write tells a user of something, as the consumer of events does.
func (s *Service) Write(ctx context.Context, tx *store.Tx, kind vocab.NotificationKind, userID string, shown bool, c *ent.Conversation, subjectID string, e *event.Entry) error {
	return s.write(ctx, tx, &notice{
		kind: kind, users: []string{userID}, shown: map[string]bool{userID: shown}, mailed: map[string]bool{userID: true}, pushed: map[string]bool{}, conversation: c, subjectID: subjectID, event: e,
	})
}

// HearOfNew are who is told of a new conversation.
func (s *Service) HearOfNew(ctx context.Context, c *ent.Conversation) ([]string, error) {
	list, err := s.noticesOfNew(ctx, c)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0].users, nil
}

// WriteFor tells several users of something.
func (s *Service) WriteFor(ctx context.Context, tx *store.Tx, kind vocab.NotificationKind, users []string, c *ent.Conversation, e *event.Entry) error {
	all := map[string]bool{}
	for _, userID := range users {
		all[userID] = true
	}
	return s.write(ctx, tx, &notice{kind: kind, users: users, shown: all, mailed: all, pushed: all, conversation: c, event: e})
}
