package event

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Bus carries what is new between the nodes; package bus implements it. It may
// lose messages.
type Bus interface {
	Publish(subject string, data []byte) error
	Listen(subject string, deliver func(data []byte)) (stop func(), err error)
}

// checkEvery is how often a node compares its position in the logs that it
// follows with the table's: so long may what the bus lost stay unseen.
const checkEvery = time.Second

// Feed follows the logs of the accounts that someone on this node watches. It
// is safe for concurrent use.
type Feed struct {
	store *store.Store
	bus   Bus
	log   *slog.Logger

	mu      sync.Mutex
	hubs    map[string]*hub
	commits map[*func([]*ent.Event)]struct{}
}

// NewFeed returns a feed of a store's logs, and publishes what the store commits
// on the bus. Run keeps it going.
func NewFeed(s *store.Store, b Bus, log *slog.Logger) *Feed {
	f := &Feed{store: s, bus: b, log: log, hubs: map[string]*hub{}, commits: map[*func([]*ent.Event)]struct{}{}}
	s.UsePublisher(f.publishCommitted)
	return f
}

func subject(accountID string) string { return "log." + accountID }

// maxPublished is how many events one message of the bus has at most: the rest
// of a large commit is read from the table.
const maxPublished = 500

// OnCommit calls committed with the events of each commit that this node makes,
// until the returned function is called. The order is that of store.UsePublisher,
// and committed must not block either.
func (f *Feed) OnCommit(committed func(events []*ent.Event)) (stop func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := &committed
	f.commits[key] = struct{}{}
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.commits, key)
	}
}

// reportCommit calls who wants to know of this node's commits.
func (f *Feed) reportCommit(events []*ent.Event) {
	f.mu.Lock()
	list := make([]func([]*ent.Event), 0, len(f.commits))
	for committed := range f.commits {
		list = append(list, *committed)
	}
	f.mu.Unlock()
	for _, committed := range list {
		committed(events)
	}
}

// publishCommitted notifies all nodes of what was committed. What cannot be sent
// they find by themselves.
func (f *Feed) publishCommitted(events []*ent.Event) {
	f.reportCommit(events)
	for len(events) > 0 {
		n := 1
		for n < len(events) && n < maxPublished && events[n].AccountID == events[0].AccountID {
			n++
		}
		data, err := json.Marshal(events[:n])
		if err == nil {
			err = f.bus.Publish(subject(events[0].AccountID), data)
		}
		if err != nil {
			f.log.Debug("events were not published; the nodes will find them in the log", "error", err)
		}
		events = events[n:]
	}
}

// Run compares the node's position with the table's each second, until ctx
// ends. Then it follows nothing any longer.
func (f *Feed) Run(ctx context.Context) {
	defer f.endHubs()
	ticker := time.NewTicker(checkEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.Check(ctx)
		}
	}
}

// endHubs stops all hubs.
func (f *Feed) endHubs() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for account, h := range f.hubs {
		delete(f.hubs, account)
		h.stop()
	}
}

// Check has every log that this node follows caught up with its table.
func (f *Feed) Check(ctx context.Context) {
	hubs := f.usedHubs()
	if len(hubs) == 0 {
		return
	}
	heads, err := f.readHeads(ctx, hubs)
	if err != nil {
		if ctx.Err() == nil {
			f.log.Warn("cannot compare the logs that are followed with the database; trying again", "error", err)
		}
		return
	}
	for account, h := range hubs {
		h.raiseTarget(heads[account])
	}
}

// usedHubs returns the hubs that someone reads, and ends the others.
func (f *Feed) usedHubs() map[string]*hub {
	f.mu.Lock()
	defer f.mu.Unlock()
	hubs := map[string]*hub{}
	for account, h := range f.hubs {
		if h.users > 0 {
			hubs[account] = h
		} else {
			delete(f.hubs, account)
			h.stop()
		}
	}
	return hubs
}

// readHeads reads the last numbers of the logs with one query.
func (f *Feed) readHeads(ctx context.Context, hubs map[string]*hub) (map[string]int64, error) {
	ids := make([]string, 0, len(hubs))
	for account := range hubs {
		ids = append(ids, account)
	}
	data, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	query := "SELECT id, sequence FROM account_sequences WHERE id IN (SELECT value FROM json_each($1))"
	if f.store.Postgres() {
		query = "SELECT id, sequence FROM account_sequences WHERE id IN (SELECT jsonb_array_elements_text($1::text::jsonb))"
	}
	rows, err := f.store.Query(viewer.NewContext(ctx, viewer.Everywhere("feed")), query, string(data))
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	heads := map[string]int64{}
	for rows.Next() {
		var account string
		var head int64
		if err := rows.Scan(&account, &head); err != nil {
			return nil, err
		}
		heads[account] = head
	}
	return heads, rows.Err()
}

// acquireHub returns an account's hub, which follows the log from then on until it
// is released.
func (f *Feed) acquireHub(ctx context.Context, accountID string) (*hub, error) {
	f.mu.Lock()
	h := f.hubs[accountID]
	if h == nil {
		h = newHub(f, accountID)
		f.hubs[accountID] = h
	}
	h.users++
	f.mu.Unlock()
	if err := h.startListening(ctx); err != nil {
		f.releaseHub(h)
		return nil, err
	}
	return h, nil
}

func (f *Feed) releaseHub(h *hub) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h.users--
}

// OnAuthority calls changed, which must not block, with the number of each event
// of an account after which someone may see more or less than before, until the
// returned function is called.
func (f *Feed) OnAuthority(ctx context.Context, accountID string, changed func(sequence int64)) (stop func(), err error) {
	return f.onEvent(ctx, accountID, "", changed)
}

// OnInbox is OnAuthority for each event after which an inbox has other settings.
func (f *Feed) OnInbox(ctx context.Context, accountID, inboxID string, changed func(sequence int64)) (stop func(), err error) {
	return f.onEvent(ctx, accountID, inboxID, changed)
}

func (f *Feed) onEvent(ctx context.Context, accountID, about string, changed func(sequence int64)) (stop func(), err error) {
	h, err := f.acquireHub(ctx, accountID)
	if err != nil {
		return nil, err
	}
	remove := h.addListener(about, changed)
	return sync.OnceFunc(func() {
		remove()
		f.releaseHub(h)
	}), nil
}

// CheckBounds refuses a number that the log does not reach back to, CURSOR_EXPIRED, or that it
// does not have yet, INVALID, both on after.
func CheckBounds(after int64, log *ent.AccountSequence) error {
	switch {
	case after < log.LogFloor:
		return errs.New(errs.CursorExpired, "The log only reaches back to sequence %d. Load the current state and continue from there.", log.LogFloor).On("after")
	case after > log.Sequence:
		return errs.New(errs.Invalid, "The log ends at sequence %d.", log.Sequence).On("after")
	}
	return nil
}
