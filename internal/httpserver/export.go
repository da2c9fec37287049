package httpserver

import (
	"bufio"
	"context"
	"io"
	"mime"
	"net/http"
	"time"

	"parley/internal/clock"
	"parley/internal/contact/transfer"
	"parley/internal/privacy"
	"parley/internal/proposal"
)

// Exports writes contacts to those who have a token for them.
type Exports interface {
	// Download returns an export; see transfer.Service.
	Download(ctx context.Context, exportID, token string) (*transfer.Download, error)
}

// exportPatience is how long a reader may take for the next piece of an export.
const exportPatience = time.Minute

// routeExports serves exports, if there are any. The token in their address is no
// credential: it opens one export, for ten minutes, to one who still may have it.
func (c *Config) routeExports(mux *http.ServeMux) {
	if c.Exports != nil {
		mux.HandleFunc("GET /exports/{id}/{name}", c.serveExport)
	}
}

func (c *Config) serveExport(w http.ResponseWriter, r *http.Request) {
	export, err := c.Exports.Download(r.Context(), r.PathValue("id"), r.URL.Query().Get("token"))
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	c.writeDownload(w, r, export.Name, export.ContentType, export.Write)
}

// Outcomes writes what became of proposals to those who have a token for it.
type Outcomes interface {
	// Download returns an export; see proposal.Service.
	Download(ctx context.Context, token string) (*proposal.Download, error)
}

// routeOutcomes serves what became of proposals, if anything does, as exports are served.
func (c *Config) routeOutcomes(mux *http.ServeMux) {
	if c.Outcomes != nil {
		mux.HandleFunc("GET /proposal-outcomes/outcomes.ndjson", c.serveOutcomes)
	}
}

func (c *Config) serveOutcomes(w http.ResponseWriter, r *http.Request) {
	export, err := c.Outcomes.Download(r.Context(), r.URL.Query().Get("token"))
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	c.writeDownload(w, r, "outcomes.ndjson", "application/x-ndjson", export.Write)
}

// Archives writes everything of a contact to those who have a token for it.
type Archives interface {
	// Download returns an archive; see privacy.Service.
	Download(ctx context.Context, contactID, token string) (*privacy.Download, error)
}

// routeArchives serves archives, if there are any, as exports are served.
func (c *Config) routeArchives(mux *http.ServeMux) {
	if c.Archives != nil {
		mux.HandleFunc("GET /archives/{id}/{name}", c.serveArchive)
	}
}

func (c *Config) serveArchive(w http.ResponseWriter, r *http.Request) {
	archive, err := c.Archives.Download(r.Context(), r.PathValue("id"), r.URL.Query().Get("token"))
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	c.writeDownload(w, r, "contact.zip", "application/zip", archive.Write)
}

// writeDownload writes a file while it is made. One that breaks off ends the connection:
// the reader must not take it for all of it.
func (c *Config) writeDownload(w http.ResponseWriter, r *http.Request, name, contentType string, write func(io.Writer) error) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", sandboxed)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	out := bufio.NewWriterSize(&patient{w, http.NewResponseController(w)}, 64<<10)
	err := write(out)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		return
	}
	if r.Context().Err() == nil {
		c.Log.ErrorContext(r.Context(), "a download broke off", "id", requestID(r.Context()), "error", err)
	}
	panic(http.ErrAbortHandler)
}

// patient gives the reader a while for each piece.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

// Write writes a piece.
func (p *patient) Write(piece []byte) (int, error) {
	_ = p.control.SetWriteDeadline(clock.System{}.Now().Add(exportPatience)) // writers without a socket refuse it
	return p.ResponseWriter.Write(piece)
}
