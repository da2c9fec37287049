package slack

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/lease"
	"parley/internal/store"
)

// runner serves one Slack workspace while something is due there. One node has it at a time, by
// a lease, so that Slack's limits are kept in its memory.
type runner struct {
	*Service
	teamID string
	lease  *lease.Lease
	poked  chan struct{}
	ended  chan rest

	// busy are the lanes that are being served, and resting those that wait, with until when.
	busy    map[string]bool
	resting map[string]clock.Micros

	mu sync.Mutex // guards the rest
	// limited is until when a method is not called, and paced until when a channel gets no post.
	limited, paced map[string]clock.Micros
	// checked is when a channel was last seen not to be shared.
	checked map[string]clock.Micros
	// overAt is when attempts ended here of which the outcome is not known.
	overAt map[string]clock.Micros
}

func newRunner(s *Service, teamID string) *runner {
	return &runner{
		Service: s, teamID: teamID, poked: make(chan struct{}, 1), ended: make(chan rest, mostAtOnce), busy: map[string]bool{}, resting: map[string]clock.Micros{},
		limited: map[string]clock.Micros{}, paced: map[string]clock.Micros{}, checked: map[string]clock.Micros{}, overAt: map[string]clock.Micros{},
	}
}

// later is why work is put off, and until when.
type later struct{ at clock.Micros }

// Error says that it is no failure.
func (later) Error() string { return "to be done later" }

// poke says that something is due. It does not block.
func (r *runner) poke() {
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// run serves the team if no other node does, until nothing is due.
func (r *runner) run(ctx context.Context) {
	defer r.end()
	everywhere := everywhere(ctx)
	l, err := lease.Acquire(everywhere, r.store, leasePrefix+r.teamID, r.sender.node, leaseTime)
	if err != nil || l == nil {
		if err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "a Slack workspace cannot be served now", "team", r.teamID, "error", err)
		}
		r.leaveTeam()
		return
	}
	r.lease = l
	held, stop := l.Hold(everywhere)
	err = r.serve(held)
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, "a Slack workspace could not be served", "team", r.teamID, "error", err)
	}
	for len(r.busy) > 0 {
		delete(r.busy, (<-r.ended).lane)
	}
	stop()
	last, cancel := context.WithTimeout(context.WithoutCancel(everywhere), finishing)
	defer cancel()
	//errors:contained it runs out by itself
	_ = l.Release(last)
	r.leaveTeam()
}

// end says that the runner is over.
func (r *runner) end() {
	r.sender.ended.L.Lock()
	r.sender.running--
	r.sender.ended.L.Unlock()
	r.sender.ended.Broadcast()
}

// leaveTeam gives the team up, so that whoever wakes it next starts another runner.
func (r *runner) leaveTeam() {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	if r.sender.runners[r.teamID] == r {
		delete(r.sender.runners, r.teamID)
	}
}

// leaveUnlessPoked is leaveTeam, if nothing came since.
func (r *runner) leaveUnlessPoked() bool {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	if len(r.poked) > 0 {
		return false
	}
	delete(r.sender.runners, r.teamID)
	return true
}

// serve does what is due, and waits for more for a while.
func (r *runner) serve(ctx context.Context) error {
	busyAt := r.store.Now()
	for {
		next, err := r.startDue(ctx)
		if err != nil {
			return err
		}
		now := r.store.Now()
		if len(r.busy) > 0 || next > 0 && next <= now.Add(lingers) {
			busyAt = now
		}
		if len(r.busy) == 0 && now >= busyAt.Add(lingers) && r.leaveUnlessPoked() {
			return nil
		}
		pause := time.NewTimer(r.pause(next))
		select {
		case <-ctx.Done():
			pause.Stop()
			return context.Cause(ctx)
		case over := <-r.ended:
			delete(r.busy, over.lane)
			if over.until > 0 {
				r.resting[over.lane] = over.until
			}
		case <-r.poked:
			busyAt = now
		case <-pause.C:
		}
		pause.Stop()
	}
}

// pause is how long there is nothing to do by what is known.
func (r *runner) pause(next clock.Micros) time.Duration {
	if next == 0 {
		return lingers / 2
	}
	return min(max(next.Time().Sub(r.store.Now().Time()), time.Millisecond), lingers/2)
}

// rest says that a lane is served no longer, and until when it is to rest; 0: it is not.
type rest struct {
	lane  string
	until clock.Micros
}

// lane is what is done one after the other: a thread, what was said in one, a person's
// notifications.
type lane struct {
	key string
	at  clock.Micros
	do  func(ctx context.Context) error
}

// startDue serves what is due in as many lanes as may be served, and returns when something is
// due next; 0: that is not known.
func (r *runner) startDue(ctx context.Context) (next clock.Micros, err error) {
	now := r.store.Now()
	lanes, err := r.lanesUntil(ctx, now.Add(lingers))
	if err != nil {
		return 0, err
	}
	for key, until := range r.resting {
		if until <= now {
			delete(r.resting, key)
		}
	}
	for _, l := range lanes {
		at := max(l.at, r.resting[l.key])
		switch {
		case r.busy[l.key]:
		case at > now:
			if next == 0 || at < next {
				next = at
			}
		case len(r.busy) < mostAtOnce:
			r.busy[l.key] = true
			go r.serveLane(ctx, l)
		}
	}
	return next, nil
}

// lanesUntil are the lanes in which something is due until a moment, the oldest first.
func (r *runner) lanesUntil(ctx context.Context, until clock.Micros) (lanes []lane, err error) {
	for _, kind := range []struct {
		query string
		make  func(what, more string) lane
	}{
		{"SELECT slack_id, thread_ts, MIN(due_at) FROM slack_events WHERE team_id = $1 AND due_at > 0 AND due_at <= $2 GROUP BY slack_id, thread_ts ORDER BY 3 LIMIT $3", func(slackID, ts string) lane {
			return lane{key: "said " + slackID + " " + ts, do: func(ctx context.Context) error { return r.tendSaid(ctx, slackID, ts) }}
		}},
		{"SELECT id, '', due_at FROM (SELECT id, due_at, ROW_NUMBER() OVER (PARTITION BY slack_id ORDER BY due_at, id) AS place FROM slack_threads WHERE team_id = $1 AND due_at > 0 AND due_at <= $2) due WHERE place <= " + strconv.Itoa(mostOfChannel) + " ORDER BY due_at LIMIT $3", func(threadID, _ string) lane {
			return lane{key: "thread " + threadID, do: func(ctx context.Context) error { return r.tendThread(ctx, threadID) }}
		}},
		{"SELECT id, '', due_at FROM slack_notices WHERE team_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3", func(noticeID, _ string) lane {
			return lane{key: "notice " + noticeID, do: func(ctx context.Context) error { return r.tendNotice(ctx, noticeID) }}
		}},
		{"SELECT id, '', due_at FROM slack_removals WHERE team_id = $1 AND due_at <= $2 ORDER BY due_at LIMIT $3", func(removalID, _ string) lane {
			return lane{key: "removal " + removalID, do: func(ctx context.Context) error { return r.tendRemoval(ctx, removalID) }}
		}},
	} {
		err := store.ForEachRow(ctx, r.store, kind.query, []any{r.teamID, int64(until), mostRead}, func(rows entsql.ColumnScanner) error {
			var what, more string
			var at int64
			err := rows.Scan(&what, &more, &at)
			l := kind.make(what, more)
			l.at = clock.Micros(at)
			lanes = append(lanes, l)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return lanes, nil
}

// restAfterFault is how long a lane rests that could not be served for reasons of our own.
const restAfterFault = 2 * time.Second

// serveLane does what is due in a lane.
func (r *runner) serveLane(ctx context.Context, l lane) {
	over := rest{lane: l.key}
	err := l.do(ctx)
	var put later
	switch {
	case err == nil || ctx.Err() != nil:
	case errors.As(err, &put):
		over.until = put.at
	default:
		r.log.WarnContext(ctx, "what is due in Slack could not be done now", "team", r.teamID, "lane", l.key, "error", err)
		over.until = r.store.Now().Add(restAfterFault)
	}
	r.ended <- over
}

// within runs a transaction in an account, while the runner has its lease.
func (r *runner) within(ctx context.Context, accountID string, fn func(ctx context.Context, tx *store.Tx) error) error {
	return r.store.WithTx(asSystem(ctx, accountID), func(ctx context.Context, tx *store.Tx) error {
		if err := r.lease.Check(ctx, tx); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// execWithin runs one statement so.
func (r *runner) execWithin(ctx context.Context, accountID, query string, args ...any) error {
	return r.within(ctx, accountID, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
}

// call calls a method of Slack's, unless it asked to be left in peace.
func (r *runner) call(ctx context.Context, method string, f func(ctx context.Context) error) error {
	r.mu.Lock()
	until := r.limited[method]
	r.mu.Unlock()
	if until > r.store.Now() {
		return later{until}
	}
	err := f(ctx)
	if err == nil {
		return nil
	}
	if pause := pauseOf(err); pause > 0 {
		until = r.store.Now().Add(pause)
		r.mu.Lock()
		r.limited[method] = until
		r.mu.Unlock()
		return later{until}
	}
	return err
}

// takeTurn takes the next turn of posting to a channel; later: it is not yet.
func (r *runner) takeTurn(slackID string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.store.Now()
	if at := r.paced[slackID]; at > now {
		return later{at}
	}
	if len(r.paced) > 10_000 {
		clear(r.paced)
	}
	r.paced[slackID] = now.Add(r.options.Pace)
	return nil
}
