package conversation

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// LinkContact makes a contact the main contact of a chat (IN-12).
func (s *Service) LinkContact(ctx context.Context, in LinkContactInput) (*ent.Conversation, error) {
	in1 := call{"linkContact", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(ctx context.Context, ch *change) error {
		if err := ch.mayRelink(); err != nil {
			return err
		}
		if err := ch.knows(ctx, in.ContactID); err != nil {
			return err
		}
		return ch.link(ctx, in.ContactID)
	})
}

// knows refuses a contact that the account does not have.
func (ch *change) knows(ctx context.Context, contactID string) error {
	unknown := errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(contactID)).On("contactId")
	if !id.Is(contactID, id.Contact) {
		return unknown
	}
	_, err := ch.tx.Client.Contact.Get(ctx, contactID)
	if ent.IsNotFound(err) {
		return unknown
	}
	return err
}

// UnlinkContact parts a chat from its contact, in this conversation alone; its
// next message does not undo that (IN-12, CR-6).
func (s *Service) UnlinkContact(ctx context.Context, in UnlinkContactInput) (*ent.Conversation, error) {
	in1 := call{"unlinkContact", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(ctx context.Context, ch *change) error {
		if err := ch.mayRelink(); err != nil {
			return err
		}
		if ch.c.ContactID == "" {
			return nil
		}
		was := ch.c.ContactID
		ch.c.ContactID = ""
		ch.emit(vocab.ContactUnlinked).SubjectID = was
		return ch.indexHeader(ctx)
	})
}

func (ch *change) mayRelink() error {
	if ch.c.Kind != vocab.Chat {
		return errs.New(errs.Invalid, "Only a chat can change its contact: an e-mail conversation is with who wrote it.").On("conversationId")
	}
	return ch.mayChange()
}

func (ch *change) link(ctx context.Context, contactID string) error {
	if ch.c.ContactID == contactID {
		return nil
	}
	ch.c.ContactID = contactID
	ch.emit(vocab.ContactLinked).SubjectID = contactID
	return ch.indexHeader(ctx)
}

// LinkVisitor links the visitor's conversations that have no contact to one,
// within the caller's transaction: for the agents' eyes alone (CH-8).
func (s *Service) LinkVisitor(ctx context.Context, tx *store.Tx, visitorID, contactID string) error {
	ids, err := tx.Client.Conversation.Query().
		Where(entconversation.VisitorID(visitorID), entconversation.ContactID(""), entconversation.DeletedAt(0)).
		Order(entconversation.ByID()).IDs(ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		ch, err := load(ctx, tx, conversationID)
		if err != nil {
			return err
		}
		if err := ch.link(ctx, contactID); err != nil {
			return err
		}
		if err := ch.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ReindexArgs asks that the conversations of a contact whose name or address
// changed be found by the new ones (IN-5).
type ReindexArgs struct {
	AccountID string `json:"accountId"`
	ContactID string `json:"contactId"`
}

// Kind names the job.
func (ReindexArgs) Kind() string { return "reindex-contact" }

// Reindex does what ReindexArgs asks, a transaction for each conversation. Last
// it tells that the contact changed, in what leads to it: live views that are
// found by words look again.
func (s *Service) Reindex(ctx context.Context, args ReindexArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("search", args.AccountID))
	ids, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ContactID(args.ContactID)).IDs(ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			ch, err := load(ctx, tx, conversationID)
			if err != nil {
				return err
			}
			return ch.indexHeader(ctx)
		})
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: args.ContactID})
		return nil
	})
}
