package httpserver

import (
	"context"
	"html/template"
	"net/http"
	"strconv"

	"parley/internal/errs"
	"parley/internal/transcript"
)

// Ratings knows the links by which contacts rate a conversation.
type Ratings interface {
	// AskedPage is the page of the question, with a score chosen; 0: none. An *errs.Error
	// says that the link is not valid.
	AskedPage(ctx context.Context, token string, chosen int) (*transcript.RatingPage, error)
	// AnswerPage keeps an answer, and returns what to show.
	AnswerPage(ctx context.Context, token string, score int, comment string) (*transcript.RatingPage, error)
}

// maxAnswer is how large the form of an answer may be, in bytes.
const maxAnswer = 64 << 10

// routeRatings serves the page to which questions in mails lead. Only a POST answers:
// scanners of mails follow links (CO-5).
func (c *Config) routeRatings(mux *http.ServeMux) {
	if c.Ratings == nil {
		return
	}
	g := newGate(c)
	mux.Handle("GET /ratings/{token}", c.authenticate(g, http.HandlerFunc(c.askRating)))
	mux.Handle("POST /ratings/{token}", c.authenticate(g, http.HandlerFunc(c.takeRating)))
}

func (c *Config) askRating(w http.ResponseWriter, r *http.Request) {
	chosen, err := strconv.Atoi(r.URL.Query().Get("score"))
	if err != nil {
		chosen = 0
	}
	page, err := c.Ratings.AskedPage(r.Context(), r.PathValue("token"), chosen)
	c.writeRating(w, r, page, err)
}

func (c *Config) takeRating(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxAnswer)
	score, err := strconv.Atoi(r.PostFormValue("score"))
	if err != nil {
		score = 0
	}
	page, err := c.Ratings.AnswerPage(r.Context(), r.PathValue("token"), score, r.PostFormValue("comment"))
	c.writeRating(w, r, page, err)
}

func (c *Config) writeRating(w http.ResponseWriter, r *http.Request, page *transcript.RatingPage, err error) {
	status := http.StatusOK
	switch e := errs.Of(err); {
	case e != nil:
		status, page = http.StatusBadRequest, &transcript.RatingPage{Text: e.Message}
	case err != nil:
		c.Log.ErrorContext(r.Context(), "a rating could not be kept", "error", err)
		status, page = http.StatusInternalServerError, &transcript.RatingPage{Text: "Something went wrong here. Try again."}
	}
	setFormHeaders(w.Header())
	w.WriteHeader(status)
	if err := ratingPage.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// The form's address has no score: what is sent is what is chosen.
var ratingPage = template.Must(template.New("rating").Parse(`<!doctype html>
<html{{with .Language}} lang="{{.}}"{{end}}{{with .Direction}} dir="{{.}}"{{end}}><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>{{or .Question "E-mail"}}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}fieldset{border:0;margin:0 0 1rem;padding:0}legend{font-size:1.2rem;font-weight:600;padding:0;margin-bottom:.8rem;overflow-wrap:anywhere}
.scores{display:flex;gap:.6rem;flex-wrap:wrap}.scores label{display:flex;align-items:center;gap:.4rem;border:1px solid;border-radius:.5rem;padding:.5rem .9rem;min-height:1.6rem;cursor:pointer}.scores label:has(:checked){outline:3px solid}
textarea{box-sizing:border-box;width:100%;font:inherit;padding:.5rem}button{font:inherit;padding:.6rem 1.2rem;margin-top:1rem}</style>
<main>{{with .Text}}<p role="status" dir="auto">{{.}}</p>{{end}}{{if .Choices}}<form method="post" action="?"><fieldset><legend dir="auto">{{.Question}}</legend><div class="scores">{{range .Choices}}<label><input type="radio" name="score" value="{{.Score}}" aria-label="{{.Name}}" required{{if eq .Score $.Chosen}} checked{{end}}> <span aria-hidden="true">{{.Text}}</span></label>{{end}}</div></fieldset>
<label>{{.Comment}}<textarea name="comment" rows="4" maxlength="2000" dir="auto">{{.Typed}}</textarea></label><button>{{.Send}}</button></form>{{end}}</main>
</html>
`))
