package authserver

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/session"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Tokens are the answer of the token endpoint (RFC 6749, 5.1).
type Tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
}

// Exchange is a code with what proves that it is the app's own.
type Exchange struct {
	Code, RedirectURI, Verifier string
	Resources                   []string
}

// code is one that a user gave an app.
type code struct {
	accountID, appID, clientID, userID, browserID, redirectURI, challenge string
	kind                                                                  vocab.SessionKind
	scopes                                                                []string
	expiresAt                                                             clock.Micros
}

// endedBy says in the log which use twice ended a session: whoever came second may have
// stolen it.
func (s *Service) endedBy(ctx context.Context, what, appClient, sessionID string) {
	s.log.WarnContext(ctx, "a session of an app ended: "+what+" was used twice", "client", appClient, "session", sessionID)
}

var errCode = refuse(invalidGrant, "The code is wrong, was used already, has expired (codes work once, for a minute), or is of another app, redirect address or verifier.")

// UseCode gives an app the tokens for a code, once. A second use by the same app ends what
// the first gave.
func (s *Service) UseCode(ctx context.Context, as Credentials, in Exchange) (*Tokens, error) {
	c, err := s.authenticate(ctx, as)
	if err != nil {
		return nil, err
	}
	hash := secret.HashToken(in.Code)
	known, err := s.findCode(ctx, hash)
	if err != nil {
		return nil, err
	}
	if known == nil || known.clientID != c.ID {
		return nil, errCode
	}
	var made *Tokens
	var refusal *Refusal
	ended := ""
	err = s.store.WithTx(asSystem(ctx, known.accountID), func(ctx context.Context, tx *store.Tx) error {
		made, refusal, ended = nil, nil, ""
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE oauth_codes SET session_id = session_id WHERE hash = $1 AND session_id = ''", hash)
		if err != nil {
			return err
		}
		if n == 0 { // used, even if it was not when it was looked up
			refusal = errCode
			ended, err = endOf(ctx, tx, `SELECT session_id FROM oauth_codes WHERE hash = $1`, hash)
			return err
		}
		if refusal = s.checkCode(known, c, in, tx.Now()); refusal != nil {
			return nil
		}
		made, refusal, err = openSession(ctx, tx, hash, known)
		return err
	})
	if err == nil && ended != "" {
		s.endedBy(ctx, "a code", c.ID, ended)
	}
	if err == nil && refusal != nil {
		err = refusal
	}
	return made, err
}

func (s *Service) checkCode(known *code, c *Client, in Exchange, now clock.Micros) *Refusal {
	sum := sha256.Sum256([]byte(in.Verifier))
	if known.expiresAt <= now || !known.sameRedirect(c, in.RedirectURI) ||
		len(in.Verifier) < 43 || len(in.Verifier) > 128 ||
		subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(known.challenge)) != 1 {
		return errCode
	}
	return s.checkResource(in.Resources, known.kind)
}

// sameRedirect reports whether the redirect address is the one of the request. An app that
// left it out there has one only, and may leave it out here (RFC 6749, 4.1.3).
func (k *code) sameRedirect(c *Client, given string) bool {
	if k.redirectURI == "" {
		return given == "" || len(c.RedirectURIs) == 1 && given == c.RedirectURIs[0]
	}
	return given == k.redirectURI
}

// checkResource refuses a resource that is not the one that was granted; none is right.
func (s *Service) checkResource(resources []string, granted vocab.SessionKind) *Refusal {
	if resources = named(resources); len(resources) == 0 {
		return nil
	}
	kind, refusal := s.kindOf(resources)
	if refusal == nil && kind != granted {
		refusal = refuse(invalidTarget, "The user granted another resource.")
	}
	return refusal
}

func (s *Service) findCode(ctx context.Context, hash []byte) (*code, error) {
	rows, err := s.store.Query(ctx, `SELECT account_id, app_id, client_id, user_id, browser_id, kind, scopes, redirect_uri, code_challenge, expires_at
		FROM oauth_codes WHERE hash = $1`, hash)
	if err != nil {
		return nil, fmt.Errorf("look a code up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	c := &code{}
	var scopes []byte
	if err := rows.Scan(&c.accountID, &c.appID, &c.clientID, &c.userID, &c.browserID, &c.kind, &scopes, &c.redirectURI, &c.challenge, &c.expiresAt); err != nil {
		return nil, fmt.Errorf("read a code: %w", err)
	}
	return c, json.Unmarshal(scopes, &c.scopes)
}

// openSession begins the session in which the app acts, unless the browser's has ended in
// which the user let it in: who signs out everywhere does not let in what is under way.
func openSession(ctx context.Context, tx *store.Tx, hash []byte, known *code) (*Tokens, *Refusal, error) {
	from, err := tx.Client.Session.Query().Where(session.ID(known.browserID), session.UserID(known.userID), session.EndedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, refuse(invalidGrant, "The user has signed out."), nil
	}
	if err != nil {
		return nil, nil, err
	}
	u, err := tx.Client.User.Get(ctx, known.userID)
	if err != nil {
		return nil, nil, err
	}
	if u.DeactivatedAt.IsSet() {
		return nil, refuse(invalidGrant, "The user is deactivated."), nil
	}
	opened, err := account.OpenSession(ctx, tx, account.NewSession{
		User: u, ProviderID: from.ProviderID, Session: from.ProviderSession, Subject: from.ProviderSubject, UserAgent: from.UserAgent,
		App: &account.SessionApp{ID: known.appID, Kind: known.kind, Scopes: known.scopes},
	})
	if err != nil {
		return nil, nil, err
	}
	if _, err := tx.Exec(ctx, "UPDATE oauth_codes SET session_id = $1 WHERE hash = $2", opened.ID, hash); err != nil {
		return nil, nil, err
	}
	made, err := mint(ctx, tx, grant{known.accountID, opened.ID, known.scopes, clock.Of(opened.ExpiresAt)}, 1)
	return made, nil, err
}

// grant is a session that tokens are made for.
type grant struct {
	accountID, sessionID string
	scopes               []string
	until                clock.Micros
}

// mint makes the tokens of a generation.
func mint(ctx context.Context, tx *store.Tx, g grant, generation int64) (*Tokens, error) {
	now := tx.Now()
	made := &Tokens{TokenType: "Bearer", Scope: strings.Join(g.scopes, " ")}
	for _, t := range []struct {
		text    *string
		prefix  string
		refresh bool
		life    time.Duration
	}{{&made.AccessToken, account.AccessPrefix, false, AccessLife}, {&made.RefreshToken, refreshPrefix, true, account.AppIdle}} {
		text, hash := secret.NewToken(t.prefix)
		*t.text = text
		until := min(now.Add(t.life), g.until)
		if !t.refresh {
			made.ExpiresIn = int(until.Time().Sub(now.Time()).Seconds())
		}
		if _, err := tx.Exec(ctx, "INSERT INTO oauth_tokens (hash, account_id, session_id, refresh, generation, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
			hash, g.accountID, g.sessionID, t.refresh, generation, int64(until)); err != nil {
			return nil, fmt.Errorf("keep a token: %w", err)
		}
	}
	return made, nil
}

// endOf ends the session whose id a query finds, in the name of its user, and returns it.
func endOf(ctx context.Context, tx *store.Tx, query string, args ...any) (string, error) {
	found, err := tx.Strings(ctx, query, args...)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], endSession(ctx, tx, found[0])
}

func endSession(ctx context.Context, tx *store.Tx, sessionID string) error {
	n, err := tx.Client.Session.Query().Where(session.ID(sessionID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	u, err := tx.Client.User.Query().Where(user.ID(n.UserID)).Only(ctx)
	if err != nil {
		return err
	}
	return account.EndSessions(viewer.NewContext(ctx, account.AsUser(u)), tx, session.ID(sessionID))
}

// token is one that was given, with the session that it is of.
type token struct {
	grant
	clientID   string
	kind       vocab.SessionKind
	refresh    bool
	generation int64
	expiresAt  clock.Micros
}

func (s *Service) findToken(ctx context.Context, hash []byte) (*token, error) {
	rows, err := s.store.Query(ctx, `SELECT t.account_id, t.session_id, t.refresh, t.generation, t.expires_at, n.kind, n.scopes, n.expires_at, COALESCE(a.client_id, '')
		FROM oauth_tokens t JOIN sessions n ON n.id = t.session_id LEFT JOIN oauth_apps a ON a.id = n.app_id WHERE t.hash = $1`, hash)
	if err != nil {
		return nil, fmt.Errorf("look a token up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	t := &token{}
	var scopes []byte
	if err := rows.Scan(&t.accountID, &t.sessionID, &t.refresh, &t.generation, &t.expiresAt, &t.kind, &scopes, &t.until, &t.clientID); err != nil {
		return nil, fmt.Errorf("read a token: %w", err)
	}
	return t, json.Unmarshal(scopes, &t.scopes)
}

// Revoke ends the session of a token, whichever of its tokens it is (RFC 7009): the app
// signs out. A token that is not known is as if it had ended.
func (s *Service) Revoke(ctx context.Context, as Credentials, text string) error {
	c, err := s.authenticate(ctx, as)
	if err != nil {
		return err
	}
	known, err := s.findToken(ctx, secret.HashToken(text))
	if err != nil || known == nil {
		return err
	}
	if known.clientID != c.ID {
		return refuse(invalidGrant, "The token is of another app.")
	}
	return s.store.WithTx(asSystem(ctx, known.accountID), func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(account.Lock(ctx, tx), endSession(ctx, tx, known.sessionID))
	})
}
