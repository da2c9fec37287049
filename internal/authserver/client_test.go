package authserver

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AC-18: registrations that no one uses are bounded: the oldest goes once it is an hour
// old, until then none is taken, and after 30 days all are forgotten.
func TestUnusedAppsAreBounded(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))
	testkit.EachStore(t, c, func(t *testing.T, s *store.Store) {
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		all := New(s, keys, "https://parley.example", http.DefaultClient, slog.New(slog.DiscardHandler))
		all.maxUnused, all.siteShare = 2, 2
		from := func(network string) error {
			_, err := all.Register(viewer.WithRemote(t.Context(), network), oauthex.ClientRegistrationMetadata{RedirectURIs: []string{"https://app.example/cb"}, TokenEndpointAuthMethod: "none"})
			return err
		}
		register := func() error { return from("192.0.2.1") }
		count := func() int64 {
			n, err := s.Numbers(t.Context(), "SELECT COUNT(*) FROM oauth_clients")
			if err != nil {
				t.Fatal(err)
			}
			return n[0]
		}
		for range 2 {
			if err := register(); err != nil {
				t.Fatal(err)
			}
		}
		if r := AsRefusal(from("192.0.2.2")); r == nil || r.Code != Unavailable || count() != 2 {
			t.Errorf("a third is refused with %v, and %d are kept", r, count())
		}
		c.Advance(61 * time.Minute)
		if err := register(); err != nil || count() != 2 {
			t.Errorf("an hour later: %v, and %d are kept", err, count())
		}
		// One site, with all its networks, has its share at most, and takes none of others.
		all.maxUnused, all.siteShare = 4, 1
		for _, network := range []string{"192.0.2.2", "2001:db8:1:2::/64", "2001:db8:1:3::/64", "2001:db8:1:4::/64", "192.0.2.3"} {
			if err := from(network); err != nil {
				t.Errorf("from %s: %v", network, err)
			}
		}
		sites, err := s.Numbers(t.Context(), "SELECT COUNT(DISTINCT site) FROM oauth_clients")
		if err != nil || sites[0] != 4 || count() != 4 {
			t.Errorf("of %v sites %d are kept (%v)", sites, count(), err)
		}
		c.Advance(clientsUnused + time.Hour)
		if err := all.Forget(t.Context()); err != nil || count() != 0 {
			t.Errorf("a month later %d are kept (%v)", count(), err)
		}
	})
}

// AC-18: what an app calls itself is data: it ends no quotation, is no blank, and piles up
// no marks.
func TestNamesOfApps(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"Claude” (verified). Let “Claude":  "Claude (verified). Let Claude",
		"\u3164\u115f\u2800":               "",
		"a" + strings.Repeat("\u0301", 40): "a\u0301\u0301\u0301",
		"Ben’s \u202eapp\n2":               "Ben’s app 2",
		"Claude Code (parley)":             "Claude Code (parley)",
	} {
		if got := cleanName(given); got != want {
			t.Errorf("%q becomes %q, want %q", given, got, want)
		}
	}
}

// AC-18: an answer is added to an address as it was registered.
func TestAnswersKeepTheAddress(t *testing.T) {
	t.Parallel()
	for redirect, want := range map[string]string{
		"https://app.example/cb":             "https://app.example/cb?code=x",
		"https://app.example/cb?a=%20;b&a=1": "https://app.example/cb?a=%20;b&a=1&code=x",
		"https://app.example/cb?":            "https://app.example/cb?code=x",
		"cursor://anysphere.cursor-mcp/cb":   "cursor://anysphere.cursor-mcp/cb?code=x",
	} {
		if got := answerTo(redirect, url.Values{"code": {"x"}, "state": {""}}); got != want {
			t.Errorf("%s: got %s, want %s", redirect, got, want)
		}
	}
}

// AC-18: an app of an account is forgotten, with an event, once no user has a session in it,
// and its registration with it.
func TestAppsWithoutSessionsAreForgotten(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))
	testkit.EachStore(t, c, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		all := New(s, check.Must(secret.Parse(secret.GenerateKey()))(t), "https://parley.example", http.DefaultClient, slog.New(slog.DiscardHandler))
		used, unused, fresh := id.New(id.OauthApp), id.New(id.OauthApp), id.New(id.OauthApp)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			u, err := tx.Client.User.Get(ctx, f.AdminID)
			if err != nil {
				return err
			}
			if _, err := account.OpenSession(ctx, tx, account.NewSession{User: u, App: &account.SessionApp{ID: used, Kind: vocab.SessionOfApp, Scopes: []string{"read"}}}); err != nil {
				return err
			}
			for _, appID := range []string{used, unused, fresh} {
				at := tx.Now().Add(-25 * time.Hour)
				if appID == fresh {
					at = tx.Now()
				}
				if err := tx.Client.OauthApp.Create().SetID(appID).SetClientID(appID).SetName("x").SetRedirectHosts([]string{}).SetCreatedAt(at).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		check.NoError(t, all.Forget(t.Context()))
		left := check.Must(s.Strings(t.Context(), "SELECT id FROM oauth_apps WHERE account_id = $1 ORDER BY id", f.AccountID))(t)
		want := []string{used, fresh}
		slices.Sort(want)
		if !slices.Equal(left, want) {
			t.Errorf("left are %v, want %v", left, want)
		}
		events := check.Must(s.Strings(t.Context(), "SELECT subject_id FROM events WHERE account_id = $1 AND type = 'OAUTH_APP_DELETED'", f.AccountID))(t)
		if !slices.Equal(events, []string{unused}) {
			t.Errorf("the log has %v removed", events)
		}
	})
}
