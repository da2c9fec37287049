package conversation

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// BotLock is how long a visitor must be inactive before a conversation in a
// bot's hands can be closed (IN-8).
const BotLock = 30 * time.Minute

// closableFrom returns from when on IN-8 lets the conversation be closed; it
// binds everyone, and only while a bot has the conversation.
func closableFrom(c *ent.Conversation) (clock.Micros, bool) {
	return c.VisitorActiveAt.Add(BotLock), c.BotState.InBotsHands()
}

func (ch *change) mayClose() error {
	from, locked := closableFrom(ch.c)
	if !locked || ch.now() >= from {
		return nil
	}
	return errs.New(errs.BotConversationActive,
		"A bot handles this conversation, and the visitor was active less than 30 minutes ago: it can be closed from %s. Take it over to close it sooner.", from).
		On("conversationId").Having(errs.Data{ClosableAt: from})
}

// takeOver makes the conversation a person's: the bot falls silent and IN-8 no
// longer holds (BT-2). It reports whether there was something to take over.
func (ch *change) takeOver() bool {
	if ch.c.BotState == vocab.BotNone || ch.c.BotState == vocab.BotTakenOver {
		return false
	}
	ch.c.BotState = vocab.BotTakenOver
	ch.emitEvent(vocab.BotTakenOverEvent)
	return true
}

// TakeOver takes a conversation over from its bot and assigns it to the caller
// (BT-2). It fails with INVALID when no bot has it.
func (s *Service) TakeOver(ctx context.Context, in TakeOverConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "takeOverConversation", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		me := viewer.FromContext(ctx).ActorID
		if ch.c.BotState == vocab.BotTakenOver && ch.c.AssigneeID == me {
			return nil
		}
		if !ch.takeOver() {
			return errs.New(errs.Invalid, "No bot handles this conversation.").On("conversationId")
		}
		return ch.assignUser(ctx, me)
	})
}

// HandOff ends a bot's part in a conversation and leaves it to people: it is
// routed, and shows in the inbox's views from then on (IN-2, BT-2). INVALID when no bot has it.
func (s *Service) HandOff(ctx context.Context, in HandOffConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "handOffConversation", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		if by := authorOf(viewer.FromContext(ctx)); by.kind == viewer.Bot && by.id != ch.c.BotID {
			return notThisBots()
		}
		if ch.c.BotState == vocab.BotHandedOff {
			return nil
		}
		if !ch.c.BotState.InBotsHands() {
			return errs.New(errs.Invalid, "No bot handles this conversation.").On("conversationId")
		}
		return ch.handOff(ctx)
	})
}

func (ch *change) handOff(ctx context.Context) error {
	ch.c.BotState = vocab.BotHandedOff
	ch.emitEvent(vocab.BotHandedOffEvent)
	return ch.route(ctx, vocab.RoutedHandedOff)
}

// HandOffTurn is HandOff within the caller's transaction, in the name of its viewer, for
// what was found out about a turn (AG-1). It does nothing once the turn is another one, or
// the bot no longer has the conversation.
func (s *Service) HandOffTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int) error {
	return s.changeTurn(ctx, tx, conversationID, turn, (*change).handOff)
}

// EndTurn says, within the caller's transaction, that the bot has nothing more to say
// (AG-1): the conversation closes as IN-8 has it. It does nothing where HandOffTurn does not.
func (s *Service) EndTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int) error {
	return s.changeTurn(ctx, tx, conversationID, turn, func(ch *change, _ context.Context) error {
		if ch.c.BotState == vocab.BotActive {
			ch.c.BotState = vocab.BotEnded
			ch.emitEvent(vocab.ConversationUpdated)
		}
		return nil
	})
}

func (s *Service) changeTurn(ctx context.Context, tx *store.Tx, conversationID string, turn int, apply func(*change, context.Context) error) error {
	_, err := changeOne(ctx, tx, On(conversationID), func(ctx context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		if !ch.c.BotState.InBotsHands() || ch.c.Turn != turn {
			return nil
		}
		return apply(ch, ctx)
	})
	return err
}

const dueBotChats = `SELECT id, account_id FROM conversations
	WHERE bot_state = 'ENDED' AND status = 'OPEN' AND deleted_at = 0 AND visitor_active_at <= $1 ORDER BY visitor_active_at`

// CloseEndedBotChats closes the chats of every account whose bot is done and
// whose visitor was inactive for BotLock (IN-8). The system runs it each minute.
func (s *Service) CloseEndedBotChats(ctx context.Context) error {
	due, err := s.findOverdue(ctx, dueBotChats, int64(s.store.Now().Add(-BotLock)))
	if err != nil {
		return err
	}
	for _, c := range due {
		ctx := viewer.NewContext(ctx, viewer.System("bot", c.account))
		err := s.changeAsSystem(ctx, c.id, func(ctx context.Context, ch *change) error {
			if ch.c.BotState != vocab.BotEnded || ch.c.DeletedAt.IsSet() {
				return nil
			}
			return ch.close(ctx)
		})
		if err != nil && errs.Of(err) == nil {
			return err
		}
	}
	return nil
}
