package httpserver_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"

	"parley/graph"
	"parley/internal/clock"
	"parley/internal/httpserver"
)

// API-16: a request is charged its cost; each answer says what is left, in headers
// and, where asked for, in extensions.cost.
func TestCost(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	h := newServer(t, func(c *httpserver.Config) {
		c.Install = func(srv *handler.Server) { srv.Use(graph.Complexity(100)) }
		c.RateLimit = httpserver.RateLimit{PerSecond: 1, Burst: 5}
		c.Clock = now
	})
	ask := func(document string, header ...string) *httptest.ResponseRecorder {
		t.Helper()
		return do(h, request(t, "/graphql", `{"query":"`+document+`"}`, header...))
	}
	says := func(rec *httptest.ResponseRecorder, limit, body string) {
		t.Helper()
		if got := rec.Header().Get("RateLimit"); got != limit || rec.Header().Get("RateLimit-Policy") != `"cost";q=5;w=5` || !strings.Contains(rec.Body.String(), body) {
			t.Errorf("got %q, %v, %s; want %q and %s", got, rec.Header()["Ratelimit-Policy"], rec.Body, limit, body)
		}
	}
	says(ask("{kind}", "Parley-Cost", "1"), `"cost";r=4;t=1`,
		`"extensions":{"cost":{"limit":5,"remaining":4,"requested":1,"resetAt":"2026-01-01T00:00:01Z"}}`)
	rec := ask("{a: kind b: kind c: kind}")
	says(rec, `"cost";r=1;t=4`, `"data"`)
	if strings.Contains(rec.Body.String(), "extensions") {
		t.Errorf("got %s, want no cost that was not asked for", rec.Body)
	}
	rec = ask("{a: kind b: kind c: kind}") // 1 is left for the request, and not 2 more
	refused(t, rec, 429, "RATE_LIMITED", "try again in 2 s")
	if rec.Header().Get("Retry-After") != "2" || !strings.Contains(rec.Body.String(), `"retryAt":"2026-01-01T00:00:02Z"`) {
		t.Errorf("got %v %s", rec.Header(), rec.Body)
	}
	now.Advance(time.Hour)
	says(ask("{a: kind b: kind c: kind d: kind e: kind f: kind g: kind}"), `"cost";r=0;t=5`, `"data"`) // more than all there is
}

// API-16: aliases are charged each: a document with two hundred costs as much as two
// hundred requests, without a token too.
func TestAliasesAreCharged(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.Install = func(srv *handler.Server) { srv.Use(graph.Complexity(1000)) }
		c.RateLimit = httpserver.RateLimit{PerSecond: 1, Burst: 201}
		c.Clock = clock.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	})
	var document strings.Builder
	for i := range 200 {
		fmt.Fprintf(&document, "a%d: kind ", i)
	}
	first := do(h, request(t, "/graphql", `{"query":"{`+document.String()+`}"}`))
	if got := first.Header().Get("RateLimit"); got != `"cost";r=1;t=200` {
		t.Errorf("after 200 aliases %s is left", got)
	}
	refused(t, do(h, request(t, "/graphql", `{"query":"{`+document.String()+`}"}`)), 429, "RATE_LIMITED", "try again")
}

// API-16: a socket's first message has the allowance, where it is asked for.
func TestCostOnSockets(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	base := listen(t, func(c *httpserver.Config) {
		c.RateLimit = httpserver.RateLimit{PerSecond: 1, Burst: 5}
		c.Clock = now
	})
	for payload, want := range map[string]string{
		`{"Parley-Cost":"1"}`: `{"payload":{"cost":{"limit":5,`,
		`{}`:                  `{"type":"connection_ack"}`,
	} {
		c := dial(t, base)
		c.send(`{"type":"connection_init","payload":` + payload + `}`)
		if got, _ := c.read(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got %s, want %s", payload, got, want)
		}
	}
}
