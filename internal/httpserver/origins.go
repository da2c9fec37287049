package httpserver

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/rs/cors"

	"parley/internal/errs"
	"parley/internal/pageurl"
)

// forwardingHeaders are those by which a proxy says that it passes a request on.
var forwardingHeaders = []string{"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "X-Real-Ip"}

// origins decides which web pages may call (API-17): those of this server, those
// of the allowed origins, and, if loopback is on, those that this machine serves
// to itself. Sessions, which come in a cookie, are for those of this server and of
// origins that are allowed by their full name (AC-9); tokens come in a header.
type origins struct {
	public   string
	listed   *cors.Cors // nil: none are
	named    []string   // those of the list that are no pattern
	loopback bool
}

func newOrigins(c *Config) *origins {
	o := &origins{public: strings.TrimSuffix(c.PublicURL, "/"), loopback: c.LoopbackOrigins}
	if len(c.AllowedOrigins) > 0 {
		list := make([]string, len(c.AllowedOrigins))
		for i, origin := range c.AllowedOrigins {
			list[i] = strings.TrimSuffix(origin, "/")
			if !strings.Contains(origin, "*") {
				o.named = append(o.named, strings.ToLower(list[i]))
			}
		}
		o.listed = cors.New(cors.Options{AllowedOrigins: list})
	}
	return o
}

// handle answers preflights, with whatever headers they ask for, and refuses
// requests of pages that may not call.
func (o *origins) handle(next http.Handler) http.Handler {
	allowed := cors.New(cors.Options{
		AllowOriginVaryRequestFunc: func(r *http.Request, origin string) (bool, []string) { return o.allows(r, origin), nil },
		AllowedMethods:             []string{http.MethodGet, http.MethodPost},
		AllowedHeaders:             []string{"*"},
		ExposedHeaders:             []string{requestIDHeader, "Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate"},
		MaxAge:                     600,
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.mayCall(r) {
			w.Header().Add("Vary", "Origin")
			writeError(w, r, http.StatusForbidden, refusedOrigin(r))
			return
		}
		if origin := r.Header.Get("Origin"); origin != "" && slices.Contains(o.named, strings.ToLower(origin)) {
			w.Header().Set("Access-Control-Allow-Credentials", "true")
		}
		allowed.ServeHTTP(w, r)
	})
}

// trusts reports whether a page may use sessions: one of this server, by the scheme that
// browsers reach it by, or of an origin that is allowed by its full name.
func (o *origins) trusts(r *http.Request, origin string) bool {
	if strings.HasPrefix(o.public, "https://") && !strings.HasPrefix(strings.ToLower(origin), "https://") {
		return false
	}
	return o.isOwn(r, origin) || slices.Contains(o.named, strings.ToLower(origin))
}

func refusedOrigin(r *http.Request) *errs.Error {
	return errs.New(errs.Forbidden, "Pages on the origin %q may not call this server: its operator can add the origin to PARLEY_ALLOWED_ORIGINS.",
		errs.Clip(r.Header.Get("Origin")))
}

// mayCall reports whether the page that calls, if one does, is of this server or
// of an allowed origin.
func (o *origins) mayCall(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	return origin == "" || o.isOwn(r, origin) || o.allows(r, origin)
}

// isOwn reports whether a page of this server calls.
func (o *origins) isOwn(r *http.Request, origin string) bool {
	if o.public != "" && strings.EqualFold(o.public, origin) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

func (o *origins) allows(r *http.Request, origin string) bool {
	return o.listed != nil && o.listed.OriginAllowed(r) || o.loopback && isLoopbackPage(origin) && isDirectLoopback(r)
}

// isLoopbackPage reports whether an origin is of a server on the page's machine.
func isLoopbackPage(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && pageurl.IsLoopback(u.Hostname())
}

// isDirectLoopback reports whether a request comes from this machine itself: not by
// a proxy on it, which all the world may call by, nor by a name that a page has
// made point here.
func isDirectLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !peer.Addr().Unmap().IsLoopback() {
		return false
	}
	for _, name := range forwardingHeaders {
		if len(r.Header.Values(name)) > 0 {
			return false
		}
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	return pageurl.IsLoopback(strings.Trim(host, "[]"))
}
