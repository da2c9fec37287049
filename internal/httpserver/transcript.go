package httpserver

import (
	"context"
	"html/template"
	"net/http"

	"parley/internal/errs"
)

// Transcripts knows the links by which contacts refuse further transcripts of chats.
type Transcripts interface {
	// Question is what the page asks; an *errs.Error says that the link is not valid.
	Question(token string) (question, language string, err error)
	// Refuse notes the refusal, and returns what to say.
	Refuse(ctx context.Context, token string) (done string, err error)
}

// routeTranscripts serves the page to which transcripts lead. Only a POST refuses: that of
// its form, or of a mail program by one click (RFC 8058). Scanners of mails follow links.
func (c *Config) routeTranscripts(mux *http.ServeMux) {
	if c.Transcripts == nil {
		return
	}
	g := newGate(c)
	mux.Handle("GET /transcripts/{token}", c.authenticate(g, http.HandlerFunc(c.askRefusal)))
	mux.Handle("POST /transcripts/{token}", c.authenticate(g, http.HandlerFunc(c.takeRefusal)))
}

func (c *Config) askRefusal(w http.ResponseWriter, r *http.Request) {
	question, language, err := c.Transcripts.Question(r.PathValue("token"))
	c.writeRefusal(w, r, refusalForm{Language: language, Button: question}, err)
}

func (c *Config) takeRefusal(w http.ResponseWriter, r *http.Request) {
	done, err := c.Transcripts.Refuse(r.Context(), r.PathValue("token"))
	c.writeRefusal(w, r, refusalForm{Text: done}, err)
}

func (c *Config) writeRefusal(w http.ResponseWriter, r *http.Request, page refusalForm, err error) {
	status := http.StatusOK
	switch e := errs.Of(err); {
	case e != nil:
		status, page = http.StatusBadRequest, refusalForm{Text: e.Message}
	case err != nil:
		c.Log.ErrorContext(r.Context(), "a refusal of e-mails could not be noted", "error", err)
		status, page = http.StatusInternalServerError, refusalForm{Text: "Something went wrong here. Try again."}
	}
	setFormHeaders(w.Header())
	w.WriteHeader(status)
	if err := refusalPage.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// refusalForm is what its page shows: the form's button, or what became of it.
type refusalForm struct{ Language, Button, Text string }

var refusalPage = template.Must(template.New("refusal").Parse(`<!doctype html>
<html{{with .Language}} lang="{{.}}"{{end}}><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>E-mail</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem;text-align:center}button{font:inherit;padding:.6rem 1.2rem}</style>
<main dir="auto">{{with .Text}}<p>{{.}}</p>{{end}}{{with .Button}}<form method="post"><button>{{.}}</button></form>{{end}}</main>
</html>
`))
