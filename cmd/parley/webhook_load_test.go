package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// loadLanes is in how many conversations the events of the load happen.
const loadLanes = 50

// load is how many events there are, each for four endpoints; PARLEY_WEBHOOK_EVENTS raises it
// (make webhooks).
func load(t *testing.T) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("PARLEY_WEBHOOK_EVENTS"))
	if err != nil {
		return 400
	}
	return n
}

// NT-4: of four endpoints one fails 30 %, one stalls and one is dead for days. The one that works gets
// each event in the order of its conversation, at the pace that it has beside three that work;
// so does the one that fails in the end; the dead one is paused with all that it did not get.
func TestWebhookLoad(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		o := serveTest(t, db.Open(t, turned), hooked).office()
		n := load(t)
		works := func() *loaded { return newLoaded(t, n, nil) }
		healthy := o.measure("healthy", n, works(), works().URL, works().URL, works().URL)

		var mu sync.Mutex
		tries, count := map[string]int{}, 0
		flaky := newLoaded(t, n, func(w http.ResponseWriter, deliveryID string) bool {
			mu.Lock()
			defer mu.Unlock()
			tries[deliveryID]++
			if count++; tries[deliveryID] == 1 && count%10 < 3 {
				w.WriteHeader(http.StatusInternalServerError)
				return false
			}
			return true
		})
		stop := make(chan struct{})
		stalls := newLoaded(t, n, func(http.ResponseWriter, string) bool { <-stop; return false })
		t.Cleanup(func() { close(stop) }) // before the servers are closed
		dead := "http://" + closedAddress(t)
		broken := o.measure("broken", n, works(), flaky.URL, stalls.URL, dead)
		t.Logf("%d deliveries: beside three that work %s; beside one that fails 30 %%, one that stalls and one that is dead %s: p99 %.0f %%",
			4*n, healthy, broken, 100*float64(broken.p99)/float64(healthy.p99))

		for late := time.After(20 * time.Minute); !flaky.finished(); {
			if !flaky.pause() {
				turned.Advance(time.Minute) // what failed waits for its next attempt
			}
			select {
			case <-late:
				t.Fatalf("%d events of %d came at the endpoint that fails", flaky.came(), n)
			default:
			}
		}
		hooks := o.hooksOf(dead)
		turned.Advance(73 * time.Hour)
		o.becomesState(hooks, "PAUSED DEAD")
	})
}

// hooksOf is the endpoint at an address.
func (o *office) hooksOf(url string) hook {
	o.t.Helper()
	list, _ := at(o.do(adminToken, `{ webhookEndpoints { nodes { id url } } }`, nil), "webhookEndpoints", "nodes").([]any)
	for _, e := range list {
		if strings.TrimSuffix(text(e, "url"), "/") == url {
			return hook{id: text(e, "id")}
		}
	}
	o.t.Fatalf("there is no endpoint at %s", url)
	return hook{}
}

// loaded is a server that gets the load and keeps no more of it than when it came.
type loaded struct {
	*httptest.Server
	want int

	mu      sync.Mutex
	arrived map[int]time.Time // by sequence: the first time
	last    map[string]int    // by conversation
	faults  []string
	changed chan struct{}
}

// newLoaded starts a server that takes n events; takes answers a request, and says whether that
// was a success. Nil: all are.
func newLoaded(t *testing.T, n int, takes func(w http.ResponseWriter, deliveryID string) bool) *loaded {
	t.Helper()
	l := &loaded{want: n, arrived: map[int]time.Time{}, last: map[string]int{}, changed: make(chan struct{}, 1)}
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := clock.System{}.Now()
		raw, err := io.ReadAll(r.Body)
		if err != nil || takes != nil && !takes(w, r.Header.Get("webhook-id")) {
			return
		}
		l.note(raw, now)
	}))
	t.Cleanup(l.Close)
	t.Cleanup(func() {
		for _, f := range l.faults {
			t.Error(f)
		}
	})
	return l
}

func (l *loaded) note(raw []byte, now time.Time) {
	g := receivedOf(raw, nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	if g.sequence < l.last[g.conversation] {
		l.faults = append(l.faults, fmt.Sprintf("%d came after %d", g.sequence, l.last[g.conversation]))
	}
	l.last[g.conversation] = g.sequence
	if _, had := l.arrived[g.sequence]; !had {
		l.arrived[g.sequence] = now
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (l *loaded) came() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.arrived)
}

func (l *loaded) finished() bool { return l.came() >= l.want }

// pause waits until something comes, or nothing does for a moment: false.
func (l *loaded) pause() bool {
	select {
	case <-l.changed:
		return true
	case <-time.After(50 * time.Millisecond):
		return false
	}
}

// pace is how fast an endpoint got its events.
type pace struct {
	all, p99 time.Duration
	rate     float64
}

func (p pace) String() string {
	return fmt.Sprintf("%.0f events a second, p99 %s", p.rate, p.p99.Round(time.Millisecond))
}

// measure has an endpoint get n events in which a field changed, beside others, and returns its
// pace. The endpoints stay.
func (o *office) measure(field string, n int, l *loaded, beside ...string) pace {
	o.t.Helper()
	for _, url := range append([]string{l.URL}, beside...) {
		o.hook(url, "types", []string{"CONVERSATION_READ"}, "changedFields", []string{field})
	}
	lanes := make([]string, loadLanes)
	for i := range lanes {
		lanes[i] = id.New(id.Conversation)
	}
	began := clock.System{}.Now()
	happened := make([]time.Time, 0, n/loadLanes)
	for i := 0; i < n; i += loadLanes {
		happened = append(happened, clock.System{}.Now())
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			for _, lane := range lanes[1:] {
				tx.Append(ctx, store.Event{Type: vocab.ConversationRead, InboxID: o.site.inboxID, ConversationID: lane, Changes: store.NamedChanges(field)})
			}
			return nil
		}, store.Event{Type: vocab.ConversationRead, InboxID: o.site.inboxID, ConversationID: lanes[0], Changes: store.NamedChanges(field)})
	}
	for late := time.After(20 * time.Minute); !l.finished(); l.pause() {
		select {
		case <-late:
			o.t.Fatalf("%d of %d events came", l.came(), n)
		default:
		}
	}
	all := clock.System{}.Now().Sub(began)
	if got := l.came(); got != n {
		o.t.Errorf("%d events came, want %d", got, n)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var waits []time.Duration
	for i, sequence := range slices.Sorted(maps.Keys(l.arrived)) {
		waits = append(waits, l.arrived[sequence].Sub(happened[i/loadLanes]))
	}
	slices.Sort(waits)
	return pace{all, waits[len(waits)*99/100], float64(n) / all.Seconds()}
}
