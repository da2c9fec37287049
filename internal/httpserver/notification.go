package httpserver

import (
	"context"
	"net/http"
)

// NotificationLinks knows the links by which users want no more e-mails of some kinds.
type NotificationLinks interface {
	// Ask says what a link does, without doing it.
	Ask(ctx context.Context, link string) (question string, err error)
	// Do does it, and says what was done. An *errs.Error says why it cannot be done.
	Do(ctx context.Context, link string) (done string, err error)
}

// routeNotifications serves the page to which mails about notifications lead. Only a POST
// turns them off: that of its form, or of a mail program by one click (RFC 8058). Scanners of
// mails follow links. Nobody has to be signed in (NT-8).
func (c *Config) routeNotifications(mux *http.ServeMux) {
	if c.NotificationLinks == nil {
		return
	}
	g := newGate(c)
	mux.Handle("GET /notifications/{token}", c.authenticate(g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		question, err := c.NotificationLinks.Ask(r.Context(), r.PathValue("token"))
		c.writeRefusal(w, r, refusalForm{Language: "en", Button: question}, err)
	})))
	mux.Handle("POST /notifications/{token}", c.authenticate(g, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done, err := c.NotificationLinks.Do(r.Context(), r.PathValue("token"))
		c.writeRefusal(w, r, refusalForm{Language: "en", Text: done}, err)
	})))
}
