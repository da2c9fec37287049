package crm

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

var inOrder = store.Listing[ent.Pipeline]{
	Name: "pipelines", Kind: id.Pipeline, Column: entpipeline.FieldPosition,
	Number: func(p *ent.Pipeline) int64 { return int64(p.Position) }, ID: func(p *ent.Pipeline) string { return p.ID },
}

// Pipelines returns a page of an object's pipelines in their order, on request with those
// that were archived.
func (s *Service) Pipelines(ctx context.Context, object vocab.PipelineObject, archived bool, args paging.PageArgs) (*paging.Connection[*ent.Pipeline], error) {
	return inOrder.Page(args, defaultPage, func(narrow func(*sql.Selector)) ([]*ent.Pipeline, error) {
		q := s.store.Client(ctx).Pipeline.Query().Where(entpipeline.ObjectEQ(object))
		if !archived {
			q.Where(entpipeline.ArchivedAt(0))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, string(object), strconv.FormatBool(archived))
}

// Stages returns the stages of each pipeline in their order, without archived ones.
func (s *Service) Stages(ctx context.Context, pipelines []*ent.Pipeline) ([][]*ent.PipelineStage, error) {
	stages, err := s.store.Client(ctx).PipelineStage.Query().
		Where(entstage.PipelineIDIn(idsOf(pipelines, func(p *ent.Pipeline) string { return p.ID })...), entstage.ArchivedAt(0)).
		Order(entstage.ByPosition(), entstage.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*ent.PipelineStage, len(pipelines))
	for i, p := range pipelines {
		lists[i] = []*ent.PipelineStage{}
		for _, stage := range stages {
			if stage.PipelineID == p.ID {
				lists[i] = append(lists[i], stage)
			}
		}
	}
	return lists, nil
}
