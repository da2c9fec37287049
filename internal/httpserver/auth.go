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
					fail(w, r, http.StatusBadRequest, errs.New(errs.BadUserInput,
						"A token must not stand in the URL, where it ends up in logs (%q): send it in the header \"Authorization: Bearer ...\", and revoke this one.", name))
					return
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// authenticate puts the viewer whose token the request bears into its context;
// without a token, the anonymous one. A bad token is an error, never anonymous.
//
// Staff's tokens have an allowance of their own: they are few and known, and
// programs work with them.
func (c *Config) authenticate(next http.Handler) http.Handler {
	public, staff := newLimiter(c.RateLimit, c.Clock), newLimiter(c.StaffRateLimit, c.Clock)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := c.viewer(r)
		key, limits := remoteKey(r.RemoteAddr), public
		if err == nil && v.TokenID != "" {
			key = v.TokenID
		}
		if err == nil && v.IsStaff() {
			limits = staff
		}
		if wait := limits.take(key); wait > 0 {
			failRateLimited(w, r, wait)
			return
		}
		if err != nil {
			c.failAuthentication(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(viewer.NewContext(r.Context(), v)))
	})
}

func (c *Config) viewer(r *http.Request) (*viewer.Viewer, error) {
	headers := r.Header["Authorization"]
	if len(headers) == 0 {
		return viewer.Anonymous(), nil
	}
	token, ok := bearer(headers[0])
	if !ok || len(headers) > 1 {
		return nil, errs.New(errs.Unauthenticated, "The Authorization header must read \"Bearer \" and a token.")
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.Timeout)
	defer cancel()
	return c.Authenticator.Authenticate(ctx, token)
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
	e := errs.Of(err)
	switch {
	case e != nil && e.Code == errs.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Bearer error="invalid_token"`)
		fail(w, r, http.StatusUnauthorized, e)
	case e != nil && e.Code == errs.Unavailable:
		fail(w, r, http.StatusServiceUnavailable, e)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		fail(w, r, http.StatusServiceUnavailable, errs.New(errs.Unavailable, "The token could not be checked in time. Try again."))
	default:
		c.Log.ErrorContext(r.Context(), "authentication failed", "id", requestID(r.Context()), "error", err)
		failInternal(w, r)
	}
}
