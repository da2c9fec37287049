package email

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/lease"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// worker follows one mailbox.
type worker struct {
	// look is what of the channel's row it goes by: when it changes, the worker
	// begins anew.
	look string
	stop context.CancelFunc
}

// Run follows mailboxes until ctx ends: each one on one node (OP-2). It returns
// when all its workers are gone.
func (s *Service) Run(ctx context.Context) {
	crew := &crew{service: s, workers: map[string]*worker{}}
	ticker := time.NewTicker(s.o.LookEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := crew.muster(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "mailboxes could not be looked for", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-s.wake:
		}
	}
	crew.all.Wait()
}

type crew struct {
	service *Service
	mu      sync.Mutex
	workers map[string]*worker
	all     sync.WaitGroup
}

// muster begins to follow the mailboxes that are due and that nobody follows,
// and lets go of those that changed.
func (w *crew) muster(ctx context.Context) error {
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("email"))
	channels, err := w.service.store.Client(everywhere).EmailChannel.Query().Where(
		emailchannel.ProviderNEQ(vocab.EmailForwarding), emailchannel.StateNEQ(vocab.EmailDisconnected),
	).All(everywhere)
	if err != nil {
		return err
	}
	now := w.service.now()
	wanted := map[string]bool{}
	for _, c := range channels {
		wanted[c.ID] = true
		w.follow(ctx, c, now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for channelID, follower := range w.workers {
		if !wanted[channelID] {
			follower.stop()
		}
	}
	return nil
}

// look is what a worker goes by.
func look(c *ent.EmailChannel) string {
	return c.Imap.Host + "\x00" + c.Imap.Username + "\x00" + string(c.Authentication) + "\x00" + c.ConnectedAt.String()
}

func (w *crew) follow(ctx context.Context, c *ent.EmailChannel, now clock.Micros) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if running := w.workers[c.ID]; running != nil {
		if running.look != look(c) {
			running.stop()
		}
		return
	}
	if c.NextAttemptAt > now {
		return
	}
	own, stop := context.WithCancel(inAccount(ctx, c.AccountID))
	w.workers[c.ID] = &worker{look: look(c), stop: stop}
	w.all.Go(func() {
		w.service.keep(own, c)
		changed := own.Err() != nil
		stop()
		w.mu.Lock()
		delete(w.workers, c.ID)
		w.mu.Unlock()
		if changed {
			w.service.stir() // it is followed anew at once
		}
	})
}

// keep follows a mailbox for as long as this node has its lease and it works.
func (s *Service) keep(ctx context.Context, c *ent.EmailChannel) {
	held, err := lease.Acquire(ctx, s.store, "mailbox/"+c.ID, s.node, s.o.LeaseLife)
	if err != nil || held == nil {
		if err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "a mailbox's lease could not be asked for", "channel", c.ID, "error", err)
		}
		return
	}
	working, stop := held.Hold(ctx)
	err = s.follow(working, held, c.ID)
	lost := errors.Is(err, lease.ErrLost) || errors.Is(context.Cause(working), lease.ErrLost)
	stop()
	after := context.WithoutCancel(ctx)
	if err != nil && ctx.Err() == nil && !lost {
		s.o.Log.InfoContext(ctx, "a mailbox could not be followed", "channel", c.ID, "error", err)
		if err := s.fails(after, c.ID, err); err != nil {
			s.o.Log.WarnContext(ctx, "a mailbox's failure could not be noted", "channel", c.ID, "error", err)
		}
	}
	if !lost {
		if err := held.Release(after); err != nil {
			s.o.Log.WarnContext(ctx, "a mailbox's lease could not be given back", "channel", c.ID, "error", err)
		}
	}
}

// alone has one goroutine of all nodes at a time do something.
func (s *Service) alone(accountID, name string) func(context.Context, func(context.Context) error) error {
	return func(ctx context.Context, do func(context.Context) error) error {
		ctx = inAccount(ctx, accountID)
		ticker := time.NewTicker(200 * time.Millisecond)
		defer ticker.Stop()
		holder := id.New("turn") // others of this node wait too
		for {
			held, err := lease.Acquire(ctx, s.store, name, holder, s.o.LeaseLife)
			if err != nil {
				return err
			}
			if held != nil {
				defer func() { _ = held.Release(context.WithoutCancel(ctx)) }()
				working, stop := held.Hold(ctx)
				defer stop()
				return do(working)
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-ticker.C:
			}
		}
	}
}
