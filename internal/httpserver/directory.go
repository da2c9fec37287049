package httpserver

import (
	"context"
	"net/http"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// Directory serves the directory of an account, such as Okta, by SCIM (AC-19). Requests come with the integration as
// their viewer.
type Directory interface {
	http.Handler
	// Fail answers with an error in SCIM's form; see scim.Fail.
	Fail(w http.ResponseWriter, status int, kind, detail string)
}

// routeDirectory serves SCIM to integrations whose token grants it. No page of another origin is let in, since no program in a browser
// has such a token.
func (c *Config) routeDirectory(mux *http.ServeMux, s *streams) {
	if c.Directory == nil {
		return
	}
	mux.Handle("/scim/v2/", c.provisioner(s.gate, c.Directory))
}

// provisioner lets tokens in that grant people:provision. Errors are in SCIM's form.
func (c *Config) provisioner(g *gate, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := c.viewer(withoutSession(r))
		known := v
		if err != nil {
			known = viewer.Anonymous()
		}
		remote := remoteKey(r.RemoteAddr)
		if wait := g.meter(known, remote, w.Header()).chargeRequest(); wait > 0 {
			setRetryAfter(w, wait)
			c.Directory.Fail(w, http.StatusTooManyRequests, "", "Too many requests. Try again after what Retry-After says.")
			return
		}
		if err != nil || !v.IsStaff() {
			c.refuseDirectory(w, r, err)
			return
		}
		if v.Kind != viewer.Integration || !v.Grants(viewer.ScopeProvision) {
			c.Directory.Fail(w, http.StatusForbidden, "", "This needs the token of an integration with the scope "+viewer.ScopeProvision+", which is granted by its name only.")
			return
		}
		ctx, cancel := context.WithTimeout(viewer.WithRemote(viewer.NewContext(r.Context(), v), remote), c.Timeout)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// withoutSession is a request without the cookie of a session, which is for people.
func withoutSession(r *http.Request) *http.Request {
	c := r.Clone(r.Context())
	c.Header.Del("Cookie")
	return c
}

// refuseDirectory says why a token was not taken; nil: there is none.
func (c *Config) refuseDirectory(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.New(errs.Unauthenticated, "Send the token of an integration in the header \"Authorization: Bearer ...\".")
	if err != nil {
		e = c.presentAuthentication(r.Context(), err)
	}
	status := http.StatusInternalServerError
	switch e.Code {
	case errs.Unauthenticated:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Bearer realm="Parley"`)
	case errs.Unavailable:
		status = http.StatusServiceUnavailable
	}
	c.Directory.Fail(w, status, "", e.Message)
}
