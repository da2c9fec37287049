package webhook

import (
	"context"
	"errors"
	"slices"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/ent/webhookdelivery"
	"parley/ent/webhookendpoint"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/lease"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	leasePrefix = "webhook/"
	leaseTime   = 15 * time.Second
	// lingers is how long a node keeps an endpoint that nothing waits for.
	lingers = 5 * time.Second
	// elsewhereFor is how long a node leaves to another one what that one serves, without asking, and
	// latelyFor how long after its end a runner is started for what others leave to this node.
	elsewhereFor = 5 * time.Second
	latelyFor    = 15 * time.Second
	// batch is how many deliveries are read at once.
	batch = 64
	// freshFor is how long what was read of an endpoint is good.
	freshFor = time.Second
	// finishing is how long requests may take that are under way when the node stops.
	finishing = 5 * time.Second
	// capacityCheck is when a node that has no capacity for a request looks again.
	capacityCheck = 100 * time.Millisecond
	// lastWrites bounds what is written after the end.
	lastWrites = 5 * time.Second
)

// runner serves one endpoint while something waits for it. Its fields are its own goroutine's,
// but for poked and outcomes.
type runner struct {
	*Service
	accountID, endpointID string
	notify                bool

	poked    chan struct{}
	outcomes chan *outcome

	endpoint *ent.WebhookEndpoint
	viewer   *viewer.Viewer // nil: it has no access any more
	secrets  []string
	events   map[int64]*ent.Event
	queue    []*ent.WebhookDelivery
	underWay map[string]bool
	// unrecorded is how requests ended that could not be stored.
	unrecorded []*outcome
	// readAt is when the queue was read: what is older than a moment is read again, since the
	// endpoint may be another one by then.
	readAt clock.Micros
	// again is when something is due that was not yet; zero: nothing that is known.
	again clock.Micros
}

// poke says that something waits. It does not block.
func (r *runner) poke() {
	select {
	case r.poked <- struct{}{}:
	default:
	}
}

// run serves the endpoint if no other node does, until nothing waits for it.
func (r *runner) run(ctx context.Context) {
	ctx = asSystem(ctx, r.accountID)
	defer r.end()
	l, err := lease.Acquire(ctx, r.store, leasePrefix+r.endpointID, r.sender.node, leaseTime)
	if err != nil {
		r.warn(ctx, "a webhook endpoint cannot be served now", err)
		r.leaveEndpoint()
		return
	}
	if l == nil {
		r.noteEndpoint(r.sender.elsewhere, r.endpointID, elsewhereFor)
		r.leaveEndpoint()
		if r.notify {
			r.notifyNodes(notice{r.accountID, []string{r.endpointID}})
		}
		return
	}
	r.noteEndpoint(r.sender.lately, r.endpointID, 24*time.Hour)
	defer r.noteEndpoint(r.sender.lately, r.endpointID, latelyFor)
	held, stop := l.Hold(ctx)
	sending, cease := sendingContext(held)
	err = r.serve(held, sending)
	r.warn(ctx, "a webhook endpoint could not be served", err)
	known := slices.Concat(r.unrecorded, r.awaitAll())
	cease()
	stop()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrites)
	defer cancel()
	if len(known) > 0 {
		r.warn(last, "how webhooks ended was not recorded: they are sent again", r.record(last, r.endpointID, known))
	}
	//errors:contained it runs out by itself
	_ = l.Release(last)
	if err != nil { // only now, so that no other runner sends what this one has under way
		r.leaveEndpoint()
	}
}

// sendingContext is the context of requests: it ends at once with the lease, and a while
// after the node's end, so that what is under way is finished.
func sendingContext(held context.Context) (context.Context, func()) {
	sending, cancel := context.WithCancel(context.WithoutCancel(held))
	stop := context.AfterFunc(held, func() {
		if errors.Is(context.Cause(held), lease.ErrLost) {
			cancel()
			return
		}
		time.AfterFunc(finishing, cancel)
	})
	return sending, func() {
		stop()
		cancel()
	}
}

// awaitAll waits for the requests that are under way, and returns how they ended, as far as
// that is known.
func (r *runner) awaitAll() []*outcome {
	var known []*outcome
	for len(r.underWay) > 0 {
		o := <-r.outcomes
		delete(r.underWay, o.delivery.ID)
		if !o.canceled {
			known = append(known, o)
		}
	}
	return known
}

func (r *runner) warn(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		r.log.WarnContext(ctx, what, "endpoint", r.endpointID, "error", err)
	}
}

// end says that the runner is over.
func (r *runner) end() {
	r.sender.ended.L.Lock()
	r.sender.running--
	r.sender.ended.L.Unlock()
	r.sender.ended.Broadcast()
}

// leaveEndpoint gives the endpoint up, so that whoever wakes it next starts another runner.
func (r *runner) leaveEndpoint() {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	if r.sender.runners[r.endpointID] == r {
		delete(r.sender.runners, r.endpointID)
	}
}

// leaveUnlessPoked is leaveEndpoint, if nothing came since.
func (r *runner) leaveUnlessPoked() bool {
	r.sender.mu.Lock()
	defer r.sender.mu.Unlock()
	if len(r.poked) > 0 {
		return false
	}
	delete(r.sender.runners, r.endpointID)
	return true
}

// serve sends what is due, and waits for more for a while. It returns when it left the
// endpoint, or with an error.
func (r *runner) serve(ctx, sending context.Context) error {
	idle := time.NewTimer(lingers)
	defer idle.Stop()
	for {
		if len(r.queue) == 0 || r.store.Now() > r.readAt.Add(freshFor) {
			if err := r.readQueue(ctx); err != nil {
				return err
			}
		}
		if err := r.sendAll(ctx, sending); err != nil {
			return err
		}
		if len(r.underWay) == 0 && r.endpoint == nil && r.leaveUnlessPoked() {
			return nil
		}
		pause := time.NewTimer(r.pause())
		select {
		case <-ctx.Done():
			pause.Stop()
			return context.Cause(ctx)
		case o := <-r.outcomes:
			if err := r.recordAll(ctx, o); err != nil {
				return err
			}
			idle.Reset(lingers)
		case <-r.poked:
			r.queue = nil
			idle.Reset(lingers)
		case <-pause.C:
		case <-idle.C:
			if len(r.underWay) == 0 && len(r.queue) == 0 && r.leaveUnlessPoked() {
				pause.Stop()
				return nil
			}
			idle.Reset(lingers)
		}
		pause.Stop()
	}
}

// pause is how long there is nothing to do by what is known.
func (r *runner) pause() time.Duration {
	if r.again == 0 {
		return lingers
	}
	return min(max(r.again.Time().Sub(r.store.Now().Time()), time.Millisecond), lingers)
}

// readQueue takes from the database what is due, with all that it takes to send it.
func (r *runner) readQueue(ctx context.Context) error {
	client := r.store.Client(ctx)
	r.again, r.queue, r.readAt = 0, nil, r.store.Now()
	e, err := client.WebhookEndpoint.Query().Where(webhookendpoint.ID(r.endpointID), webhookendpoint.DeletedAt(0)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && e.State == vocab.WebhookPaused {
		r.endpoint = nil
		return nil
	}
	if err != nil {
		return err
	}
	r.endpoint = e
	now := r.store.Now()
	if e.RetryAt > now {
		r.again = e.RetryAt
	}
	waiting := client.WebhookDelivery.Query().Where(webhookdelivery.EndpointID(e.ID))
	if e.RetryAt > now { // tests go all the same
		waiting.Where(webhookdelivery.Sequence(0))
	}
	list, err := waiting.Modify(dueUntil(now, batch+endpointRequests)).All(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		if !r.underWay[d.ID] {
			r.queue = append(r.queue, d)
		}
	}
	if len(r.queue) > 0 {
		return r.prepare(ctx)
	}
	if r.again != 0 {
		return nil
	}
	return r.readNextTime(ctx)
}

// readNextTime finds out when something is due again.
func (r *runner) readNextTime(ctx context.Context) error {
	next, err := r.store.Client(ctx).WebhookDelivery.Query().Where(webhookdelivery.EndpointID(r.endpointID)).Modify(dueUntil(clock.Never, endpointRequests+1)).All(ctx)
	for _, d := range next {
		if !r.underWay[d.ID] {
			r.again = d.NextAttemptAt
			break
		}
	}
	return err
}

// prepare loads as whom the endpoint reads, its secrets, and the events of the queue.
func (r *runner) prepare(ctx context.Context) (err error) {
	r.viewer, err = r.viewerOf(ctx, r.endpoint)
	if err != nil && errs.Of(err) == nil {
		return err
	}
	if r.secrets, err = r.secretsOf(r.endpoint); err != nil {
		return err
	}
	sequences := make([]int64, len(r.queue))
	for i, d := range r.queue {
		sequences[i] = d.Sequence
	}
	found, err := r.store.Client(ctx).Event.Query().Where(entevent.AccountID(r.accountID), entevent.SequenceIn(sequences...)).All(ctx)
	r.events = make(map[int64]*ent.Event, len(found))
	for _, e := range found {
		r.events[e.Sequence] = e
	}
	return err
}

// secretsOf are by what requests are signed now, the newest first.
func (s *Service) secretsOf(e *ent.WebhookEndpoint) ([]string, error) {
	sealed := []string{e.Secret}
	if s.PreviousSecretUntil(e).IsSet() {
		sealed = append(sealed, e.PreviousSecret)
	}
	for i, text := range sealed {
		opened, err := s.keys.Open(text, placeOf(e.ID))
		if err != nil {
			return nil, err
		}
		sealed[i] = string(opened)
	}
	return sealed, nil
}

// allowed is how many requests may be under way: one while the endpoint fails.
func (r *runner) allowed() int {
	if r.endpoint.Failures >= failsFrom {
		return 1
	}
	return endpointRequests
}

// sendAll begins as many requests of the queue as may be under way.
func (r *runner) sendAll(ctx, sending context.Context) error {
	var canceled []*outcome
	for len(r.queue) > 0 && len(r.underWay) < r.allowed() {
		d := r.queue[0]
		e := r.events[d.Sequence]
		if why := r.refusal(d, e); why != "" {
			r.queue = r.queue[1:]
			canceled = append(canceled, &outcome{delivery: d, failure: why, canceled: true})
			continue
		}
		reads := e != nil && r.endpoint.Document != ""
		if !r.takeCapacity(reads) {
			r.again = r.store.Now().Add(capacityCheck) // what is read by then is judged anew
			break
		}
		r.queue = r.queue[1:]
		r.underWay[d.ID] = true
		go r.send(sending, request{r.endpoint, r.viewer, r.secrets, d, e})
	}
	if len(canceled) == 0 {
		return nil
	}
	r.poke()
	return r.record(ctx, r.endpointID, canceled)
}

// takeCapacity takes the capacity on this node that a request needs; false: there is none now.
func (r *runner) takeCapacity(reads bool) bool {
	if !r.sender.requests.TakeOne(r.accountID) {
		return false
	}
	if reads && !r.sender.documents.TakeOne(r.accountID) {
		r.sender.requests.GiveOneBack(r.accountID)
		return false
	}
	return true
}

// refusal is why a delivery is not to be sent; "": it is.
func (r *runner) refusal(d *ent.WebhookDelivery, e *ent.Event) vocab.WebhookFailure {
	switch {
	case d.Sequence == 0:
		return ""
	case r.viewer == nil:
		return vocab.WebhookNoAccess
	case e == nil:
		return vocab.WebhookNotInLog
	case !visible(r.viewer, e) || !askInbox(r.endpoint, e).Matched:
		return vocab.WebhookNotVisible
	}
	return ""
}

// request is all that it takes to send a delivery.
type request struct {
	endpoint *ent.WebhookEndpoint
	viewer   *viewer.Viewer
	secrets  []string
	delivery *ent.WebhookDelivery
	event    *ent.Event // nil: it is a test
}

// send sends a delivery and hands its outcome to the runner. It runs on its own.
func (r *runner) send(ctx context.Context, q request) {
	o := &outcome{delivery: q.delivery, canceled: true} // what is not known is not recorded
	defer func() {
		r.sender.requests.GiveOneBack(r.accountID)
		r.outcomes <- o
	}()
	b := testBody(q.delivery.CreatedAt)
	var problem *string
	if q.event != nil {
		b = bodyOf(q.event)
		if q.endpoint.Document != "" {
			text, later := r.readDocument(ctx, b, q)
			if later && q.delivery.Attempts < patientAttempts {
				if ctx.Err() == nil {
					o = &outcome{delivery: q.delivery, at: r.store.Now(), failure: q.delivery.LastFailure, status: q.delivery.LastStatus, unread: true}
				}
				return
			}
			problem = &text
		}
	}
	text, err := b.encode()
	var sent *outcome
	if err == nil {
		sent, err = r.post(ctx, q.endpoint, q.secrets, q.delivery, text)
	}
	if err != nil {
		r.warn(ctx, "a webhook delivery could not be sent", err)
		if ctx.Err() == nil {
			o = &outcome{delivery: q.delivery, at: r.store.Now(), failure: vocab.WebhookConnectionFailure, problem: problem}
		}
		return
	}
	sent.problem = problem
	o = sent
}

// readDocument has a request's document answered, and gives back the capacity that it took.
func (r *runner) readDocument(ctx context.Context, b *body, q request) (problem string, later bool) {
	defer r.sender.documents.GiveOneBack(r.accountID)
	return r.addResult(ctx, b, narrowed(q.viewer, q.endpoint), q.endpoint.Document, q.event)
}

// recordAll stores an outcome, and those that are there by now.
func (r *runner) recordAll(ctx context.Context, first *outcome) error {
	list := []*outcome{first}
	for more := true; more && len(list) < batch; {
		select {
		case o := <-r.outcomes:
			list = append(list, o)
		default:
			more = false
		}
	}
	known := list[:0]
	for _, o := range list {
		delete(r.underWay, o.delivery.ID)
		if !o.canceled {
			known = append(known, o)
		}
	}
	if len(known) == 0 {
		return nil
	}
	if err := r.record(ctx, r.endpointID, known); err != nil {
		r.unrecorded = known
		return err
	}
	if failed := known[len(known)-1].failure != ""; failed {
		r.queue = nil // the endpoint may be another one from here on
	}
	return nil
}
