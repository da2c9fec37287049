package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"parley/ent/user"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/viewer"
)

// connectedAgain is how often it is written that users are connected.
const connectedAgain = 30 * time.Second

// connections are the users who have a stream open on this node.
type connections struct {
	mu      sync.Mutex
	open    map[seenUser]int
	changed map[seenUser]bool
	wake    chan struct{}
}

// Connect notes that the context's user has a connection until leave is called; no one
// else counts. FollowConnections writes it.
func (s *Service) Connect(ctx context.Context) (leave func()) {
	v := viewer.FromContext(ctx)
	if v == nil || !v.IsUser() {
		return func() {}
	}
	who := seenUser{v.AccountID, v.ActorID}
	s.connections.count(who, 1)
	return sync.OnceFunc(func() { s.connections.count(who, -1) })
}

// count counts a connection; the first and the last are to be written at once.
func (c *connections) count(who seenUser, by int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.open[who]
	if c.open[who] += by; c.open[who] == 0 {
		delete(c.open, who)
	}
	if before == 0 || before+by == 0 {
		c.changed[who] = true
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

// takeChanged returns who is to be written: who came or left, or everyone who is there.
func (c *connections) takeChanged(all bool) map[string][]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if all {
		for who := range c.open {
			c.changed[who] = true
		}
	}
	users := map[string][]string{}
	for who := range c.changed {
		users[who.accountID] = append(users[who.accountID], who.userID)
	}
	clear(c.changed)
	return users
}

// FollowConnections writes who is connected until ctx ends: at once when someone comes
// or leaves, and as long as they are there (AC-15).
func (s *Service) FollowConnections(ctx context.Context) error {
	every := time.NewTicker(connectedAgain)
	defer every.Stop()
	for {
		select {
		case <-s.connections.wake:
			_ = s.writeConnected(ctx, false) // what could not be written is written with all
		case <-every.C:
			_ = s.writeConnected(ctx, true)
		case <-ctx.Done():
			return s.writeConnected(context.WithoutCancel(ctx), true)
		}
	}
}

func (s *Service) writeConnected(ctx context.Context, all bool) error {
	var failed []error
	for accountID, ids := range s.connections.takeChanged(all) {
		failed = append(failed, s.writeConnectedOf(byPresence(ctx, accountID), ids))
	}
	return errors.Join(failed...)
}

// writeConnectedOf writes that users of an account are connected now. Whose
// availability follows presence is available then.
func (s *Service) writeConnectedOf(ctx context.Context, ids []string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.User.Update().Where(user.IDIn(ids...)).SetConnectedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		scheduled, err := tx.Client.User.Query().Where(user.IDIn(ids...), user.DeactivatedAt(clock.Micros(0))).Order(user.ByID()).All(ctx)
		if err != nil {
			return err
		}
		for _, u := range scheduled {
			after := *u
			if settle(&after, tx.Now()); !isScheduled(u) {
				continue
			}
			if err := savePresence(ctx, tx, u, &after); err != nil {
				return err
			}
		}
		return nil
	})
}
