package httpserver

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// A client's address is what trusted proxies say it is, and no one else.
func TestForwarded(t *testing.T) {
	t.Parallel()
	proxies, err := ParseProxies([]string{"10.0.0.0/8", "2001:db8::/32", "192.0.2.7"})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		remote string
		header []string
		want   string
	}{
		"no proxy":                   {"198.51.100.1:5", []string{"203.0.113.9"}, "198.51.100.1:5"},
		"one proxy":                  {"10.1.2.3:5", []string{"203.0.113.9"}, "203.0.113.9:5"},
		"a single address":           {"192.0.2.7:5", []string{"203.0.113.9"}, "203.0.113.9:5"},
		"two proxies":                {"10.1.2.3:5", []string{"203.0.113.9, 10.9.9.9"}, "203.0.113.9:5"},
		"two headers":                {"10.1.2.3:5", []string{"203.0.113.9", "10.9.9.9"}, "203.0.113.9:5"},
		"what the client made up":    {"10.1.2.3:5", []string{"1.2.3.4, 203.0.113.9"}, "203.0.113.9:5"},
		"a made-up proxy":            {"10.1.2.3:5", []string{"1.2.3.4, 10.0.0.1, 203.0.113.9"}, "203.0.113.9:5"},
		"nothing":                    {"10.1.2.3:5", nil, "10.1.2.3:5"},
		"nonsense":                   {"10.1.2.3:5", []string{"203.0.113.9, unknown"}, "10.1.2.3:5"},
		"proxies alone":              {"10.1.2.3:5", []string{"10.0.0.9"}, "10.0.0.9:5"},
		"version 6":                  {"[2001:db8::1]:5", []string{"2001:470::7"}, "[2001:470::7]:5"},
		"version 4 within version 6": {"[::ffff:10.1.2.3]:5", []string{"203.0.113.9"}, "203.0.113.9:5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.RemoteAddr = tc.remote
			r.Header["X-Forwarded-For"] = tc.header
			got := ""
			forwarded(proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr })).ServeHTTP(httptest.NewRecorder(), r)
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/99"} {
		if _, err := ParseProxies([]string{bad}); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
