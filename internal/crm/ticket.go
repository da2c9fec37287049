package crm

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"parley/ent"
	entteam "parley/ent/team"
	entticket "parley/ent/ticket"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Limits of a ticket's texts, in characters.
const (
	maxSubject     = 500
	maxDescription = 20_000
)

// apply puts what is given into a ticket.
func (f TicketFacts) apply(ctx context.Context, tx *store.Tx, t *ent.Ticket) error {
	owner := t.OwnerID
	opt.SetOr(&t.Priority, f.Priority, vocab.PriorityNone)
	opt.Set(&t.Source, f.Source)
	opt.Set(&t.DueAt, f.DueAt)
	err := errors.Join(f.applyTexts(t), f.applyTeam(ctx, tx, t), courseOfTicket(t).apply(ctx, tx, f.course()))
	if t.OwnerID != owner || f.OwnerID.IsSet() {
		t.OwnerFollows = false
	}
	return err
}

func (f TicketFacts) applyTexts(t *ent.Ticket) (err error) {
	subject, missed := opt.NotNull(f.Subject, "subject")
	switch {
	case subject != nil:
		t.Subject, err = oneLine(*subject, 1, maxSubject, "subject")
	case t.StageID != "":
		err = missed
	case t.Subject == "" && t.ConversationID == nil:
		err = errs.New(errs.Required, "Enter a subject.").On("subject")
	}
	opt.Set(&t.Description, f.Description)
	clean, err2 := cleanText(t.Description, maxDescription, "description")
	t.Description = clean
	return errors.Join(err, err2)
}

func (f TicketFacts) applyTeam(ctx context.Context, tx *store.Tx, t *ent.Ticket) error {
	before := t.TeamID
	opt.Set(&t.TeamID, f.TeamID)
	if t.TeamID == before || t.TeamID == "" {
		return nil
	}
	there := false
	if id.Is(t.TeamID, id.Team) {
		var err error
		if there, err = tx.Client.Team.Query().Where(entteam.ID(t.TeamID)).Exist(ctx); err != nil {
			return err
		}
	}
	if !there {
		return missing("team", t.TeamID, "teamId")
	}
	return nil
}

// insertTicket numbers and stores a new ticket, and records it.
func insertTicket(ctx context.Context, tx *store.Tx, t *ent.Ticket, c *ent.Conversation) error {
	var err error
	if t.Number, err = nextNumber(ctx, tx); err != nil {
		return err
	}
	t.Revision, t.CreatedAt, t.LastActivityAt = 1, tx.Now(), tx.Now()
	tx.Append(ctx, recordEvent(vocab.TicketCreated, t.ID, c))
	err = tx.Client.Ticket.Create().SetID(t.ID).SetNumber(t.Number).SetSubject(t.Subject).SetDescription(t.Description).SetPipelineID(t.PipelineID).
		SetStageID(t.StageID).SetStageKind(t.StageKind).SetPriority(t.Priority).SetSource(t.Source).SetOwnerID(t.OwnerID).SetOwnerFollows(t.OwnerFollows).
		SetTeamID(t.TeamID).SetDueAt(t.DueAt).SetDueOrder(orNever(t.DueAt)).SetProperties(properties(t.Properties)).SetContactID(t.ContactID).SetCompanyID(t.CompanyID).
		SetNillableConversationID(t.ConversationID).SetNillableExternalID(t.ExternalID).SetLastActivityAt(t.LastActivityAt).SetClosedAt(t.ClosedAt).
		SetCreatedAt(t.CreatedAt).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save ticket: %w", err)
	}
	return nil
}

// nextNumber counts the account's tickets: the counter is locked until the transaction
// ends, so that no number is given twice.
func nextNumber(ctx context.Context, tx *store.Tx) (int, error) {
	n, err := tx.Number(ctx, `INSERT INTO record_counters (id, account_id, tickets) VALUES ($1, $2, 1)
		ON CONFLICT (id) DO UPDATE SET tickets = record_counters.tickets + 1 RETURNING tickets`, viewer.FromContext(ctx).AccountID, viewer.FromContext(ctx).AccountID)
	return int(n), err
}

// recordEvent is an event of a ticket or deal, and of its conversation if there is one.
func recordEvent(t vocab.EventType, subjectID string, c *ent.Conversation) store.Event {
	e := store.Event{Type: t, SubjectID: subjectID}
	if c != nil {
		e.InboxID, e.ConversationID, e.Revision = c.InboxID, c.ID, c.Revision
	}
	return e
}

func properties(list []vocab.TicketProperty) []vocab.TicketProperty {
	return append([]vocab.TicketProperty{}, list...)
}

// orNever is a time as a column has it by which rows without one come last.
func orNever(at clock.Micros) clock.Micros {
	if !at.IsSet() {
		return clock.Never
	}
	return at
}

// changesOfTicket are what differs between two states of a ticket.
func changesOfTicket(before, after *ent.Ticket) store.Changes {
	var c store.Changes
	c.Named("subject", before.Subject != after.Subject)
	c.Named("description", before.Description != after.Description)
	c.Value("priority", string(before.Priority), string(after.Priority))
	c.Optional("source", string(before.Source), string(after.Source))
	c.Optional("team", before.TeamID, after.TeamID)
	c.Optional("dueAt", before.DueAt.String(), after.DueAt.String())
	changesOfCourse(&c, courseOfTicket(before), courseOfTicket(after))
	account.ExternalIDChange(&c, before.ExternalID, after.ExternalID)
	return c
}

func changesOfCourse(c *store.Changes, before, after course) {
	c.Value("pipeline", *before.pipelineID, *after.pipelineID)
	c.Value("stage", *before.stageID, *after.stageID)
	c.Optional("owner", *before.ownerID, *after.ownerID)
	c.Named("properties", !reflect.DeepEqual(properties(*before.properties), properties(*after.properties)))
	c.Optional("contact", *before.contactID, *after.contactID)
	c.Optional("company", *before.companyID, *after.companyID)
}

// saveTicket writes what changed and records it, with more that changed; nothing: nothing
// happens.
func saveTicket(ctx context.Context, tx *store.Tx, before, after *ent.Ticket, more ...vocab.FieldChange) error {
	c := append(changesOfTicket(before, after), more...)
	if len(c) == 0 && before.OwnerFollows == after.OwnerFollows {
		return nil
	}
	update := tx.Client.Ticket.UpdateOneID(after.ID).SetOwnerFollows(after.OwnerFollows)
	if len(c) == 0 {
		return update.Exec(ctx)
	}
	of, err := conversationOf(ctx, tx, after.ConversationID)
	if err != nil {
		return err
	}
	e := recordEvent(vocab.TicketUpdated, after.ID, of)
	e.Changes = c
	tx.Append(ctx, e)
	after.Revision, after.LastActivityAt = before.Revision+1, tx.Now()
	if after.ExternalID == nil {
		update.ClearExternalID()
	}
	return update.SetSubject(after.Subject).SetDescription(after.Description).SetPipelineID(after.PipelineID).SetStageID(after.StageID).
		SetStageKind(after.StageKind).SetPriority(after.Priority).SetSource(after.Source).SetOwnerID(after.OwnerID).SetTeamID(after.TeamID).
		SetDueAt(after.DueAt).SetDueOrder(orNever(after.DueAt)).SetProperties(properties(after.Properties)).SetContactID(after.ContactID).SetCompanyID(after.CompanyID).
		SetNillableExternalID(after.ExternalID).SetRevision(after.Revision).SetLastActivityAt(after.LastActivityAt).SetClosedAt(after.ClosedAt).Exec(ctx)
}

// conversationOf is the conversation that a record was made for; nil: none.
func conversationOf(ctx context.Context, tx *store.Tx, conversationID *string) (*ent.Conversation, error) {
	if conversationID == nil {
		return nil, nil
	}
	c, err := tx.Client.Conversation.Get(ctx, *conversationID)
	if ent.IsNotFound(err) {
		return nil, nil // it was purged, or the change is not its members'
	}
	return c, err
}

// findTicket loads a ticket and keeps others from changing it until the transaction ends.
func findTicket(ctx context.Context, tx *store.Tx, ticketID string) (*ent.Ticket, error) {
	if !id.Is(ticketID, id.Ticket) {
		return nil, missing("ticket", ticketID, "ticketId")
	}
	t, err := tx.Client.Ticket.Query().Where(entticket.ID(ticketID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing("ticket", ticketID, "ticketId")
	}
	return t, err
}

// ticketTaken turns the database's refusal of what another ticket has into
// ALREADY_EXISTS.
func ticketTaken(err error) error {
	if store.Taken(err, "conversation") {
		return errs.New(errs.AlreadyExists, "The conversation already has a ticket.").On("conversationId")
	}
	return account.ExternalIDTaken(err, "ticket")
}
