package httpserver

import (
	"context"
	"net/http"
	"strings"
	"time"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/viewer"
)

const (
	// sessionCookie has the secret of a session.
	sessionCookie = "parley_session"
	// sessionHeader says, by "1", that a request is meant to be made by the session of its
	// cookie. Pages of others cannot send it: browsers ask this server first, which lets
	// none of them (AC-9).
	sessionHeader = "Parley-Session"
)

// withSession lets a request be made by the session of its cookie. Without the header the
// cookie is as if it were not there. A WebSocket, which has no headers of its own, needs
// the Origin of a page that is trusted; an event stream needs both. A token in the header
// Authorization goes before.
func (c *Config) withSession(o *origins, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session := c.cookieOf(r, sessionCookie)
		if !strings.HasPrefix(session, account.SessionPrefix) || len(r.Header["Authorization"]) > 0 {
			next.ServeHTTP(w, r)
			return
		}
		origin := r.Header.Get("Origin")
		trusted := origin != "" && o.trusts(r, origin)
		switch {
		case strings.EqualFold(r.Header.Get("Upgrade"), "websocket"):
			// A cookie that is old does no harm: connection_init may have a token.
			if !trusted || c.hasEnded(r.Context(), session) {
				session = ""
			}
		case r.Header.Get(sessionHeader) != "1":
			session = ""
			r = r.WithContext(context.WithValue(r.Context(), unaskedKey{}, true))
		case origin != "" && !trusted, origin == "" && acceptsEvents(r.Header["Accept"]):
			writeError(w, r, http.StatusForbidden, refusedSession(origin))
			return
		}
		if session != "" {
			r = r.WithContext(context.WithValue(r.Context(), sessionKey{}, session))
		}
		next.ServeHTTP(w, r)
	})
}

// unaskedKey is where a request's context says that a session's cookie came without its header.
type unaskedKey struct{}

// anonymous is the caller of a request without credentials.
func anonymous(r *http.Request) *viewer.Viewer {
	v := viewer.Anonymous()
	v.CookieUnasked = r.Context().Value(unaskedKey{}) != nil
	return v
}

func refusedSession(origin string) *errs.Error {
	if origin == "" {
		return errs.New(errs.Forbidden, "An event stream by a session needs the header Origin: ask for it by POST, so that browsers send it.")
	}
	return errs.New(errs.Forbidden, "Pages on the origin %q may not use sessions: its operator can name the origin in PARLEY_ALLOWED_ORIGINS, or the page can send a token.",
		errs.Clip(origin))
}

// hasEnded reports whether a session is no longer good.
func (c *Config) hasEnded(ctx context.Context, session string) bool {
	_, err := c.viewerOf(ctx, session)
	return errs.Is(err, errs.Unauthenticated)
}

// cookieOf returns a cookie of this server; "": there is none.
func (c *Config) cookieOf(r *http.Request, name string) string {
	cookie, err := r.Cookie(c.cookieName(name))
	if err != nil {
		return ""
	}
	return cookie.Value
}

// cookieName is a cookie's name: with https one that browsers take from this very host only.
func (c *Config) cookieName(name string) string {
	if c.isHTTPS() {
		return "__Host-" + name
	}
	return name
}

func (c *Config) isHTTPS() bool { return strings.HasPrefix(c.PublicURL, "https://") }

// setSession gives the browser a session until its end.
func (c *Config) setSession(w http.ResponseWriter, session string, until time.Time) {
	c.setCookie(w, sessionCookie, session, int(until.Sub(c.Clock.Now()).Seconds()))
}

// setCookie sets a cookie that no script reads and no page of others sends; a negative age
// removes it.
func (c *Config) setCookie(w http.ResponseWriter, name, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{
		Name: c.cookieName(name), Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: c.isHTTPS(), SameSite: http.SameSiteLaxMode,
	})
}
