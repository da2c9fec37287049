package reaction

import (
	"context"
	"errors"
	"hash/fnv"
	"strconv"
	"strings"

	"parley/internal/lease"
	"parley/internal/store"
)

// shareCount is into how many shares the accounts are divided. It never changes:
// nodes of different versions must agree.
const shareCount = 16

// shareOf is the share that an account belongs to.
func shareOf(accountID string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(accountID))
	return int(h.Sum32() % shareCount)
}

// share is a consumer's share of the accounts that this node works on.
type share struct {
	consumer *consumer
	number   int
	lease    *lease.Lease
	// ctx ends when the lease is lost or given back.
	ctx    context.Context
	cancel context.CancelCauseFunc

	// Guarded by Engine.mu. A share that is leaving goes to another node: no run
	// of it starts, and when none runs it is given back.
	busy    int
	leaving bool
}

const (
	leasePrefix = "reaction/"
	nodePrefix  = leasePrefix + "node/"
)

func leaseName(c *consumer, number int) string {
	return leasePrefix + "share/" + c.Name + "/" + strconv.Itoa(number)
}

// nodeNames is the prefix of the leases that say which nodes work for a consumer.
// A node of a version that does not know it is not among them.
func nodeNames(c *consumer) string { return nodePrefix + c.Name + "/" }

// heldShares returns all shares of this node. e.mu is held.
func (e *Engine) heldShares() []*share {
	var held []*share
	for _, c := range e.consumers {
		for _, s := range c.shares {
			if s != nil {
				held = append(held, s)
			}
		}
	}
	return held
}

// maxMissed is after how many failed renewals in a row a node takes its leases
// for lost, which is before they run out.
const maxMissed = 2

// keepShares renews this node's leases, takes its part of those that no one has,
// and gives back what is more than its part, all in one transaction.
func (e *Engine) keepShares(ctx context.Context) {
	e.storeMarks(ctx, false)
	e.mu.Lock()
	held := e.heldShares()
	e.mu.Unlock()
	r := &renewal{engine: e, held: held}
	if err := e.store.WithTx(acrossAccounts(ctx), r.run); err != nil {
		if e.missed++; ctx.Err() == nil {
			e.log.Warn("cannot renew the leases of the log's consumers; trying again", "error", err)
		}
		if e.missed >= maxMissed {
			e.dropShares(held, lease.ErrLost)
		}
		return
	}
	e.missed, e.selves = 0, r.selves
	e.dropShares(r.lost, lease.ErrLost)
	e.addShares(ctx, r.gained)
	e.divideShares(r.nodes)
}

// renewal is one round of keepShares. It may run again after a deadlock.
type renewal struct {
	engine       *Engine
	held         []*share
	lost, gained []*share
	nodes        map[*consumer]int // how many work for it
	selves       []*lease.Lease    // say that this node does
}

func (r *renewal) run(ctx context.Context, _ *store.Tx) error {
	r.lost, r.gained, r.nodes, r.selves = nil, nil, map[*consumer]int{}, nil
	e := r.engine
	for _, c := range e.consumers {
		self, err := lease.Acquire(ctx, e.store, nodeNames(c)+e.node, e.node, e.timing.lease)
		if err != nil {
			return err
		}
		r.selves = append(r.selves, self)
	}
	taken, err := lease.Holders(ctx, e.store, leasePrefix)
	if err != nil {
		return err
	}
	for name := range taken {
		for _, c := range e.consumers {
			if strings.HasPrefix(name, nodeNames(c)) {
				r.nodes[c]++
			}
		}
	}
	return errors.Join(r.renewHeld(ctx), r.acquireFree(ctx, taken))
}

// renewHeld renews what the node has, and gives back what it may.
func (r *renewal) renewHeld(ctx context.Context) error {
	for _, s := range r.held {
		given := r.engine.mayGiveBack(s)
		var err error
		if given {
			err = s.lease.Release(ctx)
		} else {
			err = s.lease.Renew(ctx)
		}
		if err != nil && !errors.Is(err, lease.ErrLost) {
			return err
		}
		if given || err != nil {
			r.lost = append(r.lost, s)
		}
	}
	return nil
}

// acquireFree takes shares that no one has, up to the node's part.
func (r *renewal) acquireFree(ctx context.Context, taken map[string]string) error {
	e := r.engine
	for _, c := range e.consumers {
		have := 0
		for _, s := range r.held {
			if s.consumer == c {
				have++
			}
		}
		for number := 0; number < shareCount && have < fairPart(r.nodes[c]); number++ {
			name := leaseName(c, number)
			if taken[name] != "" {
				continue
			}
			l, err := lease.Acquire(ctx, e.store, name, e.node, e.timing.lease)
			if err != nil {
				return err
			}
			if l != nil {
				r.gained = append(r.gained, &share{consumer: c, number: number, lease: l})
				have++
			}
		}
	}
	return nil
}

// fairPart is how many of a consumer's shares one of so many nodes has.
func fairPart(nodes int) int {
	nodes = max(nodes, 1)
	return (shareCount + nodes - 1) / nodes
}

// addShares begins to work on shares, and has the sweep find what waits there.
func (e *Engine) addShares(ctx context.Context, gained []*share) {
	if len(gained) == 0 {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range gained {
		s.ctx, s.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
		s.consumer.shares[s.number] = s
	}
	e.sweepAll = true
	select {
	case e.gained <- struct{}{}:
	default:
	}
}

// dropShares ends the work on shares and forgets what is known of their accounts.
func (e *Engine) dropShares(shares []*share, cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range shares {
		s.cancel(cause)
		if s.consumer.shares[s.number] == s {
			s.consumer.shares[s.number] = nil
		}
		for account, p := range s.consumer.accounts {
			if p.share == s {
				delete(s.consumer.accounts, account)
			}
		}
	}
}

// divideShares has the shares beyond the node's part leave.
func (e *Engine) divideShares(nodes map[*consumer]int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.consumers {
		part := fairPart(nodes[c])
		for _, s := range c.shares {
			if s != nil {
				part--
				s.leaving = part < 0
			}
		}
	}
}

// mayGiveBack reports whether a share leaves and nothing of it is under way or
// to be stored.
func (e *Engine) mayGiveBack(s *share) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !s.leaving || s.busy > 0 {
		return false
	}
	for _, p := range s.consumer.accounts {
		if p.share == s && (p.storing || p.matched && p.position > p.stored) {
			return false
		}
	}
	return true
}

// releaseShares gives all leases back. Other nodes need not wait for their end.
func (e *Engine) releaseShares(ctx context.Context) {
	e.mu.Lock()
	held := e.heldShares()
	e.mu.Unlock()
	err := e.store.WithTx(acrossAccounts(ctx), func(ctx context.Context, _ *store.Tx) error {
		var problems []error
		for _, self := range e.selves {
			problems = append(problems, self.Release(ctx))
		}
		for _, s := range held {
			problems = append(problems, s.lease.Release(ctx))
		}
		return errors.Join(problems...)
	})
	if err != nil {
		e.log.Warn("cannot give the leases of the log's consumers back; they run out by themselves", "error", err)
	}
	e.dropShares(held, context.Canceled)
}
