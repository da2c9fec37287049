package httpserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/channel/chat/wording"
	"parley/internal/errs"
	"parley/internal/library"
	"parley/internal/quote"
	"parley/internal/quote/paper"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Quotes knows the links of quotes. An *errs.Error says that there is no such link, or why
// an answer is not taken.
type Quotes interface {
	// Open returns what a link shows, and counts that it was opened.
	Open(ctx context.Context, token string, visit library.Visit) (*quote.Page, error)
	// Paper returns what a link shows to be printed.
	Paper(ctx context.Context, token string, visit library.Visit) (*quote.Page, error)
	// Seen notes for how many seconds the page of a link was in sight.
	Seen(ctx context.Context, token, viewID string, seconds int, visit library.Visit) error
	// LogoOf returns the logo that a link shows, LogoOn that of what it shows.
	LogoOf(ctx context.Context, token string) (*ent.QuoteLogo, error)
	LogoOn(ctx context.Context, page *quote.Page) (*ent.QuoteLogo, error)
	// Accept and Decline keep an answer, and return what the link shows then.
	Accept(ctx context.Context, token string, a quote.Answer) (*quote.Page, error)
	Decline(ctx context.Context, token string, a quote.Answer) (*quote.Page, error)
}

// QuoteFiles opens logos of quotes.
type QuoteFiles interface {
	LogoContent(ctx context.Context, l *ent.QuoteLogo) (*attachment.File, error)
}

const (
	// maxQuoteForm is the most bytes of an answer.
	maxQuoteForm = 32 << 10
	// paperCost is charged for a PDF, which takes up to a fifth of a second to write.
	paperCost = 1_000
)

var quoteLetters = wording.ReadLetters[quote.Words](quote.Texts)

// routeQuotes serves the pages of quotes (CO-7), whose forms are answers. Only a POST from the
// page itself is one. Patterns with GET match HEAD too.
func (c *Config) routeQuotes(mux *http.ServeMux) {
	if c.Quotes == nil {
		return
	}
	g, same := newGate(c), http.NewCrossOriginProtection()
	if c.PublicURL != "" {
		if err := same.AddTrustedOrigin(originOf(c.PublicURL)); err != nil {
			panic(err) // it was checked
		}
	}
	answers := func(answer func(context.Context, string, quote.Answer) (*quote.Page, error)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if err := same.Check(r); err != nil {
				c.writeQuote(w, r, http.StatusForbidden, quoteView{Refusal: quoteWordsOf(r).Elsewhere})
				return
			}
			c.answerQuote(w, r, answer)
		}
	}
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET " + quote.PagePath + "{token}":          c.openQuote,
		"GET " + quote.PagePath + "{token}/pdf":      c.printQuote,
		"GET " + quote.PagePath + "{token}/logo":     c.serveQuoteLogo,
		"POST " + quote.PagePath + "{token}/seen":    c.noteQuoteSeen,
		"POST " + quote.PagePath + "{token}/accept":  answers(c.Quotes.Accept),
		"POST " + quote.PagePath + "{token}/decline": answers(c.Quotes.Decline),
	} {
		mux.Handle(pattern, c.authenticate(g, serve))
	}
}

// originOf is the origin of an address that is known to be one.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// quoteView is what the page of a quote shows.
type quoteView struct {
	Page     *quote.Page
	Content  *quote.Content
	Words    quote.Words
	Language wording.Language
	Token    string
	// Refusal is why an answer was not taken, or why there is nothing; Outcome is what became
	// of the quote.
	Refusal, Outcome string
	Terms            template.HTML
	Download         string
	// Typed is what was typed into the form that is shown again.
	Typed quote.Answer
}

func (c *Config) openQuote(w http.ResponseWriter, r *http.Request) {
	page, err := c.Quotes.Open(r.Context(), r.PathValue("token"), visitOf(r))
	if err != nil {
		c.failQuote(w, r, err)
		return
	}
	c.showQuote(w, r, http.StatusOK, page, quoteView{})
}

// showQuote answers with the page of a quote.
func (c *Config) showQuote(w http.ResponseWriter, r *http.Request, status int, page *quote.Page, view quoteView) {
	content, err := quote.ContentOfVersion(page.Version)
	if err != nil {
		c.failQuote(w, r, err)
		return
	}
	view.Page, view.Content, view.Token = page, content, r.PathValue("token")
	view.Words, view.Language = quoteLetters.In(page.Version.Content.Language)
	view.Outcome = page.Outcome(view.Words)
	view.Terms = template.HTML(richtext.FromMarkdown(page.Version.Content.Terms)) //nolint:gosec // sanitised
	query := url.Values{"download": {"1"}}
	if page.ViewID != "" {
		query.Set("opening", page.ViewID)
	}
	view.Download = quote.PagePath + url.PathEscape(view.Token) + "/pdf?" + query.Encode()
	c.writeQuote(w, r, status, view)
}

// failQuote says why there is nothing at a link.
func (c *Config) failQuote(w http.ResponseWriter, r *http.Request, err error) {
	words := quoteWordsOf(r)
	var withdrawn *quote.WithdrawnError
	if errors.As(err, &withdrawn) {
		view := quoteView{}
		if withdrawn.Language != "" {
			words, view.Language = quoteLetters.In(withdrawn.Language)
		}
		view.Refusal = words.Withdrawn
		c.writeQuote(w, r, http.StatusNotFound, view)
		return
	}
	switch e := errs.Of(err); {
	case e != nil && e.Code == errs.RateLimited:
		setRetryAfter(w, meterOf(r.Context()).wait)
		c.writeQuote(w, r, http.StatusTooManyRequests, quoteView{Refusal: words.Busy})
	case e != nil:
		c.writeQuote(w, r, http.StatusNotFound, quoteView{Refusal: words.Gone})
	default:
		c.Log.ErrorContext(r.Context(), "a quote could not be shown", "error", err)
		c.writeQuote(w, r, http.StatusInternalServerError, quoteView{Refusal: words.Failed})
	}
}

// quoteWordsOf are words in the reader's language, where that of the quote is not known.
func quoteWordsOf(r *http.Request) quote.Words {
	words, _ := quoteLetters.In(firstLanguage(r))
	return words
}

// answerQuote takes an answer. One that is not taken is shown again, with the reason.
func (c *Config) answerQuote(w http.ResponseWriter, r *http.Request, answer func(context.Context, string, quote.Answer) (*quote.Page, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, maxQuoteForm)
	if err := r.ParseForm(); err != nil {
		c.writeQuote(w, r, http.StatusBadRequest, quoteView{Refusal: quoteWordsOf(r).Unreadable})
		return
	}
	token := r.PathValue("token")
	now, err := c.Quotes.Paper(r.Context(), token, library.Visit{})
	if err != nil {
		c.failQuote(w, r, err)
		return
	}
	words, _ := quoteLetters.In(now.Version.Content.Language)
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		version = 0 // no version has it
	}
	a := quote.Answer{Version: version, Name: r.PostForm.Get("name"), Reason: r.PostForm.Get("reason")}
	if r.PostForm.Get("agree") != "" {
		a.Agreed = words.Agree // what the page says, whatever was sent
	}
	_, err = answer(r.Context(), token, a)
	e := errs.Of(err)
	switch {
	case err == nil:
		w.Header().Set("Cache-Control", "no-store")
		http.Redirect(w, r, quote.PagePath+url.PathEscape(token), http.StatusSeeOther) // to reload it answers nothing
	case e == nil || e.Code == errs.NotFound:
		c.failQuote(w, r, err)
	default:
		status := http.StatusBadRequest
		page, err := c.Quotes.Paper(r.Context(), token, library.Visit{})
		if err != nil {
			c.failQuote(w, r, err)
			return
		}
		if e.Code == errs.Conflict {
			status, a = http.StatusConflict, quote.Answer{}
		}
		c.showQuote(w, r, status, page, quoteView{Refusal: refusalOf(e, words), Typed: a})
	}
}

// refusalOf says in the page's language why an answer was not taken; "" for what the page says
// by itself, as that the quote has expired.
func refusalOf(e *errs.Error, words quote.Words) string {
	switch {
	case e.Code == errs.Conflict:
		return words.Changed
	case e.Code == errs.TooLong:
		return words.TooLong
	case e.Code == errs.Required && len(e.Field) > 0 && e.Field[0] == "agreed":
		return words.TickBox
	case len(e.Field) > 0 && e.Field[0] == "name":
		return words.EnterName
	case len(e.Field) > 0:
		return words.Unreadable
	}
	return ""
}

// printQuote answers with a quote as PDF.
func (c *Config) printQuote(w http.ResponseWriter, r *http.Request) {
	if err := viewer.Charge(r.Context(), paperCost); err != nil {
		c.failQuote(w, r, err)
		return
	}
	page, err := c.Quotes.Paper(r.Context(), r.PathValue("token"), visitOf(r))
	if err != nil {
		c.failQuote(w, r, err)
		return
	}
	words, _ := quoteLetters.In(page.Version.Content.Language)
	logo, err := c.readLogo(r.Context(), page)
	if err != nil {
		c.failQuote(w, r, err)
		return
	}
	var pdf bytes.Buffer
	if err := paper.Write(&pdf, page, words, logo); err != nil {
		c.failQuote(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Length", strconv.Itoa(pdf.Len()))
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="quote-%d.pdf"`, page.Number))
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if r.Method == http.MethodHead {
		return
	}
	if _, err := pdf.WriteTo(w); err != nil {
		c.Log.WarnContext(r.Context(), "a PDF was not read to its end", "error", err)
	}
}

// serveQuoteLogo answers with the logo that the link of a quote shows.
func (c *Config) serveQuoteLogo(w http.ResponseWriter, r *http.Request) {
	logo, err := c.Quotes.LogoOf(r.Context(), r.PathValue("token"))
	if err != nil {
		c.failQuote(w, r, err)
		return
	}
	file, err := c.QuoteFiles.LogoContent(r.Context(), logo)
	if err != nil {
		c.failFile(w, r, err)
		return
	}
	defer func() { _ = file.Close() }()
	w.Header().Set("X-Robots-Tag", "noindex")
	w.Header().Set("Referrer-Policy", "no-referrer")
	c.writeFile(w, r, file, file.Shown, "no-store")
}

// readLogo reads the logo of what a page shows; nil: it shows none.
func (c *Config) readLogo(ctx context.Context, page *quote.Page) (content []byte, err error) {
	if page.Version.Content.SenderLogo == nil {
		return nil, nil
	}
	logo, err := c.Quotes.LogoOn(ctx, page)
	if err != nil {
		return nil, err
	}
	file, err := c.QuoteFiles.LogoContent(ctx, logo)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return io.ReadAll(io.LimitReader(file, quote.MaxLogoBytes))
}

// noteQuoteSeen takes what the page of a quote reports of itself. Its answer says nothing.
func (c *Config) noteQuoteSeen(w http.ResponseWriter, r *http.Request) {
	c.takeSeen(w, r, c.Quotes.Seen)
}

const quoteStyle = `:root{color-scheme:light dark;--line:#8886}*{box-sizing:border-box}body{font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;margin:0 auto;max-width:52rem;padding:1rem 1rem 4rem;overflow-wrap:anywhere}h1{font-size:1.5rem;line-height:1.25;margin:.25rem 0 1rem}h2{font-size:1.1rem;margin:1.5rem 0 .5rem}.logo{display:block;background:#fff;width:auto;height:auto;max-width:min(100%,16rem);max-height:6rem;margin:0 0 1rem}.pre{white-space:pre-line}.small{opacity:.8;font-size:.9rem;margin:0}dl{display:grid;grid-template-columns:auto 1fr;gap:.15rem 1rem;margin:0 0 1rem}dt{opacity:.8}dd{margin:0}.parties{display:flex;flex-wrap:wrap;gap:1rem 3rem;margin:0 0 1rem}.parties p{margin:0}
table{width:100%;border-collapse:collapse}th,td{text-align:end;padding:.5rem .4rem;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:normal}th:first-child,td:first-child{text-align:start;overflow-wrap:anywhere}tfoot td{border:0;padding:.2rem .4rem;text-align:end}tfoot td:first-child{text-align:end}.total td{font-weight:700;font-size:1.1rem;padding-bottom:1rem}
@media (max-width:36rem){thead{display:none}table,tbody{display:block}tfoot{display:table;width:100%}tbody tr{display:block;border-bottom:1px solid var(--line);padding:.5rem 0}tbody td{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0}tbody td:first-child{display:block}tbody td[data-name]::before{content:attr(data-name);opacity:.8}}
form,.note{border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}label{display:block;margin:0 0 .75rem}input:not([type=checkbox]),textarea{font:inherit;width:100%;padding:.6rem;border:1px solid #888;border-radius:.4rem}input[type=checkbox]{width:1.25rem;height:1.25rem;vertical-align:middle;margin-inline-end:.5rem}button,.button{font:inherit;display:inline-block;min-height:2.75rem;padding:.6rem 1.2rem;border:1px solid;border-radius:.5rem;text-decoration:none;color:inherit;background:none;cursor:pointer}summary{cursor:pointer;padding:.5rem 0}`

// quotePolicy lets the page run its own script and send its own forms, and nothing else; with a
// logo it shows pictures of this server too.
var quotePolicy = "default-src 'none'; script-src " + integrity(documentScript) + "; style-src " + integrity(quoteStyle) +
	"; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// writeQuote answers with the page of a quote, whose address is a secret.
func (c *Config) writeQuote(w http.ResponseWriter, r *http.Request, status int, view quoteView) {
	h := w.Header()
	if view.Page == nil && view.Language.Tag == "" {
		_, view.Language = quoteLetters.In(firstLanguage(r))
		h.Set("Vary", "Accept-Language")
	}
	setFormHeaders(h)
	h.Set("Content-Security-Policy", quotePolicy)
	if view.Content != nil && view.Content.SenderLogo != nil {
		h.Set("Content-Security-Policy", quotePolicy+"; img-src 'self'")
	}
	h.Set("X-Robots-Tag", "noindex")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if err := quotePage.Execute(w, view); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

// Open reports whether the quote can be answered.
func (v quoteView) Open() bool { return v.Page != nil && v.Page.State == vocab.QuotePublished }

// quotePage needs no script: that only reports how long it was in sight.
var quotePage = template.Must(template.New("quote").Funcs(template.FuncMap{
	"script": func() template.JS { return documentScript }, "style": func() template.CSS { return quoteStyle },
}).Parse(`<!doctype html>
<html lang="{{.Language.Tag}}" dir="{{.Language.Direction}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>{{with .Content}}{{.Title}}{{else}}{{$.Refusal}}{{end}}</title>
<style>{{style}}</style>
<body{{with .Page}}{{with .ViewID}} data-opening="{{.}}"{{end}}{{end}}>{{$w := .Words}}
{{with .Refusal}}<p class="note" role="alert">{{.}}</p>{{end}}
{{with .Content}}{{with $.Outcome}}<p class="note" role="status" dir="auto">{{.}}</p>{{end}}
<header>{{with .SenderLogo}}<img class="logo" src="/q/{{$.Token}}/logo" width="{{.Width}}" height="{{.Height}}" alt="{{$w.Logo}}">{{end}}<p class="small">{{$w.Quote}} {{$.Page.Number}}</p><h1 dir="auto">{{.Title}}</h1>
<dl><dt>{{$w.Date}}</dt><dd>{{$w.Moment $.Page.Version.PublishedAt.Time $.Page.Zone}}</dd>{{with .Reference}}<dt>{{$w.Reference}}</dt><dd dir="auto">{{.}}</dd>{{end}}{{if .ValidUntil.IsSet}}<dt>{{$w.ValidUntil}}</dt><dd>{{$w.Moment .ValidUntil.Time $.Page.Zone}}</dd>{{end}}</dl>
<div class="parties"><div dir="auto"><p class="small">{{$w.From}}</p>{{with .SenderName}}<p>{{.}}</p>{{end}}{{with .SenderCompany}}<p>{{.}}</p>{{end}}{{with .SenderAddress}}<p class="pre">{{.}}</p>{{end}}</div>
{{if or .RecipientName .RecipientCompany .RecipientAddress}}<div dir="auto"><p class="small">{{$w.For}}</p>{{with .RecipientName}}<p>{{.}}</p>{{end}}{{with .RecipientCompany}}<p>{{.}}</p>{{end}}{{with .RecipientAddress}}<p class="pre">{{.}}</p>{{end}}</div>{{end}}</div></header>
<main><table><thead><tr><th>{{$w.Item}}</th><th>{{$w.Quantity}}</th><th>{{$w.Price}}</th><th>{{$w.Tax}}</th><th>{{$w.Amount}}</th></tr></thead>
<tbody>{{range .Lines}}<tr><td dir="auto"><strong>{{.Name}}</strong>{{with .Description}}<div class="pre">{{.}}</div>{{end}}{{with $w.Often .Interval}}<div class="small">{{.}}</div>{{end}}{{with .Discount}}<div class="small">{{$w.Discount}} {{with .Percent}}{{$w.Percent .}}{{end}}{{with .Amount}}{{$w.Money .}}{{end}}</div>{{end}}</td><td data-name="{{$w.Quantity}}">{{$w.Number .Quantity}}</td><td data-name="{{$w.Price}}">{{$w.Money .UnitPrice}}</td><td data-name="{{$w.Tax}}">{{$w.Percent .TaxPercent}}</td><td data-name="{{$w.Amount}}">{{$w.Money .Net}}</td></tr>
{{end}}</tbody><tfoot>{{$alone := eq (len .Totals) 1}}{{range .Totals}}<tr><td colspan="4">{{$w.Subtotal}}</td><td>{{$w.Money .Subtotal}}</td></tr>{{range .Discounts}}<tr><td colspan="4">{{$w.Discount}}</td><td>{{$w.Off .}}</td></tr>{{end}}{{range .Taxes}}<tr><td colspan="4">{{$w.Tax}} {{$w.Percent .Percent}}</td><td>{{$w.Money .Tax}}</td></tr>{{end}}
<tr class="total"><td colspan="4">{{$w.TotalOf .Interval $alone}}</td><td>{{$w.Money .Total}}</td></tr>{{end}}</tfoot></table>
{{if .Terms}}<section dir="auto"><h2>{{$w.Terms}}</h2>{{$.Terms}}</section>{{end}}
<p><a class="button" href="{{$.Download}}">{{$w.Download}}</a></p>
{{if $.Open}}<form method="post" action="/q/{{$.Token}}/accept"><input type="hidden" name="version" value="{{$.Page.Version.Number}}">
<label>{{$w.Name}}<input name="name" value="{{$.Typed.Name}}" autocomplete="name" maxlength="200" dir="auto" required></label><label><input type="checkbox" name="agree" value="1" required>{{$w.Agree}}</label><button>{{$w.Accept}}</button></form>
<details{{if $.Typed.Reason}} open{{end}}><summary>{{$w.Decline}}</summary><form method="post" action="/q/{{$.Token}}/decline"><input type="hidden" name="version" value="{{$.Page.Version.Number}}">
<label>{{$w.Reason}}<textarea name="reason" rows="3" maxlength="2000" dir="auto">{{$.Typed.Reason}}</textarea></label><button>{{$w.Decline}}</button></form></details>{{end}}
<p class="small">{{$w.Notice}}</p></main>{{end}}
<script>{{script}}</script>
</body></html>
`))
