package authserver

import (
	"testing"
	"time"

	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
)

// AC-18: registrations that no one uses are bounded: the oldest goes once it is an hour
// old, until then none is taken, and after 30 days all are forgotten.
func TestUnusedAppsAreBounded(t *testing.T) {
	t.Parallel()
	c := clock.At(time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC))
	testkit.EachStore(t, c, func(t *testing.T, s *store.Store) {
		all := New(s, "https://parley.example")
		all.maxUnused = 2
		register := func() error {
			_, err := all.Register(t.Context(), oauthex.ClientRegistrationMetadata{RedirectURIs: []string{"https://app.example/cb"}, TokenEndpointAuthMethod: "none"})
			return err
		}
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
		if r := AsRefusal(register()); r == nil || r.Code != Unavailable || count() != 2 {
			t.Errorf("a third is refused with %v, and %d are kept", r, count())
		}
		c.Advance(61 * time.Minute)
		if err := register(); err != nil || count() != 2 {
			t.Errorf("an hour later: %v, and %d are kept", err, count())
		}
		c.Advance(clientsUnused + time.Hour)
		if err := all.Forget(t.Context()); err != nil || count() != 0 {
			t.Errorf("a month later %d are kept (%v)", count(), err)
		}
	})
}
