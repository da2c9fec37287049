package mailserver_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"parley/internal/testkit/mailserver"
)

const gmail = "https://mail.google.com/"

// Dovecot keeps what it is given, over restarts, and gives up what is expunged.
func TestDovecot(t *testing.T) {
	t.Parallel()
	s := mailserver.Dovecot(t, mailserver.Options{TLS: true, Relay: "127.0.0.1:9"})
	s.Deliver(t, s.User, "Subject: one\r\n\r\nOne\r\n")
	s.DeliverFrom(t, "", s.User, "Subject: two\r\n\r\nTwo\r\n")
	s.Restart(t)
	s.ResetUIDs(t, s.User)
	raws, seen := s.Resident(t, s.User)
	if len(raws) != 2 || seen || !strings.Contains(raws[1], "Return-Path: <>") || !strings.Contains(raws[1], "Two") {
		t.Fatalf("got %q, seen %t", raws, seen)
	}
	s.MarkSeen(t, s.User, "1")
	s.Expunge(t, s.User, "2")
	if raws, seen = s.Resident(t, s.User); len(raws) != 1 || !seen {
		t.Errorf("got %q, seen %t", raws, seen)
	}
}

// The provider's tokens are real ones: they are refreshed with rotation, and end
// when the user revokes them.
func TestProvider(t *testing.T) {
	t.Parallel()
	p := mailserver.OpenID(t)
	token := p.Token(t, "support@example.com", "openid", "email", gmail)
	if token.Extra("id_token") == nil || token.Extra("scope") != "openid email "+gmail {
		t.Errorf("got scope %v and id_token %v", token.Extra("scope"), token.Extra("id_token"))
	}
	fresh := refresh(t, p, token.RefreshToken)
	if fresh.RefreshToken == token.RefreshToken {
		t.Error("the refresh token is not rotated")
	}
	if !active(t, p, fresh.AccessToken) {
		t.Error("the token is not good")
	}
	p.Revoke(t, "support@example.com")
	if active(t, p, fresh.AccessToken) {
		t.Error("the token survives its grant")
	}
	if _, err := p.OAuth().TokenSource(t.Context(), &oauth2.Token{RefreshToken: fresh.RefreshToken}).Token(); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("got %v", err)
	}
}

func refresh(t *testing.T, p *mailserver.Provider, token string) *oauth2.Token {
	t.Helper()
	fresh, err := p.OAuth().TokenSource(t.Context(), &oauth2.Token{RefreshToken: token}).Token()
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func active(t *testing.T, p *mailserver.Provider, token string) bool {
	t.Helper()
	at, err := url.Parse(p.IntrospectionURL())
	if err != nil {
		t.Fatal(err)
	}
	body := strings.NewReader(url.Values{"token": {token}}.Encode())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at.String(), body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text := make([]byte, 1000)
	n, _ := response.Body.Read(text)
	return strings.Contains(string(text[:n]), `"active":true`)
}

// A user may decline, and the browser comes back with that.
func TestDecline(t *testing.T) {
	t.Parallel()
	p := mailserver.OpenID(t)
	p.Decline(t, true)
	back := p.Login(t, p.OAuth(gmail).AuthCodeURL("abc", oauth2.S256ChallengeOption(oauth2.GenerateVerifier())))
	if back.Query().Get("error") != "access_denied" || back.Query().Get("state") != "abc" {
		t.Errorf("got %s", back)
	}
}
