package webhook

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/ent/webhookattempt"
	"parley/ent/webhookdelivery"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

var (
	listed     = store.Listing[ent.WebhookEndpoint]{Name: "webhookEndpoints", Kind: id.WebhookEndpoint, ID: func(e *ent.WebhookEndpoint) string { return e.ID }}
	deliveries = store.Listing[ent.WebhookDelivery]{
		Name: "webhookDeliveries", Kind: id.WebhookDelivery, Desc: true, ID: func(d *ent.WebhookDelivery) string { return d.ID },
	}
)

// Endpoints returns a page of the account's endpoints, oldest first.
func (s *Service) Endpoints(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.WebhookEndpoint], error) {
	return listed.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.WebhookEndpoint, error) {
		q := s.store.Client(ctx).WebhookEndpoint.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// Deliveries returns a page of an endpoint's deliveries, newest first: NOT_FOUND on
// webhookEndpointId.
func (s *Service) Deliveries(ctx context.Context, endpointID string, state *vocab.WebhookDeliveryState, args paging.PageArgs) (*paging.Connection[*ent.WebhookDelivery], error) {
	if _, err := load(ctx, s.store.Client(ctx), endpointID); err != nil {
		return nil, err
	}
	filters := []string{endpointID}
	if state != nil {
		filters = append(filters, string(*state))
	}
	return deliveries.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.WebhookDelivery, error) {
		q := s.store.Client(ctx).WebhookDelivery.Query().Where(webhookdelivery.EndpointID(endpointID))
		if state != nil {
			q.Where(webhookdelivery.StateEQ(*state))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, filters...)
}

// Attempts returns the requests of each delivery, oldest first.
func (s *Service) Attempts(ctx context.Context, list []*ent.WebhookDelivery) ([][]*ent.WebhookAttempt, error) {
	ids := make([]string, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	found, err := s.store.Client(ctx).WebhookAttempt.Query().Where(webhookattempt.DeliveryIDIn(ids...)).
		Order(webhookattempt.ByAt(), webhookattempt.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]*ent.WebhookAttempt{}
	for _, a := range found {
		of[a.DeliveryID] = append(of[a.DeliveryID], a)
	}
	all := make([][]*ent.WebhookAttempt, len(list))
	for i, d := range list {
		all[i] = of[d.ID]
	}
	return all, nil
}

// Explain says why an event goes to an endpoint, or does not (NT-4): NOT_FOUND on
// webhookEndpointId and sequence.
func (s *Service) Explain(ctx context.Context, endpointID string, sequence int64) (*Explanation, error) {
	e, err := load(ctx, s.store.Client(ctx), endpointID)
	if err != nil {
		return nil, err
	}
	system := asSystem(ctx, e.AccountID)
	ev, err := s.store.Client(system).Event.Query().Where(entevent.AccountID(e.AccountID), entevent.Sequence(sequence)).Only(system)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "The log has no event %d, or no longer.", sequence).On("sequence")
	}
	if err != nil {
		return nil, err
	}
	v, err := s.viewerOf(system, e)
	if err != nil && errs.Of(err) == nil {
		return nil, err
	}
	x := &Explanation{}
	if x.Steps, err = s.judge(system, filters{}, e, v, ev, true); err != nil {
		return nil, err
	}
	if !event.Visible(viewer.FromContext(ctx), ev) {
		maskSteps(x.Steps)
	}
	x.Steps = append(x.Steps, s.askState(e))
	x.Delivery, err = s.store.Client(ctx).WebhookDelivery.Query().Where(webhookdelivery.EndpointID(e.ID), webhookdelivery.Sequence(sequence), webhookdelivery.Round(0)).Only(ctx)
	return x, ent.MaskNotFound(err)
}

// maskSteps has the steps say nothing of an event that the caller may not see (AC-3).
func maskSteps(steps []*Step) {
	for _, step := range steps {
		switch {
		case step.Step == vocab.WebhookStepType && !step.Matched:
			step.Text = "The event is of a type that is none of the endpoint's."
		case step.Step == vocab.WebhookStepInbox && !step.Matched:
			step.Text = "The event happened in an inbox that is none of the endpoint's."
		case step.Step == vocab.WebhookStepType || step.Step == vocab.WebhookStepInbox || step.Step == vocab.WebhookStepChangedFields:
			step.Text = "The event passes."
			if !step.Matched {
				step.Text = "The event does not pass."
			}
		}
	}
}

func (s *Service) askState(e *ent.WebhookEndpoint) *Step {
	const step = vocab.WebhookStepState
	until := s.RetryAt(e)
	switch {
	case e.State == vocab.WebhookPaused && e.PauseReason == vocab.WebhookPausedByHand:
		return no(step, "The endpoint was paused by an admin: what it asks for is kept until it is resumed.")
	case e.State == vocab.WebhookPaused && e.PauseReason == vocab.WebhookGone:
		return no(step, "The endpoint answered that it is gone, and was paused: what it asks for is kept until it is resumed.")
	case e.State == vocab.WebhookPaused:
		return no(step, "Nothing could be delivered for three days, and the endpoint was paused: what it asks for is kept until it is resumed.")
	case e.State == vocab.WebhookFailing:
		return yes(step, "The last requests failed: single ones are tried until one succeeds.")
	case until.IsSet():
		return yes(step, "The endpoint asked to be left in peace until %s: what is due by then is sent afterwards.", until)
	}
	return yes(step, "The endpoint is sent what it asks for.")
}

// dueUntil leaves the deliveries that are due, the longest first.
func dueUntil(at clock.Micros, most int) func(*sql.Selector) {
	return func(q *sql.Selector) {
		q.Where(sql.ExprP(q.C(webhookdelivery.FieldState) + " = 'PENDING' AND " + q.C(webhookdelivery.FieldReady)))
		q.Where(sql.LTE(q.C(webhookdelivery.FieldNextAttemptAt), int64(at)))
		q.OrderBy(q.C(webhookdelivery.FieldNextAttemptAt)).Limit(most)
	}
}

// NextAttempt is when a delivery is tried next; zero: it is finished, or waits for another one.
func NextAttempt(d *ent.WebhookDelivery) clock.Micros {
	if d.State != vocab.WebhookPending || !d.Ready {
		return 0
	}
	return d.NextAttemptAt
}

// RetryAt is until when an endpoint is left in peace; zero: it is not, or it is paused.
func (s *Service) RetryAt(e *ent.WebhookEndpoint) clock.Micros {
	if e.State == vocab.WebhookPaused || e.RetryAt <= s.store.Now() {
		return 0
	}
	return e.RetryAt
}

// FailingSince is since when an endpoint fails; zero: it works, or was paused by hand while it did.
func FailingSince(e *ent.WebhookEndpoint) clock.Micros {
	if e.Failures < failsFrom && e.PauseReason != vocab.WebhookDead && e.PauseReason != vocab.WebhookGone {
		return 0
	}
	return e.FailingSince
}

// PreviousSecretUntil is until when requests are also signed with the secret before; zero: they
// are not.
func (s *Service) PreviousSecretUntil(e *ent.WebhookEndpoint) clock.Micros {
	if e.PreviousSecret == "" || e.PreviousUntil <= s.store.Now() {
		return 0
	}
	return e.PreviousUntil
}

// FilterOf is an endpoint's filter; nil: it has none.
func FilterOf(e *ent.WebhookEndpoint) (*view.Filter, error) {
	if len(e.Filter) == 0 {
		return nil, nil
	}
	f, err := view.ReadFilter(e.Filter)
	return &f, err
}
