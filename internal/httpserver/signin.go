package httpserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/pageurl"
	"parley/internal/secret"
	"parley/internal/signin"
	"parley/internal/viewer"
)

// SignIns lets people in (AC-9, AC-16). Their errors are *errs.Error where the person, or
// the provider, is to read them.
type SignIns interface {
	// Choices returns the ways into an account; "": the first one.
	Choices(ctx context.Context, accountID string) (signin.Choices, error)
	// Begin begins a sign-in at a provider and returns where the browser goes.
	Begin(ctx context.Context, providerID, returnTo, browser string) (to string, err error)
	// Finish ends it when the browser comes back, to a path.
	Finish(ctx context.Context, path string, query url.Values, browser, userAgent string) (signin.Opened, error)
	// RequestLink mails a link to whoever has the address, and says nothing about it.
	RequestLink(ctx context.Context, in signin.RequestSignInLinkInput, returnTo, browser string) error
	// LinkUser returns whom a link signs in.
	LinkUser(ctx context.Context, link string) (signin.LinkUser, error)
	// UseLink uses a link up.
	UseLink(ctx context.Context, link, returnTo, userAgent string) (signin.Opened, error)
	// UseToken begins a session of the context's user, who presented a token, where there is
	// no other way in.
	UseToken(ctx context.Context, returnTo, userAgent string) (signin.Opened, error)
	// EndByProvider ends the sessions that a provider says are over.
	EndByProvider(ctx context.Context, providerID, token string) error
}

// SignedIn ends sessions.
type SignedIn interface {
	// SignOut ends the session of a cookie, or all of its user's.
	SignOut(ctx context.Context, session string, everywhere bool) error
}

const (
	// browserCookie binds a sign-in, or the request for a link, to the browser that began it.
	browserCookie = "parley_signin"
	// browserSeconds is how long that is: as long as a sign-in may take.
	browserSeconds = 900
	// maxSignInForm is the most bytes of a form, and of a provider's logout.
	maxSignInForm = 64 << 10
)

// routeSignIn serves the pages by which people sign in and out.
func (c *Config) routeSignIn(mux *http.ServeMux, s *streams) {
	if c.SignIns == nil {
		return
	}
	g := s.gate
	handle := func(pattern string, serve http.HandlerFunc) { mux.Handle(pattern, c.authenticate(g, serve)) }
	own := func(serve http.HandlerFunc) http.HandlerFunc { return c.fromOwnPage(s.origins, serve) }
	handle("GET /auth/login", c.showSignIn)
	handle("POST /auth/login", own(c.requestLink))
	handle("GET /auth/login/{provider}", c.beginSignIn)
	handle("GET "+signin.CallbackPath, c.finishSignIn)
	handle("GET "+signin.CallbackPath+"/{provider}", c.finishSignIn)
	handle("POST /auth/token", own(c.useToken))
	handle("GET "+signin.LinkPath, c.showLink)
	handle("POST "+signin.LinkPath, own(c.useLink))
	mux.Handle("/auth/logout", s.origins.handle(c.authenticate(g, own(c.signOut))))
	handle("POST /auth/backchannel-logout/{provider}", c.endByProvider)
}

// fromOwnPage refuses forms that pages of others send: they would sign someone in, or out,
// who does not know.
func (c *Config) fromOwnPage(o *origins, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if origin := r.Header.Get("Origin"); origin != "" && !o.trusts(r, origin) {
			writeError(w, r, http.StatusForbidden, refusedOrigin(r))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxSignInForm)
		serve(w, r)
	}
}

func (c *Config) showSignIn(w http.ResponseWriter, r *http.Request) {
	if to := c.atPublicHost(r); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	query := r.URL.Query()
	choices, err := c.SignIns.Choices(r.Context(), query.Get("account"))
	if err != nil {
		c.refuseSignIn(w, r, err)
		return
	}
	c.writeSignIn(w, r, http.StatusOK, signInPage{Choices: choices, ReturnTo: signin.LocalPath(query.Get("return"))})
}

// atPublicHost is where a browser on this machine goes that came by another of its names:
// the provider sends it back to the public one, where its cookie would be missing; "": it
// may stay.
func (c *Config) atPublicHost(r *http.Request) string {
	public, err := url.Parse(c.PublicURL)
	if err != nil || public.Host == "" || public.Host == r.Host || !pageurl.IsLoopback(public.Hostname()) || !isDirectLoopback(r) {
		return ""
	}
	return strings.TrimSuffix(c.PublicURL, "/") + r.URL.RequestURI()
}

// browserOf is the secret of a browser, which is made if it has none.
func (c *Config) browserOf(r *http.Request) string {
	browser := c.cookieOf(r, browserCookie)
	if browser == "" {
		browser, _ = secret.NewToken("")
	}
	return browser
}

func (c *Config) beginSignIn(w http.ResponseWriter, r *http.Request) {
	if to := c.atPublicHost(r); to != "" {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	browser := c.browserOf(r)
	to, err := c.SignIns.Begin(r.Context(), r.PathValue("provider"), r.URL.Query().Get("return"), browser)
	if err != nil {
		c.refuseSignIn(w, r, err)
		return
	}
	c.setCookie(w, browserCookie, browser, browserSeconds)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (c *Config) finishSignIn(w http.ResponseWriter, r *http.Request) {
	opened, err := c.SignIns.Finish(r.Context(), r.URL.Path, r.URL.Query(), c.cookieOf(r, browserCookie), browserName(r.UserAgent()))
	c.giveSession(w, r, opened, err)
}

// giveSession gives the browser its session and sends it on, or says why not.
func (c *Config) giveSession(w http.ResponseWriter, r *http.Request, opened signin.Opened, err error) {
	if err != nil {
		c.refuseSignIn(w, r, err)
		return
	}
	c.setSession(w, opened.Secret, opened.ExpiresAt)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, opened.ReturnTo, http.StatusSeeOther)
}

func (c *Config) requestLink(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuseSignIn(w, r, errs.New(errs.Invalid, "The form could not be read. Begin again."))
		return
	}
	browser := c.browserOf(r)
	err := c.SignIns.RequestLink(r.Context(), signin.RequestSignInLinkInput{Email: r.PostForm.Get("email")}, r.PostForm.Get("return"), browser)
	if err != nil {
		c.refuseSignIn(w, r, err)
		return
	}
	c.setCookie(w, browserCookie, browser, browserSeconds)
	c.writeSignIn(w, r, http.StatusOK, signInPage{Mailed: true})
}

// showLink shows the form that uses a link up: scanners of mails follow links, and send no
// forms (AC-16). It says whose link it is, so that no one is signed in as someone else
// without noticing.
func (c *Config) showLink(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	to := signin.LocalPath(query.Get("return"))
	if strings.HasPrefix(to, consentPath) && !c.askedBy(r, query.Get("for")) {
		to = "/"
	}
	c.askForLink(w, r, query.Get("link"), to)
}

// askedBy reports whether it is the browser of a name. A link leads on to an app's page only
// in the browser that asked for it: anyone may ask, and would have someone else who wants
// nothing but to sign in be asked to let the app of their choice in.
func (c *Config) askedBy(r *http.Request, name string) bool {
	own := signin.BrowserName(c.cookieOf(r, browserCookie))
	return own != "" && own == name
}

func (c *Config) askForLink(w http.ResponseWriter, r *http.Request, link, returnTo string) {
	user, err := c.SignIns.LinkUser(r.Context(), link)
	if err != nil {
		c.refuseSignIn(w, r, err)
		return
	}
	page := signInPage{Link: link, LinkUser: user, ReturnTo: returnTo}
	if v := c.signedInAs(r); v != nil && v.ActorID != user.ID {
		page.Instead = v.ActorID
	}
	c.writeSignIn(w, r, http.StatusOK, page)
}

// signedInAs is the user of the browser's session; nil: there is none.
func (c *Config) signedInAs(r *http.Request) *viewer.Viewer {
	session := c.cookieOf(r, sessionCookie)
	if !strings.HasPrefix(session, account.SessionPrefix) {
		return nil
	}
	v, err := c.viewerOf(r.Context(), session)
	if err != nil {
		return nil
	}
	return v
}

func (c *Config) useLink(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuseSignIn(w, r, errs.New(errs.Invalid, "The form could not be read. Open the link again."))
		return
	}
	link, returnTo := r.PostForm.Get("link"), r.PostForm.Get("return")
	if v := c.signedInAs(r); v != nil && r.PostForm.Get("instead") != v.ActorID {
		user, err := c.SignIns.LinkUser(r.Context(), link)
		if err != nil || user.ID != v.ActorID {
			c.askForLink(w, r, link, signin.LocalPath(returnTo)) // someone else is signed in, and was not asked
			return
		}
	}
	opened, err := c.SignIns.UseLink(r.Context(), link, returnTo, browserName(r.UserAgent()))
	c.giveSession(w, r, opened, err)
}

// useToken signs a user in by an API token of theirs, which grants everything (AC-9).
func (c *Config) useToken(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		c.refuseSignIn(w, r, errs.New(errs.Invalid, "The form could not be read. Begin again."))
		return
	}
	v, err := c.viewerOf(r.Context(), strings.TrimSpace(r.PostForm.Get("token")))
	if errs.Is(err, errs.Unauthenticated) || err == nil && !id.Is(v.TokenID, id.APIToken) {
		err = errs.New(errs.Invalid, "This is not an API token that is good. Look for mistakes in copying.")
	}
	var opened signin.Opened
	if err == nil {
		opened, err = c.SignIns.UseToken(viewer.NewContext(r.Context(), v), r.PostForm.Get("return"), browserName(r.UserAgent()))
	}
	c.giveSession(w, r, opened, err)
}

// signOut ends the session of the browser, or all of its user's (everywhere=1). Pages of
// allowed origins may send it too.
func (c *Config) signOut(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		writeError(w, r, http.StatusMethodNotAllowed, errs.New(errs.BadUserInput, "Sign out by POST."))
		return
	}
	if err := r.ParseForm(); err != nil {
		writeError(w, r, http.StatusBadRequest, errs.New(errs.BadUserInput, "The form could not be read."))
		return
	}
	if session := c.cookieOf(r, sessionCookie); session != "" {
		if err := c.SignedIn.SignOut(r.Context(), session, r.Form.Get("everywhere") == "1"); err != nil {
			c.refuseSignIn(w, r, err)
			return
		}
	}
	c.setCookie(w, sessionCookie, "", -1)
	w.Header().Set("Cache-Control", "no-store")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		http.Redirect(w, r, "/auth/login", http.StatusSeeOther)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// endByProvider takes a provider's logout token (OpenID Connect Back-Channel Logout 1.0).
func (c *Config) endByProvider(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxSignInForm)
	if err := r.ParseForm(); err != nil || r.PostForm.Get("logout_token") == "" {
		writeError(w, r, http.StatusBadRequest, errs.New(errs.BadUserInput, "The form must have a logout_token."))
		return
	}
	err := c.SignIns.EndByProvider(r.Context(), r.PathValue("provider"), r.PostForm.Get("logout_token"))
	switch e := errs.Of(err); {
	case err == nil:
		w.WriteHeader(http.StatusOK)
	case e != nil && e.Code == errs.Unavailable:
		writeError(w, r, http.StatusServiceUnavailable, e)
	case e != nil:
		writeError(w, r, http.StatusBadRequest, e)
	default:
		c.Log.ErrorContext(r.Context(), "a provider's logout failed", "error", err)
		failInternal(w, r)
	}
}

// refuseSignIn says on a page why someone is not let in.
func (c *Config) refuseSignIn(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.Of(err)
	if e == nil {
		if !errors.Is(err, context.Canceled) {
			c.Log.ErrorContext(r.Context(), "a sign-in failed", "error", err)
		}
		c.writeSignIn(w, r, http.StatusInternalServerError, signInPage{Refusal: "Something went wrong here. Try again."})
		return
	}
	c.writeSignIn(w, r, statusOfRefusal(e.Code), signInPage{Refusal: e.Message})
}

// statusOfRefusal is the status of a page that refuses.
func statusOfRefusal(code errs.Code) int {
	status := map[errs.Code]int{
		errs.Forbidden: http.StatusForbidden, errs.Unavailable: http.StatusServiceUnavailable, errs.NotFound: http.StatusNotFound, errs.RateLimited: http.StatusTooManyRequests,
	}[code]
	if status == 0 {
		status = http.StatusBadRequest
	}
	return status
}

// browserName is a short name of a browser, by which people tell their sessions apart.
func browserName(agent string) string {
	browser, system := "", ""
	for _, known := range [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"}} {
		if browser == "" && strings.Contains(agent, known[0]) {
			browser = known[1]
		}
	}
	for _, known := range [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}} {
		if system == "" && strings.Contains(agent, known[0]) {
			system = known[1]
		}
	}
	switch {
	case browser == "":
		return system
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// sessionKey is where a request's context has the secret of its session's cookie.
type sessionKey struct{}

// sessionOf returns the session by which a request is made; "": by none.
func sessionOf(r *http.Request) string {
	session, _ := r.Context().Value(sessionKey{}).(string)
	return session
}
