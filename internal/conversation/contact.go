package conversation

import (
	"context"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// LinkContact makes a contact the main contact of a chat (IN-12).
func (s *Service) LinkContact(ctx context.Context, in LinkContactInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "linkContact", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayRelink(); err != nil {
			return err
		}
		contactID, err := ch.findContact(ctx, in.ContactID)
		if err != nil {
			return err
		}
		ch.c.ContactByHand = true
		return ch.linkContact(ctx, contactID)
	})
}

// findContact returns the id of a contact of the account's, or of the one that it was merged
// into.
func (ch *change) findContact(ctx context.Context, contactID string) (string, error) {
	unknown := errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(contactID)).On("contactId")
	if !id.Is(contactID, id.Contact) {
		return "", unknown
	}
	c, err := loader.HoldContact(ctx, ch.tx, contactID)
	if ent.IsNotFound(err) {
		return "", unknown
	}
	if err != nil {
		return "", err
	}
	return c.ID, nil
}

// UnlinkContact parts a chat from its contact, only in this conversation; its
// next message does not undo that (IN-12, CR-6).
func (s *Service) UnlinkContact(ctx context.Context, in UnlinkContactInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "unlinkContact", in.Target, in, func(ctx context.Context, ch *change) error {
		if err := ch.mayRelink(); err != nil {
			return err
		}
		ch.c.ContactByHand = true
		if ch.c.ContactID == "" {
			return nil
		}
		was := ch.c.ContactID
		ch.c.ContactID = ""
		ch.emitEvent(vocab.ContactUnlinked).SubjectID = was
		return ch.indexHeader(ctx)
	})
}

func (ch *change) mayRelink() error {
	if !ch.c.Kind.Abilities().ContactChangeable {
		return errs.New(errs.Invalid, "Only the contact of a chat can be changed: the contact of an e-mail conversation is its sender.").On("conversationId")
	}
	return ch.mayChange()
}

func (ch *change) linkContact(ctx context.Context, contactID string) error {
	if ch.c.ContactID == contactID {
		return nil
	}
	ch.c.ContactID = contactID
	ch.emitEvent(vocab.ContactLinked).SubjectID = contactID
	return ch.indexHeader(ctx)
}

// LinkVisitor links the visitor's conversations that have no contact, and the open ones
// that have another, to one, within the caller's transaction: for the agents' eyes
// alone (CH-8). Those whose contact the team linked or unlinked stay (CH-5, CR-6).
func (s *Service) LinkVisitor(ctx context.Context, tx *store.Tx, visitorID, contactID string) error {
	ids, err := tx.Client.Conversation.Query().
		Where(entconversation.VisitorID(visitorID), entconversation.ContactByHand(false), entconversation.ContactIDNEQ(contactID),
			entconversation.Or(entconversation.ContactID(""), entconversation.StatusEQ(vocab.Open)), entconversation.DeletedAt(0)).
		Order(entconversation.ByID()).IDs(ctx)
	if err != nil {
		return err
	}
	for _, conversationID := range ids {
		link := func(ctx context.Context, ch *change) error { return ch.linkContact(ctx, contactID) }
		if _, err := changeOne(ctx, tx, On(conversationID), link); err != nil {
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

// Reindex does what ReindexArgs asks: jobs that an earlier version queued.
func (s *Service) Reindex(ctx context.Context, args ReindexArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("search", args.AccountID))
	found, err := s.indexContact(ctx, args.ContactID)
	if err != nil || !found {
		return err
	}
	return s.store.WithTx(ctx, s.recordIndexed(args.ContactID))
}

// indexContact writes the headers of a contact's conversations again, a
// transaction for each, and reports whether there are any.
func (s *Service) indexContact(ctx context.Context, contactID string) (found bool, err error) {
	ids, err := s.store.Client(ctx).Conversation.Query().Where(entconversation.ContactID(contactID)).IDs(ctx)
	if err != nil {
		return false, err
	}
	for _, conversationID := range ids {
		if err := s.indexOne(ctx, conversationID); err != nil && !errs.Is(err, errs.NotFound) {
			return false, err
		}
	}
	return len(ids) > 0, nil
}

func (s *Service) indexOne(ctx context.Context, conversationID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, conversationID)
		if err != nil {
			return err
		}
		return ch.indexHeader(ctx)
	})
}

// recordIndexed returns what records that the headers of a contact are written:
// that the contact changed, without a change.
func (s *Service) recordIndexed(contactID string) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: contactID})
		return nil
	}
}
