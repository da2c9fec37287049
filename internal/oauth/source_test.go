package oauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/oauth"
)

// vault keeps a token in memory, and can fail.
type vault struct {
	mu    sync.Mutex
	token oauth.Token
	saved []string
	// loading and saving, if set, come before.
	loading func()
	saving  func() error
}

// newVault keeps the first grant of the provider, an hour of life left.
func newVault(p *provider) *vault {
	p.given = 1
	return &vault{token: oauth.Token{Access: "a0", Refresh: "r0", Issued: start, Expiry: start.Add(time.Hour)}}
}

func (v *vault) load(context.Context) (oauth.Token, error) {
	v.mu.Lock()
	loading, token := v.loading, v.token
	v.loading = nil
	v.mu.Unlock()
	if loading != nil {
		loading() // what is returned is older than what loading may save
	}
	return token, nil
}

func (v *vault) save(_ context.Context, t oauth.Token) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.saving != nil {
		if err := v.saving(); err != nil {
			return err
		}
	}
	v.token = t
	v.saved = append(v.saved, t.Refresh)
	return nil
}

func (v *vault) put(t oauth.Token) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.token = t
}

func (v *vault) source(p *provider) *oauth.TokenSource {
	return p.client().TokenSource(p.configured(), oauth.Vault{Load: v.load, Save: v.save})
}

func expect(t *testing.T, s *oauth.TokenSource, want string) {
	t.Helper()
	got, err := s.Token(t.Context())
	if err != nil || got != want {
		t.Errorf("got %q and %v, want %q", got, err, want)
	}
}

func expectError(t *testing.T, s *oauth.TokenSource, want error) {
	t.Helper()
	got, err := s.Token(t.Context())
	if !errors.Is(err, want) || got != "" {
		t.Errorf("got %q and %v, want %v", got, err, want)
	}
}

func expectAsked(t *testing.T, p *provider, want int) {
	t.Helper()
	if got := p.asked(); got != want {
		t.Errorf("the provider was asked %d times, want %d", got, want)
	}
}

// EM-1: an access token is refreshed two minutes before its end, and the
// refresh token that came with it is kept and used from then on.
func TestTokensAreRefreshedWithRotation(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	s := v.source(p)
	p.clock.Advance(58*time.Minute - time.Second)
	expect(t, s, "a0")
	expectAsked(t, p, 0)
	p.clock.Advance(time.Second)
	expect(t, s, "a1")
	expect(t, s, "a1")
	p.clock.Advance(58 * time.Minute)
	expect(t, s, "a2")
	expectAsked(t, p, 2)
	if got := strings.Join(v.saved, " "); got != "r1 r2" {
		t.Errorf("saved %q, want both refresh tokens", got)
	}
	if form := p.last(); form.Get("refresh_token") != "r1" || form.Get("grant_type") != "refresh_token" {
		t.Errorf("asked with %v", form)
	}
}

// A provider that does not rotate says nothing of the refresh token.
func TestRefreshTokenThatStays(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	p.answer = map[string]any{"refresh_token": nil}
	p.clock.Advance(time.Hour)
	expect(t, v.source(p), "a1")
	if v.token.Refresh != "r0" {
		t.Errorf("kept %q, want the one there was", v.token.Refresh)
	}
}

// A token that lives for a minute is not refreshed at every call.
func TestShortLives(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	s := v.source(p)
	p.answer = map[string]any{"expires_in": "60"}
	p.clock.Advance(time.Hour)
	expect(t, s, "a1")
	p.clock.Advance(29 * time.Second)
	expect(t, s, "a1")
	p.clock.Advance(time.Second)
	expect(t, s, "a2")
}

func TestManyCallersShareOneRefresh(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newVault(p).source(p)
	p.clock.Advance(time.Hour)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { expect(t, s, "a1") })
	}
	all.Wait()
	expectAsked(t, p, 1)
}

// A refreshed token is not given out before it is saved, and not lost if that
// fails: the old refresh token is worth nothing any more.
func TestTokenThatCannotBeSaved(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	s := v.source(p)
	full := errors.New("the disk is full")
	v.saving = func() error { return full }
	p.clock.Advance(time.Hour)
	expectError(t, s, full)
	expectError(t, s, full)
	v.saving = nil
	expect(t, s, "a1")
	expectAsked(t, p, 1)
	if v.token.Refresh != "r1" {
		t.Errorf("kept %q, want r1", v.token.Refresh)
	}
}

// Nor is one that could not be saved put in place of a new grant, or given out
// after its end.
func TestTokenThatWasSavedTooLate(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	s := v.source(p)
	full := errors.New("the disk is full")
	v.saving = func() error { return full }
	p.clock.Advance(time.Hour)
	expectError(t, s, full)
	v.saving = nil
	p.clock.Advance(time.Hour)
	expect(t, s, "a2")

	v.saving = func() error { return full }
	p.clock.Advance(time.Hour)
	expectError(t, s, full)
	v.saving = nil
	now := p.clock.Now()
	v.put(oauth.Token{Access: "anew", Refresh: "rnew", Issued: now, Expiry: now.Add(time.Hour)})
	expect(t, s, "anew")
	if v.token.Refresh != "rnew" {
		t.Errorf("kept %q, want the new grant", v.token.Refresh)
	}
}

// A refresh is finished though its caller has left.
func TestCallerThatLeaves(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	ctx, leave := context.WithCancel(t.Context())
	p.answers(func(http.ResponseWriter, url.Values) bool {
		leave()
		return false
	})
	p.clock.Advance(time.Hour)
	_, _ = v.source(p).Token(ctx)
	if v.token.Refresh != "r1" {
		t.Errorf("kept %q: the grant is lost", v.token.Refresh)
	}
}

func TestAnotherNodesTokenIsTaken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	one, other := v.source(p), v.source(p)
	expect(t, one, "a0")
	expect(t, other, "a0")
	p.clock.Advance(time.Hour)
	expect(t, one, "a1")
	expect(t, other, "a1")
	expectAsked(t, p, 1)
}

// Two nodes at once: the second has read the vault before the first saves, and
// comes with a refresh token that has rotated away.
func TestNodesThatRefreshAtOnce(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	one, other := v.source(p), v.source(p)
	p.clock.Advance(time.Hour)
	v.loading = func() { expect(t, one, "a1") }
	expect(t, other, "a1")
	expectAsked(t, p, 2)
}

func TestRefreshIsAlone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	var lock sync.Mutex
	kept := oauth.Vault{Load: v.load, Save: v.save, Alone: func(ctx context.Context, do func(context.Context) error) error {
		lock.Lock()
		defer lock.Unlock()
		return do(ctx)
	}}
	p.clock.Advance(time.Hour)
	var nodes sync.WaitGroup
	for range 5 {
		s := p.client().TokenSource(p.configured(), kept)
		nodes.Go(func() { expect(t, s, "a1") })
	}
	nodes.Wait()
	expectAsked(t, p, 1)
}

// EM-7: a revoked grant is told for good, without asking again, until someone
// connects again.
func TestRevokedGrant(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"invalid_grant", "interaction_required", "access_denied"} {
		p := newProvider(t)
		v := newVault(p)
		s := v.source(p)
		p.answers(refuse(400, map[string]any{"error": code}))
		p.clock.Advance(59 * time.Minute)
		expectError(t, s, oauth.ErrRevoked)
		p.clock.Advance(time.Hour)
		expectError(t, s, oauth.ErrRevoked)
		expectAsked(t, p, 1)

		p.answers(nil)
		p.given = 8
		v.put(oauth.Token{Access: "a7", Refresh: "r7", Issued: start, Expiry: start.Add(time.Hour)})
		expect(t, s, "a8")
	}
}

func TestGrantWithoutRefreshToken(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	v := newVault(p)
	v.token.Refresh = ""
	p.clock.Advance(59 * time.Minute)
	expectError(t, v.source(p), oauth.ErrNoRefresh)
}

// EM-7: a provider in trouble is left alone for a growing while, and the token
// that there is serves to its end.
func TestProviderInTrouble(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newVault(p).source(p)
	p.answers(refuse(503, "<html>"))
	p.clock.Advance(59 * time.Minute)
	expect(t, s, "a0")
	expectAsked(t, p, 1)
	p.clock.Advance(time.Minute)
	expectError(t, s, oauth.ErrTemporary)
	expectAsked(t, p, 2)
	expectError(t, s, oauth.ErrTemporary)
	p.clock.Advance(10*time.Second - time.Microsecond)
	expectError(t, s, oauth.ErrTemporary)
	expectAsked(t, p, 2)
	p.clock.Advance(time.Microsecond)
	expectError(t, s, oauth.ErrTemporary)
	expectAsked(t, p, 3)

	p.answers(nil)
	p.clock.Advance(5 * time.Minute)
	expect(t, s, "a1")
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{
		"600":    10 * time.Minute,
		"999999": time.Hour,
		start.Add(61*time.Minute + 600*time.Second).Format(http.TimeFormat): 10 * time.Minute,
		"-3": 5 * time.Second,
		"":   5 * time.Second,
	} {
		p := newProvider(t)
		s := newVault(p).source(p)
		p.answers(func(w http.ResponseWriter, _ url.Values) bool {
			w.Header().Set("Retry-After", header)
			return refuse(429, nil)(w, nil)
		})
		p.clock.Advance(61 * time.Minute)
		expectError(t, s, oauth.ErrTemporary)
		p.answers(nil)
		p.clock.Advance(want - time.Microsecond)
		expectError(t, s, oauth.ErrTemporary)
		p.clock.Advance(time.Microsecond)
		expect(t, s, "a1")
	}
}

func TestProviderThatIsGone(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newVault(p).source(p)
	p.Close()
	p.clock.Advance(time.Hour)
	expectError(t, s, oauth.ErrTemporary)
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	s := newVault(p).source(p)
	expect(t, s, "a0")
	s.Invalidate("a0")
	expect(t, s, "a1")
	s.Invalidate("a0") // a late refusal of the old one
	expect(t, s, "a1")
	expectAsked(t, p, 1)

	// A refused token is not given out for want of a better one.
	p.answers(refuse(503, nil))
	s.Invalidate("a1")
	expectError(t, s, oauth.ErrTemporary)
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	p := newProvider(t)
	token := oauth.Token{Access: "a0", Refresh: "r0"}
	if err := p.client().Revoke(t.Context(), p.configured(), token); err != nil {
		t.Fatal(err)
	}
	if form := p.last(); form.Get("token") != "r0" || form.Get("client_id") != "parley" {
		t.Errorf("asked with %v", form)
	}
	p.answers(refuse(400, map[string]any{"error": "invalid_token"}))
	if err := p.client().Revoke(t.Context(), p.configured(), token); err != nil {
		t.Errorf("got %v for a grant that is no more", err)
	}
	p.answers(refuse(503, nil))
	if err := p.client().Revoke(t.Context(), p.configured(), token); !errors.Is(err, oauth.ErrTemporary) {
		t.Errorf("got %v, want ErrTemporary", err)
	}
	err := p.client().Revoke(t.Context(), oauth.Microsoft("id", secret, "common"), token)
	if !errors.Is(err, oauth.ErrNoRevocation) {
		t.Errorf("got %v, want ErrNoRevocation", err)
	}
}

// Neither errors nor logs tell tokens and secrets, whatever a provider answers.
func TestSecretsAreNotTold(t *testing.T) {
	t.Parallel()
	token := oauth.Token{Access: "a-s3cret", Refresh: "r/s3cret"}
	flow := oauth.Flow{Verifier: "v-s3cret", State: "s3cret"}
	as := oauth.Google("id", secret)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "t", token, "f", flow, "p", as, "g", oauth.Grant{Token: token})
	fmt.Fprintf(&log, "%v %+v %#v %s %v %#v", token, token, token, flow, as, as)
	for name, answer := range map[string]func(http.ResponseWriter, url.Values) bool{
		"description": refuse(400, map[string]any{"error": "invalid_request", "error_description": "r/s3cret r%2Fs3cret " + secret}),
		"body":        refuse(500, "r/s3cret"),
		"json":        refuse(200, map[string]any{"access_token": []string{"a-s3cret"}}),
		"code":        refuse(400, map[string]any{"error": "r/s3cret"}),
	} {
		p := newProvider(t)
		p.answers(answer)
		v := &vault{token: token}
		s := v.source(p)
		s.Invalidate(token.Access)
		_, err := s.Token(t.Context())
		if err == nil {
			t.Errorf("%s: no error", name)
		}
		fmt.Fprintln(&log, err)
		fmt.Fprintln(&log, p.client().Revoke(t.Context(), p.configured(), token))
	}
	if strings.Contains(log.String(), "s3cret") {
		t.Errorf("a secret is told:\n%s", log.String())
	}
}

// Sealed, a token is JSON, and comes back whole.
func TestTokenAsJSON(t *testing.T) {
	t.Parallel()
	want := oauth.Token{Access: "a", Refresh: "r", Issued: start, Expiry: start.Add(time.Hour), Scopes: []string{mailScope}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got oauth.Token
	if err := json.Unmarshal(text, &got); err != nil || got.Access != "a" || got.Refresh != "r" || !got.Expiry.Equal(want.Expiry) {
		t.Errorf("got %s: %v", text, err)
	}
}
