package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ReceiveFromStaff adds a mail that a member of the inbox sent from a mailbox of their own
// (EM-9), within the caller's transaction: their message to the contact, if it went there
// too, which then counts as any answer does; else their note. others are who else is on
// it. A conversation in the trash is NOT_FOUND.
func (s *Service) ReceiveFromStaff(ctx context.Context, tx *store.Tx, in Inbound, userID string, toContact bool, others []vocab.Mailbox) (*ent.Conversation, *ent.Message, error) {
	by, err := staffAuthor(ctx, tx, userID)
	if err != nil {
		return nil, nil, err
	}
	if v := viewer.FromContext(ctx); v != nil {
		ctx = viewer.NewContext(ctx, v.InNameOf(&viewer.Viewer{Kind: by.kind, AccountID: v.AccountID, ActorID: by.id}))
	}
	ch, err := loadChange(ctx, tx, in.ConversationID)
	if err != nil {
		return nil, nil, err
	}
	if ch.c.DeletedAt.IsSet() {
		return nil, nil, view.NotFound(in.ConversationID)
	}
	d := draft{id: in.MessageID, by: by, direction: vocab.Note, what: in.content(), at: in.At, delivery: vocab.DeliveryDelivered}
	if toContact {
		d.direction, d.delivery = vocab.Outgoing, vocab.DeliverySent
	}
	m, err := ch.addMessage(ctx, d)
	if err != nil {
		return nil, nil, err
	}
	if toContact {
		if err := ch.answerElsewhere(ctx, m, others); err != nil {
			return nil, nil, err
		}
	}
	return ch.c, m, ch.save(ctx)
}

// answerElsewhere does what follows from an answer that was sent by another way.
func (ch *change) answerElsewhere(ctx context.Context, m *ent.Message, others []vocab.Mailbox) error {
	if ch.c.Status == vocab.Closed {
		if err := ch.reopen(ctx); err != nil {
			return err
		}
	}
	ch.endWaiting()
	if err := ch.recordResponse(ctx, m); err != nil {
		return err
	}
	ch.takeOver()
	if err := ch.addParticipants(ctx, others, namedByTeam); err != nil {
		return err
	}
	return ch.wroteTo(ctx, Outgoing{To: others})
}

// staffAuthor is a user as the author of a message.
func staffAuthor(ctx context.Context, tx *store.Tx, userID string) (author, error) {
	u, err := tx.Client.User.Get(ctx, userID)
	if err != nil {
		return author{}, err
	}
	kind := viewer.Agent
	if u.Role == vocab.RoleAdmin {
		kind = viewer.Admin
	}
	return author{kind: kind, id: u.ID}, nil
}
