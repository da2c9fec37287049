package conversation

import (
	"context"

	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// BotStep is what a step of a bot's flow does in a conversation (BT-4); what is empty is
// left out.
type BotStep struct {
	ConversationID string
	// Turn is the conversation's, as it was when the step was chosen: CONFLICT with a later
	// one (AG-2).
	Turn           int
	MessageID      string
	Markdown       string
	QuickReplies   []vocab.QuickReply
	LibraryItemIDs []string
	// Note is for people, as NoteID.
	Note, NoteID string
	Tags         []string
	Ticket       *vocab.TicketPreset
	Properties   []property.PropertyValueInput
	// HandOff leaves the conversation to people, by the routing of a source if it is not
	// empty, otherwise by the bot's.
	HandOff       bool
	RoutingSource string
	// End: the bot has nothing more to say.
	End bool
}

// DoBotStep does a step, within the caller's transaction and in the name of the bot that is
// the actor of its viewer. It fails as the use cases that it consists of do: SendMessage,
// Tag, SetProperties and HandOff.
func (s *Service) DoBotStep(ctx context.Context, tx *store.Tx, step BotStep) error {
	on := On(step.ConversationID)
	if step.Markdown != "" || len(step.LibraryItemIDs) > 0 {
		if err := s.sayAsBot(ctx, tx, step); err != nil {
			return err
		}
	}
	if step.Note != "" {
		if err := s.postAsBot(ctx, tx, step.NoteID, SendMessageInput{Target: on, Markdown: &step.Note, Note: true}); err != nil {
			return err
		}
	}
	if len(step.Tags) == 0 && step.Ticket == nil && len(step.Properties) == 0 && !step.HandOff && !step.End {
		return nil
	}
	_, err := changeOne(ctx, tx, on, func(ctx context.Context, ch *change) error {
		if err := ch.mayBotSpeak(authorOf(viewer.FromContext(ctx)), &step.Turn); err != nil {
			return err
		}
		ch.ticket = step.Ticket
		if len(step.Tags) > 0 {
			if err := ch.tag(ctx, step.Tags); err != nil {
				return err
			}
		}
		if len(step.Properties) > 0 {
			if err := ch.setProperties(ctx, step.Properties); err != nil {
				return err
			}
		}
		return ch.endBotsPart(ctx, step)
	})
	return err
}

func (ch *change) endBotsPart(ctx context.Context, step BotStep) error {
	if step.End && ch.c.BotState == vocab.BotActive {
		ch.c.BotState = vocab.BotEnded
		ch.emitEvent(vocab.ConversationUpdated)
	}
	if !step.HandOff {
		return nil
	}
	if step.RoutingSource != "" {
		ch.c.RoutingSource = step.RoutingSource
	}
	return ch.handOff(ctx)
}

func (s *Service) sayAsBot(ctx context.Context, tx *store.Tx, step BotStep) error {
	in := SendMessageInput{Target: On(step.ConversationID), Turn: &step.Turn, LibraryItemIDs: step.LibraryItemIDs}
	if step.Markdown != "" {
		in.Markdown = &step.Markdown
	}
	for _, r := range step.QuickReplies {
		in.QuickReplies = append(in.QuickReplies, QuickReplyInput{Text: r.Text, Value: &r.Value})
	}
	return s.postAsBot(ctx, tx, step.MessageID, in)
}

func (s *Service) postAsBot(ctx context.Context, tx *store.Tx, messageID string, in SendMessageInput) error {
	more, err := newExtras(in.LibraryItemIDs, nil)
	if err != nil {
		return err
	}
	what, err := composeContent(written{markdown: in.Markdown}, MaxText, more.count())
	if err != nil {
		return err
	}
	ch, err := loadChange(ctx, tx, in.ConversationID)
	if err != nil {
		return err
	}
	_, err = s.sendMessage(ctx, ch, draft{id: messageID, what: what}, more, in)
	return err
}
