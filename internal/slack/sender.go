package slack

import (
	"context"
	"sync"
	"time"

	"parley/internal/store"
)

const (
	busSubject  = "slack"
	leasePrefix = "slack/"
	leaseTime   = 15 * time.Second
	// lingers is how long a node keeps a workspace for which nothing is due.
	lingers = 5 * time.Second
	// mostAtOnce is how many threads of a workspace are served at a time.
	mostAtOnce = 8
	// mostRead is how many that are due are read at a time.
	mostRead = 500
	// mostOfChannel is how many of these are of one channel, which has one post a second: others are not
	// to wait for it.
	mostOfChannel = 2 * mostAtOnce
	// finishing bounds what is done after the node's end.
	finishing = 5 * time.Second
)

// sender is a node's part of the work.
type sender struct {
	node string
	// serve serves a team; it is (*runner).run.
	serve func(*runner, context.Context)

	mu      sync.Mutex // guards the rest
	ctx     context.Context
	bus     Bus
	runners map[string]*runner // by their teams
	ended   *sync.Cond         // a runner ended; its lock is its own
	running int
}

// Run posts what is due, and takes in what Slack said, until ctx ends. It returns when no
// request is under way.
func (s *Service) Run(ctx context.Context, bus Bus) {
	w := &s.sender
	w.mu.Lock()
	w.ctx, w.bus = ctx, bus
	w.mu.Unlock()
	unlisten, err := bus.Listen(busSubject, func(team []byte) { s.pokeRunner(string(team)) })
	if err != nil {
		s.log.Warn("what is due in Slack by other nodes is found by the sweep only: cannot listen to the bus", "error", err)
		unlisten = func() {}
	}
	ticker := time.NewTicker(s.options.Sweep)
	defer ticker.Stop()
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "what is due in Slack could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			unlisten()
			w.mu.Lock()
			w.ctx = nil
			w.mu.Unlock()
			w.wait()
			return
		case <-ticker.C:
		}
	}
}

// wait returns when no runner is there any more.
func (w *sender) wait() {
	w.ended.L.Lock()
	defer w.ended.L.Unlock()
	for w.running > 0 {
		w.ended.Wait()
	}
}

// sweep serves the teams for which something is due.
func (s *Service) sweep(ctx context.Context) error {
	of := &store.Statement{}
	now := int64(s.store.Now())
	query := "SELECT team_id FROM slack_threads WHERE due_at > 0 AND due_at <= " + of.Arg(now) + " UNION SELECT team_id FROM slack_events WHERE due_at > 0 AND due_at <= " + of.Arg(now) +
		" UNION SELECT team_id FROM slack_removals WHERE due_at <= " + of.Arg(now) + " UNION SELECT team_id FROM slack_notices WHERE due_at <= " + of.Arg(now)
	teams, err := s.store.Strings(everywhere(ctx), query, of.Args...)
	for _, team := range teams {
		s.wake(team)
	}
	return err
}

// wakeAfter has a team be served after the transaction's commit.
func (s *Service) wakeAfter(tx *store.Tx, teamID string) {
	tx.AfterCommit(func() {
		s.wake(teamID)
		s.sender.mu.Lock()
		bus := s.sender.bus
		s.sender.mu.Unlock()
		if bus == nil {
			return
		}
		if err := bus.Publish(busSubject, []byte(teamID)); err != nil {
			s.log.Debug("the node that serves a Slack workspace was not notified", "error", err) // its sweep finds it
		}
	})
}

// pokeRunner has the runner of a team look again, if this node has it.
func (s *Service) pokeRunner(teamID string) {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	if r := s.sender.runners[teamID]; r != nil {
		r.poke()
	}
}

// wake has a team be served: by this node, if no other one does. It does not block.
func (s *Service) wake(teamID string) {
	w := &s.sender
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ctx == nil || w.ctx.Err() != nil || teamID == "" {
		return
	}
	if r := w.runners[teamID]; r != nil {
		r.poke()
		return
	}
	r := newRunner(s, teamID)
	w.runners[teamID] = r
	w.ended.L.Lock()
	w.running++
	w.ended.L.Unlock()
	go w.serve(r, w.ctx)
}
