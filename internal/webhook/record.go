package webhook

import (
	"context"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/webhookdelivery"
	"parley/ent/webhookendpoint"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// record stores how requests ended: what was delivered is finished, what failed waits or has
// failed, the next ones of their conversations are ready, and the endpoint's state is what
// follows from it.
func (s *Service) record(ctx context.Context, endpointID string, list []*outcome) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		before, err := tx.Client.WebhookEndpoint.Query().Where(webhookendpoint.ID(endpointID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) || err == nil && before.DeletedAt.IsSet() {
			return nil
		}
		if err != nil {
			return err
		}
		r := &recording{Service: s, tx: tx, now: tx.Now(), endpoint: *before, lanes: map[string]bool{}, delivered: map[int][]string{}, canceled: map[vocab.WebhookFailure][]string{}}
		if err := r.addAttempts(ctx, list); err != nil {
			return err
		}
		for _, o := range list {
			if err := r.takeOutcome(ctx, o); err != nil {
				return err
			}
		}
		if err := r.finish(ctx); err != nil {
			return err
		}
		return r.saveEndpoint(ctx, before)
	})
}

// recording is one call of record.
type recording struct {
	*Service
	tx       *store.Tx
	now      clock.Micros
	endpoint ent.WebhookEndpoint
	// lanes are the conversations of which one is finished.
	lanes     map[string]bool
	delivered map[int][]string // by status
	canceled  map[vocab.WebhookFailure][]string
}

// addAttempts writes the requests that were sent, those of deliveries that are still there.
func (r *recording) addAttempts(ctx context.Context, list []*outcome) error {
	q := &store.Statement{}
	q.WriteString("INSERT INTO webhook_attempts (id, account_id, delivery_id, conversation_id, at, duration_ms, status, failure, excerpt) VALUES ")
	rows := 0
	there, err := r.stillThere(ctx, list)
	if err != nil {
		return err
	}
	for _, o := range list {
		if o.canceled || o.unread || !there[o.delivery.ID] {
			continue
		}
		if rows++; rows > 1 {
			q.WriteString(", ")
		}
		q.WriteString("(" + strings.Join([]string{
			q.Arg(id.New("attempt")), q.Arg(r.endpoint.AccountID), q.Arg(o.delivery.ID), q.Arg(o.delivery.ConversationID), q.Arg(int64(o.at)), q.Arg(o.took.Milliseconds()),
			q.Arg(o.status), q.Arg(string(o.failure)), q.Arg(o.excerpt),
		}, ", ") + ")")
	}
	if rows == 0 {
		return nil
	}
	_, err = r.tx.Exec(ctx, q.String(), q.Args...)
	return err
}

// stillThere are the deliveries that were not purged with their conversation since.
func (r *recording) stillThere(ctx context.Context, list []*outcome) (map[string]bool, error) {
	ids := make([]string, len(list))
	for i, o := range list {
		ids[i] = o.delivery.ID
	}
	found, err := r.tx.Client.WebhookDelivery.Query().Where(webhookdelivery.IDIn(ids...)).IDs(ctx)
	there := make(map[string]bool, len(found))
	for _, f := range found {
		there[f] = true
	}
	return there, err
}

// takeOutcome notes one outcome.
func (r *recording) takeOutcome(ctx context.Context, o *outcome) error {
	if o.problem != nil {
		r.endpoint.DocumentProblem = *o.problem
	}
	d := o.delivery
	switch {
	case o.canceled:
		r.canceled[o.failure] = append(r.canceled[o.failure], d.ID)
		r.leaveLane(d)
		return nil
	case o.failure == "":
		r.delivered[o.status] = append(r.delivered[o.status], d.ID)
		r.leaveLane(d)
		return r.succeed(ctx)
	}
	if d.Sequence > 0 && !o.unread {
		r.fail(ctx, o)
	}
	return r.putOff(ctx, o)
}

// leaveLane notes that the next one of the delivery's conversation is due.
func (r *recording) leaveLane(d *ent.WebhookDelivery) {
	if d.Sequence > 0 {
		r.lanes[d.ConversationID] = true
	}
}

// succeed has the endpoint be one that works.
func (r *recording) succeed(ctx context.Context) error {
	e := &r.endpoint
	e.Failures, e.FailingSince = 0, 0
	if e.State != vocab.WebhookFailing {
		return nil
	}
	e.State, e.RetryAt = vocab.WebhookActive, 0
	return hastenUnreached(ctx, r.tx, e, r.now)
}

// fail counts a failure of the endpoint, which may end in its pause. While it is ACTIVE only the
// first attempts of deliveries count: what fails again and again by itself says little of the
// others, which are not to wait for it.
func (r *recording) fail(ctx context.Context, o *outcome) {
	e := &r.endpoint
	if !e.FailingSince.IsSet() {
		e.FailingSince = o.at
	}
	if o.delivery.Attempts == 0 || e.Failures >= failsFrom {
		e.Failures++
	}
	if o.after > 0 {
		e.RetryAt = max(e.RetryAt, r.now.Add(o.after))
	}
	if e.State == vocab.WebhookPaused {
		return
	}
	switch {
	case o.status == 410:
		r.pause(ctx, vocab.WebhookGone)
	case e.FailingSince.IsSet() && r.now >= e.FailingSince.Add(deadAfter):
		r.pause(ctx, vocab.WebhookDead)
	case e.Failures >= failsFrom:
		e.State = vocab.WebhookFailing
		e.RetryAt = max(e.RetryAt, r.now.Add(probeAfter(e.Failures, r.options.Jitter())))
	}
}

// pause ends the sending. An event has admins notified.
func (r *recording) pause(ctx context.Context, why vocab.WebhookPauseReason) {
	r.endpoint.State, r.endpoint.PauseReason = vocab.WebhookPaused, why
	var c store.Changes
	c.Optional("pauseReason", "", string(why))
	r.tx.Append(ctx, store.Event{Type: vocab.WebhookEndpointPaused, SubjectID: r.endpoint.ID, UserID: r.endpoint.IntegrationID, Changes: c})
}

// putOff has a delivery that failed wait for its next attempt, if there is one. A test has
// only one.
func (r *recording) putOff(ctx context.Context, o *outcome) error {
	d := o.delivery
	pause, again := pauseAfter(d.Attempts+1, r.options.Jitter())
	if !again && r.endpoint.State != vocab.WebhookActive {
		// It is the endpoint that does not work: what waits for it is kept.
		pause, again = jittered(pauses[len(pauses)-1], r.options.Jitter()), true
	}
	again = again && d.Sequence > 0
	var next, finished clock.Micros
	state := vocab.WebhookPending
	if again {
		next = r.now.Add(max(pause, o.after, time.Millisecond))
	} else {
		state, finished = vocab.WebhookFailed, r.now
		r.leaveLane(d)
	}
	_, err := r.tx.Exec(ctx, `UPDATE webhook_deliveries SET state = $1, ready = $2, attempts = attempts + 1, next_attempt_at = $3, last_status = $4, last_failure = $5, finished_at = $6
		WHERE id = $7 AND state = 'PENDING'`, string(state), again, int64(next), o.status, string(o.failure), int64(finished), d.ID)
	return err
}

// finish writes what is over, and has what waited behind it be ready.
func (r *recording) finish(ctx context.Context) error {
	for status, ids := range r.delivered {
		q := &store.Statement{}
		q.WriteString("UPDATE webhook_deliveries SET state = 'DELIVERED', ready = false, attempts = attempts + 1, next_attempt_at = 0, last_failure = '', last_status = " +
			q.Arg(status) + ", finished_at = " + q.Arg(int64(r.now)) + " WHERE id IN (" + store.List(q, ids) + ") AND state = 'PENDING'")
		if _, err := r.tx.Exec(ctx, q.String(), q.Args...); err != nil {
			return err
		}
	}
	for failure, ids := range r.canceled {
		q := &store.Statement{}
		q.WriteString("UPDATE webhook_deliveries SET state = 'CANCELED', ready = false, next_attempt_at = 0, last_failure = " + q.Arg(string(failure)) +
			", finished_at = " + q.Arg(int64(r.now)) + " WHERE id IN (" + store.List(q, ids) + ") AND state = 'PENDING'")
		if _, err := r.tx.Exec(ctx, q.String(), q.Args...); err != nil {
			return err
		}
	}
	lanes := make([]string, 0, len(r.lanes))
	for conversationID := range r.lanes {
		lanes = append(lanes, conversationID)
	}
	return promote(ctx, r.tx, r.endpoint.ID, lanes)
}

// saveEndpoint writes what is different of the endpoint.
func (r *recording) saveEndpoint(ctx context.Context, before *ent.WebhookEndpoint) error {
	e := &r.endpoint
	if e.State == before.State && e.Failures == before.Failures && e.RetryAt == before.RetryAt && e.FailingSince == before.FailingSince && e.DocumentProblem == before.DocumentProblem {
		return nil
	}
	return r.tx.Client.WebhookEndpoint.Update().Where(webhookendpoint.ID(e.ID)).SetState(e.State).SetPauseReason(e.PauseReason).SetFailures(e.Failures).
		SetRetryAt(e.RetryAt).SetFailingSince(e.FailingSince).SetDocumentProblem(e.DocumentProblem).Exec(ctx)
}
