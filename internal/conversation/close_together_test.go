package conversation_test

import (
	"testing"
	"time"

	"parley/ent"
	"parley/internal/crm"
	"parley/internal/event"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// CR-7: a conversation closes with its ticket if the pipeline says so, unless something
// was written in it since then.
func TestConversationsCloseWithTickets(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		records := crm.New(d.Store)
		made := check.Must(records.CreateTicket(d.Admin, crm.CreateTicketInput{ConversationID: &d.ConversationIDs[0]}))(t)
		client := d.Store.Client(d.System)
		react := func() vocab.ConversationStatus {
			for _, consumer := range d.Consumers() {
				if consumer.Name == "close-with-tickets" {
					e := &event.Entry{Event: &ent.Event{AccountID: d.AccountID, SubjectID: made.ID, Changes: []vocab.FieldChange{{Field: "stage"}}}}
					check.NoError(t, consumer.Handle(d.System, e))
					check.NoError(t, consumer.Check(d.System))
				}
			}
			return d.Row(d.ConversationIDs[0]).Status
		}
		stages := check.Must(records.Stages(d.Admin, []*ent.Pipeline{{ID: made.PipelineID}}))(t)[0]
		move := func(stage *ent.PipelineStage) {
			check.Must(records.UpdateTicket(d.Admin, crm.UpdateTicketInput{TicketID: made.ID, TicketFacts: crm.TicketFacts{StageID: opt.Of(stage.ID)}}))(t)
		}
		move(stages[len(stages)-1])
		check.Same(t, react(), vocab.Open)
		check.Must(records.UpdatePipeline(d.Admin, crm.UpdatePipelineInput{PipelineID: made.PipelineID, CloseTogether: opt.Of(true)}))(t)
		check.Same(t, react(), vocab.Closed)
		d.Clock.Advance(time.Second)
		d.VisitorWrites(d.ConversationIDs[0], 0, "One more thing")
		check.Same(t, []any{react(), check.Must(client.Ticket.Get(d.System, made.ID))(t).StageKind}, []any{vocab.Open, vocab.StageClosed})
	})
}
