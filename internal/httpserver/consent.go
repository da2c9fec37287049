package httpserver

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/account"
	"parley/internal/authserver"
	"parley/internal/errs"
	"parley/internal/signin"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// consentPage is what a user is asked before an app acts for them.
type consentPage struct {
	authserver.Consent
	App, Place string
	// OnMachine: the app is a program on the machine of the browser.
	OnMachine, Tools bool
	May              []string
	// Ticks are what is granted only if it is ticked, and WithAct what counts only if act is.
	Ticks   []consentTick
	WithAct []string
	// Form sends the answer; Proof proves that it is the answer to this page.
	Form, Proof, Other string
}

type consentTick struct{ Scope, Words string }

// consentAsked is a request for authorization, and who is asked.
type consentAsked struct {
	*authserver.Request
	session string
	r       *http.Request // of the user
}

// askedFor checks the request for authorization, and finds the user. If it answered, it
// returns nil.
func (c *Config) askedFor(w http.ResponseWriter, r *http.Request) *consentAsked {
	if len(authorizeURI(r)) > signin.MaxPath {
		c.refuseConsent(w, r, errs.New(errs.Invalid, "The app's request is too long. Begin again in the app."))
		return nil
	}
	session := c.cookieOf(r, sessionCookie)
	var v *viewer.Viewer
	var err error
	if strings.HasPrefix(session, account.SessionPrefix) {
		if v, err = c.viewerOf(r.Context(), session); err != nil && !errs.Is(err, errs.Unauthenticated) {
			c.refuseConsent(w, r, err)
			return nil
		}
	}
	ctx := r.Context()
	if v != nil {
		ctx = viewer.NewContext(ctx, v)
	}
	asked, err := c.Apps.Check(ctx, r.URL.Query())
	if v == nil && errs.Is(err, errs.Unauthenticated) {
		sendBrowser(w, r, "/auth/login?"+url.Values{"return": {authorizeURI(r)}}.Encode())
		return nil
	}
	if err != nil {
		c.refuseConsent(w, r, err)
		return nil
	}
	if asked.NoPage {
		c.refuseConsent(w, r, c.Apps.NeedsPage(asked))
		return nil
	}
	if v == nil {
		sendBrowser(w, r, "/auth/login?"+url.Values{"return": {authorizeURI(r)}}.Encode())
		return nil
	}
	return &consentAsked{asked, session, r.WithContext(ctx)}
}

// consentPath is where users are asked.
const consentPath = "/oauth/authorize"

// authorizeURI is the page itself, with its request, in the one way of writing it: templates
// and browsers write some characters otherwise than apps do.
func authorizeURI(r *http.Request) string { return consentPath + "?" + r.URL.Query().Encode() }

// sendBrowser sends a browser on; the next page is not told from where.
func sendBrowser(w http.ResponseWriter, r *http.Request, to string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// proof binds the answer of a form to the session and to the request that was shown.
func (a *consentAsked) proof() string {
	sum := hmac.New(sha256.New, []byte(a.session))
	sum.Write([]byte("consent\n" + authorizeURI(a.r)))
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
}

func (c *Config) showConsent(w http.ResponseWriter, r *http.Request) {
	if to := c.atPublicHost(r); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	a := c.askedFor(w, r)
	if a == nil {
		return
	}
	consent, err := c.Apps.Ask(a.r.Context(), a.Request)
	if err != nil {
		c.refuseConsent(w, r, err)
		return
	}
	page := consentPage{
		Consent: consent, App: a.Client.Name, Place: a.Place, OnMachine: a.OnMachine(), Tools: a.Kind == vocab.SessionOfTools,
		Form: authorizeURI(r), Proof: a.proof(), Other: "/auth/login?" + url.Values{"return": {authorizeURI(r)}}.Encode(),
	}
	offer := a.Offer()
	for _, scope := range offer.Granted {
		page.May = append(page.May, scopeWords(scope))
	}
	for _, scope := range offer.Ticks {
		page.Ticks = append(page.Ticks, consentTick{scope, scopeWords(scope)})
	}
	for _, scope := range offer.WithAct {
		page.WithAct = append(page.WithAct, scopeWords(scope))
	}
	h := w.Header()
	setFormHeaders(h)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY")
	// Browsers hold each address to the directive form-action to which a form's answer leads
	// them, also those to which the app's own callback goes on, which no one here knows. The
	// page has one form, to itself, and what is of others in it is escaped.
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "form-action 'self'; ", "", 1))
	if err := consentTemplate.Execute(w, page); err != nil {
		c.Log.WarnContext(r.Context(), "a page was not read to its end", "error", err)
	}
}

func (c *Config) answerConsent(w http.ResponseWriter, r *http.Request) {
	a := c.askedFor(w, r)
	if a == nil {
		return
	}
	if err := r.ParseForm(); err != nil || !hmac.Equal([]byte(r.PostForm.Get("proof")), []byte(a.proof())) {
		c.refuseConsent(w, r, errs.New(errs.Forbidden, "The answer is not from this page, or you signed in again since. Begin again in the app."))
		return
	}
	if r.PostForm.Get("answer") != "allow" {
		c.refuseConsent(w, r, c.Apps.Denied(a.Request))
		return
	}
	to, err := c.Apps.Grant(a.r.Context(), a.Request, r.PostForm["tick"])
	if err != nil {
		c.refuseConsent(w, r, err)
		return
	}
	sendBrowser(w, r, to)
}

// refuseConsent sends a refusal to the app by the browser where that is safe, and says it
// on a page otherwise, with a link to the app.
func (c *Config) refuseConsent(w http.ResponseWriter, r *http.Request, err error) {
	refusal := authserver.AsRefusal(err)
	if refusal != nil && refusal.Redirect != "" {
		sendBrowser(w, r, refusal.Redirect)
		return
	}
	page, status := signInPage{Heading: "The app is not connected"}, http.StatusInternalServerError
	switch e := errs.Of(err); {
	case e != nil:
		page.Refusal, status = e.Message, statusOfRefusal(e.Code)
	case refusal != nil:
		page.Refusal, page.Back, page.Place, status = refusal.Text, refusal.Link, refusal.Place, http.StatusBadRequest
	default:
		c.Log.ErrorContext(r.Context(), "an app could not be connected", "id", requestID(r.Context()), "error", err)
		page.Refusal = "Something went wrong here. Try again."
	}
	c.writeSignIn(w, r, status, page)
}

// scopeWords says what a scope lets an app do.
func scopeWords(scope string) string {
	if words, ok := consentWords[scope]; ok {
		return words
	}
	for _, s := range viewer.Scopes {
		if s.Name == scope {
			return scope + ": " + strings.ReplaceAll(s.Opens, "`", "")
		}
	}
	return scope
}

// consentWords are those that are asked for most, in plain words.
var consentWords = map[string]string{
	viewer.ScopeAll:                "do everything that you may do, also what later versions bring",
	viewer.ScopeRead:               "read all that you may read: conversations, contacts, colleagues, settings",
	viewer.ScopeWrite:              "change all that you may change, also people and settings if you are an admin",
	viewer.ScopeInbox:              "work in the inbox as you do: read and answer conversations, and change contacts",
	viewer.ScopeProposalsWrite:     "propose replies and changes, which people of your team accept or dismiss",
	viewer.ScopeConversationsWrite: "answer, assign, close and delete conversations in your name",
	viewer.ScopePeopleWrite:        "change users and teams, if you are an admin",
	viewer.ScopeSettingsWrite:      "change inboxes, channels and settings, if you are an admin",
	"conversations:read":           "read conversations",
	"contacts:read":                "read contacts, companies, tickets and deals",
	"contacts:write":               "change contacts, companies, tickets and deals",
	"people:read":                  "see your colleagues and teams",
	"settings:read":                "see settings",
	"account:read":                 "see the account's name and settings",
	"events:read":                  "read the event log",
	viewer.ScopeAct:                "act by itself: what it may change happens at once, and no one is asked",
	viewer.ScopeActAs:              "send messages in the name of a user",
}

var consentTemplate = template.Must(template.New("consent").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex"><title>Parley: connect an app</title>
<style>:root{color-scheme:light dark}*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;max-width:28rem;margin:3rem auto;padding:0 1rem}h1{font-size:1.5rem;line-height:1.25}h1,p,li,label{overflow-wrap:anywhere}ul{padding-left:1.25rem}.app{font-size:1.15rem;font-weight:600;border-left:4px solid;padding:.1rem .75rem;overflow:hidden}.tick{display:flex;gap:.6rem;align-items:baseline;border:1px solid;border-radius:.5rem;padding:.6rem .75rem;margin:.5rem 0}button{font:inherit;display:block;width:100%;padding:.6rem 1rem;margin:.5rem 0;border:1px solid;border-radius:.5rem;color:inherit;background:none;cursor:pointer}button[value=allow]{font-weight:600;background:CanvasText;color:Canvas}a{color:inherit}small{display:block;opacity:.8}</style>
<h1>Let an app act for you?</h1>
<p class="app"><bdi>{{.App}}</bdi></p>
<p>{{if .OnMachine}}A program on your computer (<b>{{.Place}}</b>){{else}}An app at <b>{{.Place}}</b>{{end}} calls itself so, and anyone can choose a name. Allow it only if you have just connected it yourself.{{if .New}} No one of {{.AccountName}} has connected it before.{{end}}</p>
<p>You are <b>{{.UserName}}</b> ({{.UserEmail}}) in {{.AccountName}}. <a href="{{.Other}}">Someone else?</a></p>
<form method="post" action="{{.Form}}"><input type="hidden" name="proof" value="{{.Proof}}">
{{if .May}}<p>{{if .Tools}}For a language model, it may{{else}}It may{{end}}, within what you may do yourself:</p><ul>{{range .May}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{if .Ticks}}<p>It also asks for more, which it gets only if you tick it:</p>
{{range .Ticks}}<label class="tick"><input type="checkbox" name="tick" value="{{.Scope}}"><span><b>{{.Scope}}</b>: {{.Words}}</span></label>
{{end}}{{if .WithAct}}<p>With <b>act</b> it may also:</p><ul>{{range .WithAct}}<li>{{.}}</li>{{end}}</ul>
{{end}}{{else if .Tools}}<p>It changes nothing by itself.</p>
{{end}}<button name="answer" value="allow">Allow</button><button name="answer" value="deny">Deny</button></form>
<p><small>It ends after 30 days without use, after 180 days, when you end it in the list of your sessions, and when you sign out everywhere.</small></p>
</html>
`))
