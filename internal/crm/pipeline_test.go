package crm_test

import (
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func set[T any](v T) opt.Value[*T] { return opt.Of(v) }

// names are the stages of a pipeline, in their order.
func (w *world) names(p *ent.Pipeline) []string {
	w.t.Helper()
	var names []string
	for _, stage := range check.Must(w.Stages(w.Agent(0), []*ent.Pipeline{p}))(w.t)[0] {
		names = append(names, stage.Name)
	}
	return names
}

// CR-7, CR-9: an account begins with two pipelines; admins add, rename and move
// pipelines and stages.
func TestPipelines(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		first := check.Must(w.Pipelines(w.Agent(0), vocab.TicketPipeline, false, paging.PageArgs{}))(w.t).Nodes()
		check.Same(t, len(first), 1)
		check.Same(t, w.names(first[0]), []string{"New", "Waiting on contact", "Waiting on us", "Closed"})
		sales := check.Must(w.Pipelines(w.Agent(0), vocab.DealPipeline, false, paging.PageArgs{}))(w.t).Nodes()
		check.Same(t, []any{sales[0].Name, *w.stage("Sales", "Qualified").Probability, len(w.names(sales[0]))}, []any{"Sales", 40, 7})

		in := crm.CreatePipelineInput{Object: vocab.TicketPipeline, Name: " Repairs ", CloseTogether: check.Ptr(true), Stages: []*crm.NewStageInput{
			{Name: "Come in", Kind: vocab.StageOpen}, {Name: "Done", Kind: vocab.StageClosed},
		}}
		var p *ent.Pipeline
		check.Same(t, w.recorded(func() { p = check.Must(w.CreatePipeline(w.Admin, in))(w.t) }), []string{"PIPELINE_CREATED"})
		check.Same(t, []any{p.Name, p.Position, p.CloseTogether}, []any{"Repairs", 2, true})
		for _, bad := range []struct {
			change func(*crm.CreatePipelineInput)
			code   errs.Code
			field  string
		}{
			{func(in *crm.CreatePipelineInput) { in.Name = "REPAIRS" }, errs.AlreadyExists, "name"},
			{func(in *crm.CreatePipelineInput) { in.Stages = nil }, errs.Required, "stages"},
			{func(in *crm.CreatePipelineInput) { in.Stages = in.Stages[1:] }, errs.Invalid, "stages"},
			{func(in *crm.CreatePipelineInput) { in.Object, in.CloseTogether = vocab.DealPipeline, nil }, errs.Invalid, "stages.1.kind"},
			{func(in *crm.CreatePipelineInput) { in.Stages = make([]*crm.NewStageInput, 51) }, errs.TooLong, "stages"},
		} {
			other := in
			bad.change(&other)
			_, err := w.CreatePipeline(w.Admin, other)
			check.Refused(t, err, bad.code, strings.Split(bad.field, ".")...)
		}
		_, err := w.CreatePipeline(w.Agent(0), in)
		check.Refused(t, err, errs.Forbidden)

		p = check.Must(w.UpdatePipeline(w.Admin, crm.UpdatePipelineInput{PipelineID: p.ID, Name: set("Returns"), Position: set(1)}))(w.t)
		check.Same(t, []any{p.Name, p.Position}, []any{"Returns", 1})
		listed := check.Must(w.Pipelines(w.Agent(0), vocab.TicketPipeline, false, paging.PageArgs{}))(w.t).Nodes()
		check.Same(t, []any{listed[0].ID, listed[1].ID, listed[1].Position}, []any{p.ID, first[0].ID, 2})

		second := check.Must(w.CreateStage(w.Admin, crm.CreatePipelineStageInput{PipelineID: p.ID, Name: "Wait", Kind: vocab.StageWaitingOnUs, Position: check.Ptr(2)}))(w.t)
		check.Same(t, w.names(p), []string{"Come in", "Wait", "Done"})
		_, err = w.CreateStage(w.Admin, crm.CreatePipelineStageInput{PipelineID: p.ID, Name: "wait", Kind: vocab.StageOpen})
		check.Refused(t, err, errs.AlreadyExists, "name")
		check.Must(w.UpdateStage(w.Admin, crm.UpdatePipelineStageInput{StageID: second.ID, Name: set("Hold"), Position: set(9)}))(w.t)
		check.Same(t, w.names(p), []string{"Come in", "Done", "Hold"})
		_, err = w.UpdateStage(w.Admin, crm.UpdatePipelineStageInput{StageID: second.ID, Probability: set(5)})
		check.Refused(t, err, errs.Invalid, "probability")
		_, err = w.UpdateStage(w.Admin, crm.UpdatePipelineStageInput{StageID: id.New(id.PipelineStage), Name: set("x")})
		check.Refused(t, err, errs.NotFound, "stageId")
	})
}

// CR-7: a stage with records is archived with their move, or not at all.
func TestArchiveStages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		waiting, closed := w.stage("Support", "Waiting on us"), w.stage("Support", "Closed")
		one := w.ticket(w.Admin, func(in *crm.CreateTicketInput) { in.StageID = set(waiting.ID) })
		hidden := w.ticket(w.Agent(1), func(in *crm.CreateTicketInput) {
			in.StageID, in.ConversationID = set(waiting.ID), &w.ConversationIDs[2]
		})
		archive := func(stage *ent.PipelineStage, to *string) error {
			_, err := w.ArchiveStage(w.Admin, crm.ArchivePipelineStageInput{StageID: stage.ID, MoveToStageID: to})
			return err
		}
		check.Refused(t, archive(waiting, nil), errs.InUse, "stageId")
		check.Refused(t, archive(waiting, &waiting.ID), errs.Invalid, "moveToStageId")
		check.Refused(t, archive(waiting, check.Ptr(w.stage("Sales", "Won").ID)), errs.Invalid, "moveToStageId")
		check.Refused(t, archive(w.stage("Support", "New"), &closed.ID), errs.InUse, "stageId")
		check.Same(t, w.recorded(func() {
			for range 2 {
				check.NoError(t, archive(waiting, &closed.ID))
			}
		}), []string{"TICKET_UPDATED stage", "TICKET_UPDATED stage", "PIPELINE_UPDATED stages"})
		for _, ticketID := range []string{one.ID, hidden.ID} {
			moved := check.Must(w.Store.Client(w.System).Ticket.Get(w.System, ticketID))(w.t)
			check.Same(t, []any{moved.StageID, moved.StageKind, moved.ClosedAt.IsSet(), moved.Revision}, []any{closed.ID, vocab.StageClosed, true, 2})
		}
		_, err := w.CreateTicket(w.Admin, crm.CreateTicketInput{TicketFacts: crm.TicketFacts{Subject: set("s"), StageID: set(waiting.ID)}})
		check.Refused(t, err, errs.Invalid, "stageId")

		_, err = w.ArchivePipeline(w.Admin, crm.ArchivePipelineInput{PipelineID: closed.PipelineID})
		check.Refused(t, err, errs.InUse, "pipelineId")
		other := check.Must(w.CreatePipeline(w.Admin, crm.CreatePipelineInput{Object: vocab.TicketPipeline, Name: "Other", Stages: []*crm.NewStageInput{{Name: "New", Kind: vocab.StageOpen}}}))(w.t)
		_, err = w.ArchivePipeline(w.Admin, crm.ArchivePipelineInput{PipelineID: closed.PipelineID})
		check.Refused(t, err, errs.InUse, "pipelineId")
		check.Same(t, check.Must(w.ArchivePipeline(w.Admin, crm.ArchivePipelineInput{PipelineID: other.ID}))(w.t).ArchivedAt.IsSet(), true)
		check.Same(t, len(check.Must(w.Pipelines(w.Admin, vocab.TicketPipeline, true, paging.PageArgs{}))(w.t).Nodes()), 2)
	})
}
