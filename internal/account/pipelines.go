package account

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// MakeFirstPipelines makes the pipelines that a new account begins with (CR-7, CR-9).
func MakeFirstPipelines(ctx context.Context, tx *store.Tx) error {
	for _, first := range vocab.FirstPipelines {
		pipelineID := id.New(id.Pipeline)
		err := tx.Client.Pipeline.Create().SetID(pipelineID).SetObject(first.Object).SetName(first.Name).SetFolded(richtext.Caseless(first.Name)).
			SetPosition(1).SetCreatedAt(tx.Now()).Exec(ctx)
		if err != nil {
			return err
		}
		var stages []*ent.PipelineStageCreate
		for i, stage := range first.Stages {
			create := tx.Client.PipelineStage.Create().SetID(id.New(id.PipelineStage)).SetPipelineID(pipelineID).SetName(stage.Name).
				SetFolded(richtext.Caseless(stage.Name)).SetPosition(i + 1).SetKind(stage.Kind).SetCreatedAt(tx.Now())
			if first.Object == vocab.DealPipeline {
				create.SetProbability(stage.Probability)
			}
			stages = append(stages, create)
		}
		if err := tx.Client.PipelineStage.CreateBulk(stages...).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
