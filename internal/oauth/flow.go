package oauth

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Flow is a sign-in that has begun. All of it but the address is kept, bound to
// the session of the administrator who began, until the browser comes back; it
// serves once.
type Flow struct {
	// URL is where the administrator signs in.
	URL string
	// State comes back with the browser, and finds the Flow: 256 random bits.
	State string
	// Verifier proves to the provider that who ends the flow began it (PKCE).
	Verifier string
	// Nonce comes back inside the signed identity.
	Nonce string
}

// String returns "[secret]": the verifier and the state are.
func (f Flow) String() string { return "[secret]" }

// GoString returns what String does.
func (f Flow) GoString() string { return f.String() }

// LogValue returns what String does.
func (f Flow) LogValue() slog.Value { return slog.StringValue(f.String()) }

// Grant is what a finished flow yields.
type Grant struct {
	// Address is the mailbox's, as the provider verified it, the case as it came.
	Address string
	// Subject is the provider's own, lasting name of the account; the address may
	// change.
	Subject string
	Token   Token
}

// LogValue returns the address alone.
func (g Grant) LogValue() slog.Value { return slog.StringValue(g.Address) }

// Begin starts a sign-in. The provider sends the browser back to redirectURL,
// which it must know. The hint, an address, may be empty.
func (c *Client) Begin(ctx context.Context, p Provider, redirectURL, loginHint string) (Flow, error) {
	p, err := c.resolveEndpoints(ctx, p)
	if err != nil {
		return Flow{}, err
	}
	flow := Flow{State: random(), Verifier: oauth2.GenerateVerifier(), Nonce: random()}
	var options []oauth2.AuthCodeOption
	for name, value := range p.AuthParams {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	if loginHint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", loginHint))
	}
	options = append(options, oauth2.S256ChallengeOption(flow.Verifier))
	if p.openID() {
		options = append(options, oidc.Nonce(flow.Nonce))
	}
	flow.URL = p.config(redirectURL).AuthCodeURL(flow.State, options...)
	return flow, nil
}

// random returns 256 random bits for use in an address.
func random() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

// Callback reads the code from the query with which the browser came back; the
// caller has found the flow by its state. A refusal is an *Error: ErrDenied if
// the user declined. So is an answer of another issuer (RFC 9207): ErrIdentity.
func Callback(p Provider, query url.Values) (code string, err error) {
	if issuer := query.Get("iss"); issuer != "" && p.Issuer != "" &&
		!strings.Contains(p.Issuer, tenantPlace) && issuer != p.Issuer {
		return "", &Error{Kind: ErrIdentity, Provider: p.Name, Description: "the response is from another issuer"}
	}
	if refusal := query.Get("error"); refusal != "" {
		return "", &Error{
			Kind: kindOf(refusal, 0), Provider: p.Name,
			Code: clean(refusal, nil), Description: clean(query.Get("error_description"), nil), ByBrowser: true,
		}
	}
	if query.Get("code") == "" {
		return "", &Error{Kind: ErrRefused, Provider: p.Name, Description: "the response has no code"}
	}
	return query.Get("code"), nil
}

// Finish trades the code for tokens and learns whose mailbox they open. It
// returns an *Error of kind ErrStale if the code is void, ErrScope if access to
// the mail was not ticked, ErrNoRefresh, ErrIdentity, ErrAddress, or those that
// any call may return: ErrTemporary, ErrConfiguration, ErrRefused.
func (c *Client) Finish(ctx context.Context, p Provider, redirectURL, code, verifier, nonce string) (Grant, error) {
	p, err := c.resolveEndpoints(ctx, p)
	if err != nil {
		return Grant{}, err
	}
	answer, err := p.config(redirectURL).Exchange(c.context(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		failed := failure(p, c.clock.Now(), err, code, verifier, p.ClientSecret)
		if errors.Is(failed, ErrRevoked) {
			failed.Kind = ErrStale
		}
		return Grant{}, failed
	}
	grant := Grant{Token: c.tokenOf(answer, p.Scopes)}
	if missing := p.missing(grant.Token.Scopes); len(missing) > 0 {
		return Grant{}, &Error{Kind: ErrScope, Provider: p.Name, Missing: missing}
	}
	if grant.Token.Refresh == "" {
		return Grant{}, &Error{Kind: ErrNoRefresh, Provider: p.Name}
	}
	grant.Address, grant.Subject, err = c.identity(ctx, p, answer, nonce)
	if err != nil {
		return Grant{}, err
	}
	return grant, nil
}

// tokenOf reads what a token endpoint gave. Scopes that it does not say are
// those that there were (RFC 6749, 5.1).
func (c *Client) tokenOf(answer *oauth2.Token, scopes []string) Token {
	t := Token{
		Access:  answer.AccessToken,
		Refresh: answer.RefreshToken,
		Issued:  c.clock.Now(),
		Expiry:  answer.Expiry,
		Scopes:  scopes,
	}
	if answer.ExpiresIn > 0 {
		t.Expiry = t.Issued.Add(time.Duration(answer.ExpiresIn) * time.Second)
	}
	if scope, _ := answer.Extra("scope").(string); scope != "" {
		t.Scopes = strings.Fields(scope)
	}
	return t
}
