package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// Update changes what other systems know a conversation by (API-1). An external id that
// another conversation has is ALREADY_EXISTS on externalId.
func (s *Service) Update(ctx context.Context, in UpdateConversationInput) (*ent.Conversation, error) {
	c, err := s.changeConversation(ctx, "updateConversation", in.Target, in, func(_ context.Context, ch *change) error {
		if err := ch.mayChange(); err != nil {
			return err
		}
		if ch.c.ThreadKey != "" && in.ExternalID.IsSet() {
			return errs.New(errs.Invalid, "The external id of a custom channel's conversation is its thread, and stays.").On("externalId")
		}
		if err := account.SetExternalID(&ch.c.ExternalID, in.ExternalID); err != nil {
			return err
		}
		if externalIDOf(ch.c) != externalIDOf(ch.before) {
			ch.emitEvent(vocab.ConversationUpdated)
		}
		return nil
	})
	return c, account.ExternalIDTaken(err, "conversation")
}

// externalIDOf is the conversation's external id as a column's value; nil: none.
func externalIDOf(c *ent.Conversation) any {
	if c.ExternalID == nil {
		return nil
	}
	return *c.ExternalID
}
