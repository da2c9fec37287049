package bot

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	entstep "parley/ent/agentstep"
	entplay "parley/ent/flowrun"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

const (
	// maxRuns is how many runs of a conversation are shown.
	maxRuns = 20
	// stepsPage is how many steps a page has if no one asks for another number.
	stepsPage = 50
)

var (
	runs  = store.Listing[ent.AgentRun]{Name: "agentRuns", Kind: id.AgentRun, Desc: true, ID: func(r *ent.AgentRun) string { return r.ID }}
	plays = store.Listing[ent.FlowRun]{Name: "flowRuns", Kind: id.FlowRun, Desc: true, ID: func(r *ent.FlowRun) string { return r.ID }}
	steps = store.Listing[ent.AgentStep]{
		Name: "agentSteps", Kind: id.AgentStep, Column: entstep.FieldNumber, Unique: true,
		Number: func(s *ent.AgentStep) int64 { return int64(s.Number) }, ID: func(s *ent.AgentStep) string { return s.ID },
	}
)

// Runs returns the last runs of each conversation, latest first.
func (s *Service) Runs(ctx context.Context, list []*ent.Conversation) ([][]*ent.AgentRun, error) {
	var ids []string
	for _, c := range list {
		if c.BotID != "" {
			ids = append(ids, c.ID)
		}
	}
	of := map[string][]*ent.AgentRun{}
	if len(ids) > 0 {
		most := maxRuns
		pages, err := runs.Pages(paging.PageArgs{First: &most}, most, ids, store.Of(entrun.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.AgentRun, error) {
			q := s.store.Client(ctx).AgentRun.Query()
			q.Modify(narrow)
			return q.All(ctx)
		})
		if err != nil {
			return nil, err
		}
		for i, page := range pages {
			of[ids[i]] = page.Nodes()
		}
	}
	all := make([][]*ent.AgentRun, len(list))
	for i, c := range list {
		all[i] = of[c.ID]
	}
	return all, nil
}

// FlowRuns returns the last flows that were played in each conversation, latest first.
func (s *Service) FlowRuns(ctx context.Context, list []*ent.Conversation) ([][]*ent.FlowRun, error) {
	var ids []string
	for _, c := range list {
		if c.BotID != "" {
			ids = append(ids, c.ID)
		}
	}
	of := map[string][]*ent.FlowRun{}
	if len(ids) > 0 {
		most := maxRuns
		pages, err := plays.Pages(paging.PageArgs{First: &most}, most, ids, store.Of(entplay.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.FlowRun, error) {
			q := s.store.Client(ctx).FlowRun.Query()
			q.Modify(narrow)
			return q.All(ctx)
		})
		if err != nil {
			return nil, err
		}
		for i, page := range pages {
			of[ids[i]] = page.Nodes()
		}
	}
	all := make([][]*ent.FlowRun, len(list))
	for i, c := range list {
		all[i] = of[c.ID]
	}
	return all, nil
}

// Steps returns a page of the steps of each run, oldest first.
func (s *Service) Steps(ctx context.Context, list []*ent.AgentRun, args paging.PageArgs) ([]*paging.Connection[*ent.AgentStep], error) {
	ids := make([]string, len(list))
	for i, r := range list {
		ids[i] = r.ID
	}
	return steps.Pages(args, stepsPage, ids, store.Of(entstep.FieldRunID), func(narrow func(*sql.Selector)) ([]*ent.AgentStep, error) {
		q := s.store.Client(ctx).AgentStep.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// ApprovalTimeoutSeconds is how long a bot waits for approval.
func ApprovalTimeoutSeconds(b *ent.Bot) int { return int(approvalTimeout(b).Seconds()) }
