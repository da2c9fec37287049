package oauth

import (
	"context"
	"crypto/subtle"
	"net/mail"
	"regexp"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// tenantPlace stands in an issuer for the tenant of the account, as Microsoft
// writes it.
const tenantPlace = "{tenantid}"

var tenantID = regexp.MustCompile(`^[0-9a-fA-F-]{36}$`)

// identity reports whose mailbox was granted: by the signed identity, and if that
// has no address, or none is signed by such a provider, by the userinfo
// endpoint.
func (c *Client) identity(ctx context.Context, p Provider, answer *oauth2.Token, nonce string) (address, subject string, err error) {
	if p.openID() {
		said, err := c.verifiedClaims(ctx, p, answer, nonce)
		if err != nil {
			return "", "", err
		}
		subject = said.text("sub")
		if address := p.address(said); address != "" {
			return address, subject, nil
		}
	}
	said, err := c.userInfo(ctx, p, answer)
	if err != nil {
		return "", "", err
	}
	if subject != "" && said.text("sub") != subject {
		return "", "", p.untrusted("the userinfo is about another account")
	}
	address = p.address(said)
	if address == "" {
		return "", "", &Error{Kind: ErrAddress, Provider: p.Name}
	}
	return address, said.text("sub"), nil
}

// verifiedClaims returns the claims of the id_token: signature, issuer, audience,
// expiry, nonce and the access token's hash have been checked.
func (c *Client) verifiedClaims(ctx context.Context, p Provider, answer *oauth2.Token, nonce string) (claims, error) {
	raw, _ := answer.Extra("id_token").(string)
	if raw == "" {
		return nil, p.untrusted("there is no id_token")
	}
	anyTenant := strings.Contains(p.Issuer, tenantPlace)
	algorithms := p.algorithms
	if len(algorithms) == 0 {
		algorithms = []string{oidc.RS256, oidc.ES256}
	}
	verifier := oidc.NewVerifier(p.Issuer, c.keySet(p.KeysURL), &oidc.Config{
		ClientID: p.ClientID, SupportedSigningAlgs: algorithms, Now: c.clock.Now,
		SkipIssuerCheck: anyTenant, // made up for by ofTenant
	})
	token, err := verifier.Verify(ctx, raw)
	if err != nil {
		return nil, p.untrusted(clean(err.Error(), []string{raw}))
	}
	if token.AccessTokenHash != "" && token.VerifyAccessToken(answer.AccessToken) != nil {
		return nil, p.untrusted("the id_token came with another access token")
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 || nonce == "" {
		return nil, p.untrusted("the id_token is of another sign-in")
	}
	said := claims{}
	if err := token.Claims(&said); err != nil {
		return nil, p.untrusted("the id_token cannot be read")
	}
	if anyTenant && !ofTenant(p.Issuer, token.Issuer, said.text("tid")) {
		return nil, p.untrusted("the issuer is not the account's tenant")
	}
	if len(token.Audience) > 1 && said.text("azp") != p.ClientID {
		return nil, p.untrusted("the id_token was made for another client")
	}
	return said, nil
}

// ofTenant reports whether the issuer is the one of the tenant that the identity
// names.
func ofTenant(pattern, issuer, tenant string) bool {
	return tenantID.MatchString(tenant) && issuer == strings.ReplaceAll(pattern, tenantPlace, tenant)
}

func (c *Client) userInfo(ctx context.Context, p Provider, answer *oauth2.Token) (claims, error) {
	if p.UserInfoURL == "" {
		return nil, &Error{Kind: ErrAddress, Provider: p.Name}
	}
	ctx = c.context(ctx)
	endpoint := (&oidc.ProviderConfig{UserInfoURL: p.UserInfoURL}).NewProvider(ctx)
	info, err := endpoint.UserInfo(ctx, oauth2.StaticTokenSource(answer))
	said := claims{}
	if err == nil {
		err = info.Claims(&said)
	}
	if err != nil {
		return nil, failure(p, c.clock.Now(), err)
	}
	return said, nil
}

func (p Provider) untrusted(why string) *Error {
	return &Error{Kind: ErrIdentity, Provider: p.Name, Description: why}
}

// claims are what an identity says.
type claims map[string]any

func (c claims) text(name string) string {
	s, _ := c[name].(string)
	return s
}

// address returns the first claim that has an address; "" if none does.
func (p Provider) address(said claims) string {
	names := p.AddressClaims
	if len(names) == 0 {
		names = []string{"email"}
	}
	i := slices.IndexFunc(names, func(name string) bool {
		// Some providers write true as text.
		yes := said["email_verified"] == true || said.text("email_verified") == "true"
		return isAddress(said.text(name)) && (name != "email" || yes)
	})
	if i < 0 {
		return ""
	}
	return said.text(names[i])
}

// isAddress reports whether text is a bare e-mail address.
func isAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Name == "" && a.Address == text
}
