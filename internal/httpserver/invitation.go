package httpserver

import (
	"context"
	"html/template"
	"net/http"

	"parley/internal/errs"
)

// Invitations knows the invitations of users.
type Invitations interface {
	// Accept uses an invitation up and returns the secret of its user's new token. An
	// *errs.Error says that it does not hold.
	Accept(ctx context.Context, invitation string) (token string, err error)
}

// maxInvitationForm is the most bytes of a form with an invitation.
const maxInvitationForm = 4 << 10

// routeInvitations serves the page of invitations. Only its form, sent by POST, uses
// one up: scanners of mails follow links, and send no forms (AC-13).
func (c *Config) routeInvitations(mux *http.ServeMux) {
	if c.Invitations == nil {
		return
	}
	g := newGate(c)
	mux.Handle("GET /invitation", c.authenticate(g, http.HandlerFunc(c.showInvitation)))
	mux.Handle("POST /invitation", c.authenticate(g, http.HandlerFunc(c.acceptInvitation)))
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
	token, err := c.Invitations.Accept(r.Context(), r.PostForm.Get("invitation"))
	switch e := errs.Of(err); {
	case err == nil:
		c.writeInvitation(w, r, http.StatusOK, invitation{Token: token})
	case e != nil:
		c.writeInvitation(w, r, http.StatusBadRequest, invitation{Refusal: e.Message})
	default:
		c.Log.ErrorContext(r.Context(), "an invitation could not be used", "error", err)
		c.writeInvitation(w, r, http.StatusInternalServerError, invitation{Refusal: "Something went wrong here. Try again."})
	}
}

func (c *Config) writeInvitation(w http.ResponseWriter, r *http.Request, status int, page invitation) {
	c.writePage(w, r, status, invitationPage, page)
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

// invitation is what its page shows: the form, the token or why there is none.
type invitation struct{ Invitation, Token, Refusal string }

var invitationPage = template.Must(template.New("invitation").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>Parley: invitation</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;border:1px solid;border-radius:.5rem}button{font:inherit;padding:.5rem 1rem}</style>
{{if .Refusal}}<h1>This did not work</h1><p>{{.Refusal}}</p>
{{else if .Token}}<h1>Welcome</h1><p>This is your access token. It is shown only now: keep it where no one else sees it.</p><pre>{{.Token}}</pre>
{{else}}<h1>You are invited</h1><p>The invitation works once. You get an access token, which is shown only then.</p>
<form method="post" action="/invitation"><input type="hidden" name="invitation" value="{{.Invitation}}"><button>Get my access</button></form>{{end}}
</html>
`))
