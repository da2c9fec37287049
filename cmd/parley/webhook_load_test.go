package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// loadLanes is in how many conversations the events of the load happen.
const loadLanes = 50

// load is how many events there are for each endpoint; PARLEY_WEBHOOK_EVENTS raises it (make
// webhooks).
func load(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("PARLEY_WEBHOOK_EVENTS"))
	if err != nil {
		return 400
	}
	return n
}

// NT-4: of endpoints of which one fails 30 %, one stalls and one is dead, each that answers gets
// each event at least once, in order per conversation; the others' pace is what it is without.
func TestWebhookLoad(t *testing.T) {
	t.Parallel()
	eachHooked(t, clock.System{}, func(t *testing.T, o *office) {
		n := load(t)
		alone := o.measure(n, nil)
		var mu sync.Mutex
		tries := map[string]int{}
		stop := make(chan struct{})
		flaky := newReceiver(t, func(w http.ResponseWriter, g received) {
			mu.Lock()
			defer mu.Unlock()
			if tries[g.id]++; tries[g.id] == 1 && len(tries)%10 < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		})
		stalls := newReceiver(t, func(_ http.ResponseWriter, _ received) { <-stop })
		t.Cleanup(func() { close(stop) }) // before its server is closed
		beside := o.measure(n, []string{flaky.URL, stalls.URL, "http://" + closedAddress(t)})
		t.Logf("%d events: %s; beside one that fails 30 %%, one that stalls and one that is dead: %s", n, alone, beside)
		mu.Lock()
		defer mu.Unlock()
		if len(tries) == 0 {
			t.Error("the one that fails got nothing")
		}
	})
}

// pace is how fast an endpoint got its events.
type pace struct {
	all, p99 time.Duration
	rate     float64
}

func (p pace) String() string {
	return fmt.Sprintf("%.0f a second, p99 %s, all within %s", p.rate, p.p99.Round(time.Millisecond), p.all.Round(time.Millisecond))
}

// measure has an endpoint that works get events, beside others, and checks that it gets each in
// the order of its conversation.
func (o *office) measure(n int, beside []string) pace {
	o.t.Helper()
	arrived := map[int]time.Time{}
	var mu sync.Mutex
	r := newReceiver(o.t, nil)
	r.answer = func(_ http.ResponseWriter, g received) {
		mu.Lock()
		defer mu.Unlock()
		if _, had := arrived[g.sequence]; !had {
			arrived[g.sequence] = clock.System{}.Now()
		}
	}
	hooks := []hook{o.hook(r.URL, "types", []string{"CONVERSATION_READ"}, "changedFields", []string{"load"})}
	for _, url := range beside {
		hooks = append(hooks, o.hook(url, "types", []string{"CONVERSATION_READ"}, "changedFields", []string{"load"}))
	}
	lanes := make([]string, loadLanes)
	for i := range lanes {
		lanes[i] = id.New(id.Conversation)
	}
	began := clock.System{}.Now()
	for i := 0; i < n; i += loadLanes {
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			for _, lane := range lanes[1:] {
				tx.Append(ctx, store.Event{Type: vocab.ConversationRead, InboxID: o.site.inboxID, ConversationID: lane, Changes: store.NamedChanges("load")})
			}
			return nil
		}, store.Event{Type: vocab.ConversationRead, InboxID: o.site.inboxID, ConversationID: lanes[0], Changes: store.NamedChanges("load")})
	}
	r.await(o.t, "all events", func(list []received) bool { return len(list) >= n })
	all := clock.System{}.Now().Sub(began)
	last := map[string]int{}
	for _, g := range r.all() {
		if g.sequence < last[g.conversation] {
			o.t.Errorf("%d came after %d", g.sequence, last[g.conversation])
		}
		last[g.conversation] = g.sequence
	}
	var times []time.Duration
	mu.Lock()
	for _, at := range arrived {
		times = append(times, at.Sub(began))
	}
	mu.Unlock()
	if len(times) != n {
		o.t.Errorf("%d events came, want %d", len(times), n)
	}
	slices.Sort(times)
	for _, h := range hooks {
		if got := o.codes(adminToken, "deleteWebhookEndpoint", "DeleteWebhookEndpointInput", "webhookEndpointId", h.id); got != "" {
			o.t.Fatal(got)
		}
	}
	return pace{all, times[len(times)*99/100], float64(n) / all.Seconds()}
}
