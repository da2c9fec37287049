package httpserver

import (
	"context"
	"html/template"
	"net/http"
	"net/url"

	"parley/internal/errs"
)

// Callbacks knows the sign-ins at mail providers that are under way.
type Callbacks interface {
	// Returns says where a browser goes that came back from a provider with a
	// query: to a page that an admin named; "" to none. An *errs.Error says that
	// the sign-in is not known.
	Returns(ctx context.Context, query url.Values) (string, error)
}

// routeOAuth serves the page that providers send browsers back to. It finishes
// nothing: only the admin who began, with their own token, can (finishEmailChannel).
func (c *Config) routeOAuth(mux *http.ServeMux) {
	if c.Callbacks != nil {
		mux.HandleFunc("GET /oauth/callback", c.serveCallback)
	}
}

func (c *Config) serveCallback(w http.ResponseWriter, r *http.Request) {
	c.serveReturn(w, r, c.Callbacks, landing{What: "The mailbox", Began: "beginEmailChannel", Finish: "finishEmailChannel", Answer: "emailChannel { id address state }"})
}

// serveReturn sends a browser on that came back from a provider, or shows it how to go on.
func (c *Config) serveReturn(w http.ResponseWriter, r *http.Request, of Callbacks, page landing) {
	query := r.URL.Query()
	page.State, page.Code, page.Refusal = query.Get("state"), query.Get("code"), query.Get("error_description")
	if page.Refusal == "" {
		page.Refusal = query.Get("error")
	}
	to, err := of.Returns(r.Context(), query)
	status := http.StatusOK
	switch e := errs.Of(err); {
	case err == nil && to != "":
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	case e != nil:
		status, page.Refusal = http.StatusBadRequest, e.Message
	case err != nil:
		c.Log.ErrorContext(r.Context(), "a sign-in could not be looked up", "error", err)
		status, page.Refusal = http.StatusInternalServerError, "Something went wrong here. Try again."
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
	w.WriteHeader(status)
	if err := landingPage.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// landing is what an admin sees who named no page of their own.
type landing struct {
	State, Code, Refusal string
	// What is to be connected, by which mutation that began, and which one finishes it with which answer.
	What, Began, Finish, Answer string
}

var landingPage = template.Must(template.New("landing").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Parley: sign-in</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;padding:1rem;border:1px solid;border-radius:.5rem}</style>
{{if .Refusal}}<h1>{{.What}} was not connected</h1><p>{{.Refusal}}</p><p>Begin again with <code>{{.Began}}</code>.</p>
{{else}}<h1>One more step</h1><p>You signed in. Finish in the playground, with the token that you began with, within a few minutes:</p>
<pre>mutation {
  {{.Finish}}(input: {
    state: "{{.State}}"
    code: "{{.Code}}"
  }) {
    {{.Answer}}
    userErrors { field message }
  }
}</pre>{{end}}
</html>
`))
