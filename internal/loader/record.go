package loader

import (
	"context"

	"parley/ent"
	"parley/ent/company"
	"parley/ent/deal"
	"parley/ent/engagement"
	"parley/ent/libraryitem"
	"parley/ent/libraryshare"
	"parley/ent/pipeline"
	"parley/ent/pipelinestage"
	"parley/ent/quote"
)

// Companies loads by id; see the package.
func (s *Service) Companies(ctx context.Context, ids []string) ([]*ent.Company, error) {
	return align(ids, func(distinct []string) ([]*ent.Company, error) {
		return s.store.Client(ctx).Company.Query().Where(company.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Company) string { return v.ID })
}

// Deals loads by id; see the package.
func (s *Service) Deals(ctx context.Context, ids []string) ([]*ent.Deal, error) {
	return align(ids, func(distinct []string) ([]*ent.Deal, error) {
		return s.store.Client(ctx).Deal.Query().Where(deal.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Deal) string { return v.ID })
}

// Quotes loads by id; see the package.
func (s *Service) Quotes(ctx context.Context, ids []string) ([]*ent.Quote, error) {
	return align(ids, func(distinct []string) ([]*ent.Quote, error) {
		return s.store.Client(ctx).Quote.Query().Where(quote.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Quote) string { return v.ID })
}

// Engagements loads by id; see the package.
func (s *Service) Engagements(ctx context.Context, ids []string) ([]*ent.Engagement, error) {
	return align(ids, func(distinct []string) ([]*ent.Engagement, error) {
		return s.store.Client(ctx).Engagement.Query().Where(engagement.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Engagement) string { return v.ID })
}

// Pipelines loads by id; see the package.
func (s *Service) Pipelines(ctx context.Context, ids []string) ([]*ent.Pipeline, error) {
	return align(ids, func(distinct []string) ([]*ent.Pipeline, error) {
		return s.store.Client(ctx).Pipeline.Query().Where(pipeline.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Pipeline) string { return v.ID })
}

// PipelineStages loads by id; see the package.
func (s *Service) PipelineStages(ctx context.Context, ids []string) ([]*ent.PipelineStage, error) {
	return align(ids, func(distinct []string) ([]*ent.PipelineStage, error) {
		return s.store.Client(ctx).PipelineStage.Query().Where(pipelinestage.IDIn(distinct...)).All(ctx)
	}, func(v *ent.PipelineStage) string { return v.ID })
}

// LibraryItems loads by id; see the package.
func (s *Service) LibraryItems(ctx context.Context, ids []string) ([]*ent.LibraryItem, error) {
	return align(ids, func(distinct []string) ([]*ent.LibraryItem, error) {
		return s.store.Client(ctx).LibraryItem.Query().Where(libraryitem.IDIn(distinct...)).All(ctx)
	}, func(v *ent.LibraryItem) string { return v.ID })
}

// LibraryShares loads by id; see the package.
func (s *Service) LibraryShares(ctx context.Context, ids []string) ([]*ent.LibraryShare, error) {
	return align(ids, func(distinct []string) ([]*ent.LibraryShare, error) {
		return s.store.Client(ctx).LibraryShare.Query().Where(libraryshare.IDIn(distinct...)).All(ctx)
	}, func(v *ent.LibraryShare) string { return v.ID })
}
