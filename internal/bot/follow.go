package bot

import (
	"context"
	"errors"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Consumers are what follows from events in bots' conversations.
func (s *Service) Consumers() []reaction.Consumer {
	return []reaction.Consumer{
		{Name: "bot-nobody-there", Types: []vocab.EventType{vocab.BotHandedOffEvent}, Handle: s.sayNobodyIsThere},
		// From the floor: also chats that a bot had before there were runs.
		{Name: "bot-runs", FromFloor: true, Types: []vocab.EventType{
			vocab.ConversationCreated, vocab.ConversationAssigned, vocab.ConversationClosed, vocab.ConversationReopened, vocab.ConversationFiltered,
			vocab.ConversationUnfiltered, vocab.ConversationDeleted, vocab.ConversationRestored, vocab.BotHandedOffEvent, vocab.BotTakenOverEvent,
			vocab.MessageCreated, vocab.ProposalAcceptedEvent, vocab.ProposalDismissedEvent,
		}, Handle: s.followConversation},
	}
}

// followConversation makes the run of the event's conversation what it ought to be by now
// (AG-1). It reads the state and not the event, so that order and repetition do not matter.
func (s *Service) followConversation(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("bot", e.AccountID))
	c, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ID(e.ConversationID)).Select(entconversation.FieldBotID).Only(ctx)
	if ent.IsNotFound(err) || err == nil && c.BotID == "" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.playOn(ctx, e.ConversationID); err != nil {
		return err
	}
	begun := false
	err = reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		g, err := lockEngagement(ctx, tx, e.ConversationID)
		if err != nil || g == nil {
			return err
		}
		builtIn, err := g.isBuiltIn(ctx)
		if err != nil || !builtIn || !g.botHas() {
			return errors.Join(err, g.settleRun(ctx))
		}
		begun, err = g.beginFlow(ctx) // its flow was published just now
		return err
	})
	if err != nil || !begun {
		return err
	}
	return s.playOn(ctx, e.ConversationID)
}
