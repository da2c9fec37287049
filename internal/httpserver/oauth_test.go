package httpserver_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"parley/internal/errs"
	"parley/internal/httpserver"
)

type signIns map[string]string

func (s signIns) Returns(_ context.Context, query url.Values) (string, error) {
	to, ok := s[query.Get("state")]
	if !ok {
		return "", errs.New(errs.NotFound, "This sign-in is unknown or has ended. Start again.")
	}
	return to, nil
}

// EM-1: the callback sends the browser on to the admin's page, or shows what to
// do; it finishes nothing, and markup in the query stays text.
func TestOAuthCallback(t *testing.T) {
	t.Parallel()
	h, err := httpserver.New(httpserver.Config{
		Schema: newTestSchema(), Authenticator: tokens{}, Callbacks: signIns{"known": "", "page": "https://app.example.com/mail?state=page&code=c"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		query  string
		status int
		want   string
	}{
		"ShowsTheMutation": {"state=known&code=abc", http.StatusOK, "finishEmailChannel"},
		"SendsOn":          {"state=page&code=c", http.StatusSeeOther, ""},
		"Unknown":          {"state=other&code=abc", http.StatusBadRequest, "unknown"},
		"Refused":          {"state=known&error=access_denied", http.StatusOK, "access_denied"},
		"Markup":           {"state=known&code=%3Cscript%3E", http.StatusOK, "&lt;script&gt;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/oauth/callback?"+test.query, nil))
			if w.Code != test.status || !strings.Contains(w.Body.String(), test.want) {
				t.Errorf("status %d, body %s", w.Code, w.Body)
			}
			if strings.Contains(w.Body.String(), "<script") {
				t.Error("markup of the query got into the page")
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control is %q", got)
			}
		})
	}
}
