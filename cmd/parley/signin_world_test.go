package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/mailserver"
)

const callback = "/auth/callback"

// doors is a Parley at which people sign in.
type doors struct {
	*api
	first, second *mailserver.Provider
}

// eachDoors runs the test on each database, with two OpenID providers that no account has yet.
func eachDoors(t *testing.T, test func(t *testing.T, d *doors)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		d := &doors{}
		d.api = serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) {
			s.AllowedOrigins = []string{"https://app.example", "https://*.example.net"}
			start := func(accounts ...string) *mailserver.Provider {
				return mailserver.OpenID(t, func(o *mailserver.ProviderOptions) {
					o.RedirectURLs, o.Accounts = []string{s.PublicURL + callback, s.PublicURL + callback + "/*"}, accounts
				})
			}
			d.first, d.second = start("ben@example.com", "cleo@example.com", "stranger@example.com", "taker@example.com"), start("ben@example.com")
		})
		test(t, d)
	})
}

const createProvider = `mutation($in: CreateIdentityProviderInput!) { createIdentityProvider(input: $in) { identityProvider { id name issuer clientId enabled fromEnvironment createUsers defaultRole } userErrors { code field message } } }`

// connect connects a provider and returns its id.
func (d *doors) connect(p *mailserver.Provider, more ...any) string {
	d.t.Helper()
	in := input(append([]any{"name", "Example", "issuer", p.Issuer, "clientId", p.ClientID, "clientSecret", p.ClientSecret}, more...)...)
	return text(d.do(adminToken, createProvider, in), "createIdentityProvider", "identityProvider", "id")
}

// addUser adds a user and returns their id.
func (d *doors) addUser(name, email string) string {
	d.t.Helper()
	return text(d.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`, input("name", name, "email", email)), "createUser", "user", "id")
}

// browser is one of a person.
type browser struct {
	d    *doors
	jar  http.CookieJar
	http *http.Client
}

func (d *doors) browser() *browser {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return &browser{d, jar, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// httpAnswer is an answer whose body was read.
type httpAnswer struct {
	Status     string
	StatusCode int
	Header     http.Header
}

// send sends a request and returns the answer, whose body is read.
func (b *browser) send(method, to, body string, header map[string]string) (*httpAnswer, string) {
	b.d.t.Helper()
	if strings.HasPrefix(to, "/") {
		to = b.d.url + to
	}
	request, err := http.NewRequestWithContext(b.d.t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		b.d.t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := b.http.Do(request)
	if err != nil {
		b.d.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		b.d.t.Fatal(err)
	}
	return &httpAnswer{response.Status, response.StatusCode, response.Header}, string(raw)
}

// submit sends a form from a page of this server.
func (b *browser) submit(to string, form url.Values) (*httpAnswer, string) {
	b.d.t.Helper()
	return b.send(http.MethodPost, to, form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": b.d.url})
}

// begin begins a sign-in, and logs an account of the provider in. It returns where the
// browser is sent back to.
func (b *browser) begin(p *mailserver.Provider, providerID, account string) *url.URL {
	b.d.t.Helper()
	response, page := b.send(http.MethodGet, "/auth/login/"+providerID+"?return=/demo", "", nil)
	if response.StatusCode != http.StatusSeeOther {
		b.d.t.Fatalf("%s: %s", response.Status, page)
	}
	return p.Login(b.d.t, response.Header.Get("Location")+"&login_hint="+url.QueryEscape(account))
}

// finish comes back from the provider.
func (b *browser) finish(back *url.URL) (status int, page string) {
	b.d.t.Helper()
	response, page := b.send(http.MethodGet, back.String(), "", map[string]string{"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"})
	return response.StatusCode, page
}

// signIn signs an account of a provider in.
func (b *browser) signIn(p *mailserver.Provider, providerID, account string) *browser {
	b.d.t.Helper()
	if status, page := b.finish(b.begin(p, providerID, account)); status != http.StatusSeeOther {
		b.d.t.Fatalf("%s is not signed in: %d %s", account, status, page)
	}
	return b
}

// ask sends an operation by the session.
func (b *browser) ask(query string, variables map[string]any, header map[string]string) answer {
	b.d.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		b.d.t.Fatal(err)
	}
	all := map[string]string{"Content-Type": "application/json", "Accept": "application/graphql-response+json", "Parley-Session": "1"}
	for name, value := range header {
		all[name] = value
	}
	response, raw := b.send(http.MethodPost, "/graphql", string(body), all)
	got := answer{Status: response.StatusCode}
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		b.d.t.Fatalf("%s: %s", response.Status, raw)
	}
	return got
}

// who is the user of the session; "": there is none.
func (b *browser) who() string {
	b.d.t.Helper()
	return text(b.ask(`{ viewer { user { name } } }`, nil, nil).Data, "viewer", "user", "name")
}

// cookies are those that the browser would send.
func (b *browser) cookies() string {
	at, _ := url.Parse(b.d.url)
	var all []string
	for _, c := range b.jar.Cookies(at) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

// dial opens a WebSocket with the browser's cookies and subscribes.
func (b *browser) dial(origin, subscription string) (*socket, error) {
	ctx, header := b.d.t.Context(), http.Header{"Cookie": {b.cookies()}}
	if origin != "" {
		header.Set("Origin", origin)
	}
	conn, _, err := websocket.Dial(ctx, strings.Replace(b.d.url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: header}) //nolint:bodyclose // the library closes it
	if err != nil {
		return nil, err
	}
	s := &socket{conn}
	b.d.t.Cleanup(s.cut)
	if err := s.send(ctx, "", "connection_init", map[string]any{}); err != nil {
		return nil, err
	}
	var ack frame
	if err := wsjson.Read(ctx, conn, &ack); err != nil || ack.Type != "connection_ack" {
		return nil, fmt.Errorf("%q: %w", ack.Type, err)
	}
	return s, s.send(ctx, "1", "subscribe", map[string]any{"query": subscription})
}

// follow opens a stream that lasts as long as the session.
func (b *browser) follow() *socket {
	b.d.t.Helper()
	s, err := b.dial(b.d.url, `subscription { events { type } }`)
	if err != nil {
		b.d.t.Fatal(err)
	}
	return s
}

// ends waits until a stream is closed because its session ended.
func (d *doors) ends(s *socket) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), patience)
	defer cancel()
	for {
		var got frame
		if err := wsjson.Read(ctx, s.conn, &got); err != nil {
			if websocket.CloseStatus(err) != 4403 {
				d.t.Errorf("the stream ends with %v", err)
			}
			return
		}
	}
}
