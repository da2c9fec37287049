package event

import (
	"context"
	"encoding/json"
	"sync"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// hub follows one account's log on this node: it puts what the bus brings into
// order, leaves out what it has, reads what is missing from the table, and hands
// each event to its topics.
type hub struct {
	feed  *Feed
	users int // guarded by the feed

	ctx    context.Context // the system's, within the account
	cancel context.CancelFunc
	once   sync.Once
	err    error
	unbus  func()

	mu     sync.Mutex
	head   int64 // the last number that the topics have
	topics map[string]*topic
	// listeners are by the inbox whose settings they are about; "": about authority.
	listeners map[string]map[*func(int64)]struct{}
	arrived   []*ent.Event
	table     int64         // the last number that is known to be in the table
	wake      chan struct{} // says that arrived or table changed
	done      chan struct{}
}

func newHub(f *Feed, accountID string) *hub {
	ctx, cancel := context.WithCancel(viewer.NewContext(context.Background(), viewer.System("feed", accountID)))
	return &hub{
		feed: f, ctx: ctx, cancel: cancel, topics: map[string]*topic{}, listeners: map[string]map[*func(int64)]struct{}{},
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

func (h *hub) account() string { return viewer.FromContext(h.ctx).AccountID }

// startListening listens to the bus first, and then asks the table where the log
// ends: what is committed in between comes by the bus, or is found by the next
// check.
func (h *hub) startListening(ctx context.Context) error {
	h.once.Do(func() {
		if h.unbus, h.err = h.feed.bus.Listen(subject(h.account()), h.onBusMessage); h.err != nil {
			h.forgetHub()
			return
		}
		row, err := h.feed.store.Client(h.ctx).AccountSequence.Query().Only(h.ctx)
		if err != nil {
			h.err = err
			h.unbus()
			h.forgetHub()
			return
		}
		h.mu.Lock()
		h.head, h.table = row.Sequence, row.Sequence
		h.mu.Unlock()
		go h.run()
	})
	if h.err != nil {
		return h.err
	}
	return ctx.Err()
}

// forgetHub forgets a hub that could not begin, so that the next who wants it
// tries again.
func (h *hub) forgetHub() {
	h.cancel()
	close(h.done)
	h.feed.mu.Lock()
	defer h.feed.mu.Unlock()
	if h.feed.hubs[h.account()] == h {
		delete(h.feed.hubs, h.account())
	}
}

// stop ends the hub, which no one uses.
func (h *hub) stop() {
	go func() {
		h.once.Do(func() { h.err = context.Canceled; close(h.done) })
		if h.unbus != nil {
			h.unbus()
		}
		h.cancel()
		<-h.done
	}()
}

// maxArrived bounds what waits for a hub: beyond it the table has it.
const maxArrived = 8192

// onBusMessage takes a message of the bus. It does not block.
func (h *hub) onBusMessage(data []byte) {
	var events []*ent.Event
	if err := json.Unmarshal(data, &events); err != nil {
		h.feed.log.Warn("a message of the bus cannot be read; the log has its content", "error", err)
		return
	}
	h.mu.Lock()
	if len(h.arrived) < maxArrived {
		h.arrived = append(h.arrived, events...)
	}
	h.mu.Unlock()
	h.wakeUp()
}

// raiseTarget says how far the table goes.
func (h *hub) raiseTarget(head int64) {
	h.mu.Lock()
	h.table = max(h.table, head)
	h.mu.Unlock()
	h.wakeUp()
}

func (h *hub) wakeUp() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (h *hub) run() {
	defer close(h.done)
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.wake:
			h.advanceHead()
		}
	}
}

// advanceHead hands on what arrived, and what is missing before it. The head moves
// only in this goroutine.
func (h *hub) advanceHead() {
	h.mu.Lock()
	arrived, table, head := h.arrived, h.table, h.head
	h.arrived = nil
	h.mu.Unlock()
	var next []*Entry
	for _, e := range arrived {
		switch {
		case e.Sequence <= head:
		case e.Sequence == head+1:
			next = append(next, &Entry{Event: e})
			head++
		default:
			h.deliverEntries(next)
			next = nil
			if head = h.fillFromTable(); e.Sequence == head+1 {
				next = append(next, &Entry{Event: e})
				head++
			}
		}
	}
	h.deliverEntries(next)
	if head < table {
		h.fillFromTable()
	}
}

// fillPage is how many events are read from the table at once.
const fillPage = 500

// fillFromTable reads what follows the head from the table, to its end, and
// returns the new head. What cannot be read now is found by the next check.
func (h *hub) fillFromTable() int64 {
	for {
		events, err := h.readPage(h.head, 0, "", fillPage)
		if err != nil {
			if h.ctx.Err() == nil {
				h.feed.log.Warn("cannot read the log; trying again", "error", err)
			}
			return h.head
		}
		// Numbers are taken under a lock that lasts to the commit: what is there is without a gap.
		h.deliverEntries(events)
		if len(events) < fillPage {
			return h.head
		}
	}
}

// deliverEntries gives the topics the next entries. Those who listen for changes
// of what someone may see hear of them before any reader does.
func (h *hub) deliverEntries(entries []*Entry) {
	if len(entries) == 0 {
		return
	}
	h.warnListeners(entries)
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.topics[""]
	parts := map[*topic][]*Entry{}
	for _, e := range entries {
		if t := h.topics[e.AboutConversation()]; t != nil && t != all {
			parts[t] = append(parts[t], e)
		}
	}
	h.head = entries[len(entries)-1].Sequence
	if all != nil {
		all.addEntries(entries)
	}
	for t, part := range parts {
		t.addEntries(part)
	}
}

// warnListeners notifies the listeners of events that may change what someone sees, or
// an inbox's settings.
func (h *hub) warnListeners(entries []*Entry) {
	for _, e := range entries {
		about := ""
		switch {
		case e.Type.ChangesAuthority():
		case e.Type == vocab.InboxUpdated:
			about = e.InboxID
		default:
			continue
		}
		for _, l := range h.currentListeners(about) {
			l(e.Sequence)
		}
	}
}

func (h *hub) currentListeners(about string) []func(int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]func(int64), 0, len(h.listeners[about]))
	for l := range h.listeners[about] {
		list = append(list, *l)
	}
	return list
}

// readPage reads a page of the log: after one number, up to another (0: the end), of
// one conversation ("": all).
func (h *hub) readPage(after, to int64, conversationID string, limit int) ([]*Entry, error) {
	query := h.feed.store.Client(h.ctx).Event.Query().Where(entevent.SequenceGT(after)).Order(entevent.BySequence()).Limit(limit)
	if to > 0 {
		query.Where(entevent.SequenceLTE(to))
	}
	if conversationID != "" {
		query.Where(entevent.ConversationID(conversationID))
	}
	rows, err := query.All(h.ctx)
	if err != nil {
		return nil, err
	}
	entries := make([]*Entry, len(rows))
	for i, row := range rows {
		entries[i] = &Entry{Event: row}
	}
	return entries, nil
}

func (h *hub) addListener(about string, changed func(int64)) (remove func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := &changed
	if h.listeners[about] == nil {
		h.listeners[about] = map[*func(int64)]struct{}{}
	}
	h.listeners[about][key] = struct{}{}
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(h.listeners[about], key); len(h.listeners[about]) == 0 {
			delete(h.listeners, about)
		}
	}
}
