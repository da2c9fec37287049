package engagement

import (
	"cmp"
	"context"
	"errors"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
)

// place puts a new engagement to what it is of. Of a conversation, ticket or deal it is of
// what that is of too, unless something else is given. Errors: REQUIRED on contactId if
// nothing is, NOT_FOUND on what is not there.
func (in LogEngagementInput) place(ctx context.Context, tx *store.Tx, e *ent.Engagement) error {
	e.ConversationID, e.ContactID, e.CompanyID = orZero(in.ConversationID), orZero(in.ContactID), orZero(in.CompanyID)
	e.DealID, e.TicketID = orZero(in.DealID), orZero(in.TicketID)
	if e.ConversationID+e.ContactID+e.CompanyID+e.DealID+e.TicketID == "" {
		return errs.New(errs.Required, "Say of what it is: a contact, company, deal, ticket or conversation.").On("contactId")
	}
	if err := errors.Join(placeTicket(ctx, tx, e), placeDeal(ctx, tx, e)); err != nil {
		return err
	}
	if err := placeConversation(ctx, tx, e, given(in.ConversationID)); err != nil {
		return err
	}
	return errors.Join(placeContact(ctx, tx, e, given(in.ContactID)), placeCompany(ctx, tx, e, given(in.CompanyID)))
}

func given(s *string) bool { return s != nil && *s != "" }

func placeTicket(ctx context.Context, tx *store.Tx, e *ent.Engagement) error {
	if e.TicketID == "" {
		return nil
	}
	t, err := find(ctx, "ticket", e.TicketID, id.Ticket, "ticketId", tx.Client.Ticket.Get)
	if err == nil {
		follow(e, orZero(t.ConversationID), t.ContactID, t.CompanyID)
	}
	return err
}

func placeDeal(ctx context.Context, tx *store.Tx, e *ent.Engagement) error {
	if e.DealID == "" {
		return nil
	}
	d, err := find(ctx, "deal", e.DealID, id.Deal, "dealId", tx.Client.Deal.Get)
	if err == nil {
		follow(e, orZero(d.ConversationID), d.ContactID, d.CompanyID)
	}
	return err
}

// follow has an engagement be of what its record is of.
func follow(e *ent.Engagement, conversationID, contactID, companyID string) {
	e.ConversationID = cmp.Or(e.ConversationID, conversationID)
	e.ContactID, e.CompanyID = cmp.Or(e.ContactID, contactID), cmp.Or(e.CompanyID, companyID)
}

// placeConversation: one that follows from a record and is gone, or not the caller's, is
// passed over.
func placeConversation(ctx context.Context, tx *store.Tx, e *ent.Engagement, said bool) error {
	if e.ConversationID == "" {
		return nil
	}
	c, err := find(ctx, "conversation", e.ConversationID, id.Conversation, "conversationId", tx.Client.Conversation.Get)
	if err != nil {
		e.ConversationID = ""
		return unlessFollowed(err, said)
	}
	e.InboxID = c.InboxID
	follow(e, "", c.ContactID, "")
	return nil
}

func placeContact(ctx context.Context, tx *store.Tx, e *ent.Engagement, said bool) error {
	if e.ContactID == "" {
		return nil
	}
	c, err := find(ctx, "contact", e.ContactID, id.Contact, "contactId", tx.Client.Contact.Get)
	if err != nil {
		e.ContactID = ""
		return unlessFollowed(err, said)
	}
	follow(e, "", "", c.CompanyID)
	return nil
}

func placeCompany(ctx context.Context, tx *store.Tx, e *ent.Engagement, said bool) error {
	if e.CompanyID == "" {
		return nil
	}
	_, err := find(ctx, "company", e.CompanyID, id.Company, "companyId", tx.Client.Company.Get)
	if err != nil {
		e.CompanyID = ""
	}
	return unlessFollowed(err, said)
}

// unlessFollowed is an error about an id that the caller gave; none, if it is about one
// that followed from a record.
func unlessFollowed(err error, said bool) error {
	if !said && errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// find loads an object that an input names.
func find[T any](ctx context.Context, what, objectID, kind, path string, get func(context.Context, string) (*T, error)) (*T, error) {
	if !id.Is(objectID, kind) {
		return nil, missing(what, objectID, path)
	}
	found, err := get(ctx, objectID)
	if ent.IsNotFound(err) {
		return nil, missing(what, objectID, path)
	}
	return found, err
}
