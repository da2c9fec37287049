package httpserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/httpserver"
	"parley/internal/viewer"
)

const askKind = `{"query":"{kind}"}`

// A token makes the viewer; a bad one is an error, never an anonymous call (AC-9).
func TestAuthentication(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := newServer(t, func(c *httpserver.Config) {
		c.Log = textLog(&log)
		c.Authenticator = tokens{
			"agent":   {viewer: &viewer.Viewer{Kind: viewer.Agent}},
			"revoked": {err: errs.New(errs.Unauthenticated, "This token was revoked.")},
			"busy":    {err: errs.New(errs.Unavailable, "The database is busy. Try again.")},
			"slow":    {err: fmt.Errorf("reading tokens: %w", context.DeadlineExceeded)},
			"broken":  {err: errors.New("disk of tenant 7 is full")},
		}
	})
	cases := map[string]struct {
		header        string
		status        int
		code, message string
	}{
		"unknown":     {"Bearer nobody", 401, "UNAUTHENTICATED", "This token is unknown."},
		"revoked":     {"Bearer revoked", 401, "UNAUTHENTICATED", "This token was revoked."},
		"basic":       {"Basic YTpi", 401, "UNAUTHENTICATED", `"Bearer " followed by a token`},
		"bare token":  {"agent", 401, "UNAUTHENTICATED", `"Bearer " followed by a token`},
		"no token":    {"Bearer ", 401, "UNAUTHENTICATED", `"Bearer " followed by a token`},
		"two words":   {"Bearer agent x", 401, "UNAUTHENTICATED", `"Bearer " followed by a token`},
		"not ASCII":   {"Bearer agént", 401, "UNAUTHENTICATED", `"Bearer " followed by a token`},
		"unavailable": {"Bearer busy", 503, "UNAVAILABLE", "The database is busy."},
		"out of time": {"Bearer slow", 503, "UNAVAILABLE", "could not be checked in time"},
		"our mistake": {"Bearer broken", 500, "INTERNAL", "Quote the id"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			rec := do(h, request(t, "/graphql", askKind, "Authorization", c.header))
			refused(t, rec, c.status, c.code, c.message)
			if challenge := rec.Header().Get("WWW-Authenticate"); (challenge != "") != (c.status == 401) {
				t.Errorf("WWW-Authenticate: %q", challenge)
			}
		})
	}
	for header, want := range map[string]string{"": "ANYONE", "Bearer agent": "AGENT", "bearer  agent ": "AGENT"} {
		rec := do(h, request(t, "/graphql", askKind, "Authorization", header))
		if got := rec.Body.String(); got != `{"data":{"kind":"`+want+`"}}` {
			t.Errorf("%q: %s", header, got)
		}
	}
	twice := request(t, "/graphql", askKind)
	twice.Header["Authorization"] = []string{"Bearer agent", "Bearer agent"}
	refused(t, do(h, twice), 401, "UNAUTHENTICATED", `"Bearer " followed by a token`)

	if !strings.Contains(log.String(), "disk of tenant 7 is full") {
		t.Errorf("the log lacks our mistake: %s", &log)
	}
}

// Each credential has its own allowance; calls without a valid one share their address's.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	h := newServer(t, func(c *httpserver.Config) {
		c.RateLimit = httpserver.RateLimit{PerSecond: 0.25, Burst: 2}
		c.StaffRateLimit = c.RateLimit
		c.Clock = now
	})
	call := func(remote, auth string) *http.Request {
		r := request(t, "/graphql", askKind, "Authorization", auth)
		r.RemoteAddr = remote
		return r
	}
	served := func(r *http.Request) {
		t.Helper()
		if rec := do(h, r); rec.Code != 200 && rec.Code != 401 {
			t.Errorf("got %d %s", rec.Code, rec.Body)
		}
	}
	limited := func(r *http.Request, retryAfter string) {
		t.Helper()
		rec := do(h, r)
		refused(t, rec, 429, "RATE_LIMITED", "try again in "+retryAfter+" s")
		if got := rec.Header().Get("Retry-After"); got != retryAfter {
			t.Errorf("Retry-After: %q", got)
		}
		seconds, _ := strconv.Atoi(retryAfter)
		if at := clock.Of(now.Now().Add(time.Duration(seconds) * time.Second)).String(); !strings.Contains(rec.Body.String(), `"retryAt":"`+at+`"`) { // API-15
			t.Errorf("got %s, want retryAt %s", rec.Body, at)
		}
	}
	served(call("192.0.2.1:10", ""))
	served(call("192.0.2.1:11", "Bearer guess"))
	limited(call("192.0.2.1:12", ""), "4")
	limited(call("192.0.2.1:12", "Bearer guess2"), "4")
	served(call("192.0.2.1:12", "Bearer agent"))
	served(call("198.51.100.9:1", "Bearer agent"))
	limited(call("198.51.100.9:2", "Bearer agent"), "4")
	served(call("192.0.2.1:12", "Bearer admin"))
	served(call("[::ffff:192.0.2.2]:1", ""))

	served(call("[2001:db8::1]:1", ""))
	served(call("[2001:db8::2]:1", ""))
	limited(call("[2001:db8::3]:1", ""), "4")
	served(call("[2001:db8:0:1::1]:1", ""))

	now.Advance(3 * time.Second)
	limited(call("192.0.2.1:12", ""), "1")
	now.Advance(time.Second)
	served(call("192.0.2.1:12", ""))
}
