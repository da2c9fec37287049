package httpserver_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"
	"go.uber.org/goleak"

	"parley/internal/errs"
	"parley/internal/httpserver"
	"parley/internal/viewer"
)

func TestSocketInitTimeout(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) { c.Limits.InitTimeout = 20 * time.Millisecond })
	c := dial(t, base)
	c.send(`{"type":"ping"}`) // other messages do not count
	c.expectClose(4408, "initialisation timeout")
}

// Sockets count before they say whose they are; what they held is free once they do,
// or are closed.
func TestSocketsThatWait(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) { c.Limits.PublicStreams = 2 })
	open := func() (*websocket.Conn, error) {
		conn, _, err := websocket.Dial(t.Context(), strings.Replace(base, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the library closes it
		return conn, err
	}
	var waiting []*websocket.Conn
	for range 20 {
		conn, err := open()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.CloseNow() }()
		waiting = append(waiting, conn)
	}
	if _, err := open(); err == nil || !strings.Contains(err.Error(), "429") {
		t.Errorf("one too many that waits: %v", err)
	}
	if err := waiting[0].Write(t.Context(), websocket.MessageText, []byte(`{"type":"connection_init"}`)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := waiting[0].Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	conn, err := open()
	if err != nil {
		t.Fatalf("after one has said whose it is: %v", err)
	}
	_ = conn.CloseNow()
}

// A socket without operations is closed in the end; one with a subscription stays.
func TestSocketIdleTimeout(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) { c.Limits.IdleTimeout = 20 * time.Millisecond })
	busy := ready(t, base, "{}")
	busy.subscribe("a", `subscription{echo(text:"1")}`)
	busy.expect(`{"id":"a","type":"next","payload":{"data":{"echo":"1"}}}`)
	answering := make(chan error, 1)
	go func() { // reading answers the pings
		_, _, err := busy.conn.Read(context.Background())
		answering <- err
	}()
	ready(t, base, "{}").expectClose(1000, "Idle")
	ready(t, base, "{}").expectClose(1000, "Idle")
	select {
	case err := <-answering:
		t.Errorf("the busy socket ended: %v", err)
	default:
	}
}

// A client that answers no ping is cut off, and all it held is freed.
func TestSocketDeadClient(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	base := listen(t, func(c *httpserver.Config) {
		schema := newTestSchema()
		schema.ended = func() { close(ended) }
		c.Schema = schema
		c.Limits.KeepAlive, c.Limits.PongTimeout = 10*time.Millisecond, 20*time.Millisecond
	})
	c := ready(t, base, "{}")
	c.subscribe("a", `subscription{echo(text:"1")}`)
	await(t, ended) // the client reads no more, so it sends no pong
}

// A client that sends but never reads is closed at the write deadline.
func TestSocketStalledReader(t *testing.T) {
	t.Parallel()
	ended := make(chan struct{})
	base := listen(t, func(c *httpserver.Config) {
		c.Streams = endingWith(func() { close(ended) })
		c.Limits.WriteTimeout, c.Limits.KeepAlive = 50*time.Millisecond, time.Hour
	})
	c := ready(t, base, "{}")
	other := ready(t, base, "{}")
	c.subscribe("a", "subscription{large}")
	await(t, ended)
	other.subscribe("b", "{kind}")
	other.expect(`{"id":"b","type":"next","payload":{"data":{"kind":"ANYONE"}}}`)
}

// An operation past a limit ends with an error; the others go on.
func TestSocketLimits(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) {
		c.Limits.Operations = 2
		c.Limits.AccountOperations = 3
		c.Limits.PublicStreams = 2
		c.Authenticator = tokens{
			"agent":   {viewer: &viewer.Viewer{Kind: viewer.Agent, TokenID: "token_1", AccountID: "account_1"}},
			"visitor": {viewer: &viewer.Viewer{Kind: viewer.Visitor, TokenID: "token_2", AccountID: "account_1"}},
			"other":   {viewer: &viewer.Viewer{Kind: viewer.Visitor, TokenID: "token_3", AccountID: "account_1"}},
		}
	})
	echo := func(c *wsClient, id string) {
		t.Helper()
		c.subscribe(id, `subscription{echo(text:"1")}`)
		c.expect(`{"id":"` + id + `","type":"next","payload":{"data":{"echo":"1"}}}`)
	}
	a := ready(t, base, asAgent)
	echo(a, "1")
	echo(a, "2")
	a.subscribe("3", `{kind}`)
	a.expectError("3", "RATE_LIMITED", "operations are running")
	b := ready(t, base, asAgent)
	echo(b, "1")
	b.subscribe("2", `{kind}`) // the account's third is taken
	b.expectError("2", "RATE_LIMITED", "operations are running")

	// Visitors do not take what is the staff's, nor one visitor another's.
	for _, token := range []string{"visitor", "other"} {
		first, second := ready(t, base, `{"Authorization":"Bearer `+token+`"}`), ready(t, base, `{"Authorization":"Bearer `+token+`"}`)
		third := dial(t, base)
		third.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`)
		third.expectClose(1013, "Too many streams")
		first.subscribe("1", "{kind}")
		first.expect(`{"id":"1","type":"next","payload":{"data":{"kind":"VISITOR"}}}`, `{"id":"1","type":"complete"}`)
		_ = second
	}
}

// What a socket or an event stream took of a limit is free again after its
// end, and after a refusal.
func TestLimitsAreGivenBack(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) {
		c.Limits.AccountStreams, c.Limits.AccountOperations, c.Limits.PublicStreams = 1, 1, 1
		c.Authenticator = tokens{
			"agent":   {viewer: &viewer.Viewer{Kind: viewer.Agent, TokenID: "token_1", AccountID: "account_1"}},
			"visitor": {viewer: &viewer.Viewer{Kind: viewer.Visitor, TokenID: "token_2", AccountID: "account_1"}},
			"other":   {viewer: &viewer.Viewer{Kind: viewer.Visitor, TokenID: "token_3", AccountID: "account_1"}},
		}
	})
	const echo = `subscription{echo(text:"1")}`
	overSocket := func(token string) (end func()) {
		c := dial(t, base)
		c.send(`{"type":"connection_init","payload":{"Authorization":"Bearer ` + token + `"}}`)
		if got, _ := c.read(); got != `{"type":"connection_ack"}` {
			return nil
		}
		c.subscribe("a", echo)
		if got, _ := c.read(); !strings.Contains(got, `"next"`) {
			return nil
		}
		return func() { c.conn.CloseNow() }
	}
	overEvents := func(token string) (end func()) {
		if r := openEvents(t, base, echo, "Authorization", "Bearer "+token); r.status == 200 {
			return r.close
		}
		return nil
	}
	for name, open := range map[string]func(string) func(){"socket": overSocket, "events": overEvents} {
		for _, token := range []string{"agent", "visitor", "other", "agent"} {
			var end func()
			for deadline := time.Now().Add(patience); end == nil; end = open(token) {
				if time.Now().After(deadline) {
					t.Fatalf("%s of %s: nothing was given back", name, token)
				}
			}
			if open(token) != nil {
				t.Errorf("%s of %s: the limit does not hold", name, token)
			}
			if token == "visitor" && open("other") != nil {
				t.Errorf("%s of other: the account's limit does not hold", name)
			}
			end()
		}
	}
}

// A query over a stream may take as long as a request.
func TestStreamTimeout(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) { c.Timeout = 5 * time.Millisecond })
	c := ready(t, base, "{}")
	c.subscribe("a", "{wait}")
	c.expectError("a", "UNAVAILABLE", "stopped")
	if body, _ := io.ReadAll(openEvents(t, base, "{wait}")); !strings.Contains(string(body), "UNAVAILABLE") {
		t.Errorf("got %s", body)
	}
}

// All streams share the one executor that Config.Streams makes.
func TestStreamsShareAnExecutor(t *testing.T) {
	t.Parallel()
	var made atomic.Int32
	base := listen(t, func(c *httpserver.Config) {
		c.Streams = func(exec graphql.GraphExecutor) graphql.GraphExecutor {
			made.Add(1)
			return exec
		}
	})
	for range 2 {
		c := ready(t, base, "{}")
		c.subscribe("a", "{kind}")
		c.expect(`{"id":"a","type":"next","payload":{"data":{"kind":"ANYONE"}}}`)
		io.ReadAll(openEvents(t, base, "subscription{kind}"))
	}
	if n := made.Load(); n != 1 {
		t.Errorf("%d executors", n)
	}
}

// The rate limit counts operations over sockets as it counts requests.
func TestSocketRateLimit(t *testing.T) {
	t.Parallel()
	base := listen(t, func(c *httpserver.Config) {
		c.StaffRateLimit = httpserver.RateLimit{PerSecond: 0.001, Burst: 2}
	})
	c := ready(t, base, asAgent)
	for _, id := range []string{"1", "2"} {
		c.subscribe(id, "{kind}")
		c.expect(`{"id":"`+id+`","type":"next","payload":{"data":{"kind":"AGENT"}}}`, `{"id":"`+id+`","type":"complete"}`)
	}
	c.subscribe("3", "{kind}")
	c.expectError("3", "RATE_LIMITED", "try again in")
}

// sessions ends every session when told to.
type sessions struct {
	mu     sync.Mutex
	end    []context.CancelCauseFunc
	opened []string
	open   atomic.Int32
	ended  sync.WaitGroup
}

func (s *sessions) Begin(ctx context.Context, bearer string, v *viewer.Viewer) (context.Context, func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	s.end = append(s.end, cancel)
	s.opened = append(s.opened, bearer+" "+string(v.Kind))
	s.ended.Add(1)
	s.open.Add(1)
	return ctx, func() {
		cancel(nil)
		s.open.Add(-1)
		s.ended.Done()
	}
}

func (s *sessions) revoke(cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.end {
		end(cause)
	}
}

// A token that expires or is revoked closes its sockets (AC-11).
func TestSocketSessionEnds(t *testing.T) {
	t.Parallel()
	s := &sessions{}
	base := listen(t, func(c *httpserver.Config) { c.Sessions = s })
	c, stranger := ready(t, base, asAgent), ready(t, base, "{}")
	header := dial(t, base, "Authorization", "Bearer admin")
	header.send(`{"type":"connection_init"}`)
	header.expect(`{"type":"connection_ack"}`)
	c.subscribe("a", `subscription{echo(text:"1")}`)
	c.expect(`{"id":"a","type":"next","payload":{"data":{"echo":"1"}}}`)
	s.revoke(errs.New(errs.Unauthenticated, "This token was revoked. %s", strings.Repeat("é", 100)))
	// Nothing tells that the subscription is complete: it is not.
	if got, err := c.read(); websocket.CloseStatus(err) != 4403 || !strings.Contains(err.Error(), "was revoked") || strings.Contains(err.Error(), `\x`) {
		t.Errorf("got %s, %v", got, err)
	}
	header.expectClose(4403, "was revoked")
	s.ended.Wait() // both sessions are released
	stranger.subscribe("a", "{kind}")
	stranger.expect(`{"id":"a","type":"next","payload":{"data":{"kind":"ANYONE"}}}`)
	if len(s.opened) != 2 || s.opened[0] != "agent AGENT" || s.opened[1] != "admin ADMIN" {
		t.Errorf("sessions: %q", s.opened)
	}
}

// A server that shuts down says so to every socket, and waits until they are closed.
func TestSocketShutdown(t *testing.T) {
	t.Parallel()
	s := &sessions{}
	base, end, done := serve(t, newServer(t, func(c *httpserver.Config) { c.Sessions = s }), patience)
	fresh, deaf := dial(t, base), ready(t, base, asAgent) // which does not answer
	c := ready(t, base, asAgent)
	c.subscribe("a", `subscription{echo(text:"1")}`)
	c.expect(`{"id":"a","type":"next","payload":{"data":{"echo":"1"}}}`)
	end()
	for _, c := range []*wsClient{c, fresh} {
		if got, err := c.read(); websocket.CloseStatus(err) != websocket.StatusGoingAway {
			t.Errorf("got %s, %v", got, err)
		}
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if open := s.open.Load(); open != 0 {
		t.Errorf("%d sessions were still open", open)
	}
	deaf.conn.CloseNow()
}

// A panic ends the socket it happened on, and the log has it.
func TestSocketPanic(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var mu sync.Mutex
	base := listen(t, func(c *httpserver.Config) {
		c.Log = slog.New(slog.NewTextHandler(writerFunc(func(b []byte) (int, error) {
			mu.Lock()
			defer mu.Unlock()
			return log.Write(b)
		}), nil))
	})
	c := ready(t, base, "{}")
	c.subscribe("a", "subscription{boom}")
	c.expectClose(1011, "Internal error")
	mu.Lock()
	defer mu.Unlock()
	if !strings.Contains(log.String(), "panic on a socket") || !strings.Contains(log.String(), "stack=") {
		t.Errorf("log: %s", &log)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// Connections that come and go, in every state, leave nothing behind.
//
// Not parallel: it looks at all goroutines.
func TestSocketsLeaveNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	s := &sessions{}
	srv := httptest.NewServer(newServer(t, func(c *httpserver.Config) { c.Sessions = s }))
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			c := dial(t, srv.URL)
			if i%4 == 0 {
				c.conn.CloseNow()
				return
			}
			c.send(`{"type":"connection_init","payload":` + asAgent + `}`)
			if i%4 == 1 {
				c.conn.CloseNow()
				return
			}
			c.expect(`{"type":"connection_ack"}`)
			c.subscribe("a", `subscription{echo(text:"1")}`)
			if i%4 == 2 {
				c.subscribe("b", `subscription{large}`)
				c.conn.CloseNow()
				return
			}
			c.read()
			c.conn.Close(websocket.StatusNormalClosure, "")
		})
	}
	all.Wait()
	s.ended.Wait()
	srv.Close()
	goleak.VerifyNone(t, before)
}

// endingWith tells when an operation's answers are no longer taken.
func endingWith(ended func()) func(graphql.GraphExecutor) graphql.GraphExecutor {
	return func(exec graphql.GraphExecutor) graphql.GraphExecutor { return endingExecutor{exec, ended} }
}

type endingExecutor struct {
	graphql.GraphExecutor
	ended func()
}

func (e endingExecutor) DispatchOperation(ctx context.Context, opCtx *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	if opCtx.Operation.Operation == ast.Subscription {
		context.AfterFunc(ctx, e.ended)
	}
	return e.GraphExecutor.DispatchOperation(ctx, opCtx)
}
