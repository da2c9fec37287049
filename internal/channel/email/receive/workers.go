package receive

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/internal/channel/email/settings"
	"parley/internal/clock"
	"parley/internal/lease"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// worker follows one mailbox.
type worker struct {
	// connection is what of the channel's row it goes by: when it changes, the
	// worker starts again.
	connection string
	stop       context.CancelFunc
}

// Run follows mailboxes until ctx ends: each one on one node (OP-2). It returns
// when all its workers are gone.
func (s *Service) Run(ctx context.Context) {
	all := &workers{service: s, running: map[string]*worker{}}
	ticker := time.NewTicker(s.o.LookEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := all.startDue(ctx); err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "mailboxes could not be looked for", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		case <-s.wake:
		case <-s.channels.Changed():
		}
	}
	all.ended.Wait()
}

// workers are those of this node.
type workers struct {
	service *Service
	mu      sync.Mutex
	running map[string]*worker
	ended   sync.WaitGroup
}

// startDue begins to follow the mailboxes that are due and that no one follows,
// and lets go of those that changed.
func (w *workers) startDue(ctx context.Context) error {
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("email"))
	channels, err := w.service.store.Client(everywhere).EmailChannel.Query().Where(
		emailchannel.ProviderNEQ(vocab.EmailForwarding), emailchannel.StateNEQ(vocab.EmailDisconnected),
	).All(everywhere)
	if err != nil {
		return err
	}
	now := w.service.store.Now()
	wanted := map[string]bool{}
	for _, c := range channels {
		wanted[c.ID] = true
		w.startWorker(ctx, c, now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for channelID, follower := range w.running {
		if !wanted[channelID] {
			follower.stop()
		}
	}
	return nil
}

// connectionOf is what a worker goes by of a channel.
func connectionOf(c *ent.EmailChannel) string {
	return c.Imap.Host + "\x00" + c.Imap.Username + "\x00" + string(c.Authentication) + "\x00" + c.ConnectedAt.String()
}

// startWorker begins to follow a mailbox that is due, or stops a worker whose
// channel changed.
func (w *workers) startWorker(ctx context.Context, c *ent.EmailChannel, now clock.Micros) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if running := w.running[c.ID]; running != nil {
		if running.connection != connectionOf(c) {
			running.stop()
		}
		return
	}
	if c.NextAttemptAt > now {
		return
	}
	own, stop := context.WithCancel(settings.InAccount(ctx, c.AccountID))
	w.running[c.ID] = &worker{connection: connectionOf(c), stop: stop}
	w.ended.Go(func() {
		w.service.holdMailbox(own, c)
		changed := own.Err() != nil
		stop()
		w.mu.Lock()
		delete(w.running, c.ID)
		w.mu.Unlock()
		if changed {
			w.service.wakeWorkers() // it is followed again at once
		}
	})
}

// holdMailbox follows a mailbox for as long as this node has its lease and it
// works.
func (s *Service) holdMailbox(ctx context.Context, c *ent.EmailChannel) {
	held, err := lease.Acquire(ctx, s.store, "mailbox/"+c.ID, s.node, s.o.LeaseLife)
	if err != nil || held == nil {
		if err != nil && ctx.Err() == nil {
			s.o.Log.WarnContext(ctx, "a mailbox's lease could not be asked for", "channel", c.ID, "error", err)
		}
		return
	}
	working, stop := held.Hold(ctx)
	err = s.followMailbox(working, held, c.ID)
	lost := errors.Is(err, lease.ErrLost) || errors.Is(context.Cause(working), lease.ErrLost)
	stop()
	after := context.WithoutCancel(ctx)
	if err != nil && ctx.Err() == nil && !lost {
		s.o.Log.InfoContext(ctx, "a mailbox could not be followed", "channel", c.ID, "error", err)
		if err := s.channels.MailboxFails(after, c.ID, err); err != nil {
			s.o.Log.WarnContext(ctx, "a mailbox's failure could not be noted", "channel", c.ID, "error", err)
		}
	}
	if !lost {
		if err := held.Release(after); err != nil {
			s.o.Log.WarnContext(ctx, "a mailbox's lease could not be given back", "channel", c.ID, "error", err)
		}
	}
}

// wakeWorkers has mailboxes looked for now.
func (s *Service) wakeWorkers() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
