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

// The access log tells what was asked and how it went, and no secret.
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
	go func() { result <- httpserver.Serve(ctx, ln, h, grace) }()
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

func TestServeReportsTheListener(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := httpserver.Serve(t.Context(), ln, http.NotFoundHandler(), time.Minute); err == nil {
		t.Error("a closed listener is no error")
	}
}

// A body that stops coming ends with the time-out, over a real connection,
// whether somebody waits for it or it is refused unread.
func TestSlowBody(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newServer(t, func(c *httpserver.Config) { c.Timeout = 50 * time.Millisecond }))
	defer srv.Close()
	for header, want := range map[string]string{
		"Content-Type: application/json": "could not be read to its end",
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
