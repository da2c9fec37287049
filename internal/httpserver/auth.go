package httpserver

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"parley/internal/errs"
	"parley/internal/viewer"
)

// refuseQueryTokens refuses a token in the query string before it does
// anything: URLs end up in logs, histories and Referer headers.
func refuseQueryTokens(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery != "" {
			query := r.URL.Query()
			for _, name := range []string{"token", "access_token"} {
				if query.Has(name) {
					writeError(w, r, http.StatusBadRequest, errs.New(errs.BadUserInput,
						"A token must not be in the URL, because it would appear in logs (%q): send it in the header \"Authorization: Bearer ...\", and revoke this one.", name))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// authenticate puts the viewer whose token the request has into its context;
// without a token, the anonymous one. A bad token is an error, never anonymous.
func (c *Config) authenticate(g *gate, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := c.viewer(r)
		known := v
		if err != nil {
			known = viewer.Anonymous()
		}
		remote := remoteKey(r.RemoteAddr)
		m := g.meter(known, remote, w.Header())
		if wait := m.chargeRequest(); wait > 0 {
			c.failRateLimited(w, r, wait)
			return
		}
		if err != nil {
			c.failAuthentication(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(withMeter(viewer.WithRemote(viewer.NewContext(r.Context(), v), remote), m)))
	})
}

// gate charges requests, and operations on streams, to the rate limits.
// Staff's tokens have an allowance of their own: they are few and known, and
// programs work with them.
type gate struct{ public, staff *limiter }

func newGate(c *Config) *gate {
	return &gate{public: newLimiter(c.RateLimit, c.Clock), staff: newLimiter(c.StaffRateLimit, c.Clock)}
}

func (c *Config) viewer(r *http.Request) (*viewer.Viewer, error) {
	headers := r.Header["Authorization"]
	if session := sessionOf(r); session != "" && len(headers) == 0 {
		return c.viewerOf(r.Context(), session)
	}
	if len(headers) == 0 {
		return anonymous(r), nil
	}
	token, ok := bearer(headers[0])
	if !ok || len(headers) > 1 {
		return nil, notBearer()
	}
	return c.viewerOf(r.Context(), token)
}

// viewerOf returns whose token, or session, it is.
func (c *Config) viewerOf(ctx context.Context, token string) (*viewer.Viewer, error) {
	ctx, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	v, err := c.Authenticator.Authenticate(ctx, token)
	if err == nil {
		err = c.fitsResource(ctx, v)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func notBearer() *errs.Error {
	return errs.New(errs.Unauthenticated, "The header Authorization must be \"Bearer \" followed by a token.")
}

// bearer returns the token of an Authorization header. It must look like one:
// visible ASCII without spaces.
func bearer(header string) (token string, ok bool) {
	scheme, token, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	token = strings.Trim(token, " ")
	for i := range len(token) {
		if token[i] <= ' ' || token[i] >= 0x7f {
			return "", false
		}
	}
	return token, token != ""
}

func (c *Config) failAuthentication(w http.ResponseWriter, r *http.Request, err error) {
	switch e := c.presentAuthentication(r.Context(), err); e.Code {
	case errs.Unauthenticated:
		w.Header().Set("WWW-Authenticate", c.challenge(r, "invalid_token"))
		writeError(w, r, http.StatusUnauthorized, e)
	case errs.Unavailable:
		writeError(w, r, http.StatusServiceUnavailable, e)
	default:
		failInternal(w, r)
	}
}

// presentAuthentication says why a token was not taken: UNAUTHENTICATED,
// UNAVAILABLE, or INTERNAL, which the log has.
func (c *Config) presentAuthentication(ctx context.Context, err error) *errs.Error {
	e := errs.Of(err)
	switch {
	case e != nil && (e.Code == errs.Unauthenticated || e.Code == errs.Unavailable):
		return e
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errs.New(errs.Unavailable, "The token could not be checked in time. Try again.")
	}
	c.Log.ErrorContext(ctx, "authentication failed", "id", requestID(ctx), "error", err)
	return errs.New(errs.Internal, "Internal error. Quote the id to the operator.")
}
