package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// ForPeople returns a provider at which people sign in: it is asked who they are, and for
// no access to anything (AC-9).
func ForPeople(name, issuer, clientID, clientSecret string) Provider {
	return Provider{Name: name, Issuer: issuer, ClientID: clientID, ClientSecret: clientSecret, Scopes: []string{"openid", "email", "profile"}}
}

// Check asks the provider's issuer for its endpoints now, and remembers them. It returns
// an *Error of kind ErrTemporary if it cannot be reached, and ErrConfiguration if it
// calls itself otherwise or lacks something.
func (c *Client) Check(ctx context.Context, p Provider) error {
	if !safe(p.Issuer) {
		return &Error{Kind: ErrConfiguration, Provider: p.Name, Description: "the issuer is not https"}
	}
	found, err := c.fetchEndpoints(ctx, p)
	if err != nil {
		return err
	}
	if err := p.completedBy(found).checkEndpoints(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[p.Issuer] = discovery{found, c.clock.Now().Add(discoveryLife)}
	return nil
}

// Identity is who signed in.
type Identity struct {
	// Subject is the provider's own, lasting name of the person.
	Subject string
	// Session is the provider's name of the session (sid); "": it has none.
	Session string
	// Address is the person's e-mail address; "": the provider has not verified one.
	Address string
	// Name is the person's; it may be empty.
	Name string

	said claims
}

// Values returns the texts that a claim has: one, a list, or none.
func (i Identity) Values(claim string) []string {
	switch said := i.said[claim].(type) {
	case string:
		return []string{said}
	case []any:
		var list []string
		for _, v := range said {
			if text, ok := v.(string); ok {
				list = append(list, text)
			}
		}
		return list
	}
	return nil
}

// Says reports whether the provider says anything of a claim, if only that it is kept elsewhere.
func (i Identity) Says(claim string) bool {
	_, has := i.said[claim]
	return has || i.Elsewhere(claim)
}

// Elsewhere reports whether the provider says that a claim is to be asked for at another address, since it has too many
// values (OpenID Connect Core 1.0, 5.6.2): what they are is not known then.
func (i Identity) Elsewhere(claim string) bool {
	if _, has := i.said[claim]; has {
		return false
	}
	names, _ := i.said["_claim_names"].(map[string]any)
	_, has := names[claim]
	return has
}

// Identify ends the sign-in of a person, with the query with which the browser came back.
// The caller has found the flow by its state. It returns an *Error: ErrDenied, ErrStale
// if the code is void, ErrIdentity for an answer of another issuer (RFC 9207) and for an
// identity that cannot be trusted, or those that any call may return.
func (c *Client) Identify(ctx context.Context, p Provider, redirectURL string, query url.Values, verifier, nonce string) (Identity, error) {
	p, err := c.resolveEndpoints(ctx, p)
	if err != nil {
		return Identity{}, err
	}
	if p.namesIssuer && query.Get("iss") == "" {
		return Identity{}, p.untrusted("the response does not say which issuer it is from")
	}
	code, err := Callback(p, query)
	if err != nil {
		return Identity{}, err
	}
	p.BasicAuth = p.BasicAuth || p.headerOnly
	answer, err := p.config(redirectURL).Exchange(c.context(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		failed := failure(p, c.clock.Now(), err, code, verifier, p.ClientSecret)
		if errors.Is(failed, ErrRevoked) {
			failed.Kind = ErrStale
		}
		return Identity{}, failed
	}
	said, err := c.verifiedClaims(ctx, p, answer, nonce)
	if err != nil {
		return Identity{}, err
	}
	who := Identity{Subject: said.text("sub"), Session: said.text("sid"), said: said}
	if who.Subject == "" {
		return Identity{}, p.untrusted("the id_token has no subject")
	}
	who.Address = p.address(said)
	if p.UserInfoURL != "" && (who.Address == "" || slices.ContainsFunc(p.NeededClaims, func(claim string) bool { return said[claim] == nil })) {
		more, err := c.userInfo(ctx, p, answer)
		if err != nil {
			return Identity{}, err
		}
		if more.text("sub") != who.Subject {
			return Identity{}, p.untrusted("the userinfo is about another account")
		}
		// Its address is as good as its own word on it, whatever the id_token has.
		if who.Address == "" {
			who.Address = p.address(more)
		}
		for name, value := range more {
			if _, signed := said[name]; !signed {
				said[name] = value
			}
		}
	}
	who.Name = said.text("name")
	return who, nil
}

const (
	// logoutEvent is what a logout token is about.
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
	// logoutAge is how old a logout token may be, and logoutSkew how far the provider's
	// clock may be ahead.
	logoutAge, logoutSkew = 5 * time.Minute, time.Minute
)

// Logout is what a provider ends: a session, or all of a person's if Session is "".
type Logout struct {
	Subject, Session string
	// ID names the token (jti); it counts once.
	ID string
	// Until is when the token is refused in any case.
	Until time.Time
}

// ReadLogout checks the token with which a provider ends sessions (OpenID Connect
// Back-Channel Logout 1.0, 2.6). It returns an *Error of kind ErrIdentity for one that
// cannot be trusted.
func (c *Client) ReadLogout(ctx context.Context, p Provider, raw string) (Logout, error) {
	p, err := c.resolveEndpoints(ctx, p)
	if err != nil {
		return Logout{}, err
	}
	algorithms := p.algorithms
	if len(algorithms) == 0 {
		algorithms = []string{oidc.RS256, oidc.ES256}
	}
	token, err := oidc.NewVerifier(p.Issuer, c.keySet(p.KeysURL), &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: c.clock.Now,
		SkipExpiryCheck: true, // older providers give none; its age is checked
	}).Verify(ctx, raw)
	if err != nil {
		return Logout{}, p.untrusted(clean(err.Error(), []string{raw}))
	}
	var said struct {
		Session string                     `json:"sid"`
		ID      string                     `json:"jti"`
		Nonce   *json.RawMessage           `json:"nonce"`
		Events  map[string]json.RawMessage `json:"events"`
	}
	if err := token.Claims(&said); err != nil {
		return Logout{}, p.untrusted("the logout token cannot be read")
	}
	var about map[string]any
	now := c.clock.Now()
	switch {
	case json.Unmarshal(said.Events[logoutEvent], &about) != nil || about == nil:
		return Logout{}, p.untrusted("this is not a logout token")
	case said.Nonce != nil:
		return Logout{}, p.untrusted("a logout token has no nonce")
	case said.ID == "":
		return Logout{}, p.untrusted("the logout token has no jti")
	case token.Subject == "" && said.Session == "":
		return Logout{}, p.untrusted("the logout token names neither a session nor a subject")
	case token.IssuedAt.Before(now.Add(-logoutAge)) || token.IssuedAt.After(now.Add(logoutSkew)),
		!token.Expiry.IsZero() && !now.Before(token.Expiry):
		return Logout{}, p.untrusted("the logout token is too old, or of the future")
	}
	return Logout{Subject: token.Subject, Session: said.Session, ID: said.ID, Until: token.IssuedAt.Add(logoutAge)}, nil
}
