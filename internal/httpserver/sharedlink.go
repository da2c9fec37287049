package httpserver

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/library"
)

// SharedLinks knows the links by which items of the library were sent. An *errs.Error
// says that there is no such link.
type SharedLinks interface {
	// Open returns where a link leads, or what it shows, and counts that it was opened.
	Open(ctx context.Context, token string, visit library.Visit) (*library.Opened, error)
	// File returns the file that a link shows.
	File(ctx context.Context, token string, visit library.Visit) (*ent.LibraryFile, error)
	// Seen notes for how many seconds the page of a link was in sight.
	Seen(ctx context.Context, token, openingID string, seconds int, visit library.Visit) error
	// Picture returns the picture of a card.
	Picture(ctx context.Context, fileID, key string) (*ent.LibraryFile, error)
}

// LibraryFiles opens files of the library.
type LibraryFiles interface {
	LibraryContent(ctx context.Context, f *ent.LibraryFile) (*attachment.File, error)
}

// routeSharedLinks serves links that were sent: they lead on, or show a document. Patterns
// with GET match HEAD too.
func (c *Config) routeSharedLinks(mux *http.ServeMux) {
	if c.SharedLinks == nil {
		return
	}
	g := newGate(c)
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET " + library.SharePath + "{token}":           c.openSharedLink,
		"POST " + library.SharePath + "{token}":          c.openSharedLink,
		"GET " + library.SharePath + "{token}/file":      c.serveShared,
		"POST " + library.SharePath + "{token}/seen":     c.noteSeen,
		"GET " + library.PicturePath + "{file}/{digits}": c.servePicture,
	} {
		mux.Handle(pattern, c.authenticate(g, serve))
	}
}

// visitOf is how a link is opened; a form says who they are.
func visitOf(r *http.Request) library.Visit {
	query := r.URL.Query()
	return library.Visit{
		UserAgent: r.UserAgent(), Reads: r.Method != http.MethodHead && r.Header.Get("Sec-Purpose") == "",
		Pass: query.Get("pass"), OpeningID: query.Get("opening"), Downloads: query.Has("download") && r.Header.Get("Range") == "",
	}
}

func (c *Config) openSharedLink(w http.ResponseWriter, r *http.Request) {
	visit := visitOf(r)
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, maxInvitationForm)
		if err := r.ParseForm(); err != nil {
			c.writeDocument(w, r, http.StatusBadRequest, documentView{Opened: library.Opened{Title: "The form could not be read. Open the link again."}})
			return
		}
		email := r.PostForm.Get("email")
		visit.Email = &email
	}
	opened, err := c.SharedLinks.Open(r.Context(), r.PathValue("token"), visit)
	if err != nil {
		c.failShared(w, r, err)
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	if opened.Target != "" && r.Method != http.MethodPost { // browsers do not follow a form to other sites, by the page's policy
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, opened.Target, http.StatusFound)
		return
	}
	c.writeDocument(w, r, http.StatusOK, viewOf(r.PathValue("token"), opened))
}

// failShared says why there is nothing at a link.
func (c *Config) failShared(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.Of(err)
	if e == nil {
		c.Log.ErrorContext(r.Context(), "a link that was sent could not be opened", "error", err)
		c.writeDocument(w, r, http.StatusInternalServerError, documentView{Opened: library.Opened{Title: "Something went wrong here. Try again."}})
		return
	}
	c.writeDocument(w, r, http.StatusNotFound, documentView{Opened: library.Opened{Title: e.Message}})
}

func (c *Config) serveShared(w http.ResponseWriter, r *http.Request) {
	visit := visitOf(r)
	f, err := c.SharedLinks.File(r.Context(), r.PathValue("token"), visit)
	if err != nil {
		c.failShared(w, r, err)
		return
	}
	c.serveLibraryFile(w, r, f, !r.URL.Query().Has("download"), "no-store")
}

func (c *Config) servePicture(w http.ResponseWriter, r *http.Request) {
	f, err := c.SharedLinks.Picture(r.Context(), r.PathValue("file"), r.PathValue("digits"))
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	c.serveLibraryFile(w, r, f, true, "public, max-age=86400") // its address names the content
}

// serveLibraryFile answers with a file as attachments are: nothing in it runs.
func (c *Config) serveLibraryFile(w http.ResponseWriter, r *http.Request, f *ent.LibraryFile, inline bool, cache string) {
	file, err := c.LibraryFiles.LibraryContent(r.Context(), f)
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	defer func() { _ = file.Close() }()
	c.writeFile(w, r, file, inline && file.Shown, cache)
}

// noteSeen takes what the page of a document reports of itself. Its answer says nothing.
func (c *Config) noteSeen(w http.ResponseWriter, r *http.Request) {
	c.takeSeen(w, r, c.SharedLinks.Seen)
}

// takeSeen takes for how many seconds a page was in sight.
func (c *Config) takeSeen(w http.ResponseWriter, r *http.Request, seen func(ctx context.Context, token, openingID string, seconds int, visit library.Visit) error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxInvitationForm)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" && r.ParseForm() == nil {
		seconds, _ := strconv.Atoi(r.PostForm.Get("seconds"))
		err := seen(r.Context(), r.PathValue("token"), r.PostForm.Get("opening"), seconds, visitOf(r))
		if err != nil && errs.Of(err) == nil {
			c.Log.ErrorContext(r.Context(), "what a page reported could not be kept", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// sizeText is the size of a file as readers have it, never 0.
func sizeText(bytes int) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d kB", max(1, (bytes+512)>>10))
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/(1<<20))
}

// viewOf is what the page of a link shows.
func viewOf(token string, opened *library.Opened) documentView {
	view := documentView{Opened: *opened, Token: token}
	if opened.File == nil {
		return view
	}
	query := url.Values{}
	if opened.Pass != "" {
		query.Set("pass", opened.Pass)
	}
	if opened.OpeningID != "" {
		query.Set("opening", opened.OpeningID)
	}
	view.Shows, view.Size = waysToShow(opened.File.ContentType), sizeText(opened.File.Size)
	address := library.SharePath + url.PathEscape(token) + "/file?"
	view.Source = address + query.Encode()
	query.Set("download", "1")
	view.Download = address + query.Encode()
	return view
}
