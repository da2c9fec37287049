package webhook

import (
	"context"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/ent/webhookdelivery"
	"parley/ent/webhookendpoint"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Test sends an endpoint a delivery that is about no event, once. Errors: NOT_FOUND and
// NOT_ELIGIBLE on webhookEndpointId.
func (s *Service) Test(ctx context.Context, in TestWebhookInput) (*ent.WebhookDelivery, error) {
	call := idempotency.Call{Mutation: "testWebhook", Key: in.IdempotencyKey, Input: in, Result: id.New(id.WebhookDelivery)}
	deliveryID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		e, err := lock(ctx, tx, in.WebhookEndpointID)
		if err != nil {
			return err
		}
		if e.State == vocab.WebhookPaused {
			return errs.New(errs.NotEligible, "The endpoint is paused. Resume it first, by updateWebhookEndpoint with enabled: true.").On("webhookEndpointId")
		}
		round, err := nextRound(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		s.wakeAfter(tx, e.AccountID, e.ID)
		return insertTest(ctx, tx, call.Result, e.ID, round)
	})
	if err != nil {
		return nil, err
	}
	return loadDelivery(ctx, s.store.Client(ctx), deliveryID)
}

// ReplayDelivery sends what is finished again. Errors: NOT_FOUND and NOT_ELIGIBLE on
// webhookDeliveryId.
func (s *Service) ReplayDelivery(ctx context.Context, in ReplayWebhookDeliveryInput) (*ent.WebhookDelivery, error) {
	call := idempotency.Call{Mutation: "replayWebhookDelivery", Key: in.IdempotencyKey, Input: in, Result: in.WebhookDeliveryID}
	deliveryID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		d, err := loadDelivery(ctx, tx.Client, in.WebhookDeliveryID)
		if err != nil {
			return err
		}
		e, err := lock(ctx, tx, d.EndpointID)
		if err != nil {
			return err
		}
		if err := mayDirect(ctx, e); err != nil {
			return err
		}
		refuse := func(why string) error { return errs.New(errs.NotEligible, "%s", why).On("webhookDeliveryId") }
		switch {
		case d.Sequence == 0:
			return refuse("This is a test. Send another one by testWebhook.")
		case d.State == vocab.WebhookPending:
			return refuse("The delivery is pending: it is sent without a replay.")
		}
		round, err := nextRound(ctx, tx, d.EndpointID)
		if err != nil {
			return err
		}
		of := &ent.Event{AccountID: d.AccountID, Sequence: d.Sequence, Type: d.EventType, ConversationID: d.ConversationID}
		if err := insertDeliveries(ctx, tx, of, round, []string{d.EndpointID}); err != nil {
			return err
		}
		made, err := tx.Client.WebhookDelivery.Query().Where(webhookdelivery.EndpointID(d.EndpointID), webhookdelivery.Sequence(d.Sequence), webhookdelivery.Round(round)).OnlyID(ctx)
		if err != nil {
			return err
		}
		s.wakeAfter(tx, d.AccountID, d.EndpointID)
		if err := call.Settle(ctx, tx, made); err != nil {
			return err
		}
		call.Result = made
		return nil
	})
	if err != nil {
		return nil, err
	}
	if deliveryID == in.WebhookDeliveryID {
		deliveryID = call.Result
	}
	return loadDelivery(ctx, s.store.Client(ctx), deliveryID)
}

func loadDelivery(ctx context.Context, client *ent.Client, deliveryID string) (*ent.WebhookDelivery, error) {
	if id.Is(deliveryID, id.WebhookDelivery) {
		d, err := client.WebhookDelivery.Get(ctx, deliveryID)
		if !ent.IsNotFound(err) {
			return d, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no webhook delivery %q, or no longer.", errs.Clip(deliveryID)).On("webhookDeliveryId")
}

// Replayed is an endpoint, with the round of the deliveries that a replay makes; 0: the
// mutation was repeated.
type Replayed struct {
	Endpoint *ent.WebhookEndpoint
	Round    int
}

// Replay sends the events of a part of the log to an endpoint, those that it asks for now.
// The deliveries are made in the background, in the order of the log. Errors: NOT_FOUND on
// webhookEndpointId; CURSOR_EXPIRED and INVALID on after; INVALID on until.
func (s *Service) Replay(ctx context.Context, in ReplayWebhookInput) (Replayed, error) {
	replayed := Replayed{}
	call := idempotency.Call{Mutation: "replayWebhook", Key: in.IdempotencyKey, Input: in, Result: in.WebhookEndpointID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		e, err := lock(ctx, tx, in.WebhookEndpointID)
		if err != nil {
			return err
		}
		if err := mayDirect(ctx, e); err != nil {
			return err
		}
		log, err := tx.Client.AccountSequence.Query().Only(ctx)
		if err != nil {
			return err
		}
		if err := event.CheckBounds(in.After, log); err != nil {
			return err
		}
		until := log.Sequence
		if in.Until != nil && *in.Until != 0 {
			until = *in.Until
		}
		if until <= in.After || until > log.Sequence {
			if in.Until == nil {
				return errs.New(errs.Invalid, "The log ends at sequence %d: there is nothing after it.", log.Sequence).On("after")
			}
			return errs.New(errs.Invalid, "Events up to %d: this has to be a number above `after` and at most %d, the newest one.", until, log.Sequence).On("until")
		}
		round, err := nextRound(ctx, tx, e.ID)
		if err != nil {
			return err
		}
		replayed.Round = round
		tx.Enqueue(store.Job{Args: ReplayArgs{AccountID: e.AccountID, EndpointID: e.ID, Round: round, After: in.After, Until: until}})
		return nil
	})
	if err != nil {
		return Replayed{}, err
	}
	replayed.Endpoint, err = load(ctx, s.store.Client(ctx), in.WebhookEndpointID)
	return replayed, err
}

// ReplayArgs asks that a part of the log be sent to an endpoint again.
type ReplayArgs struct {
	AccountID  string `json:"accountId"`
	EndpointID string `json:"endpointId"`
	Round      int    `json:"round"`
	// After and Until are the part that is left.
	After int64 `json:"after"`
	Until int64 `json:"until"`
}

// Kind names the job.
func (ReplayArgs) Kind() string { return "replay-webhook" }

// replaySlice is how many events one transaction looks at.
const replaySlice = 500

// RunReplay writes the deliveries of the next events of a replay; with them, in one
// transaction, the job that goes on.
func (s *Service) RunReplay(ctx context.Context, args ReplayArgs) error {
	ctx = asSystem(ctx, args.AccountID)
	client := s.store.Client(ctx)
	e, err := client.WebhookEndpoint.Query().Where(webhookendpoint.ID(args.EndpointID), webhookendpoint.DeletedAt(0)).Only(ctx)
	if err != nil {
		return ent.MaskNotFound(err)
	}
	v, err := s.viewerOf(ctx, e)
	if errs.Of(err) != nil {
		return job.GiveUp(err)
	}
	if err != nil {
		return err
	}
	found, err := client.Event.Query().Where(entevent.AccountID(args.AccountID), entevent.SequenceGT(args.After), entevent.SequenceLTE(args.Until)).
		Order(entevent.BySequence()).Limit(replaySlice).All(ctx)
	if err != nil {
		return err
	}
	asked := *e
	asked.SinceSequence = 0 // also what came before it
	var wanted []*ent.Event
	answers := filters{}
	for _, ev := range found {
		goes, err := s.wants(ctx, answers, &asked, v, ev)
		if err != nil {
			return err
		}
		if goes {
			wanted = append(wanted, ev)
		}
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, ev := range wanted {
			if err := insertDeliveries(ctx, tx, ev, args.Round, []string{e.ID}); err != nil {
				return err
			}
		}
		if len(found) == replaySlice {
			next := args
			next.After = found[replaySlice-1].Sequence
			tx.Enqueue(store.Job{Args: next})
		}
		s.wakeAfter(tx, e.AccountID, e.ID)
		return nil
	})
}
