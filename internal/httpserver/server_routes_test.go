package httpserver_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"parley/internal/errs"
	"parley/internal/httpserver"
	"parley/internal/viewer"
)

func textLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

func TestConfigIsChecked(t *testing.T) {
	t.Parallel()
	good := httpserver.Config{Schema: newTestSchema(), Authenticator: tokens{}}
	cases := map[string]struct {
		change func(*httpserver.Config)
		want   string
	}{
		"no schema":        {func(c *httpserver.Config) { c.Schema = nil }, "Schema and Authenticator are required"},
		"no authenticator": {func(c *httpserver.Config) { c.Authenticator = nil }, "Schema and Authenticator are required"},
		"bare host":        {func(c *httpserver.Config) { c.AllowedOrigins = []string{"example.com"} }, `as in "https://app.example.com"`},
		"origin's path":    {func(c *httpserver.Config) { c.AllowedOrigins = []string{"https://example.com/a"} }, `as in "https://app.example.com"`},
		"public URL":       {func(c *httpserver.Config) { c.PublicURL = "ftp://example.com" }, `as in "https://parley.example.com"`},
		"negative limit":   {func(c *httpserver.Config) { c.RateLimit.PerSecond = -1 }, "must not be negative"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := good
			c.change(&config)
			if _, err := httpserver.New(config); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// OP-4: readiness gives the class of what is wrong, and no more.
func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		ready  error
		status int
		body   string
	}{
		"ready":    {nil, 200, `{"status":"ready"}`},
		"class":    {errs.New(errs.Unavailable, "SQLite at /srv/secret is locked"), 503, `{"status":"unavailable","reason":"unavailable"}`},
		"timeout":  {fmt.Errorf("ping: %w", context.DeadlineExceeded), 503, `{"status":"unavailable","reason":"timeout"}`},
		"internal": {errors.New("secret"), 503, `{"status":"unavailable","reason":"internal"}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newServer(t, func(s *httpserver.Config) { s.Ready = func(context.Context) error { return c.ready } })
			if rec := do(h, request(t, "/readyz", "")); rec.Code != c.status || rec.Body.String() != c.body {
				t.Errorf("readyz: %d %s", rec.Code, rec.Body)
			}
			if rec := do(h, request(t, "/healthz", "")); rec.Code != 200 || rec.Body.String() != `{"status":"ok"}` {
				t.Errorf("healthz: %d %s", rec.Code, rec.Body)
			}
		})
	}
}

// OP-4: the access log says what was called and how it went, and no secret.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := newServer(t, func(c *httpserver.Config) { c.Log = textLog(&log) })
	rec := do(h, request(t, "/graphql?query={kind}&token=s3cret", "", "Authorization", "Bearer s3cret"))
	id := rec.Header().Get("X-Request-Id")
	for _, want := range []string{"method=GET", "path=/graphql", "status=400", "duration=", "id=" + id} {
		if id == "" || !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q: %s", want, &log)
		}
	}
	if strings.Contains(log.String(), "s3cret") || strings.Contains(log.String(), "kind") {
		t.Errorf("the log tells too much: %s", &log)
	}
	do(h, request(t, "/files/attachment_1/Divorce%20papers.pdf", ""))
	if !strings.Contains(log.String(), "path=/files/attachment_1 ") || strings.Contains(log.String(), "Divorce") {
		t.Errorf("the log has a file's name: %s", &log)
	}
	for _, path := range []string{"/l/t0ken", "/q/t0ken", "/q/t0ken/pdf", "/q/t0ken/accept", "/l/t0ken/file", "/l/t0ken/seen", "/library-images/attachment_1/t0ken", "/ratings/t0ken", "/transcripts/t0ken", "/kb/t0ken/t0ken"} {
		if do(h, request(t, path, "")); strings.Contains(log.String(), "t0ken") {
			t.Fatalf("the log has the token of %s: %s", path, &log)
		}
	}
	if got := do(h, request(t, "/healthz", "", "X-Request-Id", "abc-1")).Header().Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("the caller's id became %q", got)
	}
	if got := do(h, request(t, "/healthz", "", "X-Request-Id", "a\"b")).Header().Get("X-Request-Id"); got == "a\"b" || got == "" {
		t.Errorf("an unfit id became %q", got)
	}
}

// nilViewer is an authenticator that breaks its contract.
type nilViewer struct{}

func (nilViewer) Authenticate(context.Context, string) (*viewer.Viewer, error) { return nil, nil }

func TestPanicsEndAsInternalErrors(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := newServer(t, func(c *httpserver.Config) {
		c.Log = textLog(&log)
		c.Authenticator = nilViewer{}
	})
	rec := do(h, request(t, "/graphql", askKind, "Authorization", "Bearer x"))
	refused(t, rec, 500, "INTERNAL", "Quote the id")
	if id := rec.Header().Get("X-Request-Id"); !strings.Contains(rec.Body.String(), id) || !strings.Contains(log.String(), id) {
		t.Errorf("id %s: answer %s, log %s", id, rec.Body, &log)
	}
	if !strings.Contains(log.String(), "stack=") || !strings.Contains(log.String(), "status=500") {
		t.Errorf("log %s", &log)
	}
}

// API-17: pages of allowed origins may call, others may not.
func TestSecurityHeadersAndCORS(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.AllowedOrigins = []string{"https://app.example.com"}
		c.PublicURL = "https://parley.example.com"
	})
	for _, path := range []string{"/graphql?query={kind}", "/", "/playground/explorer", "/healthz", "/nothing"} {
		header := do(h, request(t, path, "")).Header()
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" ||
			!strings.Contains(header.Get("Content-Security-Policy"), "frame-ancestors 'none'") ||
			header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: %v", path, header)
		}
	}
	preflight := func(h http.Handler, origin string) string {
		r := request(t, "/graphql", "", "Origin", origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization,content-type,graphql-preflight")
		r.Method = http.MethodOptions
		return do(h, r).Header().Get("Access-Control-Allow-Origin")
	}
	if got := preflight(h, "https://app.example.com"); got != "https://app.example.com" {
		t.Errorf("allowed origin: %q", got)
	}
	if got := preflight(h, "https://evil.example.com"); got != "" {
		t.Errorf("other origin: %q", got)
	}
	if got := preflight(newServer(t, nil), "https://app.example.com"); got != "" {
		t.Errorf("no origins configured: %q", got)
	}
}

// API-17: an allowed origin's preflight is answered with whatever headers it asks
// for, with credentials if it is allowed by its full name (AC-9); a refused one names the setting.
func TestPreflights(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.AllowedOrigins = []string{"https://app.example.com", "https://*.shop.example"}
	})
	ask := func(method, origin string) *httptest.ResponseRecorder {
		r := request(t, "/graphql", askKind, "Origin", origin)
		if r.Method = method; method == http.MethodOptions {
			r.Header.Set("Access-Control-Request-Method", "POST")
			r.Header.Set("Access-Control-Request-Headers", "authorization,baggage,content-type,sentry-trace,traceparent,x-apollo-operation-name")
		}
		return do(h, r)
	}
	for origin, credentials := range map[string]string{"https://app.example.com": "true", "https://eu.shop.example": ""} {
		got := ask(http.MethodOptions, origin).Header()
		if got.Get("Access-Control-Allow-Origin") != origin || got.Get("Access-Control-Allow-Credentials") != credentials ||
			got.Get("Access-Control-Allow-Headers") != "authorization,baggage,content-type,sentry-trace,traceparent,x-apollo-operation-name" {
			t.Errorf("%s: got %v", origin, got)
		}
		if got := ask(http.MethodPost, origin); got.Code != 200 || got.Header().Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: got %d %v", origin, got.Code, got.Header())
		}
	}
	for _, origin := range []string{"https://evil.example", "null", "http://app.example.com", "https://app.example.com.evil.example", "http://localhost:3000"} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			got := ask(method, origin)
			refused(t, got, 403, "FORBIDDEN", "PARLEY_ALLOWED_ORIGINS")
			if got.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: got %v", origin, got.Header())
			}
		}
	}
}

// API-17: pages that this machine serves to itself may call, unless anything hints
// at a proxy, or at a name that a stranger's page has made point here.
func TestLoopbackOrigins(t *testing.T) {
	t.Parallel()
	on := newServer(t, func(c *httpserver.Config) { c.LoopbackOrigins = true })
	off := newServer(t, nil)
	const page, peer, host = "http://localhost:3000", "127.0.0.1:4711", "localhost:8080"
	for name, c := range map[string]struct {
		h                  http.Handler
		origin, peer, host string
		header             string
		allowed            bool
	}{
		"localhost":      {on, page, peer, host, "", true},
		"by address":     {on, "https://127.0.0.1:5173", peer, "127.0.0.1:8080", "", true},
		"by IPv6":        {on, "http://[::1]:3000", "[::1]:4711", "[::1]:8080", "", true},
		"a subdomain":    {on, "http://app.localhost:3000", peer, host, "", true},
		"off":            {off, page, peer, host, "", false},
		"another page":   {on, "https://evil.example", peer, host, "", false},
		"a like name":    {on, "http://localhost.evil.example", peer, host, "", false},
		"no page":        {on, "null", peer, host, "", false},
		"another peer":   {on, page, "192.0.2.1:4711", host, "", false},
		"rebinding":      {on, page, peer, "evil.example:8080", "", false},
		"rebound itself": {on, "http://evil.example:3000", peer, "evil.example:8080", "", false},
		"Forwarded":      {on, page, peer, host, "Forwarded", false},
		"For":            {on, page, peer, host, "X-Forwarded-For", false},
		"Host":           {on, page, peer, host, "X-Forwarded-Host", false},
		"Proto":          {on, page, peer, host, "X-Forwarded-Proto", false},
		"Via":            {on, page, peer, host, "Via", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, "/graphql", askKind, "Origin", c.origin)
			if r.RemoteAddr, r.Host = c.peer, c.host; c.header != "" {
				r.Header.Set(c.header, "127.0.0.1")
			}
			got := do(c.h, r)
			if allowed := got.Code == 200 && got.Header().Get("Access-Control-Allow-Origin") == c.origin; allowed != c.allowed || got.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("got %d %v", got.Code, got.Header())
			}
		})
	}
}

// quiet logs nothing.
var quiet = slog.New(slog.DiscardHandler)

// serve runs Serve with a handler and returns the base URL, and what ends it.
func serve(t *testing.T, h http.Handler, grace time.Duration) (base string, end func(), done <-chan error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	result := make(chan error, 1)
	go func() { result <- httpserver.Serve(ctx, ln, h, grace, quiet) }()
	return "http://" + ln.Addr().String(), cancel, result
}

func TestServeLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	began, finish := make(chan struct{}), make(chan struct{})
	base, end, done := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-finish
		if r.Context().Err() == nil {
			io.WriteString(w, "finished")
		}
	}), time.Minute)
	body := make(chan string, 1)
	go func() {
		resp, err := http.Get(base)
		if err != nil {
			body <- err.Error()
			return
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		body <- string(b)
	}()
	<-began
	end()
	close(finish)
	if got := <-body; got != "finished" {
		t.Errorf("the request under way got %q", got)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestServeCutsOffAfterTheGrace(t *testing.T) {
	t.Parallel()
	began := make(chan struct{})
	base, end, done := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
	}), time.Millisecond)
	go func() {
		if resp, err := http.Get(base); err == nil {
			resp.Body.Close()
		}
	}()
	<-began
	end()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("got %v", err)
	}
}

// What net/http has to say goes to the logger that Serve was given.
func TestServeLogsToItsLogger(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	lines := make(lineWriter, 10)
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	panics := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug in a handler") })
	go func() { done <- httpserver.Serve(ctx, ln, panics, time.Minute, textLog(lines)) }()
	if resp, err := http.Get("http://" + ln.Addr().String()); err == nil {
		resp.Body.Close()
		t.Errorf("got the answer %s, want none", resp.Status)
	}
	if line := <-lines; !strings.Contains(line, "a bug in a handler") {
		t.Errorf("got the line %q, want the panic", line)
	}
	end()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// lineWriter takes a log's lines.
type lineWriter chan string

func (w lineWriter) Write(line []byte) (int, error) {
	w <- string(line)
	return len(line), nil
}

func TestServeReportsTheListener(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := httpserver.Serve(t.Context(), ln, http.NotFoundHandler(), time.Minute, quiet); err == nil {
		t.Error("a closed listener is no error")
	}
}

// A body that stops coming ends with the time-out, over a real connection,
// whether someone waits for it or it is refused unread.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newServer(t, func(c *httpserver.Config) { c.Timeout = 50 * time.Millisecond }))
	defer srv.Close()
	for header, want := range map[string]string{
		"Content-Type: application/json": "could not be read completely",
		"Content-Type: text/plain":       "must be JSON",
		"Authorization: Bearer nobody":   "This token is unknown",
	} {
		conn, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 100\r\n\r\n{", header)
		answer, err := io.ReadAll(conn) // until the server closes the connection
		if err != nil || !strings.Contains(string(answer), want) {
			t.Errorf("%s: got %q, %v", header, answer, err)
		}
	}
}

// Over a real connection an answer bears its length, and is whole.
func TestLengthOfAnswers(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newServer(t, nil))
	defer srv.Close()
	for range 3 {
		resp, err := http.Post(srv.URL+"/graphql", "application/json", strings.NewReader(askKind))
		if err != nil {
			t.Fatal(err)
		}
		if b, _ := io.ReadAll(resp.Body); string(b) != `{"data":{"kind":"ANYONE"}}` || resp.ContentLength != int64(len(b)) {
			t.Errorf("got %s, length %d", b, resp.ContentLength)
		}
		resp.Body.Close()
	}
}
