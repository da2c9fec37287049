package webhook

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/egress"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service has the use cases of webhooks, and sends what waits. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	keys      *secret.Keyring
	views     *view.Service
	viewers   Viewers
	options   Options
	client    *http.Client
	log       *slog.Logger
	documents Documents
	ready     chan struct{} // closed: documents is there

	known  known
	sender sender
}

// Viewers reports what an integration may see now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Documents checks and runs the documents of endpoints. Package graph implements it.
type Documents interface {
	// Check refuses a document that the viewer could not run, with INVALID.
	Check(ctx context.Context, v *viewer.Viewer, document string) error
	// Run answers a document for one event, as the viewer. With errors there is no data.
	Run(ctx context.Context, v *viewer.Viewer, document string, e *ent.Event) (json.RawMessage, []ResultError)
}

// ResultError is why a document was not answered.
type ResultError struct {
	Message string `json:"message"`
	Path    []any  `json:"path,omitempty"`
	Code    string `json:"code"`
}

// Bus carries "there is something" to the other nodes; package bus implements it.
type Bus interface {
	Publish(subject string, data []byte) error
	Listen(subject string, deliver func(data []byte)) (stop func(), err error)
}

// Options are what the operator decides, and the seams of tests.
type Options struct {
	// Networks are private networks that may be sent to.
	Networks []netip.Prefix
	// Guard makes the connections; nil: one that lets through to the networks.
	Guard *egress.Guard
	// Sweep is the time between two looks for what no one reported; zero: five seconds.
	Sweep time.Duration
	// Jitter is a number from 0 up to 1; nil: a random one.
	Jitter func() float64
	// Timeout bounds a request, and three quarters of it the wait for an answer's beginning;
	// zero: 20 seconds.
	Timeout time.Duration
}

const (
	defaultSweep   = 5 * time.Second
	defaultTimeout = 20 * time.Second
)

// New returns the use cases on a store. The keys seal the secrets of endpoints.
func New(s *store.Store, keys *secret.Keyring, views *view.Service, viewers Viewers, o Options, log *slog.Logger) *Service {
	if o.Guard == nil {
		o.Guard = egress.New(o.Networks)
	}
	if o.Sweep == 0 {
		o.Sweep = defaultSweep
	}
	if o.Jitter == nil {
		o.Jitter = rand.Float64
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	return &Service{
		store: s, keys: keys, views: views, viewers: viewers, options: o, log: log, client: clientOf(o), ready: make(chan struct{}),
		sender: sender{node: id.New("node"), runners: map[string]*runner{}, elsewhere: map[string]clock.Micros{}, lately: map[string]clock.Micros{}, requests: job.NewQuota(nodeRequests, accountRequests), documents: job.NewQuota(nodeDocuments, accountDocuments), ended: sync.NewCond(&sync.Mutex{})},
	}
}

// UseDocuments gives the service what runs documents. It is called before requests are
// served; nothing is sent before.
func (s *Service) UseDocuments(d Documents) {
	s.documents = d
	close(s.ready)
}

// asSystem is a context of the service's own work in an account.
func asSystem(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("webhook", accountID))
}

// viewerOf is as whom an endpoint reads now: its integration, with the endpoint's scopes.
// FORBIDDEN if that is gone.
func (s *Service) viewerOf(ctx context.Context, e *ent.WebhookEndpoint) (*viewer.Viewer, error) {
	v, err := s.viewers.ViewerOf(ctx, e.AccountID, e.IntegrationID, "")
	if err != nil {
		return nil, err
	}
	v.Scopes = e.Scopes
	return v, nil
}

// narrowed is v within the endpoint's inboxes.
func narrowed(v *viewer.Viewer, e *ent.WebhookEndpoint) *viewer.Viewer {
	if len(e.InboxIds) == 0 {
		return v
	}
	c := *v
	c.InboxIDs = slices.DeleteFunc(slices.Clone(v.InboxIDs), func(i string) bool { return !slices.Contains(e.InboxIds, i) })
	return &c
}
