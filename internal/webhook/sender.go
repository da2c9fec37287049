package webhook

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/clock"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// endpointRequests is how many requests an endpoint gets at a time.
	endpointRequests = 8
	// accountRequests is how many the endpoints of one account get at a time, and nodeRequests
	// all of a node: those that are slow to answer leave room for others.
	accountRequests = 64
	nodeRequests    = 2048
	// accountDocuments is how many documents are read at a time for one account, and
	// nodeDocuments for all of a node.
	accountDocuments = 4
	nodeDocuments    = 16
	busSubject       = "webhooks"
)

// sender is a node's part of the sending.
type sender struct {
	node      string
	requests  *job.Quota // of requests that are under way
	documents *job.Quota // of documents that are being read

	mu      sync.Mutex // guards the rest
	ctx     context.Context
	bus     Bus
	runners map[string]*runner // by their endpoints
	// elsewhere is until when another node is taken to serve an endpoint, and lately until when
	// this one serves again what others report: it lasts longer, so that one of them does.
	elsewhere, lately map[string]clock.Micros
	ended             *sync.Cond // a runner ended; its lock is its own
	running           int
}

// notice says to the other nodes that something waits for endpoints.
type notice struct {
	AccountID   string   `json:"accountId"`
	EndpointIDs []string `json:"endpointIds"`
}

// Run sends what waits until ctx ends. It returns when no request is under way.
func (s *Service) Run(ctx context.Context, bus Bus) {
	select {
	case <-s.ready:
	case <-ctx.Done():
		return
	}
	w := &s.sender
	w.mu.Lock()
	w.ctx, w.bus = ctx, bus
	w.mu.Unlock()
	unlisten, err := bus.Listen(busSubject, s.onNotice)
	if err != nil {
		s.log.Warn("other nodes' webhooks are found by the sweep only: cannot listen to the bus", "error", err)
		unlisten = func() {}
	}
	ticker := time.NewTicker(s.options.Sweep)
	defer ticker.Stop()
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "what webhooks wait for could not be read", "error", err)
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

// due finds the endpoints for which something is due: one seek for each.
const due = `SELECT e.account_id, e.id FROM webhook_endpoints e WHERE e.state <> 'PAUSED' AND e.deleted_at = 0 AND e.retry_at <= $1
	AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id AND d.state = 'PENDING' AND d.ready AND d.next_attempt_at <= $2)`

// sweep has the endpoints be served for which something is due.
func (s *Service) sweep(ctx context.Context) error {
	now := int64(s.store.Now())
	var found []notice
	err := store.ForEachRow(viewer.NewContext(ctx, viewer.Everywhere("webhook")), s.store, due, []any{now, now}, func(rows entsql.ColumnScanner) error {
		var accountID, endpointID string
		err := rows.Scan(&accountID, &endpointID)
		found = append(found, notice{accountID, []string{endpointID}})
		return err
	})
	for _, n := range found {
		s.wake(n, false)
	}
	return err
}

// wakeAfter has endpoints be served after the transaction's commit.
func (s *Service) wakeAfter(tx *store.Tx, accountID string, endpointIDs ...string) {
	tx.AfterCommit(func() { s.wake(notice{accountID, endpointIDs}, true) })
}

// onNotice serves what another node wrote, where this node has the endpoint or had it last.
func (s *Service) onNotice(data []byte) {
	var n notice
	if json.Unmarshal(data, &n) != nil {
		return
	}
	w := &s.sender
	w.mu.Lock()
	defer w.mu.Unlock()
	now := s.store.Now()
	var mine []string
	for _, endpointID := range n.EndpointIDs {
		if w.runners[endpointID] != nil || w.lately[endpointID] > now {
			mine = append(mine, endpointID)
		}
	}
	s.serveAll(notice{n.AccountID, mine}, false)
}

// wake has endpoints be served: by this node, if no other one does; those are notified if
// notify is set. It does not block.
func (s *Service) wake(n notice, notify bool) {
	mine, others := n, notice{AccountID: n.AccountID}
	w := &s.sender
	w.mu.Lock()
	if notify {
		mine, others = s.divide(n)
	}
	s.serveAll(mine, notify)
	w.mu.Unlock()
	s.notifyNodes(others)
}

// divide says which endpoints this node is to serve, and which ones others do, as far as is known.
// The caller holds the sender's lock.
func (s *Service) divide(n notice) (mine, others notice) {
	now := s.store.Now()
	mine.AccountID, others.AccountID = n.AccountID, n.AccountID
	for _, endpointID := range n.EndpointIDs {
		if s.sender.elsewhere[endpointID] > now {
			others.EndpointIDs = append(others.EndpointIDs, endpointID)
		} else {
			mine.EndpointIDs = append(mine.EndpointIDs, endpointID)
		}
	}
	return mine, others
}

// notifyNodes has the nodes that serve endpoints look.
func (s *Service) notifyNodes(n notice) {
	if len(n.EndpointIDs) == 0 || s.sender.bus == nil {
		return
	}
	data, err := json.Marshal(n)
	if err == nil {
		err = s.sender.bus.Publish(busSubject, data)
	}
	if err != nil {
		s.log.Debug("the nodes of webhook endpoints were not notified", "error", err) // their sweep finds it
	}
}

// noteEndpoint remembers of an endpoint, for a while, that another node serves it, or that this one did.
func (s *Service) noteEndpoint(of map[string]clock.Micros, endpointID string, during time.Duration) {
	s.sender.mu.Lock()
	defer s.sender.mu.Unlock()
	if len(of) >= maxKnown {
		clear(of)
	}
	of[endpointID] = s.store.Now().Add(during)
}

// serveAll starts runners for endpoints, or pokes those that are there. The caller holds the
// sender's lock.
func (s *Service) serveAll(n notice, notify bool) {
	w := &s.sender
	if w.ctx == nil || w.ctx.Err() != nil {
		return
	}
	for _, endpointID := range n.EndpointIDs {
		if r := w.runners[endpointID]; r != nil {
			r.poke()
			continue
		}
		r := &runner{
			Service: s, accountID: n.AccountID, endpointID: endpointID, notify: notify,
			poked: make(chan struct{}, 1), outcomes: make(chan *outcome, endpointRequests), underWay: map[string]bool{},
		}
		w.runners[endpointID] = r
		w.ended.L.Lock()
		w.running++
		w.ended.L.Unlock()
		go r.run(w.ctx)
	}
}
