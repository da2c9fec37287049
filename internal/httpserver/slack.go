package httpserver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Slack takes what Slack sends, and knows the installs that are under way. Package slack
// implements it.
type Slack interface {
	Callbacks
	// Signed reports whether Slack made a request just now.
	Signed(header http.Header, body []byte) bool
	// TakeEvent stores what Slack says, once, and returns what to answer.
	TakeEvent(ctx context.Context, body []byte) (challenge string, err error)
	// TakeAction stores which button someone pressed, once.
	TakeAction(ctx context.Context, payload string) error
}

// maxSlackBody is the most bytes that are read of a request of Slack's.
const maxSlackBody = 1 << 20

// routeSlack serves what Slack calls. What it says is stored, and handled after the answer:
// Slack waits for three seconds.
func (c *Config) routeSlack(mux *http.ServeMux) {
	if c.Slack == nil {
		return
	}
	mux.HandleFunc("POST /slack/events", c.signedBySlack(func(w http.ResponseWriter, r *http.Request, body []byte) error {
		challenge, err := c.Slack.TakeEvent(r.Context(), body)
		if err == nil && challenge != "" {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			_, err = io.WriteString(w, challenge)
		}
		return err
	}))
	mux.HandleFunc("POST /slack/actions", c.signedBySlack(func(_ http.ResponseWriter, r *http.Request, body []byte) error {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return nil //nolint:nilerr // nothing that Slack sends
		}
		return c.Slack.TakeAction(r.Context(), form.Get("payload"))
	}))
	mux.HandleFunc("GET /slack/oauth", func(w http.ResponseWriter, r *http.Request) {
		c.serveReturn(w, r, c.Slack, landing{What: "The Slack workspace", Began: "beginSlackInstall", Finish: "finishSlackInstall", Answer: "slackWorkspace { id name state }"})
	})
}

// signedBySlack refuses what Slack did not sign just now: nothing of it is read or stored.
func (c *Config) signedBySlack(take func(w http.ResponseWriter, r *http.Request, body []byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSlackBody))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			http.Error(w, "The request is too large.", http.StatusRequestEntityTooLarge)
			return
		case err != nil:
			http.Error(w, "The request could not be read.", http.StatusBadRequest)
			return
		case !c.Slack.Signed(r.Header, body):
			http.Error(w, "The signature is not Slack's, or too old.", http.StatusUnauthorized)
			return
		}
		if err := take(w, r, body); err != nil {
			c.Log.ErrorContext(r.Context(), "what Slack sent could not be stored; it sends it again", "error", err)
			http.Error(w, "Try again.", http.StatusServiceUnavailable)
		}
	}
}
