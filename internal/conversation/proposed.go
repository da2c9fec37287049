package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Proposed says of a message who proposed it (AG-3).
type Proposed struct {
	ProposedBy string
	// BotID is the bot that has the conversation and in the name of which the message goes
	// out: that is no take-over. "": it is the viewer's message.
	BotID string
}

// SendProposed sends within the caller's transaction what was proposed and accepted, by the
// rules of SendMessage. Whoever accepts it keeps their own draft, and the message's event
// names both. Errors are SendMessage's.
func (s *Service) SendProposed(ctx context.Context, tx *store.Tx, in SendMessageInput, of Proposed) (*ent.Message, error) {
	what, err := composeContent(written{markdown: in.Markdown}, MaxText, 0)
	if err != nil {
		return nil, err
	}
	ch, err := loadChange(ctx, tx, in.ConversationID)
	if err != nil {
		return nil, err
	}
	d := draft{id: id.New(id.Message), what: what, proposedBy: of.ProposedBy}
	if of.BotID != "" {
		d.by, in.Turn = author{kind: viewer.Bot, id: of.BotID}, &ch.before.Turn
	}
	return s.sendMessage(ctx, ch, d, extras{}, in)
}

// nameProposer has the event of a new message name who proposed it: its actor accepted it.
func (ch *change) nameProposer(d draft) {
	if d.proposedBy == "" {
		return
	}
	for i := range ch.events {
		if ch.events[i].Type == vocab.MessageCreated {
			ch.events[i].Changes = append(ch.events[i].Changes, vocab.FieldChange{Field: "proposedBy", To: &d.proposedBy})
		}
	}
}
