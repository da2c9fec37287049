package httpserver

import (
	"context"
	"html/template"
	"net/http"

	"parley/internal/errs"
)

// FilteredLinks knows the links in mails about what was filtered.
type FilteredLinks interface {
	// Ask says what a link does, without doing it.
	Ask(ctx context.Context, link string) (question string, err error)
	// Do does it, and says what was done. An *errs.Error says why it cannot be done.
	Do(ctx context.Context, link string) (done string, err error)
}

// routeFiltered serves the page of the links. Only its form, sent by POST, does something:
// scanners of mails follow links, and send no forms (IN-11).
func (c *Config) routeFiltered(mux *http.ServeMux) {
	if c.FilteredLinks == nil {
		return
	}
	g := newGate(c)
	mux.Handle("GET /filtered", c.authenticate(g, http.HandlerFunc(c.askFiltered)))
	mux.Handle("POST /filtered", c.authenticate(g, http.HandlerFunc(c.doFiltered)))
}

func (c *Config) askFiltered(w http.ResponseWriter, r *http.Request) {
	link := r.URL.Query().Get("link")
	question, err := c.FilteredLinks.Ask(r.Context(), link)
	c.answerFiltered(w, r, filtered{Link: link, Question: question}, err)
}

func (c *Config) doFiltered(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxInvitationForm)
	if err := r.ParseForm(); err != nil {
		c.answerFiltered(w, r, filtered{}, errs.New(errs.Invalid, "The form could not be read. Open the link again."))
		return
	}
	done, err := c.FilteredLinks.Do(r.Context(), r.PostForm.Get("link"))
	c.answerFiltered(w, r, filtered{Done: done}, err)
}

func (c *Config) answerFiltered(w http.ResponseWriter, r *http.Request, page filtered, err error) {
	status := http.StatusOK
	switch e := errs.Of(err); {
	case err == nil:
	case e != nil:
		status, page = http.StatusBadRequest, filtered{Refusal: e.Message}
	default:
		c.Log.ErrorContext(r.Context(), "a link of a digest could not be used", "error", err)
		status, page = http.StatusInternalServerError, filtered{Refusal: "Something went wrong here. Try again."}
	}
	c.writePage(w, r, status, filteredPage, page)
}

// filtered is what the page shows: a question, what was done, or why it was not.
type filtered struct{ Link, Question, Done, Refusal string }

var filteredPage = template.Must(template.New("filtered").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>Parley: filtered mail</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>
{{if .Refusal}}<h1>This did not work</h1><p>{{.Refusal}}</p>
{{else if .Done}}<h1>Done</h1><p>{{.Done}}</p>
{{else}}<h1>Filtered mail</h1><p>{{.Question}}</p>
<form method="post" action="/filtered"><input type="hidden" name="link" value="{{.Link}}"><button>Yes</button></form>{{end}}
</html>
`))
