package crm_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/crm"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// react has a consumer handle an event of a conversation.
func (w *world) react(name string, conversation int) {
	w.t.Helper()
	for _, consumer := range w.Consumers() {
		if consumer.Name == name {
			e := &event.Entry{Event: &ent.Event{AccountID: w.AccountID, ConversationID: w.ConversationIDs[conversation]}}
			check.NoError(w.t, consumer.Handle(w.System, e))
			check.NoError(w.t, consumer.Check(w.System))
		}
	}
}

// EM-3: the owner of a ticket that new mail made follows its conversation, until someone
// sets another.
func TestOwnersFollow(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		input := &crm.TicketPresetInput{PipelineID: w.stage("Support", "New").PipelineID}
		made := w.fromPreset(0, "It broke", check.Must(crm.CleanPreset(w.System, w.Store.Client(w.System), *input.Preset()))(t))
		check.Same(t, made.OwnerID, "")
		owner := func() string {
			w.react("follow-assignees", 0)
			return check.Must(w.Store.Client(w.System).Ticket.Get(w.System, made.ID))(t).OwnerID
		}
		w.assign(0, w.AgentIDs[0])
		check.Same(t, w.recorded(func() { check.Same(t, owner(), w.AgentIDs[0]) }), []string{"TICKET_UPDATED owner"})
		w.assign(0, "")
		check.Same(t, owner(), "")
		check.Must(w.UpdateTicket(w.Admin, crm.UpdateTicketInput{TicketID: made.ID, TicketFacts: crm.TicketFacts{OwnerID: set(w.AdminID)}}))(t)
		w.assign(0, w.AgentIDs[0])
		check.Same(t, owner(), w.AdminID)
		w.react("follow-assignees", 1) // it has no ticket
	})
}

// CR-7: a ticket closes with its conversation if the pipeline says so.
func TestTicketsCloseTogether(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		made := w.ticket(w.Admin, func(in *crm.CreateTicketInput) { in.ConversationID = &w.ConversationIDs[0] })
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Conversation.UpdateOneID(w.ConversationIDs[0]).SetStatus(vocab.Closed).Exec(ctx)
		})
		kind := func() vocab.StageKind {
			w.react("close-tickets", 0)
			return check.Must(w.Store.Client(w.System).Ticket.Get(w.System, made.ID))(t).StageKind
		}
		check.Same(t, kind(), vocab.StageOpen)
		check.Must(w.UpdatePipeline(w.Admin, crm.UpdatePipelineInput{PipelineID: made.PipelineID, CloseTogether: set(true)}))(t)
		check.Same(t, kind(), vocab.StageClosed)
	})
}
