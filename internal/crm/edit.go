package crm

import (
	"context"
	"errors"
	"reflect"

	"parley/ent"
	entticket "parley/ent/ticket"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxSubject is the most characters of a ticket's subject.
const maxSubject = 500

// Create makes a ticket (CR-2). Of a conversation it has the contact, unless the caller
// names one; a conversation has one ticket: ALREADY_EXISTS on conversationId. Errors are
// those of the fields, and NOT_FOUND on contactId and conversationId.
func (s *Service) Create(ctx context.Context, in CreateTicketInput) (*ent.Ticket, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	t, err := in.ticket()
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createTicket", Key: in.IdempotencyKey, Input: in, Result: t.ID,
		Own: []idempotency.Own{{Kind: id.Ticket, Field: "id", ID: in.ID}},
	}
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		return insertTicket(ctx, tx, t, in)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		t, err = findTicket(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, taken(err)
	}
	return t, nil
}

// ticket is the new ticket as the input has it, cleaned.
func (in CreateTicketInput) ticket() (*ent.Ticket, error) {
	t := &ent.Ticket{ID: id.OrNew(in.ID, id.Ticket)}
	var priority vocab.Priority
	if in.Priority != nil {
		priority = *in.Priority
	}
	externalID, err := account.NewExternalID(in.ExternalID)
	t.ExternalID = externalID
	return t, errors.Join(err, fill(t, in.Subject, vocab.TicketPreset{Pipeline: in.Pipeline, Stage: in.Stage, Priority: priority, Properties: in.Properties}))
}

// fill puts what a ticket says into it, cleaned.
func fill(t *ent.Ticket, subject string, facts vocab.TicketPreset) error {
	subject, err := oneLine(subject, 1, maxSubject, []string{"subject"})
	clean, err2 := CleanPreset(facts)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	t.Subject, t.Pipeline, t.Stage, t.Priority = subject, clean.Pipeline, clean.Stage, clean.Priority
	t.Properties = append([]vocab.TicketProperty{}, clean.Properties...)
	return nil
}

func insertTicket(ctx context.Context, tx *store.Tx, t *ent.Ticket, in CreateTicketInput) error {
	e := store.Event{Type: vocab.TicketCreated, SubjectID: t.ID}
	if given(in.ConversationID) {
		c, err := findConversation(ctx, tx, *in.ConversationID)
		if err != nil {
			return err
		}
		t.ConversationID, t.ContactID = &c.ID, c.ContactID
		e.InboxID, e.ConversationID, e.Revision = c.InboxID, c.ID, c.Revision
	}
	if given(in.ContactID) {
		if err := contactExists(ctx, tx, *in.ContactID); err != nil {
			return err
		}
		t.ContactID = *in.ContactID
	}
	t.CreatedAt = tx.Now()
	tx.Append(ctx, e)
	return tx.Client.Ticket.Create().SetID(t.ID).SetSubject(t.Subject).SetPipeline(t.Pipeline).SetStage(t.Stage).
		SetPriority(t.Priority).SetProperties(t.Properties).SetContactID(t.ContactID).SetNillableConversationID(t.ConversationID).
		SetNillableExternalID(t.ExternalID).SetCreatedAt(t.CreatedAt).Exec(ctx)
}

// Update changes a ticket (CR-2). Errors are those of Create.
func (s *Service) Update(ctx context.Context, in UpdateTicketInput) (*ent.Ticket, error) {
	if err := mayEdit(ctx); err != nil {
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
		before := *t
		if err := in.applyTo(ctx, tx, t); err != nil {
			return err
		}
		return saveTicket(ctx, tx, &before, t)
	}, load)
	if err != nil {
		return nil, taken(err)
	}
	return t, nil
}

func (in UpdateTicketInput) applyTo(ctx context.Context, tx *store.Tx, t *ent.Ticket) error {
	subject, facts := t.Subject, vocab.TicketPreset{Pipeline: t.Pipeline, Stage: t.Stage, Priority: t.Priority, Properties: t.Properties}
	opt.SetOr(&facts.Priority, in.Priority, vocab.PriorityNone)
	opt.SetList(&facts.Properties, in.Properties)
	contactID := t.ContactID
	opt.Set(&contactID, in.ContactID)
	faults := []error{
		opt.Require(&subject, in.Subject, "subject"), opt.Require(&facts.Pipeline, in.Pipeline, "pipeline"),
		opt.Require(&facts.Stage, in.Stage, "stage"), account.SetExternalID(&t.ExternalID, in.ExternalID),
	}
	if contactID != t.ContactID && contactID != "" {
		faults = append(faults, contactExists(ctx, tx, contactID))
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	t.ContactID = contactID
	return fill(t, subject, facts)
}

// saveTicket writes what changed and records it; nothing: nothing happens.
func saveTicket(ctx context.Context, tx *store.Tx, before, after *ent.Ticket) error {
	var c store.Changes
	c.Named("subject", before.Subject != after.Subject)
	c.Value("pipeline", before.Pipeline, after.Pipeline)
	c.Value("stage", before.Stage, after.Stage)
	c.Value("priority", string(before.Priority), string(after.Priority))
	c.Named("properties", !reflect.DeepEqual(before.Properties, after.Properties))
	c.Optional("contact", before.ContactID, after.ContactID)
	account.ExternalIDChange(&c, before.ExternalID, after.ExternalID)
	if len(c) == 0 {
		return nil
	}
	e := store.Event{Type: vocab.TicketUpdated, SubjectID: after.ID, Changes: c}
	if after.ConversationID != nil {
		of, err := findConversation(ctx, tx, *after.ConversationID)
		if err != nil {
			return err
		}
		e.InboxID, e.ConversationID, e.Revision = of.InboxID, of.ID, of.Revision
	}
	tx.Append(ctx, e)
	update := tx.Client.Ticket.UpdateOneID(after.ID).SetSubject(after.Subject).SetPipeline(after.Pipeline).SetStage(after.Stage).
		SetPriority(after.Priority).SetProperties(after.Properties).SetContactID(after.ContactID)
	if after.ExternalID == nil {
		update.ClearExternalID()
	} else {
		update.SetExternalID(*after.ExternalID)
	}
	return update.Exec(ctx)
}

// taken turns the database's refusal of what another ticket has into ALREADY_EXISTS.
func taken(err error) error {
	if store.Taken(err, "conversation") {
		return errs.New(errs.AlreadyExists, "The conversation already has a ticket.").On("conversationId")
	}
	return account.ExternalIDTaken(err, "ticket")
}

func given(s *string) bool { return s != nil && *s != "" }

func mayEdit(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && v.IsStaff() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only users and integrations of the account may edit tickets.")
}

// findTicket loads a ticket and keeps others from changing it until the transaction ends.
func findTicket(ctx context.Context, tx *store.Tx, ticketID string) (*ent.Ticket, error) {
	unknown := errs.New(errs.NotFound, "There is no ticket %q.", errs.Clip(ticketID)).On("ticketId")
	if !id.Is(ticketID, id.Ticket) {
		return nil, unknown
	}
	t, err := tx.Client.Ticket.Query().Where(entticket.ID(ticketID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return t, err
}

func findConversation(ctx context.Context, tx *store.Tx, conversationID string) (*ent.Conversation, error) {
	unknown := errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(conversationID)).On("conversationId")
	if !id.Is(conversationID, id.Conversation) {
		return nil, unknown
	}
	c, err := tx.Client.Conversation.Get(ctx, conversationID)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return c, err
}

func contactExists(ctx context.Context, tx *store.Tx, contactID string) error {
	unknown := errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(contactID)).On("contactId")
	if !id.Is(contactID, id.Contact) {
		return unknown
	}
	_, err := tx.Client.Contact.Get(ctx, contactID)
	if ent.IsNotFound(err) {
		return unknown
	}
	return err
}
