package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/oauth"
)

// EM-1: the sign-in bears a challenge, a state and a nonce of its own.
func TestBegin(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	as := p.configured()
	as.AuthParams = map[string]string{"prompt": "consent"}
	client := p.client()
	one, other := p.begin(t, client, as), p.begin(t, client, as)
	q := query(t, one.URL)
	want := url.Values{
		"response_type": {"code"}, "client_id": {"parley"}, "redirect_uri": {redirect},
		"scope": {mailScope + " openid email"}, "state": {one.State}, "nonce": {one.Nonce},
		"code_challenge": q["code_challenge"], "code_challenge_method": {"S256"},
		"login_hint": {"support@example.com"}, "prompt": {"consent"},
	}
	if diff := cmp.Diff(want, q); diff != "" {
		t.Error(diff)
	}
	if random, _ := base64.RawURLEncoding.DecodeString(one.State); len(random) != 32 {
		t.Errorf("the state has %d bytes, want 32", len(random))
	}
	if one.State == other.State || one.Nonce == other.Nonce || one.Verifier == other.Verifier {
		t.Error("two sign-ins share what is to be random")
	}
	if strings.Contains(one.URL, one.Verifier) || strings.Contains(one.URL, secret) {
		t.Error("the address tells a secret")
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.answer = map[string]any{"scope": mailScope + " openid"}
	grant, err := p.signIn(t, p.configured())
	if err != nil {
		t.Fatal(err)
	}
	want := oauth.Grant{Address: "Support@example.com", Subject: "42", Token: oauth.Token{
		Access: "a0", Refresh: "r0", Issued: start, Expiry: start.Add(time.Hour), Scopes: []string{mailScope, "openid"},
	}}
	if diff := cmp.Diff(want, grant); diff != "" {
		t.Error(diff)
	}
}

// Every check of the id_token, each alone.
func TestIdentitiesThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*provider){
		"missing":            func(p *provider) { p.sign = nil },
		"garbled":            func(p *provider) { p.sign = func(jwt.MapClaims) string { return "x.y.z" } },
		"signed by another":  func(p *provider) { p.sign = func(c jwt.MapClaims) string { return signedBy(other, c) } },
		"not signed":         func(p *provider) { p.sign = unsigned },
		"signed with secret": func(p *provider) { p.sign = signedWithSecret },
		"another issuer":     func(p *provider) { p.claims["iss"] = "https://accounts.example.net" },
		"another audience":   func(p *provider) { p.claims["aud"] = "someone" },
		"another party":      func(p *provider) { p.claims["aud"] = []string{"parley", "x"}; p.claims["azp"] = "x" },
		"expired":            func(p *provider) { p.claims["exp"] = start.Add(-time.Second).Unix() },
		"another nonce":      func(p *provider) { p.claims["nonce"] = "replayed" },
		"no nonce":           func(p *provider) { delete(p.claims, "nonce"); p.claims["nonce"] = "" },
		"another token":      func(p *provider) { p.claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.userInfo = map[string]any{"sub": "42", "email": "a@example.com", "email_verified": true}
			change(p)
			grant, err := p.signIn(t, p.configured())
			if !errors.Is(err, oauth.ErrIdentity) {
				t.Errorf("got %v and %v, want ErrIdentity", grant, err)
			}
		})
	}
}

func unsigned(c jwt.MapClaims) string {
	text, err := jwt.NewWithClaims(jwt.SigningMethodNone, c).SignedString(jwt.UnsafeAllowNoneSignatureType)
	if err != nil {
		panic(err)
	}
	return text
}

func signedWithSecret(c jwt.MapClaims) string {
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(secret))
	if err != nil {
		panic(err)
	}
	return text
}

// Only an address that the provider has verified is believed.
func TestAddress(t *testing.T) {
	t.Parallel()
	const tenant = "11111111-2222-3333-4444-555555555555"
	microsoft := oauth.Microsoft("", "", "").AddressClaims
	for name, test := range map[string]struct {
		from             []string
		claims, userInfo map[string]any
		want             string
		kind             error
	}{
		"verified":         {claims: map[string]any{"email": "a@example.com", "email_verified": true}, want: "a@example.com"},
		"verified in text": {claims: map[string]any{"email": "a@example.com", "email_verified": "true"}, want: "a@example.com"},
		"not verified":     {claims: map[string]any{"email": "a@example.com", "email_verified": false}, kind: oauth.ErrAddress},
		"no address":       {claims: map[string]any{"email": "A <a@example.com>", "email_verified": true}, kind: oauth.ErrAddress},
		"by userinfo": {
			userInfo: map[string]any{"sub": "42", "email": "a@example.com", "email_verified": true}, want: "a@example.com",
		},
		"userinfo, not verified": {userInfo: map[string]any{"sub": "42", "email": "a@example.com"}, kind: oauth.ErrAddress},
		"userinfo of another": {
			userInfo: map[string]any{"sub": "7", "email": "a@example.com", "email_verified": true}, kind: oauth.ErrIdentity,
		},
		"Microsoft's sign-in name": {
			from:   microsoft,
			claims: map[string]any{"tid": tenant, "email": "forged@example.net", "preferred_username": "a@example.com"},
			want:   "a@example.com",
		},
		"Microsoft's e-mail alone": {
			from: microsoft, claims: map[string]any{"email": "forged@example.net"},
			kind: oauth.ErrAddress,
		},
		"Microsoft's telephone number": {
			from:   microsoft,
			claims: map[string]any{"preferred_username": "+441632960001", "upn": "a@example.com"}, want: "a@example.com",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.claims = test.claims
			if test.userInfo != nil {
				p.userInfo = test.userInfo
			}
			as := p.configured()
			as.AddressClaims = test.from
			grant, err := p.signIn(t, as)
			if grant.Address != test.want || !errors.Is(err, test.kind) {
				t.Errorf("got %q and %v, want %q and %v", grant.Address, err, test.want, test.kind)
			}
		})
	}
}

// Microsoft's issuer bears the tenant of who signed in.
func TestIssuerOfAnyTenant(t *testing.T) {
	t.Parallel()
	const tenant = "11111111-2222-3333-4444-555555555555"
	for name, test := range map[string]struct {
		issuer, tid string
		ok          bool
	}{
		"its own":      {"https://login.example.com/" + tenant + "/v2.0", tenant, true},
		"another's":    {"https://login.example.com/" + strings.Replace(tenant, "1", "9", 1) + "/v2.0", tenant, false},
		"not a tenant": {"https://login.example.com/evil/v2.0", "evil", false},
		"none":         {"https://login.example.com//v2.0", "", false},
		"another host": {"https://login.example.net/" + tenant + "/v2.0", tenant, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.claims["iss"], p.claims["tid"] = test.issuer, test.tid
			as := p.configured()
			as.Issuer = "https://login.example.com/{tenantid}/v2.0"
			as.AuthURL, as.TokenURL, as.KeysURL = p.URL+"/auth", p.URL+"/token", p.URL+"/keys"
			_, err := p.signIn(t, as)
			if test.ok != (err == nil) || (err != nil && !errors.Is(err, oauth.ErrIdentity)) {
				t.Errorf("got %v, want it trusted: %t", err, test.ok)
			}
		})
	}
}

func TestGrantsThatDoNotSuffice(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer map[string]any
		odd    func(http.ResponseWriter, url.Values) bool
		kind   error
	}{
		"mail unticked":    {answer: map[string]any{"scope": "openid email"}, kind: oauth.ErrScope},
		"no refresh token": {answer: map[string]any{"refresh_token": nil}, kind: oauth.ErrNoRefresh},
		"void code":        {odd: refuse(400, map[string]any{"error": "invalid_grant"}), kind: oauth.ErrStale},
		"wrong client":     {odd: refuse(401, map[string]any{"error": "invalid_client"}), kind: oauth.ErrConfiguration},
		"out of order":     {odd: refuse(500, "a0 r0"), kind: oauth.ErrTemporary},
		"busy":             {odd: refuse(429, map[string]any{"error": "invalid_grant"}), kind: oauth.ErrTemporary},
		"a proxy's page":   {odd: refuse(403, "<html>"), kind: oauth.ErrTemporary},
		"error with 200":   {odd: refuse(200, map[string]any{"error": "access_denied"}), kind: oauth.ErrDenied},
		"something else":   {odd: refuse(400, map[string]any{"error": "invalid_request"}), kind: oauth.ErrRefused},
		"no token":         {answer: map[string]any{"access_token": ""}, kind: oauth.ErrTemporary},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProvider(t)
			p.answer, p.odd = test.answer, test.odd
			_, err := p.signIn(t, p.configured())
			if !errors.Is(err, test.kind) {
				t.Errorf("got %v, want %v", err, test.kind)
			}
			if n := p.asked(); n != 1 {
				t.Errorf("the code was sent %d times", n)
			}
		})
	}
}

func TestMissingScopesAreNamed(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.answer = map[string]any{"scope": "openid email"}
	_, err := p.signIn(t, p.configured())
	var refused *oauth.Error
	if !errors.As(err, &refused) || !slices.Equal(refused.Missing, []string{mailScope}) {
		t.Errorf("got %v, want %s named", err, mailScope)
	}
}

// PKCE: a code is worth nothing to who did not begin.
func TestAnotherVerifier(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	client := p.client()
	theirs := p.begin(t, client, p.configured())
	p.begin(t, client, p.configured())
	_, err := client.Finish(t.Context(), p.configured(), redirect, "code", theirs.Verifier, theirs.Nonce)
	if !errors.Is(err, oauth.ErrStale) {
		t.Errorf("got %v, want ErrStale", err)
	}
}

func TestCallback(t *testing.T) {
	t.Parallel()
	p := oauth.Provider{Name: "example", Issuer: "https://accounts.example.com"}
	for query, want := range map[string]error{
		"code=c": nil,
		"code=c&iss=https%3A%2F%2Faccounts.example.com": nil,
		"code=c&iss=https%3A%2F%2Fother.example.com":    oauth.ErrIdentity,
		"error=access_denied&error_description=No":      oauth.ErrDenied,
		"error=temporarily_unavailable":                 oauth.ErrTemporary,
		"error=unauthorized_client":                     oauth.ErrConfiguration,
		"error=x":                                       oauth.ErrRefused,
		"":                                              oauth.ErrRefused,
		"code=c&error=access_denied&iss=https%3A%2F%2Faccounts.example.com":        oauth.ErrDenied,
		"error=access_denied&error_description=two%0Alines&state=whatever%20it%20": oauth.ErrDenied,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		code, err := oauth.Callback(p, values)
		if !errors.Is(err, want) || (want == nil) != (code == "c") {
			t.Errorf("%s: got %q and %v, want %v", query, code, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q has several lines", err)
		}
	}
}

// An id, a secret and a code are not sent in clear text, nor to where a provider
// redirects.
func TestSecretsGoWhereTheyBelong(t *testing.T) {
	t.Parallel()
	t.Run("http", func(t *testing.T) {
		t.Parallel()
		for _, change := range []func(*oauth.Provider){
			func(p *oauth.Provider) { p.TokenURL = "http://accounts.example.com/token" },
			func(p *oauth.Provider) { *p = p.At("http://accounts.example.com") },
		} {
			as := oauth.Google("id", secret)
			change(&as)
			_, err := oauth.New(http.DefaultClient, clock.System{}).Begin(t.Context(), as, redirect, "")
			if !errors.Is(err, oauth.ErrConfiguration) {
				t.Errorf("got %v, want ErrConfiguration", err)
			}
		}
	})
	t.Run("redirect", func(t *testing.T) {
		t.Parallel()
		thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Error("the redirect was followed")
		}))
		t.Cleanup(thief.Close)
		p := newProvider(t)
		p.odd = func(w http.ResponseWriter, _ url.Values) bool {
			w.Header().Set("Location", thief.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		}
		if _, err := p.signIn(t, p.configured()); !errors.Is(err, oauth.ErrTemporary) {
			t.Errorf("got %v, want ErrTemporary", err)
		}
	})
}

func TestIssuerThatCallsItselfOtherwise(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	_, err := p.client().Begin(t.Context(), p.configured().At(p.URL+"/"), redirect, "")
	if !errors.Is(err, oauth.ErrConfiguration) {
		t.Errorf("got %v, want ErrConfiguration", err)
	}
}

// What the provider says is shown in one line, to who has to act on it.
func TestErrorsBearTheProvidersWords(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	p.odd = refuse(400, map[string]any{"error": "invalid_request", "error_description": "AADSTS90013:\r\nInvalid " + strings.Repeat("x", 500)})
	_, err := p.signIn(t, p.configured())
	want := "oauth: example: the provider refused (status 400): invalid_request: AADSTS90013: Invalid " + strings.Repeat("x", 279) + "…"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
