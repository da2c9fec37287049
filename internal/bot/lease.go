package bot

import (
	"context"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	"parley/ent/predicate"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// releaseTime bounds how long a worker's turns are given back; then the clock does it.
const releaseTime = 10 * time.Second

// isPending leaves the runs that wait for a worker, as the index has them.
func isPending(s *sql.Selector) { s.Where(sql.ExprP(s.C(entrun.FieldState) + " = 'PENDING'")) }

// takeTurn gives a worker the oldest turn of the calling bot that waits, or that of one run,
// but none of those that it had before; nil: there is none.
func (s *Service) takeTurn(ctx context.Context, lease, runID string, but map[string]clock.Micros) (taken *ent.AgentRun, err error) {
	wanted := []predicate.AgentRun{entrun.BotID(viewer.FromContext(ctx).ActorID)}
	if runID != "" {
		wanted = append(wanted, entrun.ID(runID))
	}
	for had, dueAt := range but {
		wanted = append(wanted, entrun.Or(entrun.IDNEQ(had), entrun.DueAtNEQ(dueAt)))
	}
	waiting := s.store.Client(ctx).AgentRun.Query().Where(wanted...)
	waiting.Modify(isPending)
	if waits, err := waiting.Exist(ctx); err != nil || !waits { // most events leave nothing to do: no one writes for them
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		taken = nil
		// Not SKIP LOCKED: should who has the row locked not change it, no event would
		// have the worker look again.
		r, err := tx.Client.AgentRun.Query().Where(wanted...).Order(entrun.ByDueAt(), entrun.ByID()).Modify(isPending, store.ForUpdate).First(ctx)
		if ent.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		before := *r
		r.State, r.LeaseID, r.LeaseUntil = vocab.RunActive, lease, tx.Now().Add(leaseTime)
		taken = r
		return saveRun(ctx, tx, &before, r)
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

// release gives back all that a worker has. What cannot be given back now, the clock takes.
func (s *Service) release(v *viewer.Viewer, lease string) {
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	ctx = viewer.NewContext(ctx, viewer.System("bot", v.AccountID).InNameOf(v))
	//errors:contained the clock takes what stays
	_ = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		list, err := tx.Client.AgentRun.Query().Where(entrun.LeaseID(lease)).Order(entrun.ByID()).
			Modify(func(s *sql.Selector) { s.Where(sql.ExprP(s.C(entrun.FieldLeaseID) + " <> ''")) }, store.ForUpdate).All(ctx)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := giveBack(ctx, tx, r); err != nil {
				return err
			}
		}
		return nil
	})
}
