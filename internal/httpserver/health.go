package httpserver

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"parley/internal/errs"
)

// readyTimeout bounds the check behind /readyz: a load balancer does not wait longer.
const readyTimeout = 5 * time.Second

// healthz reports that the process is up, and asks nothing else.
func healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, mediaJSON, []byte(`{"status":"ok"}`))
}

// readyz reports whether requests can be served now. The answer names the class
// of what is wrong; the log has the error.
func (c *Config) readyz(w http.ResponseWriter, r *http.Request) {
	if c.Ready == nil {
		writeJSON(w, http.StatusOK, mediaJSON, []byte(`{"status":"ready"}`))
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	err := c.Ready(ctx)
	if err == nil {
		writeJSON(w, http.StatusOK, mediaJSON, []byte(`{"status":"ready"}`))
		return
	}
	c.Log.WarnContext(r.Context(), "not ready", "error", err)
	writeJSON(w, http.StatusServiceUnavailable, mediaJSON,
		[]byte(`{"status":"unavailable","reason":"`+reasonClass(err)+`"}`))
}

// reasonClass is the code of an *errs.Error in small letters, "timeout", or "internal".
func reasonClass(err error) string {
	if e := errs.Of(err); e != nil {
		return strings.ToLower(string(e.Code))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "timeout"
	}
	return "internal"
}
