package bot

import (
	"context"
	"reflect"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entflow "parley/ent/botflow"
	entcount "parley/ent/botstepcount"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// PublishFlow makes a flow the one that a bot's new conversations have; those that have
// begun keep theirs (BT-4). Errors: NOT_FOUND on botId; those of cleanFlow below flow.
func (s *Service) PublishFlow(ctx context.Context, in PublishBotFlowInput) (*ent.Bot, error) {
	call := idempotency.Call{Mutation: "publishBotFlow", Key: in.IdempotencyKey, Input: in, Result: in.BotID}
	return s.change(ctx, call, in.BotID, func(ctx context.Context, tx *store.Tx, b *ent.Bot) error {
		f, err := s.cleanFlow(ctx, tx.Client, in.Flow)
		if err != nil {
			return err
		}
		return publish(ctx, tx, b, f)
	})
}

// publish keeps a flow as the bot's next version, unless it has it already.
func publish(ctx context.Context, tx *store.Tx, b *ent.Bot, f vocab.Flow) error {
	if b.FlowVersion > 0 {
		now, err := versionOf(ctx, tx.Client, b.ID, b.FlowVersion)
		if err != nil || reflect.DeepEqual(now.Flow, f) {
			return err
		}
	}
	b.FlowVersion++
	by := ""
	if v := viewer.FromContext(ctx); v.IsUser() {
		by = v.ActorID
	}
	return tx.Client.BotFlow.Create().SetID(id.New(id.BotFlow)).SetBotID(b.ID).SetVersion(b.FlowVersion).SetFlow(f).SetPublishedBy(by).SetCreatedAt(tx.Now()).Exec(ctx)
}

func versionOf(ctx context.Context, client *ent.Client, botID string, version int) (*ent.BotFlow, error) {
	return client.BotFlow.Query().Where(entflow.BotID(botID), entflow.Version(version)).Only(ctx)
}

var versions = store.Listing[ent.BotFlow]{
	Name: "flowVersions", Kind: id.BotFlow, Column: entflow.FieldVersion, Unique: true, Desc: true,
	Number: func(f *ent.BotFlow) int64 { return int64(f.Version) }, ID: func(f *ent.BotFlow) string { return f.ID },
}

// versionsPage is how many versions a page has if no one asks for another number.
const versionsPage = 20

// FlowVersions returns a page of the versions of each bot's flow, latest first.
func (s *Service) FlowVersions(ctx context.Context, bots []*ent.Bot, args paging.PageArgs) ([]*paging.Connection[*ent.BotFlow], error) {
	ids := make([]string, len(bots))
	for i, b := range bots {
		ids[i] = b.ID
	}
	return versions.Pages(args, versionsPage, ids, store.Of(entflow.FieldBotID), func(narrow func(*sql.Selector)) ([]*ent.BotFlow, error) {
		q := s.store.Client(ctx).BotFlow.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// Flows returns the flow of each bot that new conversations have; nil: it is external.
func (s *Service) Flows(ctx context.Context, bots []*ent.Bot) ([]*ent.BotFlow, error) {
	var ids []string
	for _, b := range bots {
		if b.FlowVersion > 0 {
			ids = append(ids, b.ID)
		}
	}
	all := make([]*ent.BotFlow, len(bots))
	if len(ids) == 0 {
		return all, nil
	}
	most := 1
	pages, err := versions.Pages(paging.PageArgs{First: &most}, most, ids, store.Of(entflow.FieldBotID), func(narrow func(*sql.Selector)) ([]*ent.BotFlow, error) {
		q := s.store.Client(ctx).BotFlow.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
	if err != nil {
		return nil, err
	}
	of := map[string]*ent.BotFlow{}
	for i, p := range pages {
		for _, f := range p.Nodes() {
			of[ids[i]] = f
		}
	}
	for i, b := range bots {
		all[i] = of[b.ID]
	}
	return all, nil
}

// StepStats returns what became of the steps of a version of each bot's flow, by the steps'
// ids; nil or 0: of the version of now (BT-5).
func (s *Service) StepStats(ctx context.Context, bots []*ent.Bot, version *int) ([][]*ent.BotStepCount, error) {
	var ids []string
	wanted := map[string]int{}
	for _, b := range bots {
		wanted[b.ID] = b.FlowVersion
		if version != nil && *version != 0 {
			wanted[b.ID] = *version
		}
		ids = append(ids, b.ID)
	}
	q := s.store.Client(ctx).BotStepCount.Query().Where(entcount.BotIDIn(ids...)).Order(entcount.ByStepID())
	q.Modify(func(s *sql.Selector) {
		var any []*sql.Predicate
		for botID, v := range wanted {
			any = append(any, sql.And(sql.EQ(s.C(entcount.FieldBotID), botID), sql.EQ(s.C(entcount.FieldVersion), v)))
		}
		if len(any) > 0 {
			s.Where(sql.Or(any...))
		}
	})
	rows, err := q.All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]*ent.BotStepCount{}
	for _, row := range rows {
		of[row.BotID] = append(of[row.BotID], row)
	}
	all := make([][]*ent.BotStepCount, len(bots))
	for i, b := range bots {
		all[i] = of[b.ID]
	}
	return all, nil
}
