package conversation

import (
	"context"

	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SayNobodyIsThere adds, in the name of the bot that handed a chat off, what the visitor is
// told where no one could take it (BT-2), within the caller's transaction. It does nothing once a person has the chat or wrote in it, and where it
// is closed, filtered or gone. The visitor goes on waiting for people.
func (s *Service) SayNobodyIsThere(ctx context.Context, tx *store.Tx, conversationID, messageID, text string) error {
	ch, err := loadChange(ctx, tx, conversationID)
	if e := errs.Of(err); e != nil && e.Code == errs.NotFound {
		return nil // purged
	}
	if err != nil {
		return err
	}
	c := ch.c
	if c.BotState != vocab.BotHandedOff || c.AssigneeID != "" || !routable(c) || c.FirstRespondedAt.IsSet() {
		return nil
	}
	what, err := composeContent(written{text: &text}, MaxText, 0)
	if err != nil {
		return err
	}
	if _, err := ch.addMessage(ctx, draft{id: messageID, by: author{viewer.Bot, c.BotID}, direction: vocab.Outgoing, what: what}); err != nil {
		return err
	}
	return ch.save(ctx)
}
