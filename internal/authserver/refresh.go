package authserver

import (
	"context"
	"time"

	"parley/ent/session"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/secret"
	"parley/internal/store"
)

var errRefresh = refuse(invalidGrant, "The refresh token is wrong, was used already, has expired, or is of another app. Begin again at the authorization endpoint.")

// Refreshing is a refresh token with what the app asks for: the scopes and the resource that
// were granted, or nothing of both.
type Refreshing struct {
	Token, Scope string
	Resources    []string
}

// Refresh gives an app new tokens for a refresh token, which works once. Used a second time
// it ends the session; within refreshGrace it does not: if nothing of what the first use
// gave was used, an answer was lost, and it gives other tokens in their place, otherwise two
// parts of the app came at once, and the second is refused.
func (s *Service) Refresh(ctx context.Context, as Credentials, in Refreshing) (*Tokens, error) {
	c, err := s.authenticate(ctx, as)
	if err != nil {
		return nil, err
	}
	hash := secret.HashToken(in.Token)
	known, err := s.findToken(ctx, hash)
	if err != nil {
		return nil, err
	}
	if known == nil || !known.refresh || known.clientID != c.ID {
		return nil, errRefresh
	}
	if refusal := s.checkResource(in.Resources, known.kind); refusal != nil {
		return nil, refusal
	}
	if refusal := sameScopes(in.Scope, known.scopes); refusal != nil {
		return nil, refusal
	}
	var made *Tokens
	var done use
	err = s.store.WithTx(asSystem(ctx, known.accountID), func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		made, done, err = rotate(ctx, tx, hash, known)
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case done == again:
		s.endedBy(ctx, "a refresh token", c.ID, known.sessionID)
	case done == tooOften:
		return nil, refuse(Unavailable, "The app refreshes its tokens too often: an access token is good for an hour.")
	}
	if made == nil {
		return nil, errRefresh
	}
	return made, nil
}

// use is what the use of a refresh token turns out to be.
type use int

const (
	over     use = iota // the session has ended, or the token has expired
	first               // as it should be
	lost                // the answer to the first use was lost
	raced               // another part of the app was faster
	again               // someone has it who should not
	tooOften            // more than an app needs
)

// rotate gives a session its next tokens, if that is due; if the token is used again, the
// session ends.
func rotate(ctx context.Context, tx *store.Tx, hash []byte, known *token) (*Tokens, use, error) {
	done, err := useOf(ctx, tx, hash, known)
	if err != nil {
		return nil, done, err
	}
	now, next := tx.Now(), known.generation+1
	switch done {
	case again:
		return nil, done, endSession(ctx, tx, known.sessionID)
	case first:
		_, err = tx.Exec(ctx, "UPDATE oauth_tokens SET used_at = $1 WHERE hash = $2", int64(now), hash)
	case lost:
		_, err = tx.Exec(ctx, "UPDATE oauth_tokens SET replaced_at = $1 WHERE session_id = $2 AND generation = $3 AND replaced_at = 0", int64(now), known.sessionID, next)
	default:
		return nil, done, nil
	}
	if err != nil {
		return nil, done, err
	}
	if err := tx.Client.Session.Update().Where(session.ID(known.sessionID), session.LastSeenAtLT(now)).SetLastSeenAt(now).Exec(ctx); err != nil {
		return nil, done, err
	}
	made, err := mint(ctx, tx, known.grant, next)
	return made, done, err
}

// useOf says what the use of a refresh token is. The transaction holds the account's lock.
func useOf(ctx context.Context, tx *store.Tx, hash []byte, known *token) (use, error) {
	now := tx.Now()
	holds, err := tx.Number(ctx, `SELECT COUNT(*) FROM sessions n JOIN users u ON u.id = n.user_id
		WHERE n.id = $1 AND n.ended_at = 0 AND n.expires_at > $2 AND n.last_seen_at > $3 AND u.deactivated_at = 0`,
		known.sessionID, int64(now), int64(now.Add(-account.AppIdle)))
	if err != nil || holds == 0 || known.expiresAt <= now {
		return over, err
	}
	usedAt, err := tx.Number(ctx, "SELECT used_at FROM oauth_tokens WHERE hash = $1", hash)
	if err != nil {
		return over, err
	}
	replacedAt, err := tx.Number(ctx, "SELECT replaced_at FROM oauth_tokens WHERE hash = $1", hash)
	if err != nil {
		return over, err
	}
	grace := int64(now.Add(-refreshGrace))
	switch {
	case usedAt == 0 && replacedAt == 0:
		often, err := refreshesOf(ctx, tx, known, now)
		if err != nil || often {
			return tooOften, err
		}
		return first, nil
	case max(usedAt, replacedAt) <= grace:
		return again, nil
	case replacedAt > 0:
		return raced, nil
	}
	return afterUse(ctx, tx, known)
}

// refreshesOf reports whether a session was refreshed more often within the last hour than
// an app needs.
func refreshesOf(ctx context.Context, tx *store.Tx, known *token, now clock.Micros) (bool, error) {
	n, err := tx.Number(ctx, "SELECT COUNT(*) FROM oauth_tokens WHERE session_id = $1 AND generation >= $2 AND refresh AND used_at > $3",
		known.sessionID, known.generation-perHour, int64(now.Add(-time.Hour)))
	return n >= perHour, err
}

// afterUse says what it is if a token is used that was used a moment ago.
func afterUse(ctx context.Context, tx *store.Tx, known *token) (use, error) {
	used, err := tx.Number(ctx, "SELECT COUNT(*) FROM oauth_tokens WHERE session_id = $1 AND generation > $2 AND used_at > 0", known.sessionID, known.generation)
	if err != nil || used > 0 {
		return raced, err
	}
	had, err := tx.Number(ctx, "SELECT COUNT(*) FROM oauth_tokens WHERE session_id = $1 AND generation = $2 AND refresh", known.sessionID, known.generation+1)
	if err != nil || had > answers {
		return tooOften, err
	}
	return lost, nil
}
