package httpserver

import (
	"context"
	"html/template"
	"net/http"

	"parley/internal/account"
	"parley/internal/errs"
)

// Invitations knows the invitations of users.
type Invitations interface {
	// AcceptInSession uses an invitation up and begins a session of its user. An
	// *errs.Error says that it does not hold.
	AcceptInSession(ctx context.Context, invitation, userAgent string) (account.Opened, error)
}

// maxInvitationForm is the most bytes of a form with an invitation.
const maxInvitationForm = 4 << 10

// routeInvitations serves the page of invitations. Only its form, sent by POST, uses
// one up: scanners of mails follow links, and send no forms (AC-13).
func (c *Config) routeInvitations(mux *http.ServeMux, s *streams) {
	if c.Invitations == nil {
		return
	}
	mux.Handle("GET /invitation", c.authenticate(s.gate, http.HandlerFunc(c.showInvitation)))
	mux.Handle("POST /invitation", c.authenticate(s.gate, c.fromOwnPage(s.origins, c.acceptInvitation)))
}

func (c *Config) showInvitation(w http.ResponseWriter, r *http.Request) {
	c.writeInvitation(w, r, http.StatusOK, invitation{Invitation: r.URL.Query().Get("invitation")})
}

func (c *Config) acceptInvitation(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxInvitationForm)
	if err := r.ParseForm(); err != nil {
		c.writeInvitation(w, r, http.StatusBadRequest, invitation{Refusal: "The form could not be read. Open the link again."})
		return
	}
	opened, err := c.Invitations.AcceptInSession(r.Context(), r.PostForm.Get("invitation"), browserName(r.UserAgent()))
	switch e := errs.Of(err); {
	case err == nil:
		c.setSession(w, opened.Secret, opened.ExpiresAt)
		c.writeInvitation(w, r, http.StatusOK, invitation{Accepted: true})
	case e != nil:
		c.writeInvitation(w, r, http.StatusBadRequest, invitation{Refusal: e.Message})
	default:
		c.Log.ErrorContext(r.Context(), "an invitation could not be used", "error", err)
		c.writeInvitation(w, r, http.StatusInternalServerError, invitation{Refusal: "Something went wrong here. Try again."})
	}
}

func (c *Config) writeInvitation(w http.ResponseWriter, r *http.Request, status int, page invitation) {
	setFormHeaders(w.Header())
	w.Header().Set("Referrer-Policy", "same-origin") // so that its form says where it comes from
	w.WriteHeader(status)
	if err := invitationPage.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// writePage answers with a page that others may neither frame nor keep.
func (c *Config) writePage(w http.ResponseWriter, r *http.Request, status int, made *template.Template, page any) {
	setFormHeaders(w.Header())
	w.WriteHeader(status)
	if err := made.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// setFormHeaders sets those of a page with a form, whose address is a secret.
func setFormHeaders(h http.Header) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
}

// invitation is what its page shows: the form, that its user is signed in, or why not.
type invitation struct {
	Invitation, Refusal string
	Accepted            bool
}

var invitationPage = template.Must(template.New("invitation").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>Parley: invitation</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
{{if .Refusal}}<h1>This did not work</h1><p>{{.Refusal}}</p>
{{else if .Accepted}}<h1>Welcome</h1><p>You are signed in with this browser. <a href="/">Go on</a></p>
{{else}}<h1>You are invited</h1><p>The invitation works once. It signs you in with this browser.</p>
<form method="post" action="/invitation"><input type="hidden" name="invitation" value="{{.Invitation}}"><button>Sign in</button></form>{{end}}
</html>
`))
