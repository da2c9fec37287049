package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"parley/internal/clock"
	"parley/internal/egress"
	"parley/internal/oauth"
	"parley/internal/signin"
)

// signInSettings name the first identity provider of the first account (AC-9).
type signInSettings struct {
	OIDCIssuer       string   `env:"PARLEY_OIDC_ISSUER" name:"oidc-issuer" placeholder:"URL" help:"OpenID provider at which users of the first account sign in; its redirect address is PARLEY_PUBLIC_URL/auth/callback. Empty: only those that admins connect."`
	OIDCClientID     string   `env:"PARLEY_OIDC_CLIENT_ID" name:"oidc-client-id" placeholder:"ID" help:"The client by which it knows this server."`
	OIDCClientSecret string   `env:"PARLEY_OIDC_CLIENT_SECRET" name:"oidc-client-secret" placeholder:"SECRET" help:"Its secret; empty: it has none."`
	OIDCNetworks     []string `env:"PARLEY_OIDC_NETWORKS" name:"oidc-networks" placeholder:"NETWORK" help:"Private networks that may contain OpenID providers, separated by commas, e.g. 10.0.0.0/8. Empty: none; Parley connects only to public addresses."`
	AppNetworks      []string `env:"PARLEY_APP_NETWORKS" name:"app-networks" placeholder:"NETWORK" help:"Private networks that may contain the documents by which apps describe themselves, separated by commas. Empty: none; Parley fetches them only from public addresses."`
}

// check refuses a provider that cannot be one.
func (s *signInSettings) check() error {
	var problems []error
	u, err := url.Parse(s.OIDCIssuer)
	if s.OIDCIssuer != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.User != nil) {
		problems = append(problems, wrong("PARLEY_OIDC_ISSUER", "is not the address of an OpenID provider", "its https address, such as https://login.example.com"))
	}
	if (s.OIDCIssuer == "") != (s.OIDCClientID == "") {
		problems = append(problems, wrong("PARLEY_OIDC_CLIENT_ID", "and PARLEY_OIDC_ISSUER go together", "both, or neither"))
	}
	if _, err := networks(s.OIDCNetworks); err != nil {
		problems = append(problems, wrong("PARLEY_OIDC_NETWORKS", "has an entry that is not a network", "networks such as 10.0.0.0/8,127.0.0.0/8"))
	}
	if _, err := networks(s.AppNetworks); err != nil {
		problems = append(problems, wrong("PARLEY_APP_NETWORKS", "has an entry that is not a network", "networks such as 10.0.0.0/8,127.0.0.0/8"))
	}
	return errors.Join(problems...)
}

// signInOptions say how sign-in reaches the world.
func (s *serverSettings) signInOptions(c clock.Clock, log *slog.Logger) (signin.Options, error) {
	allowed, err := networks(s.OIDCNetworks)
	if err != nil {
		return signin.Options{}, fmt.Errorf("PARLEY_OIDC_NETWORKS: %w", err)
	}
	client := oauth.New(egress.New(allowed).HTTPClient(), c)
	return signin.Options{PublicURL: s.PublicURL, OAuth: client, Timeout: s.RequestTimeout, Post: s.inviting().Post, Log: log}, nil
}

// useSignInSettings makes the settings' provider one of the first account.
func (c *serveCommand) useSignInSettings(ctx context.Context, a *app, accountID string) error {
	return a.signIns.UseSettings(ctx, accountID, c.OIDCIssuer, c.OIDCClientID, c.OIDCClientSecret)
}
