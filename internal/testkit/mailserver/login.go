package mailserver

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// Login is the browser: it follows the authorization address through the
// provider's pages, and returns the address that the browser is sent back to,
// with code and state, or with error. That address is not called.
func (p *Provider) Login(t testing.TB, authorizationURL string) *url.URL {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	next := authorizationURL
	for range 10 {
		to := p.visitPage(t, browser, next)
		if !strings.HasPrefix(to.String(), p.Issuer+"/") {
			return to
		}
		next = to.String()
	}
	t.Fatalf("the OpenID provider leads in circles: %s", next)
	return nil
}

// visitPage returns where the page leads.
func (p *Provider) visitPage(t testing.TB, browser *http.Client, page string) *url.URL {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	to, err := response.Location()
	if err != nil {
		t.Fatalf("the OpenID provider answers %s with %s", page, response.Status)
	}
	return to
}
