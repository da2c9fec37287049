package visitor

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/ent/targetedmessage"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Sent is what a visitor wrote, and the conversation that it went into.
type Sent struct {
	Message      *ent.Message
	Conversation *ent.Conversation
}

// SendMessage writes on in one of the visitor's conversations. Into one that
// was put into the trash or purged, a new conversation begins on the same channel
// (IN-20). CONSENT_REQUIRED once the visitor has withdrawn theirs (TM-8).
// An unknown one, and anyone else's, is NOT_FOUND.
func (s *Service) SendMessage(ctx context.Context, in SendVisitorMessageInput) (*Sent, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	if !id.Is(in.ConversationID, id.Conversation) {
		return nil, notFound(in.ConversationID)
	}
	call := idempotency.Call{Mutation: "sendVisitorMessage", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Message)}
	what := &Sent{}
	err = idempotency.Run(system(ctx, v), s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		what.Conversation, what.Message, err = s.deliverMessage(ctx, tx, v, in, call.Result)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		what.Message, what.Conversation, err = s.loadSent(ctx, tx, v, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return what, nil
}

func (s *Service) deliverMessage(ctx context.Context, tx *store.Tx, v *viewer.Viewer, in SendVisitorMessageInput, messageID string) (*ent.Conversation, *ent.Message, error) {
	me, err := lockSelf(ctx, tx, v)
	if err != nil {
		return nil, nil, err
	}
	if err := s.admitMessage(ctx, tx, v); err != nil {
		return nil, nil, err
	}
	if err := recordSeen(ctx, tx, me); err != nil {
		return nil, nil, err
	}
	if err := mayGoOn(ctx, tx.Client, me); err != nil {
		return nil, nil, err
	}
	c, err := s.lockOwnConversation(ctx, tx, v, in.ConversationID)
	if errs.Is(err, errs.NotFound) {
		c, err = s.purgedConversation(ctx, tx, me, in.ConversationID)
	}
	if err != nil {
		return nil, nil, err
	}
	if !c.DeletedAt.IsSet() {
		return s.conversations.Receive(ctx, tx, c.ID, messageID, me.ID, in.Text, in.AttachmentIDs...)
	}
	again, err := begunBy(ctx, tx, c)
	if err != nil {
		return nil, nil, err
	}
	return s.openConversation(ctx, tx, me, conversation.Start{
		MessageID: messageID, Targeted: again, PageURL: c.OriginURL, Text: in.Text, AttachmentIDs: in.AttachmentIDs,
	})
}

// purgedConversation is what is known of a visitor's chat that was purged: NOT_FOUND if
// there was none.
func (s *Service) purgedConversation(ctx context.Context, tx *store.Tx, me *ent.Visitor, conversationID string) (*ent.Conversation, error) {
	targetedID, known, err := s.conversations.PurgedChat(ctx, me.ID, conversationID)
	if err == nil && !known {
		err = notFound(conversationID)
	}
	return &ent.Conversation{ID: conversationID, TargetedMessageID: targetedID, DeletedAt: tx.Now()}, err
}

// begunBy is the targeted message that began a conversation, so that the one
// that takes its place is routed as it was; nil: none, or it is gone.
func begunBy(ctx context.Context, tx *store.Tx, c *ent.Conversation) (*ent.TargetedMessage, error) {
	if c.TargetedMessageID == "" {
		return nil, nil
	}
	m, err := tx.Client.TargetedMessage.Query().Where(targetedmessage.ID(c.TargetedMessageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return m, err
}

// lockOwnConversation loads a conversation of a visitor, also one in the trash,
// which their own fence hides, and keeps others from changing it.
// PROOF_REQUIRED for one that went on elsewhere.
func (s *Service) lockOwnConversation(ctx context.Context, tx *store.Tx, v *viewer.Viewer, conversationID string) (*ent.Conversation, error) {
	c, err := tx.Client.Conversation.Query().
		Where(entconversation.ID(conversationID), entconversation.VisitorID(v.ActorID)).Modify(store.ForUpdate).Only(ctx)
	if !ent.IsNotFound(err) {
		return c, err
	}
	if c, err = s.continuedChat(ctx, v, conversationID); err != nil {
		return nil, err
	}
	if c != nil {
		return nil, proofRequired()
	}
	return nil, notFound(conversationID)
}

func notFound(conversationID string) error {
	return errs.New(errs.NotFound, "You have no conversation %q.", errs.Clip(conversationID)).On("conversationId")
}
