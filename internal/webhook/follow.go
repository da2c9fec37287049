package webhook

import (
	"context"
	"sync"

	"parley/ent"
	"parley/ent/webhookendpoint"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Consumer writes what is to be sent of each event.
func (s *Service) Consumer() reaction.Consumer {
	return reaction.Consumer{Name: "webhook", Handle: s.handle}
}

// known are the endpoints of accounts, as the consumer knows them.
type known struct {
	mu sync.Mutex
	of map[string]*endpoints
}

// endpoints are an account's, with as whom they read, as they were at a sequence.
type endpoints struct {
	sequence int64
	list     []endpoint
}

type endpoint struct {
	*ent.WebhookEndpoint
	viewer *viewer.Viewer
}

// maxKnown is of how many accounts the endpoints are remembered.
const maxKnown = 10_000

// handle writes the deliveries of an event.
func (s *Service) handle(ctx context.Context, e *event.Entry) error {
	ctx = asSystem(ctx, e.AccountID)
	list, err := s.endpointsAt(ctx, e)
	if err != nil || len(list) == 0 {
		return err
	}
	var to []string
	asked := filters{}
	for _, p := range list {
		wanted, err := s.wants(ctx, asked, p.WebhookEndpoint, p.viewer, e.Event)
		if err != nil {
			return err
		}
		if wanted {
			to = append(to, p.ID)
		}
	}
	if len(to) == 0 {
		return nil
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		if err := insertDeliveries(ctx, tx, e.Event, 0, to); err != nil {
			return err
		}
		s.wakeAfter(tx, e.AccountID, to...)
		return nil
	})
}

// endpointsAt returns the account's endpoints when an event is handled. They are remembered as
// long as the account's events come one after the other, and none of them changes what
// endpoints ask for or may see.
func (s *Service) endpointsAt(ctx context.Context, e *event.Entry) ([]endpoint, error) {
	s.known.mu.Lock()
	had := s.known.of[e.AccountID]
	s.known.mu.Unlock()
	if had != nil && had.sequence+1 == e.Sequence && !e.Type.ChangesAuthority() && !changesEndpoints(e.Type) {
		s.remember(e.AccountID, &endpoints{e.Sequence, had.list})
		return had.list, nil
	}
	list, err := s.loadEndpoints(ctx)
	if err != nil {
		return nil, err
	}
	s.remember(e.AccountID, &endpoints{e.Sequence, list})
	return list, nil
}

func (s *Service) remember(accountID string, now *endpoints) {
	s.known.mu.Lock()
	defer s.known.mu.Unlock()
	if s.known.of == nil || len(s.known.of) >= maxKnown {
		s.known.of = map[string]*endpoints{}
	}
	s.known.of[accountID] = now
}

func changesEndpoints(t vocab.EventType) bool {
	switch t {
	case vocab.WebhookEndpointCreated, vocab.WebhookEndpointUpdated, vocab.WebhookEndpointDeleted, vocab.InboxCreated, vocab.InboxDeleted:
		return true
	}
	return false
}

func (s *Service) loadEndpoints(ctx context.Context) ([]endpoint, error) {
	rows, err := s.store.Client(ctx).WebhookEndpoint.Query().Where(webhookendpoint.AccountID(viewer.FromContext(ctx).AccountID), webhookendpoint.DeletedAt(0)).
		Order(webhookendpoint.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]endpoint, len(rows))
	for i, row := range rows {
		v, err := s.viewerOf(ctx, row)
		if err != nil && errs.Of(err) == nil {
			return nil, err
		}
		list[i] = endpoint{row, v} // without access: it is sent nothing
	}
	return list, nil
}
