package crm_test

import (
	"strings"
	"testing"

	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CR-2, API-1: a ticket is made of a contact or a conversation, changed, and known by an
// external id; its changes are in the log.
func TestEditTickets(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f, stranger := testkit.Account(t, s), testkit.Account(t, s)
		tickets := crm.New(s)
		in := crm.CreateTicketInput{
			ID: check.Ptr(testkit.OwnID(id.Ticket, s.Now().Time())), Subject: " It  broke ", Pipeline: "Support", Stage: "New",
			ConversationID: &f.ConversationIDs[0], ExternalID: check.Ptr("JIRA-1"),
		}
		for range 2 { // the id is the key
			made := check.Must(tickets.Create(f.Agent(0), in))(t)
			check.Same(t, []any{made.ID, made.Subject, made.Priority, made.ContactID, *made.ConversationID, *made.ExternalID},
				[]any{*in.ID, "It broke", vocab.PriorityNone, f.ContactID, f.ConversationIDs[0], "JIRA-1"})
		}
		check.Must(tickets.Create(stranger.Admin, crm.CreateTicketInput{Subject: "s", Pipeline: "p", Stage: "s", ExternalID: check.Ptr("JIRA-1")}))(t)
		with := func(change func(*crm.CreateTicketInput)) error {
			in := crm.CreateTicketInput{Subject: "s", Pipeline: "p", Stage: "s"}
			change(&in)
			_, err := tickets.Create(f.Agent(0), in)
			return err
		}
		for _, bad := range []struct {
			change func(*crm.CreateTicketInput)
			code   errs.Code
			field  string
		}{
			{func(in *crm.CreateTicketInput) { in.ExternalID = check.Ptr("JIRA-1") }, errs.AlreadyExists, "externalId"},
			{func(in *crm.CreateTicketInput) { in.ConversationID = &f.ConversationIDs[0] }, errs.AlreadyExists, "conversationId"},
			{func(in *crm.CreateTicketInput) { in.ConversationID = &f.ConversationIDs[2] }, errs.NotFound, "conversationId"},
			{func(in *crm.CreateTicketInput) { in.ConversationID = check.Ptr("x") }, errs.NotFound, "conversationId"},
			{func(in *crm.CreateTicketInput) { in.ContactID = &stranger.ContactID }, errs.NotFound, "contactId"},
			{func(in *crm.CreateTicketInput) { in.ContactID = check.Ptr(id.New(id.Contact)) }, errs.NotFound, "contactId"},
			{func(in *crm.CreateTicketInput) { in.Subject = " " }, errs.Required, "subject"},
			{func(in *crm.CreateTicketInput) { in.Subject = strings.Repeat("s", 1<<20) }, errs.TooLong, "subject"},
			{func(in *crm.CreateTicketInput) { in.ID = &f.ContactID }, errs.Invalid, "id"},
		} {
			check.Refused(t, with(bad.change), bad.code, bad.field)
		}
		change := crm.UpdateTicketInput{TicketID: *in.ID, Stage: opt.Of("Done"), Priority: opt.Of(vocab.PriorityHigh), ContactID: opt.Null[string](), ExternalID: opt.Null[string]()}
		for range 2 { // the second changes nothing
			changed := check.Must(tickets.Update(f.Agent(1), change))(t)
			check.Same(t, []any{changed.Subject, changed.Stage, changed.Priority, changed.ContactID, changed.ExternalID == nil}, []any{"It broke", "Done", vocab.PriorityHigh, "", true})
		}
		check.NoError(t, with(func(in *crm.CreateTicketInput) { in.ExternalID = check.Ptr("JIRA-1") }))
		_, err := tickets.Update(f.Admin, crm.UpdateTicketInput{TicketID: *in.ID, ExternalID: opt.Of("JIRA-1")})
		check.Refused(t, err, errs.AlreadyExists, "externalId")
		_, err = tickets.Update(f.Admin, crm.UpdateTicketInput{TicketID: *in.ID, Stage: opt.Null[string]()})
		check.Refused(t, err, errs.Required, "stage")
		for _, unknown := range []string{"", "x", f.ContactID, id.New(id.Ticket)} {
			_, err = tickets.Update(f.Admin, crm.UpdateTicketInput{TicketID: unknown})
			check.Refused(t, err, errs.NotFound, "ticketId")
		}
		_, err = tickets.Update(stranger.Admin, change)
		check.Refused(t, err, errs.NotFound, "ticketId")
		_, err = tickets.Create(f.Visitor(0), in)
		check.Refused(t, err, errs.Forbidden)

		var fields []string
		for _, e := range check.Must(s.Client(f.System).Event.Query().Where(entevent.TypeEQ(vocab.TicketUpdated)).All(f.System))(t) {
			for _, c := range e.Changes {
				fields = append(fields, c.Field)
			}
		}
		check.Same(t, fields, []string{"stage", "priority", "contact", "externalId"})
	})
}
