package crm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

func unlocked(*sql.Selector) {}

// newStage is a stage as it is kept. Errors blame fields below at.
func newStage(object vocab.PipelineObject, name string, kind vocab.StageKind, probability *int, path ...string) (*ent.PipelineStage, error) {
	name, err := oneLine(name, 1, maxName, at(path, "name")...)
	if !slices.Contains(vocab.StageKinds(object), kind) {
		err = errors.Join(err, errs.New(errs.Invalid, "Stages of such a pipeline are of one of the kinds %v.", vocab.StageKinds(object)).On(at(path, "kind")...))
	}
	if probability == nil && object == vocab.DealPipeline {
		probability = new(int)
		if kind == vocab.StageWon {
			*probability = 100
		}
	}
	err = errors.Join(err, checkProbability(object, probability, at(path, "probability")...))
	return &ent.PipelineStage{Name: name, Folded: richtext.Caseless(name), Kind: kind, Probability: probability}, err
}

func checkProbability(object vocab.PipelineObject, probability *int, path ...string) error {
	switch {
	case probability == nil:
		return nil
	case object != vocab.DealPipeline:
		return errs.New(errs.Invalid, "Only stages of deals have a probability.").On(path...)
	case *probability < 0 || *probability > 100:
		return errs.New(errs.Invalid, "A probability is 0 to 100 percent.").On(path...)
	}
	return nil
}

func insertStage(ctx context.Context, tx *store.Tx, stage *ent.PipelineStage) error {
	return tx.Client.PipelineStage.Create().SetID(stage.ID).SetPipelineID(stage.PipelineID).SetName(stage.Name).SetFolded(stage.Folded).
		SetPosition(stage.Position).SetKind(stage.Kind).SetNillableProbability(stage.Probability).SetCreatedAt(tx.Now()).Exec(ctx)
}

// CreateStage adds a stage to a pipeline.
func (s *Service) CreateStage(ctx context.Context, in CreatePipelineStageInput) (*ent.PipelineStage, error) {
	call := idempotency.Call{
		Mutation: "createPipelineStage", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.PipelineStage),
		Own: []idempotency.Own{{Kind: id.PipelineStage, Field: "id", ID: in.ID}},
	}
	made, err := account.AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		p, err := findPipeline(ctx, tx.Client, in.PipelineID, store.ForUpdate, "pipelineId")
		if err != nil {
			return err
		}
		stage, err := newStage(p.Object, in.Name, in.Kind, in.Probability)
		if err != nil {
			return err
		}
		stage.ID, stage.PipelineID = call.Result, p.ID
		return in.insert(ctx, tx, p, stage)
	})
	if err != nil {
		return nil, nameTaken(err, "stage")
	}
	return s.store.Client(ctx).PipelineStage.Get(ctx, made)
}

func (in CreatePipelineStageInput) insert(ctx context.Context, tx *store.Tx, p *ent.Pipeline, stage *ent.PipelineStage) error {
	others, err := stagesOf(ctx, tx, p.ID)
	if err != nil {
		return err
	}
	if p.ArchivedAt.IsSet() {
		return errs.New(errs.Invalid, "The pipeline is archived.").On("pipelineId")
	}
	if len(others) >= MaxStages {
		return errs.Exceeds(MaxStages, "The pipeline has %d stages; at most %d are allowed.", len(others), MaxStages).On("pipelineId")
	}
	position := len(others) + 1
	if in.Position != nil {
		position = *in.Position
	}
	if err := checkPosition(position); err != nil {
		return err
	}
	if stage.Position, err = freeStagePlace(ctx, tx, others, position); err != nil {
		return err
	}
	recordStages(ctx, tx, p.ID)
	return insertStage(ctx, tx, stage)
}

func recordStages(ctx context.Context, tx *store.Tx, pipelineID string) {
	tx.Append(ctx, store.Event{Type: vocab.PipelineUpdated, SubjectID: pipelineID, Changes: store.NamedChanges("stages")})
}

// freeStagePlace leaves a place among stages free, and returns it.
func freeStagePlace(ctx context.Context, tx *store.Tx, others []*ent.PipelineStage, position int) (int, error) {
	return freePlace(others, position, func(other *ent.PipelineStage) int { return other.Position }, func(other *ent.PipelineStage, place int) error {
		return tx.Client.PipelineStage.UpdateOneID(other.ID).SetPosition(place).Exec(ctx)
	})
}

// stagesOf are the stages of a pipeline that are not archived, in their order.
func stagesOf(ctx context.Context, tx *store.Tx, pipelineID string) ([]*ent.PipelineStage, error) {
	return tx.Client.PipelineStage.Query().Where(entstage.PipelineID(pipelineID), entstage.ArchivedAt(0)).
		Order(entstage.ByPosition(), entstage.ByID()).All(ctx)
}

// UpdateStage renames or moves a stage, or changes its probability.
func (s *Service) UpdateStage(ctx context.Context, in UpdatePipelineStageInput) (*ent.PipelineStage, error) {
	call := idempotency.Call{Mutation: "updatePipelineStage", Key: in.IdempotencyKey, Input: in, Result: in.StageID}
	return s.changeStage(ctx, call, func(ctx context.Context, tx *store.Tx, p *ent.Pipeline, stage *ent.PipelineStage) error {
		position := stage.Position
		probability, err := opt.NotNull(in.Probability, "probability")
		if probability != nil {
			stage.Probability = probability
		}
		err = errors.Join(err, setName(&stage.Name, in.Name), checkProbability(p.Object, probability, "probability"),
			opt.Require(&position, in.Position, "position"), checkPosition(position))
		if err != nil || position == stage.Position {
			return err
		}
		if stage.ArchivedAt.IsSet() {
			return errs.New(errs.Invalid, "An archived stage has no place.").On("position")
		}
		others, err := stagesOf(ctx, tx, p.ID)
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(others, func(other *ent.PipelineStage) bool { return other.ID == stage.ID })
		stage.Position, err = freeStagePlace(ctx, tx, others, position)
		return err
	})
}

// changeStage alters the stage that a call names, for admins.
func (s *Service) changeStage(ctx context.Context, call idempotency.Call, alter func(context.Context, *store.Tx, *ent.Pipeline, *ent.PipelineStage) error,
) (*ent.PipelineStage, error) {
	result, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := findStage(ctx, tx.Client, call.Result, store.ForUpdate, "stageId")
		if err != nil {
			return err
		}
		p, err := tx.Client.Pipeline.Get(ctx, before.PipelineID)
		if err != nil {
			return err
		}
		after := *before
		if err := alter(ctx, tx, p, &after); err != nil {
			return err
		}
		return saveStage(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, nameTaken(err, "stage")
	}
	return findStage(ctx, s.store.Client(ctx), result, unlocked, "stageId")
}

func saveStage(ctx context.Context, tx *store.Tx, before, after *ent.PipelineStage) error {
	same := before.Name == after.Name && before.Position == after.Position && before.ArchivedAt == after.ArchivedAt &&
		fmt.Sprint(percent(before)) == fmt.Sprint(percent(after))
	if same {
		return nil
	}
	recordStages(ctx, tx, after.PipelineID)
	return tx.Client.PipelineStage.UpdateOneID(after.ID).SetName(after.Name).SetFolded(foldedName(after.Name, after.ID, after.ArchivedAt)).
		SetPosition(after.Position).SetNillableProbability(after.Probability).SetArchivedAt(after.ArchivedAt).Exec(ctx)
}

// percent is how likely a stage's deals are to be won.
func percent(stage *ent.PipelineStage) int {
	if stage.Probability == nil {
		return 0
	}
	return *stage.Probability
}

// findPipeline loads a pipeline; otherwise NOT_FOUND on the field.
func findPipeline(ctx context.Context, client *ent.Client, pipelineID string, lock func(*sql.Selector), path ...string) (*ent.Pipeline, error) {
	if !id.Is(pipelineID, id.Pipeline) {
		return nil, missing("pipeline", pipelineID, path...)
	}
	q := client.Pipeline.Query().Where(entpipeline.ID(pipelineID))
	q.Modify(lock)
	p, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing("pipeline", pipelineID, path...)
	}
	return p, err
}

// findStage loads a stage; otherwise NOT_FOUND on the field.
func findStage(ctx context.Context, client *ent.Client, stageID string, lock func(*sql.Selector), path ...string) (*ent.PipelineStage, error) {
	if !id.Is(stageID, id.PipelineStage) {
		return nil, missing("stage", stageID, path...)
	}
	q := client.PipelineStage.Query().Where(entstage.ID(stageID))
	q.Modify(lock)
	stage, err := q.Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing("stage", stageID, path...)
	}
	return stage, err
}
