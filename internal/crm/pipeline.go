package crm

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Limits of pipelines.
const (
	MaxPipelines = 20 // of an object
	MaxStages    = 50 // of a pipeline
	maxName      = 100
)

// CreatePipeline makes a pipeline with its stages (CR-7, CR-9). Errors are those of the
// fields; ALREADY_EXISTS on name.
func (s *Service) CreatePipeline(ctx context.Context, in CreatePipelineInput) (*ent.Pipeline, error) {
	p := &ent.Pipeline{ID: id.OrNew(in.ID, id.Pipeline), Object: in.Object}
	call := idempotency.Call{
		Mutation: "createPipeline", Key: in.IdempotencyKey, Input: in, Result: p.ID,
		Own: []idempotency.Own{{Kind: id.Pipeline, Field: "id", ID: in.ID}},
	}
	made, err := account.AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		stages, err := in.stages()
		name, err2 := oneLine(in.Name, 1, maxName, "name")
		together := in.CloseTogether != nil && *in.CloseTogether
		if err := errors.Join(err, err2, mayCloseTogether(in.Object, together)); err != nil {
			return err
		}
		p.Name, p.CloseTogether = name, together
		return insertPipeline(ctx, tx, p, stages)
	})
	if err != nil {
		return nil, nameTaken(err, "pipeline")
	}
	return s.store.Client(ctx).Pipeline.Get(ctx, made)
}

// stages are the stages of the input, cleaned.
func (in CreatePipelineInput) stages() ([]*ent.PipelineStage, error) {
	if len(in.Stages) == 0 {
		return nil, errs.New(errs.Required, "List at least one stage.").On("stages")
	}
	if n := len(in.Stages); n > MaxStages {
		return nil, errs.Exceeds(MaxStages, "The pipeline has %d stages; at most %d are allowed.", n, MaxStages).On("stages")
	}
	var list []*ent.PipelineStage
	var faults []error
	open := false
	for i, one := range in.Stages {
		stage, err := newStage(in.Object, one.Name, one.Kind, one.Probability, "stages", strconv.Itoa(i))
		if err == nil && slices.ContainsFunc(list, func(other *ent.PipelineStage) bool { return other.Folded == stage.Folded }) {
			err = errs.New(errs.Invalid, "The stage is listed twice; list it once.").On("stages", strconv.Itoa(i), "name")
		}
		faults = append(faults, err)
		if err == nil {
			stage.ID, stage.Position = id.New(id.PipelineStage), i+1
			list, open = append(list, stage), open || stage.Kind == vocab.StageOpen
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	if !open {
		return nil, errs.New(errs.Invalid, "At least one stage must be of kind OPEN.").On("stages")
	}
	return list, nil
}

func mayCloseTogether(object vocab.PipelineObject, together bool) error {
	if together && object != vocab.TicketPipeline {
		return errs.New(errs.Invalid, "Only tickets close together with their conversations.").On("closeTogether")
	}
	return nil
}

func insertPipeline(ctx context.Context, tx *store.Tx, p *ent.Pipeline, stages []*ent.PipelineStage) error {
	others, err := pipelinesOf(ctx, tx, p.Object)
	if err != nil {
		return err
	}
	if len(others) >= MaxPipelines {
		return errs.Exceeds(MaxPipelines, "There are %d pipelines; at most %d are allowed.", len(others), MaxPipelines).On("object")
	}
	err = tx.Client.Pipeline.Create().SetID(p.ID).SetObject(p.Object).SetName(p.Name).SetFolded(richtext.Caseless(p.Name)).
		SetPosition(len(others) + 1).SetCloseTogether(p.CloseTogether).SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return err
	}
	for _, stage := range stages {
		stage.PipelineID = p.ID
		if err := insertStage(ctx, tx, stage); err != nil {
			return err
		}
	}
	tx.Append(ctx, store.Event{Type: vocab.PipelineCreated, SubjectID: p.ID})
	return nil
}

// pipelinesOf are the pipelines of an object that are not archived, in their order.
func pipelinesOf(ctx context.Context, tx *store.Tx, object vocab.PipelineObject) ([]*ent.Pipeline, error) {
	return tx.Client.Pipeline.Query().Where(entpipeline.ObjectEQ(object), entpipeline.ArchivedAt(0)).
		Order(entpipeline.ByPosition(), entpipeline.ByID()).All(ctx)
}

// UpdatePipeline renames or moves a pipeline, or changes whether tickets close with
// their conversations.
func (s *Service) UpdatePipeline(ctx context.Context, in UpdatePipelineInput) (*ent.Pipeline, error) {
	call := idempotency.Call{Mutation: "updatePipeline", Key: in.IdempotencyKey, Input: in, Result: in.PipelineID}
	return s.changePipeline(ctx, call, func(ctx context.Context, tx *store.Tx, p *ent.Pipeline) error {
		position := p.Position
		err := errors.Join(setName(&p.Name, in.Name), opt.Require(&p.CloseTogether, in.CloseTogether, "closeTogether"),
			opt.Require(&position, in.Position, "position"), checkPosition(position), mayCloseTogether(p.Object, p.CloseTogether))
		if err != nil || position == p.Position {
			return err
		}
		p.Position, err = movePipeline(ctx, tx, p, position)
		return err
	})
}

func setName(name *string, to opt.Value[*string]) error {
	wanted, err := opt.NotNull(to, "name")
	if wanted == nil {
		return err
	}
	clean, err := oneLine(*wanted, 1, maxName, "name")
	if err == nil {
		*name = clean
	}
	return err
}

func checkPosition(position int) error {
	if position >= 1 {
		return nil
	}
	return errs.New(errs.Invalid, "The first place is 1.").On("position")
}

// movePipeline puts a pipeline at a place among the others, which it returns.
func movePipeline(ctx context.Context, tx *store.Tx, p *ent.Pipeline, position int) (int, error) {
	others, err := pipelinesOf(ctx, tx, p.Object)
	if err != nil {
		return 0, err
	}
	others = slices.DeleteFunc(others, func(other *ent.Pipeline) bool { return other.ID == p.ID })
	return freePlace(others, position, func(other *ent.Pipeline) int { return other.Position }, func(other *ent.Pipeline, place int) error {
		return tx.Client.Pipeline.UpdateOneID(other.ID).SetPosition(place).Exec(ctx)
	})
}

// ArchivePipeline archives a pipeline that has no records and is not the last of its
// object: otherwise IN_USE.
func (s *Service) ArchivePipeline(ctx context.Context, in ArchivePipelineInput) (*ent.Pipeline, error) {
	call := idempotency.Call{Mutation: "archivePipeline", Key: in.IdempotencyKey, Input: in, Result: in.PipelineID}
	return s.changePipeline(ctx, call, func(ctx context.Context, tx *store.Tx, p *ent.Pipeline) error {
		if p.ArchivedAt.IsSet() {
			return nil
		}
		others, err := pipelinesOf(ctx, tx, p.Object)
		if err != nil {
			return err
		}
		if len(others) == 1 {
			return errs.New(errs.InUse, "This is the last pipeline of its object: create another one first.").On("pipelineId")
		}
		stages, err := lockStages(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		used, err := stagesInUse(ctx, tx, p.Object, stages)
		if err != nil {
			return err
		}
		if used {
			return errs.New(errs.InUse, "The pipeline has records: move them to another one first.").On("pipelineId")
		}
		p.ArchivedAt = tx.Now()
		return nil
	})
}

// lockStages locks the stages of a pipeline that are not archived: nothing enters them
// until the transaction ends.
func lockStages(ctx context.Context, tx *store.Tx, pipelineID string) ([]*ent.PipelineStage, error) {
	return tx.Client.PipelineStage.Query().Where(entstage.PipelineID(pipelineID), entstage.ArchivedAt(0)).
		Order(entstage.ByPosition(), entstage.ByID()).Modify(store.ForUpdate).All(ctx)
}

// changePipeline alters the pipeline that a call names, for admins; one event says what
// changed.
func (s *Service) changePipeline(ctx context.Context, call idempotency.Call, alter func(context.Context, *store.Tx, *ent.Pipeline) error) (*ent.Pipeline, error) {
	result, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := findPipeline(ctx, tx.Client, call.Result, store.ForUpdate, "pipelineId")
		if err != nil {
			return err
		}
		after := *before
		if err := alter(ctx, tx, &after); err != nil {
			return err
		}
		return savePipeline(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, nameTaken(err, "pipeline")
	}
	return findPipeline(ctx, s.store.Client(ctx), result, unlocked, "pipelineId")
}

func savePipeline(ctx context.Context, tx *store.Tx, before, after *ent.Pipeline) error {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Value("position", strconv.Itoa(before.Position), strconv.Itoa(after.Position))
	c.Flag("closeTogether", before.CloseTogether, after.CloseTogether)
	c.Optional("archivedAt", before.ArchivedAt.String(), after.ArchivedAt.String())
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.PipelineUpdated, SubjectID: after.ID, Changes: c})
	return tx.Client.Pipeline.UpdateOneID(after.ID).SetName(after.Name).SetFolded(foldedName(after.Name, after.ID, after.ArchivedAt)).
		SetPosition(after.Position).SetCloseTogether(after.CloseTogether).SetArchivedAt(after.ArchivedAt).Exec(ctx)
}

// foldedName is the name by which others are refused; that of an archived object is
// free, since no name is like an id.
func foldedName(name, objectID string, archivedAt clock.Micros) string {
	if archivedAt.IsSet() {
		return objectID
	}
	return richtext.Caseless(name)
}

// nameTaken turns the database's refusal of a name into ALREADY_EXISTS.
func nameTaken(err error, what string) error {
	if store.Taken(err, "folded") {
		return errs.New(errs.AlreadyExists, "A %s with this name already exists.", what).On("name")
	}
	return err
}
