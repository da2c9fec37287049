package httpserver

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strings"

	"parley/internal/clock"
	"parley/internal/library"
	"parley/internal/quote"
)

const requestIDHeader = "X-Request-Id"

type requestIDKey struct{}

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// logRequests gives each request an id, which the answer has, and writes the
// access log: method, path (of a file without its name), status, time taken and id. Never a query string, a
// header or a body, which may hold tokens. A panic ends as a 500.
func logRequests(log *slog.Logger, c clock.Clock, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := c.Now()
		id := r.Header.Get(requestIDHeader)
		if !isRequestID(id) {
			id = rand.Text()
		}
		w.Header()[requestIDHeader] = []string{id}
		rec := &recorder{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
		defer func() {
			if panicked := recover(); panicked != nil {
				log.ErrorContext(r.Context(), "panic in a handler", "id", id,
					"panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
				if rec.status == 0 {
					failInternal(rec, r)
				}
			}
			level := slog.LevelInfo
			if probe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz"; probe {
				level = slog.LevelDebug
			}
			log.LogAttrs(r.Context(), level, "request",
				slog.String("method", r.Method), slog.String("path", loggedPath(r.URL.Path)), slog.Int("status", rec.status),
				slog.Duration("duration", c.Now().Sub(began)), slog.String("id", id))
		}()
		next.ServeHTTP(rec, r)
	})
}

// secretBelow are the paths below which stands what opens a page, or tells who reads what.
var secretBelow = []string{library.KnowledgePath, "/ratings/", "/transcripts/", library.SharePath, library.PicturePath, quote.PagePath}

// loggedPath is a path as the log has it: of a file without its name, which is what
// someone called it, and may be personal; of a page that a token opens without that.
func loggedPath(path string) string {
	for _, secret := range secretBelow {
		if strings.HasPrefix(path, secret) {
			return secret
		}
	}
	if rest, found := strings.CutPrefix(path, "/files/"); found {
		id, _, _ := strings.Cut(rest, "/")
		return "/files/" + id
	}
	return path
}

// isRequestID reports whether a caller's own id is fit for the log.
func isRequestID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// recorder keeps the status of the answer.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader keeps the status and passes it on.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write passes the bytes on; the status of an answer that names none is 200.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// Flush is for streaming transports, which ask for an http.Flusher.
func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Hijack is for WebSockets, which ask for an http.Hijacker.
func (r *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	r.status = http.StatusSwitchingProtocols
	return http.NewResponseController(r.ResponseWriter).Hijack()
}
