package httpserver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"parley/internal/httpserver"
)

// API-25: what is to be read about the API is served to anyone, and nothing beside it.
func TestReference(t *testing.T) {
	t.Parallel()
	h := newServer(t, func(c *httpserver.Config) {
		c.Reference = &httpserver.Reference{SDL: "type Query { a: Int }", Files: fstest.MapFS{
			"llms.txt": {Data: []byte("Read me")}, "api.md": {Data: []byte("# API")}, "live/client.ts": {Data: []byte("let a = 1")},
			"secret.key": {Data: []byte("secret")},
		}}
	})
	get := func(path, etag string) *httptest.ResponseRecorder {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		if etag != "" {
			r.Header.Set("If-None-Match", etag)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for path, want := range map[string]struct {
		status     int
		kind, body string
	}{
		"/schema.graphql":          {200, "text/plain; charset=utf-8", "type Query { a: Int }"},
		"/llms.txt":                {200, "text/plain; charset=utf-8", "Read me"},
		"/docs/api.md":             {200, "text/markdown; charset=utf-8", "# API"},
		"/docs/live/client.ts":     {200, "text/plain; charset=utf-8", "let a = 1"},
		"/docs/live":               {200, "text/markdown; charset=utf-8", "# /docs/live\n\n- [client.ts](/docs/live/client.ts)\n"},
		"/docs/live/":              {200, "text/markdown; charset=utf-8", "# /docs/live\n\n- [client.ts](/docs/live/client.ts)\n"},
		"/docs/":                   {200, "text/markdown; charset=utf-8", "# /docs\n\n- [api.md](/docs/api.md)\n- [live](/docs/live)\n- [llms.txt](/docs/llms.txt)\n"},
		"/docs/secret.key":         {404, "", ""},
		"/docs/none.md":            {404, "", ""},
		"/docs/%2e%2e/go.mod":      {404, "", ""},
		"/docs/..%2fgo.mod":        {404, "", ""},
		"/docs/%5c..%5capi.md":     {404, "", ""},
		"/docs/live/..%2fapi.md":   {404, "", ""},
		"/docs/%2fetc%2fpasswd.md": {404, "", ""},
		"/docs/api.md%00":          {404, "", ""},
	} {
		w := get(path, "")
		if w.Code != want.status || want.status == 200 && (w.Body.String() != want.body || w.Header().Get("Content-Type") != want.kind) {
			t.Errorf("%s: %d %q %q", path, w.Code, w.Header().Get("Content-Type"), w.Body)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: its type is to be guessed", path)
		}
	}
	if again := get("/docs/api.md", get("/docs/api.md", "").Header().Get("ETag")); again.Code != 304 {
		t.Errorf("it is sent again: %d", again.Code)
	}
	if w := get("/docs/api.md?token=parley_secret", ""); strings.Contains(w.Body.String(), "parley_secret") {
		t.Error("a token in the address is shown")
	}
}
