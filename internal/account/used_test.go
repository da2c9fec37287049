package account_test

import (
	"testing"
	"time"

	"parley/ent/apitoken"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
)

// AC-12: when a token was used last is known to the hour.
func TestLastUse(t *testing.T) {
	t.Parallel()
	turned := clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
	testkit.EachStore(t, turned, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		accounts := account.New(s)
		made, err := accounts.CreateToken(f.Admin, account.CreateApiTokenInput{Name: "Tool", Scopes: []string{"read"}})
		if err != nil {
			t.Fatal(err)
		}
		used := func() clock.Micros {
			t.Helper()
			if _, err := accounts.Authenticate(t.Context(), made.Text); err != nil {
				t.Fatal(err)
			}
			if err := accounts.WriteUsed(t.Context()); err != nil {
				t.Fatal(err)
			}
			token, err := s.Client(f.Admin).ApiToken.Query().Where(apitoken.ID(made.Token.ID)).Only(f.Admin)
			if err != nil {
				t.Fatal(err)
			}
			return token.LastUsedAt
		}
		first := clock.Of(turned.Now())
		if got := used(); made.Token.LastUsedAt.IsSet() || got != first {
			t.Errorf("the first use: %v, and then %v", made.Token.LastUsedAt, got)
		}
		turned.Advance(59 * time.Minute)
		if got := used(); got != first {
			t.Errorf("within the hour: %v", got)
		}
		turned.Advance(time.Minute)
		if got := used(); got != clock.Of(turned.Now()) {
			t.Errorf("an hour later: %v", got)
		}
	})
}
