package crm_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/ent"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CR-2, CR-7, API-1: a ticket made from a conversation has what is known of it; it is
// changed, closed, reopened and deleted.
func TestEditTickets(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.assign(0, w.AgentIDs[1])
		in := crm.CreateTicketInput{ID: check.Ptr(testkit.OwnID(id.Ticket, w.Store.Now().Time())), ConversationID: &w.ConversationIDs[0], ExternalID: check.Ptr("JIRA-1")}
		for range 2 { // the id is the key
			made := check.Must(w.CreateTicket(w.Agent(0), in))(t)
			check.Same(t, []any{made.ID, made.Number, made.Subject, made.Description, made.Source, made.OwnerID, made.ContactID, made.StageKind, made.StageID},
				[]any{*in.ID, 1, "Question", "Question", vocab.TicketFromChat, w.AgentIDs[1], w.ContactID, vocab.StageOpen, w.stage("Support", "New").ID})
		}
		closed := w.stage("Support", "Closed")
		change := crm.UpdateTicketInput{TicketID: *in.ID, ExpectedRevision: check.Ptr(1), ExternalID: opt.Null[string](), TicketFacts: crm.TicketFacts{
			StageID: set(closed.ID), Priority: set(vocab.PriorityHigh), OwnerID: opt.Null[string](), Description: opt.Null[string](), Source: opt.Null[vocab.TicketSource](),
		}}
		check.Same(t, w.recorded(func() { check.Must(w.UpdateTicket(w.Agent(1), change))(t) }),
			[]string{"TICKET_UPDATED description priority source stage owner externalId"})
		_, err := w.UpdateTicket(w.Agent(1), change)
		check.Refused(t, err, errs.Conflict, "expectedRevision")
		change.ExpectedRevision = nil
		check.Same(t, len(w.recorded(func() { check.Must(w.UpdateTicket(w.Agent(1), change))(t) })), 0)
		done := check.Must(w.Store.Client(w.System).Ticket.Get(w.System, *in.ID))(t)
		check.Same(t, []any{done.ClosedAt.IsSet(), done.OwnerID, done.Description, done.Revision, done.ExternalID == nil}, []any{true, "", "", 2, true})
		open := check.Must(w.UpdateTicket(w.Admin, crm.UpdateTicketInput{TicketID: *in.ID, TicketFacts: crm.TicketFacts{StageID: set(w.stage("Support", "New").ID)}}))(t)
		check.Same(t, open.ClosedAt.IsSet(), false)

		for range 2 {
			check.NoError(t, w.DeleteTicket(w.Agent(0), crm.DeleteTicketInput{TicketID: *in.ID, IdempotencyKey: check.Ptr("k")}))
		}
		check.Refused(t, w.DeleteTicket(w.Agent(0), crm.DeleteTicketInput{TicketID: *in.ID}), errs.NotFound, "ticketId")
		_, err = w.CreateTicket(w.Agent(0), in)
		check.Refused(t, err, errs.NotFound, "ticketId") // the first answer is gone
	})
}

// CR-7: each fault of a ticket is reported on its field.
func TestTicketsAreChecked(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		stranger := testkit.Account(t, w.Store)
		w.ticket(w.Admin, func(in *crm.CreateTicketInput) {
			in.ConversationID, in.ExternalID = &w.ConversationIDs[0], check.Ptr("JIRA-1")
		})
		for _, bad := range []struct {
			change func(*crm.CreateTicketInput)
			code   errs.Code
			field  string
		}{
			{func(in *crm.CreateTicketInput) { in.ExternalID = check.Ptr("JIRA-1") }, errs.AlreadyExists, "externalId"},
			{func(in *crm.CreateTicketInput) { in.ConversationID = &w.ConversationIDs[0] }, errs.AlreadyExists, "conversationId"},
			{func(in *crm.CreateTicketInput) { in.ConversationID = &w.ConversationIDs[2] }, errs.NotFound, "conversationId"},
			{func(in *crm.CreateTicketInput) { in.ConversationID = check.Ptr("x") }, errs.NotFound, "conversationId"},
			{func(in *crm.CreateTicketInput) { in.ContactID = set(stranger.ContactID) }, errs.NotFound, "contactId"},
			{func(in *crm.CreateTicketInput) { in.OwnerID = set(stranger.AdminID) }, errs.NotFound, "ownerId"},
			{func(in *crm.CreateTicketInput) { in.TeamID = set(id.New(id.Team)) }, errs.NotFound, "teamId"},
			{func(in *crm.CreateTicketInput) { in.StageID = set(id.New(id.PipelineStage)) }, errs.NotFound, "stageId"},
			{func(in *crm.CreateTicketInput) { in.StageID = set(w.stage("Sales", "Won").ID) }, errs.Invalid, "stageId"},
			{func(in *crm.CreateTicketInput) { in.PipelineID = set(w.stage("Sales", "Won").PipelineID) }, errs.Invalid, "pipelineId"},
			{func(in *crm.CreateTicketInput) { in.PipelineID = set("x") }, errs.NotFound, "pipelineId"},
			{func(in *crm.CreateTicketInput) { in.Subject = set(" ") }, errs.Required, "subject"},
			{func(in *crm.CreateTicketInput) { in.Subject = opt.Null[string]() }, errs.Required, "subject"},
			{func(in *crm.CreateTicketInput) { in.Subject = set(strings.Repeat("s", 1<<20)) }, errs.TooLong, "subject"},
			{func(in *crm.CreateTicketInput) { in.Description = set(strings.Repeat("s", 20_001)) }, errs.TooLong, "description"},
			{func(in *crm.CreateTicketInput) {
				in.Properties = opt.List(vocab.TicketProperty{Name: "a"}, vocab.TicketProperty{Name: "a"})
			}, errs.Invalid, "properties.1.name"},
			{func(in *crm.CreateTicketInput) { in.ID = &w.ContactID }, errs.Invalid, "id"},
		} {
			in := crm.CreateTicketInput{TicketFacts: crm.TicketFacts{Subject: set("s")}}
			bad.change(&in)
			_, err := w.CreateTicket(w.Agent(0), in)
			check.Refused(t, err, bad.code, strings.Split(bad.field, ".")...)
		}
		_, err := w.CreateTicket(w.Visitor(0), crm.CreateTicketInput{})
		check.Refused(t, err, errs.Forbidden)
		for _, unknown := range []string{"", "x", w.ContactID, id.New(id.Ticket)} {
			_, err = w.UpdateTicket(w.Admin, crm.UpdateTicketInput{TicketID: unknown})
			check.Refused(t, err, errs.NotFound, "ticketId")
		}
	})
}

// CR-7: numbers are unique and without a gap, and callers with one external id get one
// ticket, whoever is at it at the same time.
func TestTicketsAtTheSameTime(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		const writers, tickets = 6, 4
		var all sync.WaitGroup
		numbers, upserted, made := make([][]int, writers), make([]string, writers), make([]bool, writers)
		for i := range writers {
			all.Go(func() {
				for range tickets {
					ticket, err := w.CreateTicket(w.Admin, crm.CreateTicketInput{TicketFacts: crm.TicketFacts{Subject: set("s")}})
					if err != nil {
						t.Error(err)
						return
					}
					numbers[i] = append(numbers[i], ticket.Number)
				}
				ticket, created, err := w.UpsertTicket(w.Admin, crm.UpsertTicketInput{ExternalID: "x", TicketFacts: crm.TicketFacts{Subject: set("s")}})
				if err != nil {
					t.Error(err)
					return
				}
				upserted[i], made[i] = ticket.ID, created
			})
		}
		all.Wait()
		list := slices.Sorted(slices.Values(slices.Concat(numbers...)))
		check.Same(t, []any{len(slices.Compact(list)), list[0]}, []any{writers * tickets, 1})
		check.Same(t, len(slices.Compact(slices.Sorted(slices.Values(upserted)))), 1)
		check.Same(t, len(slices.DeleteFunc(made, func(created bool) bool { return !created })), 1)
		_, _, err := w.UpsertTicket(w.Admin, crm.UpsertTicketInput{})
		check.Refused(t, err, errs.Required, "externalId")
	})
}

// CR-2, EM-3, EM-8: a conversation gets one ticket with what the preset says; what was
// archived since then falls back.
func TestCreateFromPreset(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		waiting := w.stage("Support", "Waiting on us")
		input := &crm.TicketPresetInput{
			PipelineID: waiting.PipelineID, StageID: &waiting.ID, Priority: check.Ptr(vocab.PriorityHigh), Subject: check.Ptr("[{{ contact.name }}] {{email.subject}}"),
			Properties: []vocab.TicketProperty{{Name: "source", Value: "mail"}},
		}
		preset := check.Must(crm.CleanPreset(w.System, w.Store.Client(w.System), *input.Preset()))(t)
		w.assign(0, w.AgentIDs[0])
		first, again := w.fromPreset(0, "It broke", preset), w.fromPreset(0, "It broke again", preset)
		check.Same(t, []any{again.ID, first.Subject, first.Description, first.StageID, first.OwnerID, first.OwnerFollows, first.Source, first.Number},
			[]any{first.ID, "[Dora Contact] It broke", "Question", waiting.ID, w.AgentIDs[0], true, vocab.TicketFromEmail, 1})
		check.Same(t, check.Must(w.PresetProblems(w.Admin, []*vocab.TicketPreset{preset}))(t)[0], []vocab.TicketPresetProblem{})

		check.Must(w.ArchiveStage(w.Admin, crm.ArchivePipelineStageInput{StageID: waiting.ID, MoveToStageID: check.Ptr(w.stage("Support", "Closed").ID)}))(t)
		check.Same(t, w.fromPreset(1, "x", preset).StageID, w.stage("Support", "New").ID)
		check.Same(t, check.Must(w.PresetProblems(w.Admin, []*vocab.TicketPreset{preset}))(t)[0], []vocab.TicketPresetProblem{vocab.PresetStageArchived})
		preset.PipelineID = "gone"
		check.Same(t, w.fromPreset(2, "y", preset).Subject, "[] y")
	})
}

// EM-3: each fault of a preset is reported.
func TestPresetsAreChecked(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		w.define(vocab.PropertyOfTicket, "category", "billing")
		support := w.stage("Support", "New").PipelineID
		for _, bad := range []struct {
			change func(*crm.TicketPresetInput)
			want   string
		}{
			{func(in *crm.TicketPresetInput) { in.PipelineID = w.stage("Sales", "Won").PipelineID }, "INVALID ticket.pipelineId"},
			{func(in *crm.TicketPresetInput) { in.PipelineID = "x" }, "NOT_FOUND ticket.pipelineId"},
			{func(in *crm.TicketPresetInput) { in.StageID = check.Ptr(w.stage("Sales", "Won").ID) }, "INVALID ticket.stageId"},
			{func(in *crm.TicketPresetInput) { in.OwnerID = &w.AdminID }, "INVALID ticket.ownerId"},
			{func(in *crm.TicketPresetInput) { in.OwnerRule = check.Ptr(vocab.OwnerUser) }, "REQUIRED ticket.ownerId"},
			{func(in *crm.TicketPresetInput) { in.OwnerRule, in.OwnerID = check.Ptr(vocab.OwnerUser), &w.ContactID }, "NOT_FOUND ticket.ownerId"},
			{func(in *crm.TicketPresetInput) { in.Subject = check.Ptr("{{email.body}}") }, "INVALID ticket.subject"},
			{func(in *crm.TicketPresetInput) { in.Subject = check.Ptr("{{email.subject") }, "INVALID ticket.subject"},
			{func(in *crm.TicketPresetInput) { in.Description = check.Ptr(strings.Repeat("x", 2_001)) }, "TOO_LONG ticket.description"},
			{func(in *crm.TicketPresetInput) { in.Properties = []vocab.TicketProperty{{Name: ""}} }, "REQUIRED ticket.properties.0.name"},
			{func(in *crm.TicketPresetInput) { in.DefinedProperties = presets("none", "x") }, "NOT_FOUND ticket.definedProperties.0.property"},
			{func(in *crm.TicketPresetInput) { in.DefinedProperties = presets("category", "none") }, "INVALID ticket.definedProperties.0.value"},
			{func(in *crm.TicketPresetInput) { in.DefinedProperties = presets("category", "") }, "REQUIRED ticket.definedProperties.0.value"},
			{func(in *crm.TicketPresetInput) {
				in.DefinedProperties = presets("category", "billing", "category", "billing")
			}, "INVALID ticket.definedProperties.1.property"},
		} {
			in := &crm.TicketPresetInput{PipelineID: support}
			bad.change(in)
			_, err := crm.CleanPreset(w.Admin, w.Store.Client(w.Admin), *in.Preset(), "ticket")
			check.Same(t, check.Faults(err), []string{bad.want})
		}
	})
}

// fromPreset has a conversation ticketed as by new mail.
func (w *world) fromPreset(conversation int, subject string, preset *vocab.TicketPreset) (made *ent.Ticket) {
	w.t.Helper()
	w.inTx(func(tx *tx) error {
		c, err := tx.Client.Conversation.Get(tx.ctx, w.ConversationIDs[conversation])
		if err == nil {
			made, err = crm.CreateFromPreset(tx.ctx, tx.Tx, c, subject, preset)
		}
		return err
	})
	return made
}
