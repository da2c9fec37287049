package httpserver_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"parley/internal/errs"
	"parley/internal/httpserver"
)

const eventsType = "text/event-stream; charset=utf-8"

const completeEvent = "event: complete\ndata:\n\n"

// next is the event of an answer.
func next(data string) string { return "event: next\ndata: " + data + "\n\n" }

// events is a stream of events, over a real connection.
type events struct {
	*bufio.Reader
	status int
	close  func()
}

// openEvents asks for a query's events by GET.
func openEvents(t *testing.T, base, query string, headers ...string) *events {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/graphql?query="+url.QueryEscape(query), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/event-stream")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &events{bufio.NewReader(resp.Body), resp.StatusCode, cancel}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	h := newServer(t, nil)
	post := func(query string, headers ...string) *http.Request {
		return request(t, "/graphql", `{"query":"`+query+`"}`, append([]string{"Accept", "text/event-stream"}, headers...)...)
	}
	get := func(query string) *http.Request {
		return request(t, "/graphql?query="+url.QueryEscape(query), "", "Accept", "text/event-stream")
	}
	cases := map[string]struct {
		request *http.Request
		want    string
	}{
		"subscription":        {post("subscription{count(to:2)}"), next(`{"data":{"count":1}}`) + next(`{"data":{"count":2}}`) + completeEvent},
		"subscription by GET": {get("subscription{count(to:1)}"), next(`{"data":{"count":1}}`) + completeEvent},
		"query":               {post("{kind}"), next(`{"data":{"kind":"ANYONE"}}`) + completeEvent},
		"mutation":            {post("mutation{kind}"), next(`{"data":{"kind":"ANYONE"}}`) + completeEvent},
		"breaks off":          {post("subscription{broken}"), next(`{"data":{"broken":1}}`) + next(`{"errors":[{"message":"it broke"}]}`) + completeEvent},
		"partial answer":      {post("{broken}"), next(`{"errors":[{"message":"it broke"}],"data":{"broken":null}}`) + completeEvent},
		"line ends":           {post("subscription{spaced}"), next(`{"data":{ "spaced":  "a\nb" }}`) + completeEvent},
		"token":               {post("subscription{kind}", "Authorization", "Bearer agent"), next(`{"data":{"kind":"AGENT"}}`) + completeEvent},
		"also JSON":           {post("subscription{kind}", "Accept", "application/json, text/event-stream"), next(`{"data":{"kind":"ANYONE"}}`) + completeEvent},
		"quality":             {post("{kind}", "Accept", "text/event-stream;q=0.5"), next(`{"data":{"kind":"ANYONE"}}`) + completeEvent},
		// Browsers hide what a refused stream says: faults come as an event.
		"syntax":  {get("{"), next(`{"errors":[{"message":"Expected Name, found \u003cEOF\u003e","locations":[{"line":1,"column":2}],"extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`) + completeEvent},
		"unknown": {post("subscription{nothing}"), next(`{"errors":[{"message":"Cannot query field \"nothing\" on type \"Subscription\".","locations":[{"line":1,"column":14}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`) + completeEvent},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := do(h, c.request)
			body := strings.TrimPrefix(rec.Body.String(), ":\n\n") // the comment that begins a stream
			if rec.Code != 200 || rec.Header().Get("Content-Type") != eventsType || body != c.want {
				t.Errorf("got %d %s %q; want %q", rec.Code, rec.Header().Get("Content-Type"), body, c.want)
			}
		})
	}
	if rec := do(h, post("{kind}", "Accept", "application/json, text/event-stream")); rec.Header().Get("Content-Type") != jsonType {
		t.Errorf("a query that may come as JSON came as %s", rec.Header().Get("Content-Type"))
	}
	refused(t, do(h, get("mutation{kind}")), 405, "BAD_USER_INPUT", "send it by POST")
	refused(t, do(h, request(t, "/graphql", "[]", "Accept", "text/event-stream")), 400, "BAD_USER_INPUT", "Several operations")
	refused(t, do(h, post("{kind}", "Authorization", "Bearer nobody")), 401, "UNAUTHENTICATED", "unknown")
}

// A session that ends is told of by a last event (AC-11); what the client
// had subscribed to is over.
func TestEventsEndWithTheSession(t *testing.T) {
	t.Parallel()
	s := &sessions{}
	base := listen(t, func(c *httpserver.Config) { c.Sessions = s })
	r := openEvents(t, base, `subscription{echo(text:"1")}`, "Authorization", "Bearer agent")
	for line := ""; line != "data: {\"data\":{\"echo\":\"1\"}}\n"; {
		var err error
		if line, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	s.revoke(errs.New(errs.Unauthenticated, "This token has expired."))
	rest, err := io.ReadAll(r)
	if want := "\n" + next(`{"errors":[{"message":"This token has expired.","extensions":{"code":"UNAUTHENTICATED"}}]}`) + completeEvent; err != nil || string(rest) != want {
		t.Errorf("got %q, %v", rest, err)
	}
	s.ended.Wait()
}

// At the server's end a stream breaks off without "complete": the client is to come back.
func TestEventsAtShutdown(t *testing.T) {
	t.Parallel()
	base, end, done := serve(t, newServer(t, nil), patience)
	r := openEvents(t, base, `subscription{echo(text:"1")}`)
	for line := ""; !strings.HasPrefix(line, "event: next"); {
		line, _ = r.ReadString('\n')
	}
	end()
	if rest, _ := io.ReadAll(r); strings.Contains(string(rest), "complete") {
		t.Errorf("got %q", rest)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A quiet stream gets comments, longer than the time-out of a plain request;
// one whose client is gone ends.
func TestEventsKeepAlive(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	base := listen(t, func(c *httpserver.Config) {
		schema := newTestSchema()
		schema.ended = func() { close(ended) }
		c.Schema = schema
		c.Limits.KeepAlive, c.Timeout = 5*time.Millisecond, time.Millisecond
	})
	r := openEvents(t, base, `subscription{echo(text:"1")}`)
	for comments := 0; comments < 10; {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ":\n" {
			comments++
		}
	}
	r.close()
	await(t, ended)
}

// A client that never reads is cut off at the write deadline.
func TestEventsStalledReader(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	base := listen(t, func(c *httpserver.Config) {
		c.Streams = endingWith(func() { close(ended) })
		c.Limits.WriteTimeout, c.Limits.KeepAlive = 50*time.Millisecond, time.Hour
	})
	openEvents(t, base, "subscription{large}")
	await(t, ended)
}

func TestEventsLimits(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) { c.Limits.PublicStreams = 1 })
	openEvents(t, base, `subscription{echo(text:"1")}`)
	r := openEvents(t, base, "{kind}")
	if body, _ := io.ReadAll(r); r.status != 503 || !strings.Contains(string(body), "RATE_LIMITED") || !strings.Contains(string(body), `"limit":1`) {
		t.Errorf("got %d %s", r.status, body)
	}
}
