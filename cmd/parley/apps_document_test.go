package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

// AC-18: an app is known by a document at its own address, which is fetched for users who are signed in, within the
// networks that are allowed, once an hour; what it does not list is no address to go back to.
func TestAppsByDocument(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.AppNetworks = []string{"127.0.0.0/8"} })}
		b := d.signedIn(d.addUser("Ben", "ben@example.com"))
		var fetched atomic.Int64
		var site *httptest.Server
		site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fetched.Add(1)
			w.Header().Set("Content-Type", "application/json")
			about := map[string]any{"client_id": site.URL + r.URL.Path, "client_name": "Pocket", "redirect_uris": []string{appRedirect}, "token_endpoint_auth_method": "none"}
			switch r.URL.Path {
			case "/other.json":
				about["client_id"] = site.URL + "/app.json"
			case "/secret.json":
				about["client_secret"] = "secret"
			case "/basic.json":
				about["token_endpoint_auth_method"] = "client_secret_basic"
			case "/long.json":
				about["client_name"] = strings.Repeat("a", 17<<10)
			case "/moved.json":
				http.Redirect(w, r, "/app.json", http.StatusFound)
				return
			case "/html.json":
				w.Header().Set("Content-Type", "text/html")
			case "/gone.json":
				http.NotFound(w, r)
				return
			}
			_ = json.NewEncoder(w).Encode(about)
		}))
		t.Cleanup(site.Close)

		app := &anApp{d: d, id: site.URL + "/app.json", redirect: appRedirect, verifier: strings.Repeat("v", 50)}
		page := app.asks()
		if response, _ := d.browser().send(http.MethodGet, page, "", nil); !strings.HasPrefix(response.Header.Get("Location"), "/auth/login?") || fetched.Load() != 0 {
			t.Errorf("a stranger is sent to %q, and %d documents were fetched", response.Header.Get("Location"), fetched.Load())
		}
		access, refresh := app.letIn(b)
		if d.takes(access) != http.StatusOK {
			t.Error("the token is not taken")
		}
		if status, said := app.refreshes(refresh); status != http.StatusOK {
			t.Errorf("got %d %v", status, said)
		}
		if fetched.Load() != 1 {
			t.Errorf("the document was fetched %d times", fetched.Load())
		}
		listed := at(d.do(adminToken, `{ oauthApps { nodes { name clientId redirectHosts } } }`, nil), "oauthApps", "nodes", 0)
		if text(listed, "clientId") != app.id || text(listed, "name") != "Pocket" {
			t.Errorf("the app is %v", listed)
		}
		elsewhere := &anApp{d: d, id: app.id, redirect: "http://127.0.0.1/other", verifier: strings.Repeat("v", 50)}
		if response, _ := b.send(http.MethodGet, elsewhere.asks(), "", nil); response.StatusCode != http.StatusBadRequest {
			t.Errorf("an address that the document does not list: %s", response.Status)
		}
		for _, wrong := range []string{"/other.json", "/secret.json", "/basic.json", "/long.json", "/moved.json", "/html.json", "/gone.json"} {
			bad := &anApp{d: d, id: site.URL + wrong, redirect: appRedirect, verifier: strings.Repeat("v", 50)}
			if response, said := b.send(http.MethodGet, bad.asks(), "", nil); response.StatusCode != http.StatusBadRequest {
				t.Errorf("%s: %s %s", wrong, response.Status, said)
			}
		}
		for _, none := range []string{site.URL, site.URL + "/", site.URL + "/app.json?a=b", site.URL + "/app.json#x", site.URL + "/a/../app.json", "http://app.example/app.json"} {
			bad := &anApp{d: d, id: none, redirect: appRedirect, verifier: strings.Repeat("v", 50)}
			if response, said := b.send(http.MethodGet, bad.asks(), "", nil); response.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %s %s", none, response.Status, said)
			}
		}
		_, about := b.send(http.MethodGet, "/.well-known/oauth-authorization-server", "", nil)
		if !strings.Contains(about, `"client_id_metadata_document_supported":true`) {
			t.Errorf("the server says %s", about)
		}
	})
}

// AC-18: without networks that are allowed no document inside the network is fetched.
func TestDocumentsInside(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		site := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a document inside the network was fetched") }))
		t.Cleanup(site.Close)
		app := &anApp{d: d, id: site.URL + "/app.json", redirect: appRedirect, verifier: strings.Repeat("v", 50)}
		if response, said := d.signedIn(benID).send(http.MethodGet, app.asks(), "", nil); response.StatusCode != http.StatusBadRequest || strings.Contains(said, "127.0.0.1 ") {
			t.Errorf("got %s %s", response.Status, said)
		}
	})
}

// logLines keeps what is logged.
type logLines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logLines) has(part string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Contains(l.text.String(), part)
}

// AC-18: a refresh token that is used twice is in the log, with the session, and without the token.
func TestReusedTokenIsLogged(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		lines := &logLines{}
		d := &doors{api: serveLogged(t, db.Open(t, clock.System{}), slog.New(slog.NewJSONHandler(lines, nil)))}
		b, app := d.signedIn(d.addUser("Ben", "ben@example.com")), d.app("Pocket")
		_, first := app.letIn(b)
		sessions := at(b.ask(`{ sessions { nodes { id kind } } }`, nil, nil).Data, "sessions", "nodes")
		app.refreshes(first)
		d.usedEarlier(31 * time.Second)
		if status, said := app.refreshes(first); status != http.StatusBadRequest {
			t.Fatalf("got %d %v", status, said)
		}
		id := text(sessions, 0, "id")
		if text(sessions, 0, "kind") == "BROWSER" {
			id = text(sessions, 1, "id")
		}
		if !lines.has(`"level":"WARN","msg":"a session of an app ended: a refresh token was used twice"`) || !lines.has(id) || lines.has(first) {
			t.Errorf("the log has not what it should: %s", lines.text.String())
		}
	})
}

// AC-18: a site that does not answer is left alone for some minutes, and the document that is kept holds meanwhile, for a day at
// most; one that says that there is none any more is believed.
func TestDocumentsSiteFails(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		d := &doors{api: serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.AppNetworks = []string{"127.0.0.0/8"} })}
		b := d.signedIn(d.addUser("Ben", "ben@example.com"))
		var fetched, status atomic.Int64
		var site *httptest.Server
		site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fetched.Add(1)
			if status.Load() != http.StatusOK {
				w.WriteHeader(int(status.Load()))
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"client_id": site.URL + r.URL.Path, "client_name": "Pocket", "redirect_uris": []string{appRedirect}, "token_endpoint_auth_method": "none"})
		}))
		t.Cleanup(site.Close)
		older := func(by time.Duration) {
			everywhere := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
			if err := d.store.WithTx(everywhere, func(ctx context.Context, tx *store.Tx) error {
				_, err := tx.Exec(ctx, "UPDATE oauth_clients SET document_until = document_until - $1", by.Microseconds())
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		asks := func(path string, want int, fetches int64) {
			t.Helper()
			app := &anApp{d: d, id: site.URL + path, redirect: appRedirect, verifier: strings.Repeat("v", 50)}
			if response, said := b.send(http.MethodGet, app.asks(), "", nil); response.StatusCode != want {
				t.Errorf("%s: %s %s", path, response.Status, said)
			}
			if n := fetched.Swap(0); n != fetches {
				t.Errorf("%s: fetched %d times, want %d", path, n, fetches)
			}
		}
		status.Store(http.StatusOK)
		asks("/a.json", http.StatusOK, 1)
		asks("/b.json", http.StatusOK, 1)
		asks("/c.json", http.StatusOK, 1)
		older(2 * time.Hour)
		status.Store(http.StatusServiceUnavailable)
		asks("/a.json", http.StatusOK, 1)
		asks("/a.json", http.StatusOK, 0)
		asks("/new.json", http.StatusBadRequest, 1)
		asks("/new.json", http.StatusBadRequest, 0)
		status.Store(http.StatusNotFound)
		asks("/b.json", http.StatusBadRequest, 1)
		asks("/b.json", http.StatusBadRequest, 0)
		older(24 * time.Hour)
		status.Store(http.StatusServiceUnavailable)
		asks("/a.json", http.StatusBadRequest, 0)
		asks("/c.json", http.StatusBadRequest, 1)
	})
}
