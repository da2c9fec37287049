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

// filteredLinks know one link, and count how often it was used.
type filteredLinks struct{ used int }

func (f *filteredLinks) Ask(_ context.Context, link string) (string, error) {
	if link != "good" {
		return "", errs.New(errs.Invalid, "The link is wrong.")
	}
	return "Really?", nil
}

func (f *filteredLinks) Do(ctx context.Context, link string) (string, error) {
	if _, err := f.Ask(ctx, link); err != nil {
		return "", err
	}
	f.used++
	return "It is done.", nil
}

// IN-11: following a link changes nothing; the form of its page does.
func TestFilteredPage(t *testing.T) {
	t.Parallel()
	known := &filteredLinks{}
	h, err := httpserver.New(httpserver.Config{Schema: newTestSchema(), Authenticator: tokens{}, FilteredLinks: known})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		method, link string
		status, used int
		want         string
	}{
		{http.MethodGet, "good", http.StatusOK, 0, `name="link" value="good"`},
		{http.MethodGet, `"><script>`, http.StatusBadRequest, 0, "The link is wrong."},
		{http.MethodPost, "bad", http.StatusBadRequest, 0, "The link is wrong."},
		{http.MethodPost, "good", http.StatusOK, 1, "It is done."},
		{http.MethodPost, strings.Repeat("x", 5000), http.StatusBadRequest, 1, "could not be read"},
	} {
		form := url.Values{"link": {step.link}}.Encode()
		r := httptest.NewRequest(step.method, "/filtered?"+form, nil)
		if step.method == http.MethodPost {
			r = httptest.NewRequest(step.method, "/filtered", strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != step.status || known.used != step.used || !strings.Contains(w.Body.String(), step.want) || strings.Contains(w.Body.String(), "<script") {
			t.Errorf("%s %.20q: status %d, used %d times, body %s", step.method, step.link, w.Code, known.used, w.Body)
		}
		if got := w.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("Cache-Control is %q", got)
		}
	}
}
