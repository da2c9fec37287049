package visitor

import (
	"context"
	"slices"

	"parley/ent"
	entinbox "parley/ent/inbox"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// RatingQuestion is what a visitor is asked about a chat of theirs (CO-5).
type RatingQuestion struct {
	Scale vocab.RatingScale
	// Text is the inbox's own; nil: the widget has one.
	Text *string
}

// Rate keeps what the visitor answers after a close of one of their chats. Errors: as
// conversation.RateClosed; NOT_FOUND, PROOF_REQUIRED, CONSENT_REQUIRED.
func (s *Service) Rate(ctx context.Context, in RateConversationInput) (*ent.Conversation, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	if !id.Is(in.ConversationID, id.Conversation) {
		return nil, notFound(in.ConversationID)
	}
	var c *ent.Conversation
	load := func(ctx context.Context, tx *store.Tx, conversationID string) (err error) {
		c, err = s.lockOwnConversation(ctx, tx, v, conversationID)
		if err == nil && c.DeletedAt.IsSet() {
			err = notFound(conversationID)
		}
		return err
	}
	call := idempotency.Call{Mutation: "rateConversation", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	err = idempotency.Run(system(ctx, v), s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.ConversationID); err != nil {
			return err
		}
		me, err := tx.Client.Visitor.Get(ctx, v.ActorID)
		if err != nil {
			return err
		}
		if err := mayGoOn(ctx, tx.Client, me); err != nil {
			return err
		}
		comment := ""
		if in.Comment != nil {
			comment = *in.Comment
		}
		c, err = s.conversations.RateClosed(ctx, tx, c.ID, in.Score, comment)
		return err
	}, load)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// RatingQuestions are what the visitor is asked about each of their chats; nil: nothing.
func (s *Service) RatingQuestions(ctx context.Context, list []*ent.Conversation) ([]*RatingQuestion, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	ctx = viewer.NewContext(ctx, viewer.System("chat", v.AccountID))
	client := s.store.Client(ctx)
	settings := map[string]vocab.InboxSettings{}
	var asked []*ent.Conversation
	for _, c := range list {
		if c.Status != vocab.Closed || c.VisitorID != v.ActorID { // what went on elsewhere is rated there
			continue
		}
		of, known := settings[c.InboxID]
		if !known {
			box, err := client.Inbox.Query().Where(entinbox.ID(c.InboxID)).Only(ctx)
			if err != nil {
				return nil, err
			}
			of = box.Settings
			settings[c.InboxID] = of
		}
		if conversation.AskedIn(c, of, vocab.RatingInChat, s.store.Now()) {
			asked = append(asked, c)
		}
	}
	answered, err := conversation.Answered(ctx, client, asked)
	if err != nil {
		return nil, err
	}
	questions := make([]*RatingQuestion, len(list))
	for i, c := range list {
		if !slices.Contains(asked, c) || answered[c.ID] {
			continue
		}
		of := settings[c.InboxID].Rating
		questions[i] = &RatingQuestion{Scale: of.Scale}
		if of.Question != "" {
			questions[i].Text = &of.Question
		}
	}
	return questions, nil
}
