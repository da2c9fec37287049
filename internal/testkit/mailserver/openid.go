package mailserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"
)

// ProviderOptions are an OpenID provider's settings. What is not set has the
// default that is given.
type ProviderOptions struct {
	Accounts           []string // e-mail addresses of those who may log in; the first is the default. "support@example.com"
	RedirectURLs       []string // of Parley. "http://127.0.0.1/oauth/callback"
	Scopes             []string // beside openid, email, profile and offline_access. Gmail's, and Microsoft's for IMAP and SMTP
	AccessTokenSeconds int      // how long an access token is good. 3600
}

// Provider is a running OpenID provider that demands PKCE, rotates refresh
// tokens (a used one revokes the grant) and answers token introspection.
type Provider struct {
	Issuer                     string // whose discovery document and endpoints are beneath it
	ClientID, ClientSecret     string // Parley's, sent in the body
	ResourceID, ResourceSecret string // a mail server's, for introspection
	options                    ProviderOptions
}

// OpenID starts a provider with the default settings, changed by with.
func OpenID(t testing.TB, with ...func(*ProviderOptions)) *Provider {
	t.Helper()
	p := &Provider{
		ClientID: "parley", ClientSecret: "parley-secret", ResourceID: "mailserver", ResourceSecret: "mailserver-secret",
		options: ProviderOptions{
			Accounts:     []string{"support@example.com"},
			RedirectURLs: []string{"http://127.0.0.1/oauth/callback"},
			Scopes: []string{
				"https://mail.google.com/",
				"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send",
			},
			AccessTokenSeconds: 3600,
		},
	}
	for _, change := range with {
		change(&p.options)
	}
	p.Issuer = p.start(t)
	return p
}

// start runs the provider until the test ends, and returns its issuer.
func (p *Provider) start(t testing.TB) string {
	t.Helper()
	node, folder := openIDProgram(t)
	settings, err := json.Marshal(map[string]any{
		"clientID": p.ClientID, "clientSecret": p.ClientSecret,
		"resourceID": p.ResourceID, "resourceSecret": p.ResourceSecret,
		"accounts": p.options.Accounts, "redirectURIs": p.options.RedirectURLs,
		"scopes": append([]string{"email", "profile"}, p.options.Scopes...), "accessTokenSeconds": p.options.AccessTokenSeconds,
	})
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(context.WithoutCancel(t.Context()), node, filepath.Join(folder, "provider.mjs"), string(settings))
	var complaints log
	run.Stderr = &complaints
	stdin, err := run.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = run.Wait()
		if t.Failed() {
			t.Logf("the OpenID provider says:\n%s", complaints.String())
		}
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the OpenID provider does not start: %v\n%s", err, complaints.String())
	}
	return strings.TrimSpace(issuer)
}

// openIDProgram finds node and the folder that scripts/clients.sh fills.
func openIDProgram(t testing.TB) (node, folder string) {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for !isFile(filepath.Join(folder, "go.mod")) && folder != filepath.Dir(folder) {
		folder = filepath.Dir(folder)
	}
	folder = filepath.Join(folder, "internal", "testkit", "mailserver", "openid")
	node, err = exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(folder, "node_modules", "oidc-provider"))
	}
	if err != nil {
		missing(t, "OpenID provider (apt-get install npm; scripts/clients.sh)", err)
	}
	return node, folder
}

func isFile(name string) bool {
	found, err := os.Stat(name)
	return err == nil && found.Mode().IsRegular()
}

// OAuth returns how Parley asks the provider, with the given scopes and the
// first redirect address.
func (p *Provider) OAuth(scopes ...string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret, RedirectURL: p.options.RedirectURLs[0], Scopes: scopes,
		Endpoint: oauth2.Endpoint{AuthURL: p.Issuer + "/auth", TokenURL: p.Issuer + "/token", AuthStyle: oauth2.AuthStyleInParams},
	}
}

// IntrospectionURL is where a mail server asks about a token, with its name and
// password in the address, as Dovecot wants it.
func (p *Provider) IntrospectionURL() string {
	return strings.Replace(p.Issuer, "://", "://"+p.ResourceID+":"+p.ResourceSecret+"@", 1) + "/token/introspection"
}

// Token logs the account in and returns its tokens for the scopes.
func (p *Provider) Token(t testing.TB, account string, scopes ...string) *oauth2.Token {
	t.Helper()
	config, verifier := p.OAuth(scopes...), oauth2.GenerateVerifier()
	back := p.Login(t, config.AuthCodeURL("state", oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("login_hint", account)))
	token, err := config.Exchange(t.Context(), back.Query().Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatalf("%s gets no token: %v", account, err)
	}
	return token
}

// Revoke takes back all that the account has granted: its tokens end at once.
func (p *Provider) Revoke(t testing.TB, account string) {
	t.Helper()
	p.control(t, "/control/revoke?account="+url.QueryEscape(account))
}

// Decline makes users refuse their consent from now on, or give it again.
func (p *Provider) Decline(t testing.TB, decline bool) {
	t.Helper()
	p.control(t, map[bool]string{true: "/control/decline?decline=true", false: "/control/decline"}[decline])
}

// Readdress gives the account another address, verified like the one before; its subject
// stays.
func (p *Provider) Readdress(t testing.TB, account, to string) {
	t.Helper()
	p.control(t, "/control/readdress?account="+url.QueryEscape(account)+"&to="+url.QueryEscape(to))
}

// Unverify makes the account's address one that the provider has not verified.
func (p *Provider) Unverify(t testing.TB, account string) {
	t.Helper()
	p.control(t, "/control/unverify?account="+url.QueryEscape(account))
}

// Group puts the account into groups, which only the userinfo names, in the claim "groups".
func (p *Provider) Group(t testing.TB, account string, groups ...string) {
	t.Helper()
	p.control(t, "/control/groups?"+url.Values{"account": {account}, "group": groups}.Encode())
}

// LogoutToken returns a token that ends the account's sessions, as the provider sends it to
// those where it is signed in. more are claims: sid, nonce, and event in place of the usual
// one. The same call gives a token of the same jti.
func (p *Provider) LogoutToken(t testing.TB, account string, more url.Values) string {
	t.Helper()
	query := url.Values{"account": {account}}
	maps.Copy(query, more)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.Issuer+"/control/logout?"+query.Encode(), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	token, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the OpenID provider makes no logout token: %s, %v", response.Status, err)
	}
	return string(token)
}

func (p *Provider) control(t testing.TB, path string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.Issuer+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusNoContent {
		t.Fatalf("the OpenID provider answers %s with %s", path, response.Status)
	}
}

// log is what a process writes, read while it still runs.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// String returns all that was written so far.
func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
