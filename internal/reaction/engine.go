package reaction

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/lease"
	"parley/internal/store"
	"parley/internal/viewer"
)

// timing is how often the engine does what.
type timing struct {
	sweep time.Duration // between two looks for what no one reported
	keep  time.Duration // between two renewals of the leases
	lease time.Duration // how long a lease lasts without renewal
	store time.Duration // between two times that marks are stored
	mark  time.Duration // between two times that one mark is stored, if events were handled
	lazy  time.Duration // the same, if events of other types were passed
	pace  time.Duration // between two batches of an account
	slice time.Duration // after which a batch makes room for other accounts
}

var usual = timing{
	sweep: 5 * time.Second, keep: 5 * time.Second, lease: 15 * time.Second, store: time.Second,
	mark: time.Second, lazy: time.Minute, pace: 25 * time.Millisecond, slice: time.Second,
}

// Engine runs consumers on this node. It is safe for concurrent use.
type Engine struct {
	store     *store.Store
	log       *slog.Logger
	node      string
	timing    timing
	consumers []*consumer
	// started is closed when the node has its first shares and has swept them.
	started chan struct{}
	// gained wakes the sweep when the node got a share.
	gained chan struct{}
	// missed is how many renewals failed in a row, and selves the leases that say
	// which consumers this node works for. They are keepShares' own.
	missed int
	selves []*lease.Lease
	// swept are ids that this node made at its sweeps since it last looked at all
	// accounts. They are sweepLogs' own.
	swept []string

	mu    sync.Mutex
	open  bool       // runs may start
	ended *sync.Cond // a run ended
	bus   event.Bus
	// sweepAll has the next sweep look at all accounts.
	sweepAll bool
}

// New returns an engine without consumers. Run has it work; without it the
// engine still answers Status and serves operators.
func New(s *store.Store, log *slog.Logger) *Engine {
	e := &Engine{store: s, log: log, node: id.New("node"), timing: usual, started: make(chan struct{}), gained: make(chan struct{}, 1)}
	e.ended = sync.NewCond(&e.mu)
	return e
}

// acrossAccounts is the context of the engine's work across accounts.
func acrossAccounts(ctx context.Context) context.Context {
	return viewer.NewContext(ctx, viewer.Everywhere("reaction"))
}

// Run has this node handle its part of all accounts' events until ctx ends. It
// returns when no handler runs any longer and all marks are stored. It is called
// once.
func (e *Engine) Run(ctx context.Context, feed *event.Feed, bus event.Bus) {
	if len(e.consumers) == 0 || !e.introduceAll(ctx) {
		<-ctx.Done()
		return
	}
	e.mu.Lock()
	e.open, e.bus = true, bus
	e.mu.Unlock()
	stop := feed.OnCommit(e.onCommit)
	unlisten, err := bus.Listen(busSubject, e.onReport)
	if err != nil {
		e.log.Warn("other nodes' commits are found by the sweep only: cannot listen to the bus", "error", err)
		unlisten = func() {}
	}
	e.keepShares(ctx)
	e.sweepLogs(ctx)
	close(e.started)
	var loops sync.WaitGroup
	loops.Go(func() { repeatWork(ctx, e.timing.keep, nil, e.keepShares) })
	loops.Go(func() { repeatWork(ctx, e.timing.sweep, e.gained, e.sweepLogs) })
	loops.Go(func() { repeatWork(ctx, e.timing.store, nil, func(ctx context.Context) { e.storeMarks(ctx, false) }) })
	loops.Wait()
	stop()
	unlisten()
	e.shutDown(ctx)
}

// repeatWork does work in intervals, and whenever soon says so, until ctx ends.
func repeatWork(ctx context.Context, interval time.Duration, soon <-chan struct{}, work func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-soon:
		}
		work(ctx)
	}
}

// lastWrites bounds what is written after the end.
const lastWrites = 5 * time.Second

// shutDown waits for the handlers, stores the marks and gives the leases back.
func (e *Engine) shutDown(ctx context.Context) {
	e.mu.Lock()
	e.open = false
	for _, s := range e.heldShares() {
		s.cancel(context.Canceled)
	}
	for e.working() {
		e.ended.Wait()
	}
	e.mu.Unlock()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrites)
	defer cancel()
	e.storeMarks(last, true)
	e.releaseShares(last)
}

// working reports whether a worker of some consumer runs. e.mu is held.
func (e *Engine) working() bool {
	for _, c := range e.consumers {
		if c.workers > 0 {
			return true
		}
	}
	return false
}
