package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
)

// AC-9: in a browser, the playground and the demo page work by a session, which begins at an
// identity provider and ends where it is signed out.
func TestSignInInBrowser(t *testing.T) {
	t.Parallel()
	const folder = "../../internal/channel/chat/widget/browser"
	node, err := exec.LookPath("node")
	_, noDriver := os.Stat(folder + "/node_modules/playwright-core")
	_, noBrowser := os.Stat(chromium)
	if err := errors.Join(err, noDriver, noBrowser); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("signing in must be tested here: %v (apt-get install npm chromium; scripts/widget.sh)", err)
		}
		t.Skipf("SKIPPED, signing in is not tested in a browser: %v (apt-get install npm chromium; scripts/widget.sh)", err)
	}
	eachDoors(t, func(t *testing.T, d *doors) {
		d.addMember()
		d.connect(d.first)
		ctx, cancel := context.WithTimeout(t.Context(), browsing)
		defer cancel()
		run := exec.CommandContext(ctx, node, "--test", folder+"/signin.test.mjs")
		run.Env = append(os.Environ(), "PARLEY_URL="+d.url, "CHROMIUM="+chromium)
		if out, err := run.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// addMember adds Ben, a member of the first inbox.
func (d *doors) addMember() {
	d.t.Helper()
	benID := d.addUser("Ben", "ben@example.com")
	inboxID := text(d.do(adminToken, `{ inboxes { nodes { id } } }`, nil), "inboxes", "nodes", 0, "id")
	d.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", inboxID, "addUserIds", []string{benID}))
}

// signsIn has a browser sign in to the built example inbox, which a site serves that passes
// on what is Parley's (AC-9).
func signsIn(t *testing.T, db testkit.Database, node, built string) {
	t.Helper()
	var parley *url.URL
	pass := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(parley)
		r.Out.Host = r.In.Host
	}}
	mux := http.NewServeMux()
	for _, path := range []string{"/graphql", "/auth/", "/files/"} {
		mux.Handle(path, pass)
	}
	mux.Handle("/", http.FileServer(http.Dir(built)))
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	d := &doors{}
	d.api = serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
		parley, _ = url.Parse(s.PublicURL)
		s.PublicURL = site.URL
		d.first = mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
			o.RedirectURLs, o.Accounts = []string{site.URL + callback, site.URL + callback + "/*"}, []string{"ben@example.com"}
		})
	})
	d.addMember()
	d.connect(d.first)
	ctx, cancel := context.WithTimeout(t.Context(), browsing)
	defer cancel()
	run := exec.CommandContext(ctx, node, "--test", inboxFolder+"/test/signin.test.mjs")
	run.Env = append(os.Environ(), "INBOX_SITE="+site.URL, "CHROMIUM="+chromium)
	if out, err := run.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
