package bot

import (
	"context"
	"errors"
	"math/rand/v2"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// perRound is how many runs a round takes at most; the next one takes the rest.
const perRound = 500

const (
	lapsedRuns = `SELECT id, account_id, conversation_id FROM agent_runs WHERE lease_until > 0 AND lease_until <= $1 ORDER BY lease_until LIMIT $2`
	silentRuns = `SELECT id, account_id, conversation_id FROM agent_runs WHERE hand_off_at > 0 AND hand_off_at <= $1 ORDER BY hand_off_at LIMIT $2`
)

// found is a run that a round found, of any account.
type found struct{ id, account, conversation string }

// TendRuns gives turns back that a worker has had too long without a sign of life (AG-5),
// and hands off conversations in which the bot gives none at all, or waited too long for
// approval (AG-1). The system runs it each RoundEvery.
func (s *Service) TendRuns(ctx context.Context) error {
	return errors.Join(s.tendEach(ctx, silentRuns, s.giveUp), s.tendEach(ctx, lapsedRuns, s.endLease))
}

func (s *Service) tendEach(ctx context.Context, query string, tend func(context.Context, *store.Tx, found) error) error {
	return s.forEachFound(ctx, query, func(ctx context.Context, f found) error {
		return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tend(ctx, tx, f) })
	})
}

// forEachFound calls with what a query finds, as the system of its account.
func (s *Service) forEachFound(ctx context.Context, query string, tend func(context.Context, found) error) error {
	var due []found
	err := store.ForEachRow(ctx, s.store, query, []any{int64(s.store.Now()), perRound}, func(rows entsql.ColumnScanner) error {
		var f found
		err := rows.Scan(&f.id, &f.account, &f.conversation)
		due = append(due, f)
		return err
	})
	rand.Shuffle(len(due), func(i, j int) { due[i], due[j] = due[j], due[i] }) // nodes that look at once do not all begin with the same
	faults := []error{err}
	for _, f := range due {
		ctx := viewer.NewContext(ctx, viewer.System("bot", f.account))
		err := tend(ctx, f)
		if errs.Of(err) == nil {
			faults = append(faults, err)
		}
	}
	return errors.Join(faults...)
}

// giveUp fails a run whose time is over, and leaves its conversation to people. One whose
// turn is not the conversation's any longer waits for what follows from that.
func (s *Service) giveUp(ctx context.Context, tx *store.Tx, f found) error {
	g, err := lockEngagement(ctx, tx, f.conversation)
	if err != nil || g == nil || g.run == nil || g.run.ID != f.id {
		return err
	}
	if r := g.run; r.HandOffAt == 0 || r.HandOffAt > tx.Now() || r.Turn != g.c.Turn || !g.botHas() {
		return nil
	}
	if err := g.endRun(ctx, vocab.RunFailed); err != nil {
		return err
	}
	return s.deps.Conversations.HandOffTurn(ctx, tx, g.c.ID, g.c.Turn)
}

// endLease lets another worker have a turn.
func (s *Service) endLease(ctx context.Context, tx *store.Tx, f found) error {
	r, err := tx.Client.AgentRun.Query().Where(entrun.ID(f.id)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil || r.LeaseUntil == 0 || r.LeaseUntil > tx.Now() {
		return err
	}
	return giveBack(ctx, tx, r)
}

// giveBack has a run wait for a worker again, at its old place.
func giveBack(ctx context.Context, tx *store.Tx, r *ent.AgentRun) error {
	before := *r
	r.State = vocab.RunPending
	return saveRun(ctx, tx, &before, r)
}
