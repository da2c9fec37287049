package oauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"parley/internal/clock"
)

const (
	// answerTimeout bounds each request to a provider.
	answerTimeout = 20 * time.Second
	// answerSize bounds what is read of each answer, in bytes.
	answerSize = 1 << 20
	// discoveryLife is how long an issuer's endpoints are believed.
	discoveryLife = time.Hour
)

// Client speaks to providers. It is safe for concurrent use, and remembers
// endpoints and keys: make one, and share it.
type Client struct {
	http  *http.Client
	clock clock.Clock

	mu sync.Mutex
	// known are the issuers that were asked for their endpoints.
	known map[string]discovery
	// keys are the keys that identities are signed with, by their address.
	keys map[string]*oidc.RemoteKeySet
}

type discovery struct {
	found Provider
	until time.Time
}

// New returns a client that connects by the transport of the given one, whose
// matter it is to keep connections out of the operator's network. Redirects are
// not followed: a request that has secrets goes where it was meant to go.
func New(given *http.Client, c clock.Clock) *Client {
	transport := given.Transport
	if transport == nil {
		transport = http.DefaultTransport
	}
	narrow := &http.Client{
		Transport:     bounded{transport},
		Timeout:       answerTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{
		http:  narrow,
		clock: c,
		known: map[string]discovery{},
		keys:  map[string]*oidc.RemoteKeySet{},
	}
}

// resolveEndpoints returns the provider with its endpoints, those that were not
// configured asked of the issuer.
func (c *Client) resolveEndpoints(ctx context.Context, p Provider) (Provider, error) {
	complete := p.AuthURL != "" && p.TokenURL != "" && (p.KeysURL != "" || !p.openID())
	if !complete && p.Issuer != "" {
		found, err := c.discoverEndpoints(ctx, p)
		if err != nil {
			return p, err
		}
		p = p.completedBy(found)
	}
	return p, p.checkEndpoints()
}

// completedBy returns the provider with found endpoints in place of empty ones.
func (p Provider) completedBy(found Provider) Provider {
	for to, from := range map[*string]string{
		&p.AuthURL: found.AuthURL, &p.TokenURL: found.TokenURL, &p.KeysURL: found.KeysURL,
		&p.UserInfoURL: found.UserInfoURL, &p.RevokeURL: found.RevokeURL,
	} {
		if *to == "" {
			*to = from
		}
	}
	p.algorithms, p.namesIssuer, p.headerOnly = found.algorithms, found.namesIssuer, found.headerOnly
	return p
}

// discoverEndpoints asks the issuer for its endpoints, at most once an hour.
func (c *Client) discoverEndpoints(ctx context.Context, p Provider) (Provider, error) {
	c.mu.Lock()
	known, ok := c.known[p.Issuer]
	c.mu.Unlock()
	if ok && c.clock.Now().Before(known.until) {
		return known.found, nil
	}
	if !safe(p.Issuer) {
		return Provider{}, &Error{Kind: ErrConfiguration, Provider: p.Name, Description: "the issuer is not https"}
	}
	found, err := c.fetchEndpoints(ctx, p)
	if err != nil {
		return Provider{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[p.Issuer] = discovery{found, c.clock.Now().Add(discoveryLife)}
	return found, nil
}

func (c *Client) fetchEndpoints(ctx context.Context, p Provider) (Provider, error) {
	issuer, err := oidc.NewProvider(c.context(ctx), p.Issuer)
	var mismatch *oidc.IssuerMismatchError
	if errors.As(err, &mismatch) {
		text := clean("the issuer calls itself "+mismatch.Discovered, nil)
		return Provider{}, &Error{Kind: ErrConfiguration, Provider: p.Name, Description: text}
	}
	var metadata struct {
		Auth       string   `json:"authorization_endpoint"`
		Token      string   `json:"token_endpoint"`
		Keys       string   `json:"jwks_uri"`
		UserInfo   string   `json:"userinfo_endpoint"`
		Revoke     string   `json:"revocation_endpoint"`
		Algorithms []string `json:"id_token_signing_alg_values_supported"`
		Methods    []string `json:"token_endpoint_auth_methods_supported"`
		Names      bool     `json:"authorization_response_iss_parameter_supported"`
	}
	if err == nil {
		err = issuer.Claims(&metadata)
	}
	if err != nil {
		return Provider{}, failure(p, c.clock.Now(), err)
	}
	return Provider{
		AuthURL: metadata.Auth, TokenURL: metadata.Token, KeysURL: metadata.Keys,
		UserInfoURL: metadata.UserInfo, RevokeURL: metadata.Revoke,
		algorithms: asymmetric(metadata.Algorithms), namesIssuer: metadata.Names,
		// Without a list it is the header (OpenID Discovery, 3).
		headerOnly: !slices.Contains(metadata.Methods, "client_secret_post"),
	}, nil
}

// asymmetric leaves out "none" and what is signed with the client's secret.
func asymmetric(algorithms []string) []string {
	var signed []string
	for _, a := range algorithms {
		switch a {
		case oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512,
			oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA:
			signed = append(signed, a)
		}
	}
	return signed
}

// keySet returns the keys at an address, fetched when an unknown one is met.
func (c *Client) keySet(address string) *oidc.RemoteKeySet {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys[address] == nil {
		c.keys[address] = oidc.NewRemoteKeySet(c.context(context.Background()), address)
	}
	return c.keys[address]
}

// context makes the OAuth and OpenID libraries connect by this client.
func (c *Client) context(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, c.http)
}

// config returns the provider in the OAuth library's terms.
func (p Provider) config(redirectURL string) *oauth2.Config {
	// Not found out by trying, which would send a code or a refresh token twice.
	style := oauth2.AuthStyleInParams
	if p.BasicAuth {
		style = oauth2.AuthStyleInHeader
	}
	return &oauth2.Config{
		ClientID: p.ClientID, ClientSecret: p.ClientSecret,
		Endpoint:    oauth2.Endpoint{AuthURL: p.AuthURL, TokenURL: p.TokenURL, AuthStyle: style},
		RedirectURL: redirectURL, Scopes: p.Scopes,
	}
}

// bounded reads no more than answerSize of an answer.
type bounded struct{ http.RoundTripper }

// RoundTrip cuts the answer's body.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = cut{io.LimitReader(response.Body, answerSize), response.Body}
	return response, nil
}

type cut struct {
	io.Reader
	io.Closer
}
