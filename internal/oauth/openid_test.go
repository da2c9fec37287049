package oauth_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/oauth"
	"parley/internal/testkit/mailserver"
)

// EM-1, EM-7: the whole life of a grant at a real OpenID provider, which stands
// in for Google.
func TestRealProvider(t *testing.T) {
	t.Parallel()
	const back = "https://parley.example.com/oauth/callback"
	real := mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
		o.RedirectURLs = []string{back}
		o.Accounts = []string{"support@example.com", "sales@example.com"}
	})
	as := oauth.Google(real.ClientID, real.ClientSecret).At(real.Issuer)
	turned := clock.At(clock.System{}.Now())
	client := oauth.New(http.DefaultClient, turned)

	flow, err := client.Begin(t.Context(), as, back, "sales@example.com")
	if err != nil {
		t.Fatal(err)
	}
	answer := real.Login(t, flow.URL).Query()
	if answer.Get("state") != flow.State {
		t.Errorf("state %q came back, want %q", answer.Get("state"), flow.State)
	}
	code, err := oauth.Callback(as, answer)
	if err != nil {
		t.Fatal(err)
	}
	grant, err := client.Finish(t.Context(), as, back, code, flow.Verifier, flow.Nonce)
	if err != nil {
		t.Fatal(err)
	}
	if grant.Address != "sales@example.com" || grant.Subject == "" {
		t.Errorf("got the mailbox %q of %q", grant.Address, grant.Subject)
	}
	if _, err := client.Finish(t.Context(), as, back, code, flow.Verifier, flow.Nonce); !errors.Is(err, oauth.ErrStale) {
		t.Errorf("a code used twice gives %v, want ErrStale", err)
	}
}

// Tokens rotate, and end when the user takes the grant back.
func TestRealProviderRefreshes(t *testing.T) {
	t.Parallel()
	real := mailserver.OpenID(t)
	as := oauth.Google(real.ClientID, real.ClientSecret).At(real.Issuer)
	turned := clock.At(clock.System{}.Now())
	client := oauth.New(http.DefaultClient, turned)
	granted := real.Token(t, "support@example.com", as.Scopes...)
	v := &vault{token: oauth.Token{Access: granted.AccessToken, Refresh: granted.RefreshToken, Expiry: granted.Expiry}}
	s := client.TokenSource(as, oauth.Vault{Load: v.load, Save: v.save})

	expect(t, s, granted.AccessToken)
	turned.Advance(time.Hour)
	fresh, err := s.Token(t.Context())
	if err != nil || fresh == granted.AccessToken || len(v.saved) != 1 || v.saved[0] == granted.RefreshToken {
		t.Errorf("got %v: the token is not refreshed with rotation", err)
	}
	turned.Advance(time.Hour)
	real.Revoke(t, "support@example.com")
	expectError(t, s, oauth.ErrRevoked)
}

// Revoking ends the grant at the provider.
func TestRealProviderRevokes(t *testing.T) {
	t.Parallel()
	real := mailserver.OpenID(t)
	as := oauth.Google(real.ClientID, real.ClientSecret).At(real.Issuer)
	client := oauth.New(http.DefaultClient, clock.System{})
	granted := real.Token(t, "support@example.com", as.Scopes...)
	token := oauth.Token{Access: granted.AccessToken, Refresh: granted.RefreshToken}
	if err := client.Revoke(t.Context(), as, token); err != nil {
		t.Fatal(err)
	}
	v := &vault{token: token}
	s := client.TokenSource(as, oauth.Vault{Load: v.load, Save: v.save})
	s.Invalidate(token.Access)
	expectError(t, s, oauth.ErrRevoked)
}

// As Microsoft; and the user may decline.
func TestRealProviderAsMicrosoft(t *testing.T) {
	t.Parallel()
	const back = "http://127.0.0.1/oauth/callback"
	real := mailserver.OpenID(t)
	as := oauth.Microsoft(real.ClientID, real.ClientSecret, "").At(real.Issuer)
	client := oauth.New(http.DefaultClient, clock.System{})
	flow, err := client.Begin(t.Context(), as, back, "")
	if err != nil {
		t.Fatal(err)
	}
	code, err := oauth.Callback(as, real.Login(t, flow.URL).Query())
	if err != nil {
		t.Fatal(err)
	}
	grant, err := client.Finish(t.Context(), as, back, code, flow.Verifier, flow.Nonce)
	if err != nil || grant.Address != "support@example.com" {
		t.Errorf("got %q and %v", grant.Address, err)
	}

	real.Decline(t, true)
	if _, err := oauth.Callback(as, real.Login(t, flow.URL).Query()); !errors.Is(err, oauth.ErrDenied) {
		t.Errorf("got %v, want ErrDenied", err)
	}
}
