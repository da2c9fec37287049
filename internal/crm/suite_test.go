package crm_test

import (
	"context"
	"os"
	"testing"

	"parley/ent"
	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account with its records.
type world struct {
	*testkit.Fixture
	*crm.Service
	t *testing.T
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) { test(newWorld(t, s)) })
}

func newWorld(t *testing.T, s *store.Store) *world {
	return &world{testkit.Account(t, s), crm.New(s), t}
}

// stage is a stage of the account by the names.
func (w *world) stage(pipeline, name string) *ent.PipelineStage {
	w.t.Helper()
	client := w.Store.Client(w.System)
	p := check.Must(client.Pipeline.Query().Where(entpipeline.Name(pipeline)).Only(w.System))(w.t)
	return check.Must(client.PipelineStage.Query().Where(entstage.PipelineID(p.ID), entstage.Name(name)).Only(w.System))(w.t)
}

// ticket makes a ticket.
func (w *world) ticket(ctx context.Context, change func(*crm.CreateTicketInput)) *ent.Ticket {
	w.t.Helper()
	in := crm.CreateTicketInput{TicketFacts: crm.TicketFacts{Subject: set("It broke")}}
	if change != nil {
		change(&in)
	}
	return check.Must(w.CreateTicket(ctx, in))(w.t)
}

// recorded are the types of the account's events since the last look.
func (w *world) recorded(run func()) []string {
	w.t.Helper()
	before := len(check.Must(w.Store.Client(w.System).Event.Query().All(w.System))(w.t))
	run()
	var types []string
	for _, e := range check.Must(w.Store.Client(w.System).Event.Query().Order(ent.Asc("sequence")).All(w.System))(w.t)[before:] {
		line := string(e.Type)
		for _, c := range e.Changes {
			line += " " + c.Field
		}
		types = append(types, line)
	}
	return types
}

func (w *world) assign(conversation int, userID string) {
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Conversation.UpdateOneID(w.ConversationIDs[conversation]).SetAssigneeID(userID).Exec(ctx)
	})
}

var allKinds = []vocab.StageKind{vocab.StageOpen, vocab.StageWaitingOnContact, vocab.StageWaitingOnUs, vocab.StageClosed}

// tx is a transaction of the system's.
type tx struct {
	*store.Tx
	ctx context.Context
}

func (w *world) inTx(do func(*tx) error) {
	w.t.Helper()
	w.Write(w.System, func(ctx context.Context, t *store.Tx) error { return do(&tx{t, ctx}) })
}
