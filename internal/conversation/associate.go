package conversation

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/association"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AssociateRecordInput is the input of associateRecord. Which record belongs to a
// conversation too.
type AssociateRecordInput struct {
	Target
	RecordID string
}

// DissociateRecordInput is the input of dissociateRecord. Which record does not belong to a
// conversation.
type DissociateRecordInput struct {
	Target
	RecordID string
}

// AssociateRecord adds a contact, company, deal or ticket to a conversation (CR-3); one
// that belongs to it already stays as it is. Errors: NOT_FOUND on recordId, TOO_LONG where
// the conversation has as many as it may.
func (s *Service) AssociateRecord(ctx context.Context, in AssociateRecordInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "associateRecord", in.Target, in, func(ctx context.Context, ch *change) error {
		has, err := s.isAssociated(ctx, ch, in.RecordID)
		if err != nil || has {
			return err
		}
		n, err := ch.tx.Client.Association.Query().Where(association.ConversationID(ch.c.ID)).Count(ctx)
		if err != nil {
			return err
		}
		if n >= maxAssociations {
			return errs.Exceeds(maxAssociations, "The conversation has %d records, as many as are allowed.", n).On("recordId")
		}
		return ch.setAssociation(ctx, in.RecordID, false)
	})
}

// DissociateRecord takes a record off a conversation; the record stays (CR-3). One that
// does not belong to it stays so. Errors: INVALID on recordId for the main contact, which
// unlinkContact removes.
func (s *Service) DissociateRecord(ctx context.Context, in DissociateRecordInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "dissociateRecord", in.Target, in, func(ctx context.Context, ch *change) error {
		has, err := s.isAssociated(ctx, ch, in.RecordID)
		if err != nil || !has {
			return err
		}
		if in.RecordID == ch.c.ContactID {
			return errs.New(errs.Invalid, "This is the main contact, which linkContact and unlinkContact change.").On("recordId")
		}
		return ch.setAssociation(ctx, in.RecordID, true)
	})
}

// isAssociated reports whether a record that the caller may see belongs to a conversation.
func (s *Service) isAssociated(ctx context.Context, ch *change, recordID string) (bool, error) {
	if err := ch.mayChange(); err != nil {
		return false, err
	}
	there, err := recordThere(ctx, ch.tx.Client, recordID)
	if err == nil && !there {
		err = errs.New(errs.NotFound, "There is no contact, company, deal or ticket %q that you may see.", errs.Clip(recordID)).On("recordId")
	}
	if err != nil {
		return false, err
	}
	lists, err := s.Associations(ctx, []*ent.Conversation{ch.c})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(lists[0], func(a *Association) bool { return a.RecordID == recordID }), nil
}

func recordThere(ctx context.Context, client *ent.Client, recordID string) (bool, error) {
	var err error
	switch id.Prefix(recordID) {
	case id.Contact:
		_, err = client.Contact.Get(ctx, recordID)
	case id.Company:
		_, err = client.Company.Get(ctx, recordID)
	case id.Deal:
		_, err = client.Deal.Get(ctx, recordID)
	case id.Ticket:
		_, err = client.Ticket.Get(ctx, recordID)
	default:
		return false, nil
	}
	if ent.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// setAssociation notes what someone said of a record, and records it.
func (ch *change) setAssociation(ctx context.Context, recordID string, removed bool) error {
	actor := viewer.FromContext(ctx).Actor()
	_, err := ch.tx.Exec(ctx, `INSERT INTO associations (id, account_id, inbox_id, conversation_id, record_id, removed, author_kind, author_id, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (conversation_id, record_id) DO UPDATE SET removed = excluded.removed, author_kind = excluded.author_kind, author_id = excluded.author_id, at = excluded.at`,
		id.New("association"), ch.c.AccountID, ch.c.InboxID, ch.c.ID, recordID, removed, string(actor.Kind), actor.ActorID, int64(ch.now()))
	if err != nil {
		return err
	}
	ch.touched = true
	e := ch.emitEvent(vocab.ConversationUpdated)
	c := vocab.FieldChange{Field: "associations", To: &recordID}
	if removed {
		c.To, c.From = nil, &recordID
	}
	e.Changes = append(e.Changes, c)
	return nil
}
