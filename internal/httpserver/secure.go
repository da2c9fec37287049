package httpserver

import (
	"net/http"
	"strings"
)

// Headers of every answer, made once. A page that needs more than nothing
// sets a policy of its own.
var (
	nosniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noContent  = []string{"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"}
	stayHTTPS  = []string{"max-age=31536000"}
)

// setSecurityHeaders sets the headers that keep browsers from guessing, framing and
// telling others where a visitor came from.
func setSecurityHeaders(publicURL string, next http.Handler) http.Handler {
	https := strings.HasPrefix(publicURL, "https://")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h["X-Content-Type-Options"] = nosniff
		h["Referrer-Policy"] = noReferrer
		h["Content-Security-Policy"] = noContent
		if https {
			h["Strict-Transport-Security"] = stayHTTPS
		}
		next.ServeHTTP(w, r)
	})
}
