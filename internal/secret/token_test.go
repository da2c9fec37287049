package secret_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/secret"
)

func TestNewToken(t *testing.T) {
	t.Parallel()
	form := regexp.MustCompile(`^parley_[0-9A-Za-z]{43}$`)
	seen := map[string]bool{}
	for range 200 {
		token, hash := secret.NewToken("parley_")
		sum := sha256.Sum256([]byte(token))
		if !form.MatchString(token) || seen[token] {
			t.Fatalf("token %q", token)
		}
		if !bytes.Equal(hash, sum[:]) || !bytes.Equal(hash, secret.HashToken(token)) {
			t.Fatal("the hash is not the token's SHA-256")
		}
		seen[token] = true
	}
}

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// visitor returns claims that hold for an hour.
func visitor(s *secret.Signer) secret.VisitorClaims {
	return secret.VisitorClaims{
		Account: "account_1", Channel: "channel_1", Visitor: "visitor_1", Session: "session_1",
		RegisteredClaims: s.Registered(time.Hour),
	}
}

func sign(t *testing.T, s *secret.Signer, claims jwt.Claims) string {
	t.Helper()
	token, err := s.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSignedToken(t *testing.T) {
	t.Parallel()
	now := clock.At(start)
	s := ring(t, secret.GenerateKey()).Signer(secret.VisitorAudience, now.Now)
	want := visitor(s)
	token := sign(t, s, want)
	var got secret.VisitorClaims
	if err := s.Verify(token, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) })); diff != "" {
		t.Error(diff)
	}
	now.Advance(time.Hour - time.Second)
	if err := s.Verify(token, &got); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	now.Advance(time.Second)
	err := s.Verify(token, &got)
	if !errs.Is(err, errs.Unauthenticated) || !strings.Contains(err.Error(), "has expired") {
		t.Errorf("at its end: %v", err)
	}
}

func TestSignedTokenRotation(t *testing.T) {
	t.Parallel()
	former, latter := secret.GenerateKey(), secret.GenerateKey()
	now := clock.At(start).Now
	before := ring(t, former).Signer("a", now)
	both := ring(t, latter, former).Signer("a", now)
	after := ring(t, latter).Signer("a", now)
	token := sign(t, before, visitor(before))
	var claims secret.VisitorClaims
	if err := both.Verify(token, &claims); err != nil {
		t.Errorf("the former key no longer checks: %v", err)
	}
	if err := after.Verify(token, &claims); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("a key that is gone: %v", err)
	}
	if err := after.Verify(sign(t, both, visitor(both)), &claims); err != nil {
		t.Errorf("the first key did not sign: %v", err)
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	now := clock.At(start).Now
	keys := ring(t, secret.GenerateKey())
	s := keys.Signer(secret.VisitorAudience, now)
	other := keys.Signer("parley-files", now)
	good := sign(t, s, visitor(s))
	header, body, _ := strings.Cut(good, ".")
	payload, signature, _ := strings.Cut(body, ".")
	text := base64.RawURLEncoding.EncodeToString
	kid := keyID(t, header)
	claims := visitor(s)

	foreign := func(method jwt.SigningMethod, key any, kid any) string {
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = kid
		signed, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	for name, token := range map[string]string{
		"empty":             "",
		"words":             "not a token",
		"alg none":          foreign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid),
		"alg none, signed":  text([]byte(`{"alg":"none","kid":"`+kid+`"}`)) + "." + payload + "." + signature,
		"HS512":             foreign(jwt.SigningMethodHS512, []byte("guess"), kid),
		"another's key":     foreign(jwt.SigningMethodHS256, []byte("guess"), kid),
		"unknown kid":       foreign(jwt.SigningMethodHS256, []byte("guess"), "nobody"),
		"kid is no text":    foreign(jwt.SigningMethodHS256, []byte("guess"), 7),
		"no kid":            text([]byte(`{"alg":"HS256"}`)) + "." + payload + "." + signature,
		"changed claims":    header + "." + text([]byte(`{"acc":"account_2","aud":"parley-visitor","exp":99999999999}`)) + "." + signature,
		"changed signature": header + "." + payload + "." + signature[1:] + signature[:1],
		"cut signature":     good[:len(good)-2],
		"no signature":      header + "." + payload + ".",
		"wrong audience":    sign(t, other, visitor(other)),
		"another keyring":   sign(t, ring(t, secret.GenerateKey()).Signer(secret.VisitorAudience, now), claims),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := s.Verify(token, &secret.VisitorClaims{})
			if !errs.Is(err, errs.Unauthenticated) || !strings.Contains(err.Error(), "not valid for this request") {
				t.Errorf("got %v", err)
			}
		})
	}
}

// keyID reads the kid out of a token's header.
func keyID(t *testing.T, header string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`"kid":"([^"]+)"`).FindSubmatch(b)
	if found == nil {
		t.Fatalf("no kid in %s", b)
	}
	return string(found[1])
}

// A token that never ends, or that any audience would take, is not made.
func TestSignRefuses(t *testing.T) {
	t.Parallel()
	s := ring(t, secret.GenerateKey()).Signer("a", clock.At(start).Now)
	endless := visitor(s)
	endless.ExpiresAt = nil
	if _, err := s.Sign(endless); err == nil {
		t.Error("signed without an end")
	}
	anyone := visitor(s)
	anyone.Audience = nil
	if _, err := s.Sign(anyone); err == nil {
		t.Error("signed without audience")
	}
}
