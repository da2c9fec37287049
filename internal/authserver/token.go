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

var errCode = refuse(invalidGrant, "The code is wrong, was used already, has expired (codes work once, for a minute), or is of another app, redirect address or verifier.")

// UseCode gives an app the tokens for a code, once. A second use ends what the first gave.
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
	if known == nil {
		return nil, errCode
	}
	var made *Tokens
	var refusal *Refusal
	err = s.store.WithTx(asSystem(ctx, known.accountID), func(ctx context.Context, tx *store.Tx) error {
		made, refusal = nil, nil
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		n, err := tx.Exec(ctx, "UPDATE oauth_codes SET session_id = session_id WHERE hash = $1 AND session_id = ''", hash)
		if err != nil {
			return err
		}
		if n == 0 { // used, even if it was not when it was looked up
			refusal = errCode
			return endOf(ctx, tx, `SELECT session_id FROM oauth_codes WHERE hash = $1`, hash)
		}
		if refusal = s.checkCode(known, c, in, tx.Now()); refusal != nil {
			return nil
		}
		made, refusal, err = openSession(ctx, tx, hash, known)
		return err
	})
	if err == nil && refusal != nil {
		err = refusal
	}
	return made, err
}

func (s *Service) checkCode(known *code, c *Client, in Exchange, now clock.Micros) *Refusal {
	sum := sha256.Sum256([]byte(in.Verifier))
	if known.clientID != c.ID || known.expiresAt <= now || known.redirectURI != in.RedirectURI ||
		len(in.Verifier) < 43 || len(in.Verifier) > 128 ||
		subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(known.challenge)) != 1 {
		return errCode
	}
	return s.checkResource(in.Resources, known.kind)
}

// checkResource refuses a resource that is not the one that was granted; none is right.
func (s *Service) checkResource(resources []string, granted vocab.SessionKind) *Refusal {
	if len(resources) == 0 {
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
	made := &Tokens{TokenType: "Bearer", Scope: strings.Join(g.scopes, " ")}
	for _, t := range []struct {
		text    *string
		prefix  string
		refresh bool
		life    time.Duration
	}{{&made.AccessToken, account.AccessPrefix, false, AccessLife}, {&made.RefreshToken, refreshPrefix, true, account.AppIdle}} {
		text, hash := secret.NewToken(t.prefix)
		*t.text = text
		until := min(tx.Now().Add(t.life), g.until)
		if !t.refresh {
			made.ExpiresIn = int(until.Time().Sub(tx.Now().Time()).Seconds())
		}
		if _, err := tx.Exec(ctx, "INSERT INTO oauth_tokens (hash, account_id, session_id, refresh, generation, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
			hash, g.accountID, g.sessionID, t.refresh, generation, int64(until)); err != nil {
			return nil, fmt.Errorf("keep a token: %w", err)
		}
	}
	return made, nil
}

// endOf ends the session whose id a query finds, in the name of its user.
func endOf(ctx context.Context, tx *store.Tx, query string, args ...any) error {
	found, err := tx.Strings(ctx, query, args...)
	if err != nil || len(found) == 0 {
		return err
	}
	return endSession(ctx, tx, found[0])
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

var errRefresh = refuse(invalidGrant, "The refresh token is wrong, was used already, has expired, or is of another app. Begin again at the authorization endpoint.")

// Refresh gives an app new tokens for a refresh token, which works once. Used a second time,
// by whomever, it ends the session; only within refreshGrace, and if nothing of what the
// first use gave was used, it gives other tokens in their place: then an answer was lost.
func (s *Service) Refresh(ctx context.Context, as Credentials, refresh string, resources []string) (*Tokens, error) {
	c, err := s.authenticate(ctx, as)
	if err != nil {
		return nil, err
	}
	hash := secret.HashToken(refresh)
	known, err := s.findToken(ctx, hash)
	if err != nil {
		return nil, err
	}
	if known == nil || !known.refresh || known.clientID != c.ID {
		return nil, errRefresh
	}
	if refusal := s.checkResource(resources, known.kind); refusal != nil {
		return nil, refusal
	}
	var made *Tokens
	err = s.store.WithTx(asSystem(ctx, known.accountID), func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		made, err = rotate(ctx, tx, hash, known)
		return err
	})
	if err == nil && made == nil {
		err = errRefresh
	}
	return made, err
}

// rotate gives a session its next tokens; nil: it has ended, or ends by this.
func rotate(ctx context.Context, tx *store.Tx, hash []byte, known *token) (*Tokens, error) {
	now := tx.Now()
	holds, err := tx.Number(ctx, `SELECT COUNT(*) FROM sessions n JOIN users u ON u.id = n.user_id
		WHERE n.id = $1 AND n.ended_at = 0 AND n.expires_at > $2 AND n.last_seen_at > $3 AND u.deactivated_at = 0`,
		known.sessionID, int64(now), int64(now.Add(-account.AppIdle)))
	if err != nil || holds == 0 || known.expiresAt <= now {
		return nil, err
	}
	n, err := tx.Exec(ctx, "UPDATE oauth_tokens SET used_at = $1 WHERE hash = $2 AND used_at = 0 AND NOT replaced", int64(now), hash)
	if err != nil {
		return nil, err
	}
	next := known.generation + 1
	if n == 0 {
		lost, err := answerWasLost(ctx, tx, hash, known)
		if err != nil {
			return nil, err
		}
		if !lost {
			return nil, endSession(ctx, tx, known.sessionID)
		}
		if _, err := tx.Exec(ctx, "UPDATE oauth_tokens SET replaced = TRUE WHERE session_id = $1 AND generation = $2", known.sessionID, next); err != nil {
			return nil, err
		}
	}
	if err := tx.Client.Session.Update().Where(session.ID(known.sessionID), session.LastSeenAtLT(now)).SetLastSeenAt(now).Exec(ctx); err != nil {
		return nil, err
	}
	return mint(ctx, tx, known.grant, next)
}

// answerWasLost reports whether a refresh token was used a moment ago, and nothing since
// that it gave.
func answerWasLost(ctx context.Context, tx *store.Tx, hash []byte, known *token) (bool, error) {
	recently, err := tx.Number(ctx, "SELECT COUNT(*) FROM oauth_tokens WHERE hash = $1 AND used_at > $2 AND NOT replaced",
		hash, int64(tx.Now().Add(-refreshGrace)))
	if err != nil || recently == 0 {
		return false, err
	}
	used, err := tx.Number(ctx, "SELECT COUNT(*) FROM oauth_tokens WHERE session_id = $1 AND generation > $2 AND used_at > 0", known.sessionID, known.generation)
	return used == 0, err
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
