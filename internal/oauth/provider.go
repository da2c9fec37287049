// Package oauth obtains the right to a mailbox by OAuth 2 and keeps it (EM-1):
// the authorization code flow with PKCE, the identity of the mailbox from the
// provider's signed word, access tokens that are always fresh, refresh tokens
// that rotate, and grants that were revoked (EM-7).
//
// It stores nothing: who calls it keeps a Flow until the browser comes back, and
// a Token, sealed, for as long as the mailbox is connected. Tokens and secrets
// appear in no error and, printed or logged, as "[secret]".
//
// Its tests, which run a provider in the process, show how to stand in for a
// real one: Provider.At moves one to another issuer.
package oauth

import (
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
)

// Server is where the mail of a provider is read, or sent.
type Server struct {
	Host string
	Port int
	// Security is "TLS" from the first byte on, or "STARTTLS".
	Security string
}

// Provider says how to sign in to a provider of mailboxes, and where they are.
// It is configuration, and may be copied and changed at will. Endpoints are
// https, or http on the machine itself.
type Provider struct {
	// Name is shown in errors, e.g. "google".
	Name string
	// Issuer is who signs identities, in OpenID's sense. "{tenantid}" in it
	// stands for the tenant that the identity itself names. It may be empty if
	// the provider does not do OpenID: then UserInfoURL gives the address.
	Issuer string
	// AuthURL, TokenURL and KeysURL are asked of the issuer where they are empty,
	// and UserInfoURL and RevokeURL along with them.
	AuthURL, TokenURL, KeysURL, UserInfoURL, RevokeURL string
	ClientID, ClientSecret                             string
	// BasicAuth sends id and secret in the Authorization header instead of the form.
	BasicAuth bool
	// Scopes are asked for. Those that are not OpenID's own must be granted.
	Scopes []string
	// AuthParams are added to the address at which the user signs in.
	AuthParams map[string]string
	// AddressClaims name the claims that may give the mailbox's address, the best
	// first; none: "email". The claim "email" counts if it is said to be verified.
	AddressClaims []string
	// NeededClaims are those that the userinfo is asked for where a person's id_token lacks one.
	NeededClaims []string

	IMAP, SMTP Server

	// algorithms are those that the issuer said it signs with; none: RS256 and ES256.
	algorithms []string
	// namesIssuer: the issuer said that it names itself as it sends browsers back (RFC 9207).
	namesIssuer bool
	// headerOnly: the issuer said that it takes the client's secret in a header only.
	headerOnly bool
}

// Google returns Gmail and Google Workspace.
func Google(clientID, clientSecret string) Provider {
	return Provider{
		Name:         "google",
		Issuer:       "https://accounts.google.com",
		AuthURL:      "https://accounts.google.com/o/oauth2/v2/auth",
		TokenURL:     "https://oauth2.googleapis.com/token",
		KeysURL:      "https://www.googleapis.com/oauth2/v3/certs",
		UserInfoURL:  "https://openidconnect.googleapis.com/v1/userinfo",
		RevokeURL:    "https://oauth2.googleapis.com/revoke",
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Scopes:       []string{"https://mail.google.com/", "openid", "email"},
		// Without both, only the very first consent gives a refresh token.
		AuthParams: map[string]string{"access_type": "offline", "prompt": "consent"},
		IMAP:       Server{"imap.gmail.com", 993, "TLS"},
		SMTP:       Server{"smtp.gmail.com", 465, "TLS"},
	}
}

// Microsoft returns Microsoft 365 and Outlook.com. The tenant is "common" (also
// if empty), "organizations", "consumers", or one tenant's id or domain; its own
// token endpoint keeps the accounts of others out.
func Microsoft(clientID, clientSecret, tenant string) Provider {
	if tenant == "" {
		tenant = "common"
	}
	authority := "https://login.microsoftonline.com/" + url.PathEscape(tenant)
	return Provider{
		Name: "microsoft",
		// The names of tenants, and of sets of them, never sign: their ids do.
		Issuer:       "https://login.microsoftonline.com/{tenantid}/v2.0",
		AuthURL:      authority + "/oauth2/v2.0/authorize",
		TokenURL:     authority + "/oauth2/v2.0/token",
		KeysURL:      authority + "/discovery/v2.0/keys",
		ClientID:     clientID,
		ClientSecret: clientSecret,
		Scopes: []string{
			"https://outlook.office.com/IMAP.AccessAsUser.All",
			"https://outlook.office.com/SMTP.Send",
			"offline_access", "openid", "email", "profile",
		},
		// Who may sign in to several accounts chooses the mailbox's.
		AuthParams: map[string]string{"prompt": "select_account"},
		// Tenants fill "email" as they please; the sign-in name is checked. It
		// takes the scope "profile" to get it.
		AddressClaims: []string{"preferred_username", "upn", "email"},
		IMAP:          Server{"outlook.office365.com", 993, "TLS"},
		SMTP:          Server{"smtp.office365.com", 587, "STARTTLS"},
	}
}

// At returns the provider moved to another issuer, which is asked for all
// endpoints. A stand-in plays Google or Microsoft so; it is not asked to let the
// user choose an account, which few can.
func (p Provider) At(issuer string) Provider {
	p.Issuer = issuer
	p.AuthParams = maps.Clone(p.AuthParams)
	maps.DeleteFunc(p.AuthParams, func(_, value string) bool { return value == "select_account" })
	p.AuthURL, p.TokenURL, p.KeysURL, p.UserInfoURL, p.RevokeURL = "", "", "", "", ""
	return p
}

// String returns the name, never the secret.
func (p Provider) String() string { return p.Name }

// GoString returns what String does.
func (p Provider) GoString() string { return p.Name }

// LogValue returns what String does.
func (p Provider) LogValue() slog.Value { return slog.StringValue(p.Name) }

// openID reports whether the provider is asked for a signed identity.
func (p Provider) openID() bool { return slices.Contains(p.Scopes, "openid") }

// openIDScopes ask for the identity, and for refresh tokens. Providers are free
// to leave them out of what they say they granted.
var openIDScopes = []string{"openid", "email", "profile", "offline_access"}

// missing returns the scopes that had to be granted, and were not.
func (p Provider) missing(granted []string) []string {
	var missing []string
	for _, scope := range p.Scopes {
		same := func(s string) bool { return strings.EqualFold(s, scope) }
		if !slices.Contains(openIDScopes, scope) && !slices.ContainsFunc(granted, same) {
			missing = append(missing, scope)
		}
	}
	return missing
}

// checkEndpoints returns an error if an endpoint would be spoken to in clear text
// over a network, or a needed one is not known.
func (p Provider) checkEndpoints() error {
	if p.AuthURL == "" || p.TokenURL == "" || (p.openID() && (p.KeysURL == "" || p.Issuer == "")) {
		return &Error{Kind: ErrConfiguration, Provider: p.Name, Description: "the provider's endpoints are not known"}
	}
	for _, endpoint := range []string{p.AuthURL, p.TokenURL, p.KeysURL, p.UserInfoURL, p.RevokeURL} {
		if endpoint != "" && !safe(endpoint) {
			text := fmt.Sprintf("the endpoint %q is not https", endpoint)
			return &Error{Kind: ErrConfiguration, Provider: p.Name, Description: text}
		}
	}
	return nil
}

// safe reports whether an address is https, or on the machine itself.
func safe(endpoint string) bool {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	return u.Scheme == "https" || (u.Scheme == "http" && local)
}
