package bot

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
)

// sayNobodyIsThere tells visitors that no one can take over what a bot handed off (BT-2).
func (s *Service) sayNobodyIsThere(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("bot", e.AccountID))
	text, err := s.nobodyText(ctx, e.ConversationID)
	if err != nil || text == "" {
		return err
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		return s.deps.Conversations.SayNobodyIsThere(ctx, tx, e.ConversationID, id.New(id.Message), text)
	})
}

// nobodyText is what a chat's visitor is told; "": nothing, or the chat is gone.
func (s *Service) nobodyText(ctx context.Context, conversationID string) (string, error) {
	client := s.store.Client(ctx)
	c, err := client.Conversation.Query().Where(entconversation.ID(conversationID)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil || c.AssigneeID != "" {
		return "", err
	}
	b, err := client.Bot.Get(ctx, c.BotID)
	if err != nil {
		return "", err
	}
	if b.NobodyAvailableText != "" {
		return b.NobodyAvailableText, nil
	}
	return s.deps.Chats.AwayText(ctx, c)
}
