package httpserver_test

import (
	"net/http"
	"testing"

	"parley/internal/httpserver"
)

// The widget's addresses are there if there is a widget, with the headers of
// every answer, and take no token (CH-3).
func TestWidgetRoutes(t *testing.T) {
	t.Parallel()
	with := newServer(t, func(c *httpserver.Config) {
		c.Widget = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := w.Write([]byte(r.URL.Path)); err != nil {
				t.Error(err)
			}
		})
	})
	for _, path := range []string{"/widget.js", "/widget/0123456789abcdef.js", "/demo", "/demo/demo.css"} {
		if got := do(newServer(t, nil), request(t, path, "")); got.Code != http.StatusNotFound {
			t.Errorf("%s without a widget: %d", path, got.Code)
		}
		got := do(with, request(t, path+"?channel=x", ""))
		if got.Code != http.StatusOK || got.Body.String() != path || got.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %s %v", path, got.Code, got.Body, got.Header())
		}
		refused(t, do(with, request(t, path+"?token=x", "")), http.StatusBadRequest, "BAD_USER_INPUT", "must not be in the URL")
	}
}
