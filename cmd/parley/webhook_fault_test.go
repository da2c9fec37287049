package main

import (
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// NT-4: a conversation whose first delivery fails waits for it, in order; others go on. The
// id stays the same over the attempts.
func TestWebhooksAreInOrder(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		o := serveTest(t, db.Open(t, turned), hooked).office()
		var mu sync.Mutex
		failing, tries := "", map[string]int{}
		r := newReceiver(t, func(w http.ResponseWriter, g received) {
			mu.Lock()
			defer mu.Unlock()
			tries[g.id]++
			if g.conversation == failing && tries[g.id] == 1 && g.kind == "MESSAGE_CREATED" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			w.WriteHeader(http.StatusOK)
		})
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		a, b := o.site.chat("A"), o.site.chat("B")
		r.count(t, "MESSAGE_CREATED", 2)
		mu.Lock()
		failing = a.conversationID
		mu.Unlock()
		for i := range 3 {
			o.writes(a, fmt.Sprint("a", i))
			o.writes(b, fmt.Sprint("b", i))
		}
		r.await(t, "all of b", func(list []received) bool { return len(sentOf(list, b.conversationID)) == 4 })
		// Each of a's fails once, and waits for the clock.
		for n := range 3 {
			r.await(t, "a's next failure", func(list []received) bool { return len(sentOf(list, a.conversationID)) == 2+2*n })
			o.settles(h, "a failure is recorded", func(list []any) bool {
				return slices.ContainsFunc(list, func(d any) bool {
					return text(d, "state") == "PENDING" && text(d, "lastFailure") == "STATUS" && text(d, "nextAttemptAt") != ""
				})
			})
			turned.Advance(10 * time.Second)
			r.await(t, "its second attempt", func(list []received) bool { return len(sentOf(list, a.conversationID)) >= 3+2*n })
		}
		list := o.settles(h, "all delivered", allAre("DELIVERED"))
		got := sentOf(r.all(), a.conversationID)
		for i := 1; i < len(got); i++ {
			if got[i].sequence < got[i-1].sequence || (got[i].sequence == got[i-1].sequence) != (got[i].id == got[i-1].id) {
				t.Errorf("out of order: %v", kindsOfReceived(got))
			}
		}
		attempts, _ := at(list[slices.IndexFunc(list, func(d any) bool { a, _ := at(d, "attempts").([]any); return len(a) == 2 })], "attempts").([]any)
		if got := fmt.Sprint(at(attempts[0], "status"), at(attempts[1], "status")); got != "400 200" {
			t.Errorf("the attempts have %s", got)
		}
	})
}

// NT-4: what an endpoint answers decides how it goes on.
func TestWebhookAnswers(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		o := serveTest(t, db.Open(t, turned), hooked).office()
		asked := map[string]string{"types": "MESSAGE_CREATED"}
		only := []any{"types", []string{asked["types"]}}
		gone := newReceiver(t, func(w http.ResponseWriter, _ received) { w.WriteHeader(http.StatusGone) })
		redirects := newReceiver(t, func(w http.ResponseWriter, _ received) {
			w.Header().Set("Location", "http://169.254.169.254/latest/meta-data/")
			w.WriteHeader(http.StatusFound)
		})
		large := newReceiver(t, func(w http.ResponseWriter, _ received) {
			block := make([]byte, 1<<20)
			for range 1 << 10 {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		})
		patience := newReceiver(t, func(w http.ResponseWriter, _ received) {
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusTooManyRequests)
			fmt.Fprint(w, "slow\x00 down\x1b[31m")
		})
		hooks := map[string]hook{
			"gone": o.hook(gone.URL, only...), "redirects": o.hook(redirects.URL, only...), "large": o.hook(large.URL, only...), "patience": o.hook(patience.URL, only...),
			"junk": o.hook(junkServer(t, "what?\r\n\r\n"), only...), "old": o.hook(junkServer(t, "<html>HTTP/0.9</html>"), only...),
			"switches": o.hook(junkServer(t, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"), only...),
			"closed":   o.hook("http://"+closedAddress(t), only...),
			"inside":   o.hook("https://169.254.169.254/", only...), "nowhere": o.hook("https://nowhere.invalid/", only...), "tls": o.hook("https://"+strings.TrimPrefix(gone.URL, "http://"), only...),
		}
		o.site.chat("Hello")
		for name, want := range map[string]string{
			"gone": "410 STATUS", "redirects": "302 REDIRECT", "patience": "429 STATUS", "junk": "<nil> PROTOCOL", "old": "<nil> PROTOCOL", "switches": "101 PROTOCOL", "closed": "<nil> CONNECTION",
			"inside": "<nil> ADDRESS", "nowhere": "<nil> NAME",
		} {
			list := o.settles(hooks[name], name, func(list []any) bool { return len(list) == 1 && text(list[0], "lastFailure") != "" })
			if got := fmt.Sprint(at(list[0], "lastStatus"), " ", text(list[0], "lastFailure")); got != want {
				t.Errorf("%s: got %s, want %s", name, got, want)
			}
			if text(list[0], "state") != "PENDING" {
				t.Errorf("%s: it is %s", name, text(list[0], "state"))
			}
		}
		o.settles(hooks["large"], "large", allAre("DELIVERED"))
		o.settles(hooks["tls"], "tls", func(list []any) bool { return len(list) == 1 && text(list[0], "lastFailure") != "" })
		o.becomesState(hooks["gone"], "PAUSED GONE")
		o.told(adminToken, "WEBHOOK_PAUSED", "")
		slow := o.deliveriesOf(hooks["patience"])[0]
		if got := text(slow, "attempts", 0, "excerpt"); got != "slow down[31m" {
			t.Errorf("the excerpt is %q", got)
		}
		next, err := time.Parse(time.RFC3339Nano, text(slow, "nextAttemptAt"))
		ok(t, err)
		if wait := next.Sub(turned.Now()); wait < 2*time.Hour || wait > 2*time.Hour+time.Minute {
			t.Errorf("it waits for %s, want two hours", wait)
		}
		state := o.do(adminToken, `query($id: ID!, $n: Sequence!) { webhookEndpoint(id: $id) { retryAt failingSince } explainDelivery(webhookEndpointId: $id, sequence: $n) { steps { step text } } }`,
			map[string]any{"id": hooks["patience"].id, "n": fmt.Sprint(at(slow, "sequence"))})
		until, err := time.Parse(time.RFC3339Nano, text(state, "webhookEndpoint", "retryAt"))
		ok(t, err)
		if wait := until.Sub(turned.Now()); wait < 2*time.Hour-time.Minute || wait > 2*time.Hour || at(state, "webhookEndpoint", "failingSince") != nil {
			t.Errorf("the endpoint says %v, want to be left in peace for two hours", at(state, "webhookEndpoint"))
		}
		if got := text(state, "explainDelivery", "steps", 5, "text"); !strings.Contains(got, "left in peace until") {
			t.Errorf("STATE says %q", got)
		}
		if got := text(o.deliveriesOf(hooks["redirects"])[0], "attempts", 0, "excerpt"); got != "Redirect to http://169.254.169.254/latest/meta-data/" {
			t.Errorf("the redirect's excerpt is %q", got)
		}
	})
}

// sentOf is what came of a conversation.
func sentOf(list []received, conversationID string) []received {
	return slices.DeleteFunc(slices.Clone(list), func(g received) bool { return g.conversation != conversationID })
}

// NT-4: a conversation whose deliveries fail again and again holds up no other one.
func TestFailingConversationHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		o := serveTest(t, db.Open(t, turned), hooked).office()
		var mu sync.Mutex
		poison := ""
		r := newReceiver(t, func(w http.ResponseWriter, g received) {
			mu.Lock()
			defer mu.Unlock()
			if poison = cmp.Or(poison, g.conversation); g.conversation == poison {
				w.WriteHeader(http.StatusBadRequest)
			}
		})
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		c := o.site.chat("Poison")
		for n := range 7 {
			o.settles(h, "an attempt", func(list []any) bool {
				a, _ := at(list, 0, "attempts").([]any)
				return len(a) > n
			})
			turned.Advance(7 * time.Hour)
		}
		o.becomesState(h, "ACTIVE")
		other := o.site.chat("Other")
		r.await(t, "the other conversation", func(list []received) bool { return len(sentOf(list, other.conversationID)) == 1 })
		if got := o.do(adminToken, `query($id: ID!) { webhookEndpoint(id: $id) { retryAt failingSince } }`, map[string]any{"id": h.id}); at(got, "webhookEndpoint", "failingSince") != nil {
			t.Errorf("an endpoint that answers says %v (%s fails)", got, c.conversationID)
		}
	})
}

// NT-4: an endpoint that says nothing, or begins and does not end, is given up after a time.
func TestWebhookStalls(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		o := serveTest(t, db.Open(t, clock.System{}), hooked, func(s *serverSettings) { s.webhookTimeout = time.Second }).office()
		stop := make(chan struct{})
		silent := newReceiver(t, func(http.ResponseWriter, received) { <-stop })
		drips := newReceiver(t, func(w http.ResponseWriter, _ received) {
			_, _ = io.WriteString(w, "It")
			_ = http.NewResponseController(w).Flush()
			<-stop
		})
		t.Cleanup(func() { close(stop) }) // before the servers are closed
		hooks := []hook{o.hook(silent.URL, "types", []string{"MESSAGE_CREATED"}), o.hook(drips.URL, "types", []string{"MESSAGE_CREATED"})}
		o.site.chat("Hello")
		for i, h := range hooks {
			list := o.settles(h, "a time-out", func(list []any) bool { return len(list) == 1 && text(list[0], "lastFailure") == "TIMEOUT" })
			if text(list[0], "state") != "PENDING" || text(list[0], "attempts", 0, "failure") != "TIMEOUT" {
				t.Errorf("%d: got %v", i, list[0])
			}
		}
	})
}

// junkServer answers whatever is sent to it with a text. After that of another protocol it says
// nothing more, and does not hang up either.
func junkServer(t *testing.T, says string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = c.Close() }()
				if _, err := c.Read(make([]byte, 1024)); err == nil {
					_, _ = io.WriteString(c, says)
				}
				if strings.HasPrefix(says, "HTTP/1.1 101") {
					_, _ = io.Copy(io.Discard, c)
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// closedAddress is one at which no one listens.
func closedAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	ok(t, l.Close())
	return l.Addr().String()
}

// NT-4: an endpoint that stays dead is tried by single requests, is paused after three days,
// keeps what waits for it, and goes on where it was when it is resumed.
func TestDeadWebhookIsPaused(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		o := serveTest(t, db.Open(t, turned), hooked).office()
		var mu sync.Mutex
		dead := true
		r := newReceiver(t, func(w http.ResponseWriter, _ received) {
			mu.Lock()
			defer mu.Unlock()
			if dead {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		h := o.hook(r.URL, "types", []string{"MESSAGE_CREATED"})
		for i := range 20 {
			o.site.chat(fmt.Sprint("Chat ", i))
		}
		o.becomesState(h, "FAILING")
		if n := len(r.all()); n > 2*8 {
			t.Errorf("it got %d requests although it fails", n)
		}
		turned.Advance(73 * time.Hour)
		o.becomesState(h, "PAUSED DEAD")
		o.told(adminToken, "WEBHOOK_PAUSED", "")
		o.settles(h, "all is kept", func(list []any) bool { return len(list) == 20 && allAre("PENDING")(list) })
		if got := o.codes(adminToken, "testWebhook", "TestWebhookInput", "webhookEndpointId", h.id); got != "NOT_ELIGIBLE" {
			t.Errorf("a test of a paused endpoint: %q", got)
		}
		mu.Lock()
		dead = false
		mu.Unlock()
		if got := o.codes(adminToken, "updateWebhookEndpoint", "UpdateWebhookEndpointInput", "webhookEndpointId", h.id, "enabled", true); got != "" {
			t.Fatal(got)
		}
		o.settles(h, "all delivered", func(list []any) bool { return len(list) == 20 && allAre("DELIVERED")(list) })
		o.becomesState(h, "ACTIVE")
	})
}
