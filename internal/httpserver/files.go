package httpserver

import (
	"context"
	"errors"
	"mime"
	"net/http"
	"time"

	"parley/internal/attachment"
	"parley/internal/clock"
	"parley/internal/errs"
)

// Files gives attachments to those who have a token for them.
type Files interface {
	// Download returns a file; see attachment.Service.
	Download(ctx context.Context, attachmentID, token string) (*attachment.File, error)
}

// slowest is how fast a browser must read a file, in bytes per second, beyond
// writeTimeout.
const slowest = 16 << 10

// Policies of files: nothing in them runs, loads or knows the site. Browsers show
// no PDF in a sandbox; their own viewers keep it from the site.
const (
	sandboxed = "sandbox; default-src 'none'; style-src 'unsafe-inline'; media-src 'self'; img-src 'self'"
	forPDF    = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'"
)

// routeFiles serves attachments, if there are any. The token in their address is
// no credential: it opens one file, for ten minutes, to one who still sees it.
func (c *Config) routeFiles(mux *http.ServeMux) {
	if c.Files != nil {
		mux.HandleFunc("GET /files/{id}/{name}", c.serveFile)
	}
}

func (c *Config) serveFile(w http.ResponseWriter, r *http.Request) {
	file, err := c.Files.Download(r.Context(), r.PathValue("id"), r.URL.Query().Get("token"))
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	defer func() { _ = file.Close() }()
	c.writeFile(w, r, file, file.Shown && r.URL.Query().Get("inline") == "1", "")
}

// writeFile answers with the content of a file, or with the part that was asked for.
func (c *Config) writeFile(w http.ResponseWriter, r *http.Request, file *attachment.File, inline bool, cache string) {
	describe(w.Header(), file, inline)
	if cache != "" {
		w.Header().Set("Cache-Control", cache)
	}
	// A socket's deadline goes by the machine's clock. Writers without a socket refuse it.
	patience := writeTimeout + time.Duration(file.Size()/slowest)*time.Second
	_ = http.NewResponseController(w).SetWriteDeadline(clock.System{}.Now().Add(patience))
	http.ServeContent(w, r, "", time.Time{}, file)
}

// describe sets the headers of a file's answer.
func describe(h http.Header, file *attachment.File, inline bool) {
	disposition, policy := "attachment", sandboxed
	if inline {
		disposition = "inline"
		if file.ContentType == "application/pdf" {
			policy = forPDF
		}
	}
	h.Set("Content-Type", file.ContentType)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": file.Name}))
	h.Set("Content-Security-Policy", policy)
	h.Set("Cache-Control", "private, max-age=300")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin") // the widget shows images on other sites
	h.Set("ETag", `"`+file.Hash+`"`)
}

func (c *Config) failFile(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.Of(err)
	switch {
	case e != nil && (e.Code == errs.Forbidden || e.Code == errs.Unauthenticated):
		writeError(w, r, http.StatusForbidden, e)
	case e != nil && e.Code == errs.NotFound:
		writeError(w, r, http.StatusNotFound, e)
	case e != nil && e.Code == errs.Unavailable:
		writeError(w, r, http.StatusServiceUnavailable, e)
	case errors.Is(err, context.Canceled):
		writeError(w, r, http.StatusServiceUnavailable, errs.New(errs.Unavailable, "The request ended."))
	default:
		c.Log.ErrorContext(r.Context(), "a file cannot be served", "id", requestID(r.Context()), "error", err)
		failInternal(w, r)
	}
}
