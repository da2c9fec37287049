package crm

import (
	"context"
	"errors"

	"parley/ent"
	entticket "parley/ent/ticket"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// CreateTicket makes a ticket (CR-2, CR-7). From a conversation it takes what is not
// given; a conversation has one ticket: ALREADY_EXISTS on conversationId. Errors are
// those of the fields, and NOT_FOUND on what they name.
func (s *Service) CreateTicket(ctx context.Context, in CreateTicketInput) (*ent.Ticket, error) {
	if err := mayEdit(ctx, "tickets"); err != nil {
		return nil, err
	}
	t := &ent.Ticket{ID: id.OrNew(in.ID, id.Ticket)}
	call := idempotency.Call{
		Mutation: "createTicket", Key: in.IdempotencyKey, Input: in, Result: t.ID,
		Own: []idempotency.Own{{Kind: id.Ticket, Field: "id", ID: in.ID}},
	}
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		return makeTicket(ctx, tx, t, in)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		t, err = findTicket(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, ticketTaken(err)
	}
	return t, nil
}

// makeTicket makes the ticket of an input, whose id t has.
func makeTicket(ctx context.Context, tx *store.Tx, t *ent.Ticket, in CreateTicketInput) error {
	*t = ent.Ticket{ID: t.ID, AccountID: t.AccountID, Priority: vocab.PriorityNone}
	externalID, err := account.NewExternalID(in.ExternalID)
	if err != nil {
		return err
	}
	t.ExternalID = externalID
	c, err := givenConversation(ctx, tx, in.ConversationID)
	if err != nil {
		return err
	}
	if c != nil {
		if err := fillTicket(ctx, tx, t, c, in.TicketFacts); err != nil {
			return err
		}
	}
	if err := errors.Join(in.TicketFacts.apply(ctx, tx, t), courseOfTicket(t).fillCompany(ctx, tx, in.CompanyID)); err != nil {
		return err
	}
	if err := insertTicket(ctx, tx, t, c); err != nil {
		return err
	}
	if _, err := (contactChange{recordID: t.ID, mainID: t.ContactID, add: in.AddContactIDs.Value()}).apply(ctx, tx); err != nil {
		return err
	}
	_, err = setDefined(ctx, tx, vocab.PropertyOfTicket, t.ID, in.DefinedProperties)
	return err
}

// givenConversation is the conversation that a new record is made for; nil: none.
func givenConversation(ctx context.Context, tx *store.Tx, conversationID *string) (*ent.Conversation, error) {
	if !given(conversationID) {
		return nil, nil
	}
	if !id.Is(*conversationID, id.Conversation) {
		return nil, missing("conversation", *conversationID, "conversationId")
	}
	c, err := tx.Client.Conversation.Get(ctx, *conversationID)
	if ent.IsNotFound(err) {
		return nil, missing("conversation", *conversationID, "conversationId")
	}
	return c, err
}

// UpdateTicket changes a ticket (CR-7). Errors are those of CreateTicket, and CONFLICT
// on expectedRevision.
func (s *Service) UpdateTicket(ctx context.Context, in UpdateTicketInput) (*ent.Ticket, error) {
	if err := mayEdit(ctx, "tickets"); err != nil {
		return nil, err
	}
	var t *ent.Ticket
	load := func(ctx context.Context, tx *store.Tx, ticketID string) (err error) {
		t, err = findTicket(ctx, tx, ticketID)
		return err
	}
	call := idempotency.Call{Mutation: "updateTicket", Key: in.IdempotencyKey, Input: in, Result: in.TicketID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.TicketID); err != nil {
			return err
		}
		if err := revisionIs(in.ExpectedRevision, t.Revision); err != nil {
			return err
		}
		before := *t
		if err := errors.Join(in.TicketFacts.apply(ctx, tx, t), account.SetExternalID(&t.ExternalID, in.ExternalID)); err != nil {
			return err
		}
		defined, err := setDefined(ctx, tx, vocab.PropertyOfTicket, t.ID, in.DefinedProperties)
		if err != nil {
			return err
		}
		contacts, err := contactChange{t.ID, t.ContactID, in.AddContactIDs.Value(), in.RemoveContactIDs.Value()}.apply(ctx, tx)
		if err != nil {
			return err
		}
		return saveTicket(ctx, tx, &before, t, append(defined, contacts...)...)
	}, load)
	if err != nil {
		return nil, ticketTaken(err)
	}
	return t, nil
}

// upsertTries is how often an upsert begins again because another made the record just
// before it.
const upsertTries = 5

// UpsertTicket changes the ticket with an external id, and makes it if there is none,
// which created reports. Callers with one id at the same time get the same ticket.
func (s *Service) UpsertTicket(ctx context.Context, in UpsertTicketInput) (t *ent.Ticket, created bool, err error) {
	if err := mayEdit(ctx, "tickets"); err != nil {
		return nil, false, err
	}
	if in.ExternalID == "" {
		return nil, false, errs.New(errs.Required, "Enter an external id.").On("externalId")
	}
	for try := 1; ; try++ {
		t, created, err = s.upsertTicket(ctx, in)
		if try == upsertTries || !isBlamed(err) {
			return t, created, err
		}
	}
}

// isBlamed reports whether another record has the external id by now: the next try
// finds it.
func isBlamed(err error) bool {
	return errs.Is(err, errs.AlreadyExists) && errs.Of(err).Field[0] == "externalId"
}

func (s *Service) upsertTicket(ctx context.Context, in UpsertTicketInput) (t *ent.Ticket, created bool, err error) {
	call := idempotency.Call{Mutation: "upsertTicket", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Ticket)}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Client.Ticket.Query().Where(entticket.ExternalID(in.ExternalID)).Modify(store.ForUpdate).Only(ctx)
		if created = ent.IsNotFound(err); created {
			t = &ent.Ticket{ID: call.Result}
			return makeTicket(ctx, tx, t, CreateTicketInput{TicketFacts: in.TicketFacts, ConversationID: in.ConversationID, ExternalID: &in.ExternalID})
		}
		if err != nil {
			return err
		}
		t = found
		if err := call.Settle(ctx, tx, t.ID, "found"); err != nil {
			return err
		}
		before := *t
		if err := in.TicketFacts.apply(ctx, tx, t); err != nil {
			return err
		}
		defined, err := setDefined(ctx, tx, vocab.PropertyOfTicket, t.ID, in.DefinedProperties)
		if err != nil {
			return err
		}
		contacts, err := contactChange{recordID: t.ID, mainID: t.ContactID, add: in.AddContactIDs.Value()}.apply(ctx, tx)
		if err != nil {
			return err
		}
		return saveTicket(ctx, tx, &before, t, append(defined, contacts...)...)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		notes, err := call.Notes(ctx, tx)
		if err != nil {
			return err
		}
		created = len(notes) == 0
		t, err = findTicket(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, false, ticketTaken(err)
	}
	return t, created, nil
}

// DeleteTicket deletes a ticket for good.
func (s *Service) DeleteTicket(ctx context.Context, in DeleteTicketInput) error {
	if err := mayEdit(ctx, "tickets"); err != nil {
		return err
	}
	call := idempotency.Call{Mutation: "deleteTicket", Key: in.IdempotencyKey, Input: in, Result: in.TicketID}
	return idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		t, err := findTicket(ctx, tx, in.TicketID)
		if err != nil {
			return err
		}
		c, err := conversationOf(ctx, tx, t.ConversationID)
		if err != nil {
			return err
		}
		tx.Append(ctx, recordEvent(vocab.TicketDeleted, t.ID, c))
		if err := tx.Retire(ctx, "tickets", id.Ticket, "id", t.AccountID, t.ID); err != nil {
			return err
		}
		if err := tx.DeleteValues(ctx, t.AccountID, t.ID); err != nil {
			return err
		}
		if err := dropContacts(ctx, tx, t.AccountID, t.ID); err != nil {
			return err
		}
		if err := leaveEngagements(ctx, tx, "ticket_id", t.AccountID, t.ID); err != nil {
			return err
		}
		return tx.Client.Ticket.DeleteOneID(t.ID).Exec(ctx)
	}, func(context.Context, *store.Tx, string) error { return nil })
}
