package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// received is a request that a receiver got.
type received struct {
	id, kind, conversation string
	sequence               int
	body                   map[string]any
	raw                    []byte
	header                 http.Header
}

// receiver is a server that gets webhooks.
type receiver struct {
	*httptest.Server
	mu   sync.Mutex
	got  []received
	came chan struct{}
	// answer says how a request is answered; nil: by 204.
	answer func(w http.ResponseWriter, r received)
}

func newReceiver(t *testing.T, answer func(w http.ResponseWriter, r received)) *receiver {
	t.Helper()
	r := &receiver{came: make(chan struct{}, 1), answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) take(w http.ResponseWriter, request *http.Request) {
	raw, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	got := receivedOf(raw, request.Header)
	r.mu.Lock()
	r.got = append(r.got, got)
	r.mu.Unlock()
	select {
	case r.came <- struct{}{}:
	default:
	}
	if r.answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	r.answer(w, got)
}

// receivedOf reads a request.
func receivedOf(raw []byte, header http.Header) received {
	got := received{id: header.Get("webhook-id"), raw: raw, header: header, body: map[string]any{}}
	_ = json.Unmarshal(raw, &got.body)
	got.kind, got.conversation = text(got.body, "type"), text(got.body, "data", "event", "conversationId")
	number, _ := at(got.body, "data", "sequence").(float64)
	got.sequence = int(number)
	return got
}

// all is what came up to now.
func (r *receiver) all() []received {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// await waits until what came satisfies a test.
func (r *receiver) await(t *testing.T, what string, enough func([]received) bool) []received {
	t.Helper()
	for deadline := time.After(time.Minute); ; {
		if got := r.all(); enough(got) {
			return got
		}
		select {
		case <-r.came:
		case <-deadline:
			t.Fatalf("%s did not come; got %d: %v", what, len(r.all()), kindsOfReceived(r.all()))
		}
	}
}

func kindsOfReceived(list []received) []string {
	var kinds []string
	for _, r := range list {
		kinds = append(kinds, fmt.Sprint(r.sequence, " ", r.kind))
	}
	return kinds
}

// count waits until so many requests of a kind came.
func (r *receiver) count(t *testing.T, kind string, n int) []received {
	t.Helper()
	var of []received
	r.await(t, fmt.Sprint(n, " ", kind), func(list []received) bool {
		of = nil
		for _, g := range list {
			if kind == "" || g.kind == kind {
				of = append(of, g)
			}
		}
		return len(of) >= n
	})
	return of
}

// hooked lets webhooks be sent to this machine.
func hooked(s *serverSettings) {
	s.WebhookNetworks, s.webhookSweep = []string{"127.0.0.0/8"}, 50*time.Millisecond
}

// eachHooked runs the test on each database.
func eachHooked(t *testing.T, c clock.Clock, test func(t *testing.T, o *office)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(t, serveTest(t, db.Open(t, c), hooked).office()) })
}

// hook is an endpoint.
type hook struct{ id, secret string }

// hook makes an endpoint that sees the office's inbox.
func (o *office) hook(url string, more ...any) hook {
	o.t.Helper()
	in := input(append([]any{"name", "Sync", "url", url, "scopes", []string{"read"}, "inboxIds", []string{o.site.inboxID}}, more...)...)
	got := at(o.do(adminToken, `mutation($in: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $in) {
		webhookEndpoint { id state } secret userErrors { code message field } } }`, in), "createWebhookEndpoint")
	if text(got, "webhookEndpoint", "state") != "ACTIVE" {
		o.t.Fatalf("no endpoint: %v", got)
	}
	return hook{text(got, "webhookEndpoint", "id"), text(got, "secret")}
}

// state is an endpoint's, with why it is paused.
func (o *office) state(h hook) string {
	o.t.Helper()
	e := at(o.do(adminToken, `query($id: ID!) { webhookEndpoint(id: $id) { state pauseReason } }`, map[string]any{"id": h.id}), "webhookEndpoint")
	return strings.TrimSpace(text(e, "state") + " " + text(e, "pauseReason"))
}

// deliveriesOf are an endpoint's deliveries, newest first.
func (o *office) deliveriesOf(h hook) []any {
	o.t.Helper()
	list, _ := at(o.do(adminToken, `query($id: ID!) { webhookDeliveries(webhookEndpointId: $id, first: 100) { nodes {
		id sequence eventType state round lastStatus lastFailure nextAttemptAt attempts { status failure excerpt durationMs } } } }`, map[string]any{"id": h.id}), "webhookDeliveries", "nodes").([]any)
	return list
}

// settles waits until an endpoint's deliveries satisfy a test.
func (o *office) settles(h hook, what string, enough func([]any) bool) []any {
	o.t.Helper()
	for deadline := time.After(time.Minute); ; {
		list := o.deliveriesOf(h)
		if enough(list) {
			return list
		}
		select {
		case <-deadline:
			o.t.Fatalf("%s: got %v", what, list)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// allAre reports whether there are deliveries and all have a state.
func allAre(state string) func([]any) bool {
	return func(list []any) bool {
		return len(list) > 0 && !slices.ContainsFunc(list, func(d any) bool { return text(d, "state") != state })
	}
}

// becomesState waits for an endpoint's state.
func (o *office) becomesState(h hook, want string) {
	o.t.Helper()
	for deadline := time.After(time.Minute); ; {
		got := o.state(h)
		if got == want {
			return
		}
		select {
		case <-deadline:
			o.t.Fatalf("the endpoint is %s, want %s: %v", got, want, o.deliveriesOf(h))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// verified checks a request's signature with the library.
func verified(t *testing.T, secret string, r received) {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(secret)
	if err == nil {
		err = w.VerifyIgnoringTimestamp(r.raw, r.header)
	}
	if err != nil {
		t.Errorf("%s: %v", r.kind, err)
	}
}

// NT-4: an endpoint gets what happens, signed, with the payload of the rule.
func TestWebhookIsSent(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		r := newReceiver(t, nil)
		h := o.hook(r.URL, "types", []string{"CONVERSATION_CREATED", "MESSAGE_CREATED", "CONVERSATION_CLOSED"})
		c := o.site.chat("Where is my order?")
		o.assign(adminToken, c.conversationID, o.ben)
		o.writes(c, "Hello?")
		got := r.count(t, "MESSAGE_CREATED", 2)
		for _, g := range r.all() {
			verified(t, h.secret, g)
			if g.kind == "CONVERSATION_ASSIGNED" {
				t.Error("a type came that the endpoint did not ask for")
			}
		}
		e := at(got[0].body, "data", "event")
		if got[0].conversation != c.conversationID || text(e, "actor", "kind") != "VISITOR" || text(e, "messageId") == "" || text(e, "inboxId") != o.site.inboxID {
			t.Errorf("the event is %s", got[0].raw)
		}
		o.settles(h, "all delivered", allAre("DELIVERED"))
	})
}
