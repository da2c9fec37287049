package webhook_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
	"parley/internal/webhook"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// silence is a bus that no one listens to.
type silence struct{}

func (silence) Publish(string, []byte) error { return nil }

func (silence) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

// hub is an account with an endpoint that answers, and what sends to it.
type hub struct {
	*testkit.Fixture
	t          *testing.T
	hooks      *webhook.Service
	endpointID string
	came       chan string
}

func newHub(t *testing.T, s *store.Store) *hub {
	t.Helper()
	h := &hub{Fixture: testkit.Account(t, s), t: t, came: make(chan string, 100), endpointID: id.New(id.WebhookEndpoint)}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		h.came <- r.Header.Get("webhook-id")
	}))
	t.Cleanup(receiver.Close)
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	h.hooks = webhook.New(s, keys, view.New(s), account.New(s), webhook.Options{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Sweep: 20 * time.Millisecond}, slog.New(slog.DiscardHandler))
	h.hooks.UseDocuments(nil)
	made := check.Must(h.hooks.Create(h.Admin, webhook.CreateWebhookEndpointInput{
		Name: "Sync", URL: receiver.URL, Scopes: []string{"read"}, InboxIDs: h.InboxIDs[:1], Types: []vocab.EventType{vocab.ConversationClosed},
	}))(t)
	h.endpointID = made.Endpoint.ID
	return h
}

// run sends what waits until fn returns.
func (h *hub) run(fn func()) {
	h.t.Helper()
	ctx, cancel := context.WithCancel(h.System)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		h.hooks.Run(ctx, silence{})
	}()
	fn()
	cancel()
	<-ended
}

// closes has a conversation be closed, for all that the log says, and that be queued.
func (h *hub) closes(conversationID string) {
	h.t.Helper()
	h.Write(h.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.ConversationClosed, InboxID: h.InboxIDs[0], ConversationID: conversationID})
		return nil
	})
	e := check.Must(h.Store.Client(h.System).Event.Query().Order(ent.Desc("sequence")).First(h.System))(h.t)
	h.Write(h.System, func(ctx context.Context, tx *store.Tx) error { return h.hooks.Queue(ctx, tx, e, h.endpointID) })
}

// Pitfall 12: what is sent and forgotten is found by indexes. SQLite's plans do not depend on what
// is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	asked := &testkit.Statements{}
	s := testkit.Database{Name: "sqlite"}.Open(t, clock.System{}, asked.Trace)
	h := newHub(t, s)
	for name, run := range map[string]func(){
		"queue": func() { h.closes(h.ConversationIDs[0]) },
		"send":  func() { h.run(func() { <-h.came }) },
		"list": func() {
			state := vocab.WebhookDelivered
			check.Must(h.hooks.Deliveries(h.System, h.endpointID, &state, paging.PageArgs{}))(t)
			check.Must(h.hooks.Deliveries(h.System, h.endpointID, nil, paging.PageArgs{}))(t)
		},
		"forget": func() { check.NoError(t, h.hooks.Forget(h.System)) },
	} {
		if name == "send" {
			h.closes(h.ConversationIDs[1])
		}
		some := false
		for _, query := range asked.Of(run) {
			if !strings.Contains(query, "webhook_deliveries") && !strings.Contains(query, "webhook_attempts") {
				continue
			}
			some = true
			rows := check.Must(s.Query(h.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")+strings.Count(query, "$"))...))(t)
			for rows.Next() {
				var node, parent, unused int
				var detail string
				check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
				if strings.Contains(detail, "SCAN webhook_") || strings.Contains(detail, "SCAN d") || strings.Contains(detail, "SCAN p") {
					t.Errorf("%s: %s\n%s", name, query, detail)
				}
			}
			check.NoError(t, errors.Join(rows.Err(), rows.Close()))
		}
		if !some {
			t.Errorf("%s: no statement is about deliveries", name)
		}
	}
}

// NT-4: what is finished is kept for 30 days, with its requests.
func TestForget(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Now())
	testkit.EachStore(t, turned, func(t *testing.T, s *store.Store) {
		h := newHub(t, s)
		h.run(func() {
			h.closes(h.ConversationIDs[0])
			<-h.came
		})
		client := s.Client(h.System)
		for _, c := range []struct {
			after time.Duration
			want  int
		}{{29 * 24 * time.Hour, 1}, {2 * 24 * time.Hour, 0}} {
			turned.Advance(c.after)
			check.NoError(t, h.hooks.Forget(h.System))
			if d, a := client.WebhookDelivery.Query().CountX(h.System), client.WebhookAttempt.Query().CountX(h.System); d != c.want || a != c.want {
				t.Errorf("after %s: %d deliveries and %d requests, want %d", c.after, d, a, c.want)
			}
		}
	})
}
