package httpserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"

	"parley/internal/audit"
	"parley/internal/errs"
)

// AuditExports writes the audit log to admins.
type AuditExports interface {
	// Export writes the log; see audit.Service.
	Export(ctx context.Context, format audit.Format, after int64, begin func(), to io.Writer) error
}

// routeAudit serves the audit log as a file (AC-17), to those who may read it at /graphql.
func (c *Config) routeAudit(mux *http.ServeMux, s *streams) {
	if c.AuditExports == nil {
		return
	}
	for format, contentType := range map[audit.Format]string{audit.NDJSON: "application/x-ndjson", audit.CSV: "text/csv; charset=utf-8"} {
		name := "audit." + string(format)
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.serveAudit(w, r, format, name, contentType) })
		mux.Handle("GET /"+name, s.origins.handle(refuseQueryTokens(c.withSession(s.origins, c.authenticate(s.gate, handler)))))
	}
}

func (c *Config) serveAudit(w http.ResponseWriter, r *http.Request, format audit.Format, name, contentType string) {
	if r.Method != http.MethodGet { // HEAD, which would read all of it for nothing
		w.Header().Set("Allow", http.MethodGet)
		writeError(w, r, http.StatusMethodNotAllowed, errs.New(errs.BadUserInput, "Only GET is possible here."))
		return
	}
	after := int64(0)
	if text := r.URL.Query().Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			writeError(w, r, http.StatusBadRequest, errs.New(errs.BadUserInput, "after is %q; it must be the number of the last entry that you have, 0 or more.", errs.Clip(text)))
			return
		}
	}
	begun := false
	out := bufio.NewWriterSize(&patient{w, http.NewResponseController(w)}, 64<<10)
	err := c.AuditExports.Export(r.Context(), format, after, func() {
		begun = true
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		h.Set("Content-Security-Policy", sandboxed)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
	}, out)
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err == nil:
	case begun: // what is cut short must not pass for all of it
		if r.Context().Err() == nil {
			c.Log.ErrorContext(r.Context(), "the export of the audit log broke off", "id", requestID(r.Context()), "error", err)
		}
		panic(http.ErrAbortHandler)
	default:
		c.failAudit(w, r, err)
	}
}

func (c *Config) failAudit(w http.ResponseWriter, r *http.Request, err error) {
	status := map[errs.Code]int{errs.Unauthenticated: http.StatusUnauthorized, errs.Forbidden: http.StatusForbidden, errs.Unavailable: http.StatusServiceUnavailable}
	if e := errs.Of(err); e != nil && status[e.Code] != 0 {
		writeError(w, r, status[e.Code], e)
		return
	}
	c.Log.ErrorContext(r.Context(), "the audit log cannot be exported", "id", requestID(r.Context()), "error", fmt.Errorf("export: %w", err))
	failInternal(w, r)
}
