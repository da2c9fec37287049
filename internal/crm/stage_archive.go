package crm

import (
	"context"
	"slices"

	"parley/ent"
	entdeal "parley/ent/deal"
	entticket "parley/ent/ticket"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxMoved is the most records that move from an archived stage: all of them in one
// transaction, or none.
const maxMoved = 1000

// ArchiveStage archives a stage. The records in it move to another stage of the same
// object; IN_USE if none is named, if there are more than maxMoved, and for a pipeline's
// last open stage.
func (s *Service) ArchiveStage(ctx context.Context, in ArchivePipelineStageInput) (*ent.PipelineStage, error) {
	call := idempotency.Call{Mutation: "archivePipelineStage", Key: in.IdempotencyKey, Input: in, Result: in.StageID}
	return s.changeStage(ctx, call, func(ctx context.Context, tx *store.Tx, p *ent.Pipeline, stage *ent.PipelineStage) error {
		if stage.ArchivedAt.IsSet() {
			return nil
		}
		if err := mayArchiveStage(ctx, tx, stage); err != nil {
			return err
		}
		if err := in.moveRecords(ctx, tx, p, stage); err != nil {
			return err
		}
		stage.ArchivedAt = tx.Now()
		return nil
	})
}

func mayArchiveStage(ctx context.Context, tx *store.Tx, stage *ent.PipelineStage) error {
	if stage.Kind != vocab.StageOpen {
		return nil
	}
	others, err := stagesOf(ctx, tx, stage.PipelineID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(others, func(o *ent.PipelineStage) bool { return o.ID != stage.ID && o.Kind == vocab.StageOpen }) {
		return nil
	}
	return errs.New(errs.InUse, "This is the pipeline's last stage of kind OPEN: create another one first.").On("stageId")
}

func (in ArchivePipelineStageInput) moveRecords(ctx context.Context, tx *store.Tx, p *ent.Pipeline, from *ent.PipelineStage) error {
	if !given(in.MoveToStageID) {
		used, err := stagesInUse(ctx, tx, p.Object, []*ent.PipelineStage{from})
		if err == nil && used {
			err = errs.New(errs.InUse, "The stage has records: name in moveToStageId where they go.").On("stageId")
		}
		return err
	}
	to, err := findStage(ctx, tx.Client, *in.MoveToStageID, store.ForShare, "moveToStageId")
	if err != nil {
		return err
	}
	if to.ID == from.ID {
		return errs.New(errs.Invalid, "The records are to leave this stage: name another one.").On("moveToStageId")
	}
	if err := (course{object: p.Object}).admits(ctx, tx, to, "moveToStageId"); err != nil {
		return err
	}
	// Also records that the admin does not see.
	ctx = viewer.AsSystem(ctx, "archive-stage")
	if p.Object == vocab.TicketPipeline {
		return moveTickets(ctx, tx, from, to)
	}
	return moveDeals(ctx, tx, from, to)
}

// stagesInUse reports whether any stage has records, whoever sees them.
func stagesInUse(ctx context.Context, tx *store.Tx, object vocab.PipelineObject, stages []*ent.PipelineStage) (bool, error) {
	ids := make([]string, len(stages))
	for i, stage := range stages {
		ids[i] = stage.ID
	}
	ctx = viewer.AsSystem(ctx, "archive-stage")
	if object == vocab.TicketPipeline {
		return tx.Client.Ticket.Query().Where(entticket.StageIDIn(ids...)).Exist(ctx)
	}
	return tx.Client.Deal.Query().Where(entdeal.StageIDIn(ids...)).Exist(ctx)
}

func moveTickets(ctx context.Context, tx *store.Tx, from, to *ent.PipelineStage) error {
	list, err := tx.Client.Ticket.Query().Where(entticket.StageID(from.ID)).Order(entticket.ByID()).Limit(maxMoved + 1).Modify(store.ForUpdate).All(ctx)
	if err != nil {
		return err
	}
	if len(list) > maxMoved {
		return tooManyToMove()
	}
	for _, t := range list {
		before := *t
		courseOfTicket(t).enterStage(tx, to)
		if err := saveTicket(ctx, tx, &before, t); err != nil {
			return err
		}
	}
	return nil
}

func moveDeals(ctx context.Context, tx *store.Tx, from, to *ent.PipelineStage) error {
	list, err := tx.Client.Deal.Query().Where(entdeal.StageID(from.ID)).Order(entdeal.ByID()).Limit(maxMoved + 1).Modify(store.ForUpdate).All(ctx)
	if err != nil {
		return err
	}
	if len(list) > maxMoved {
		return tooManyToMove()
	}
	for _, d := range list {
		before := *d
		enterDeal(tx, d, to)
		if err := saveDeal(ctx, tx, &before, d); err != nil {
			return err
		}
	}
	return nil
}

func tooManyToMove() error {
	return errs.New(errs.InUse, "The stage has more than %d records: move some of them first.", maxMoved).On("stageId")
}
