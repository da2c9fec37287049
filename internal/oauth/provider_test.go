package oauth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/internal/clock"
	"parley/internal/oauth"
)

const (
	mailScope = "https://mail.example.com/"
	redirect  = "https://parley.example.com/oauth/callback"
	secret    = "c1ient-s3cret"
)

// start is what the clocks of these tests show at first.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// provider is an OpenID provider in the process, which can be made to answer
// oddly. Refresh tokens are r0, r1, … and serve once; access tokens a0, a1, ….
type provider struct {
	*httptest.Server
	key   *ecdsa.PrivateKey
	clock *clock.Turned

	mu sync.Mutex
	// requests are the forms that came to the token and revocation endpoints.
	requests []url.Values
	// given counts the tokens.
	given int
	// challenge and nonce are of the sign-in that is under way.
	challenge, nonce string
	// odd answers in place of the provider; it returns false to leave it to it.
	odd func(w http.ResponseWriter, form url.Values) bool
	// sign makes the id_token; nil: none is given.
	sign func(jwt.MapClaims) string
	// claims are added to the id_token and answer userinfo.
	claims, userInfo map[string]any
	// answer is added to what the token endpoint says.
	answer map[string]any
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{
		key: key, clock: clock.At(start),
		claims:   map[string]any{"email": "Support@example.com", "email_verified": true},
		userInfo: map[string]any{"sub": "42"},
	}
	p.sign = p.signed
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /keys", p.keys)
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("POST /revoke", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer a0" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		write(w, http.StatusOK, p.userInfo)
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token",
		"jwks_uri": p.URL + "/keys", "userinfo_endpoint": p.URL + "/userinfo", "revocation_endpoint": p.URL + "/revoke",
		"id_token_signing_alg_values_supported": []string{"none", "HS256", "ES256"},
	})
}

func (p *provider) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := p.key.PublicKey.Bytes()
	if err != nil {
		panic(err)
	}
	coordinate := base64.RawURLEncoding.EncodeToString
	write(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "kid": "k", "x": coordinate(point[1:33]), "y": coordinate(point[33:]),
	}}})
}

// signed is an id_token as it should be.
func (p *provider) signed(c jwt.MapClaims) string { return signedBy(p.key, c) }

func signedBy(key *ecdsa.PrivateKey, c jwt.MapClaims) string {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, c)
	token.Header["kid"] = "k"
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests = append(p.requests, r.PostForm)
	switch {
	case p.odd != nil && p.odd(w, r.PostForm):
	case r.PostForm.Get("client_secret") != secret:
		write(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
	case r.URL.Path == "/revoke":
	case !p.redeems(r.PostForm):
		write(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "void"})
	default:
		p.give(w)
	}
}

// redeems reports whether the form bears the code of the sign-in under way with
// its verifier, or the newest refresh token.
func (p *provider) redeems(form url.Values) bool {
	if form.Get("grant_type") == "refresh_token" {
		return form.Get("refresh_token") == fmt.Sprintf("r%d", p.given-1)
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	return form.Get("code") == "code" && form.Get("redirect_uri") == redirect &&
		base64.RawURLEncoding.EncodeToString(sum[:]) == p.challenge
}

func (p *provider) give(w http.ResponseWriter) {
	answer := map[string]any{
		"access_token": fmt.Sprintf("a%d", p.given), "refresh_token": fmt.Sprintf("r%d", p.given),
		"token_type": "Bearer", "expires_in": 3600,
	}
	p.given++
	if p.sign != nil {
		now := p.clock.Now().Unix()
		c := jwt.MapClaims{"iss": p.URL, "aud": "parley", "sub": "42", "nonce": p.nonce, "iat": now, "exp": now + 600}
		maps.Copy(c, p.claims)
		answer["id_token"] = p.sign(c)
	}
	for name, value := range p.answer {
		if answer[name] = value; value == nil {
			delete(answer, name)
		}
	}
	write(w, http.StatusOK, answer)
}

// asked returns how often the token endpoint was asked.
func (p *provider) asked() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.requests)
}

// last returns the newest form.
func (p *provider) last() url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.requests[len(p.requests)-1]
}

// answers makes the token endpoint answer so from now on.
func (p *provider) answers(odd func(http.ResponseWriter, url.Values) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.odd = odd
}

func refuse(status int, body any) func(http.ResponseWriter, url.Values) bool {
	return func(w http.ResponseWriter, _ url.Values) bool {
		write(w, status, body)
		return true
	}
}

// configured is how Parley knows the provider.
func (p *provider) configured() oauth.Provider {
	return oauth.Provider{
		Name: "example", Issuer: p.URL, ClientID: "parley", ClientSecret: secret,
		Scopes: []string{mailScope, "openid", "email"},
	}
}

func (p *provider) client() *oauth.Client { return oauth.New(p.Client(), p.clock) }

// begin starts a sign-in and lets the provider note what the browser brings.
func (p *provider) begin(t *testing.T, client *oauth.Client, as oauth.Provider) oauth.Flow {
	t.Helper()
	flow, err := client.Begin(t.Context(), as, redirect, "support@example.com")
	if err != nil {
		t.Fatal(err)
	}
	query := query(t, flow.URL)
	p.challenge, p.nonce = query.Get("code_challenge"), query.Get("nonce")
	return flow
}

func query(t *testing.T, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

// signIn runs a whole flow.
func (p *provider) signIn(t *testing.T, as oauth.Provider) (oauth.Grant, error) {
	t.Helper()
	client := p.client()
	flow := p.begin(t, client, as)
	return client.Finish(t.Context(), as, redirect, "code", flow.Verifier, flow.Nonce)
}

// EM-1: what is known of the two providers, as they document it.
func TestGoogleAndMicrosoft(t *testing.T) {
	t.Parallel()
	google, microsoft := oauth.Google("id", secret), oauth.Microsoft("id", secret, "contoso.example")
	for _, test := range []struct {
		of         oauth.Provider
		auth       string
		scopes     []string
		imap, smtp oauth.Server
	}{
		{
			google, "https://accounts.google.com/o/oauth2/v2/auth",
			[]string{"https://mail.google.com/"},
			oauth.Server{Host: "imap.gmail.com", Port: 993, Security: "TLS"},
			oauth.Server{Host: "smtp.gmail.com", Port: 465, Security: "TLS"},
		},
		{
			microsoft, "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/authorize",
			[]string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access"},
			oauth.Server{Host: "outlook.office365.com", Port: 993, Security: "TLS"},
			oauth.Server{Host: "smtp.office365.com", Port: 587, Security: "STARTTLS"},
		},
	} {
		t.Run(test.of.Name, func(t *testing.T) {
			t.Parallel()
			flow, err := oauth.New(http.DefaultClient, clock.System{}).Begin(t.Context(), test.of, redirect, "")
			if err != nil {
				t.Fatal(err) // endpoints that are told are not asked for
			}
			if base, _, _ := strings.Cut(flow.URL, "?"); base != test.auth {
				t.Errorf("the user is sent to %s", base)
			}
			for _, scope := range append(test.scopes, "openid") {
				if !slices.Contains(test.of.Scopes, scope) {
					t.Errorf("scope %s is not asked for", scope)
				}
			}
			if test.of.IMAP != test.imap || test.of.SMTP != test.smtp {
				t.Errorf("servers %v and %v", test.of.IMAP, test.of.SMTP)
			}
		})
	}
	if q := google.AuthParams; q["access_type"] != "offline" || q["prompt"] != "consent" {
		t.Errorf("Google is asked with %v: it would give no refresh token", q)
	}
}
