package account

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/secret"
	"parley/internal/viewer"
)

// TokenPrefix begins every API token that Parley makes. PARLEY_ADMIN_TOKEN may
// be any text.
const TokenPrefix = "parley_"

// Authenticate returns the viewer whose API token bearer is, as they are now: a
// user's role and inboxes, an integration's granted inboxes (AC-3, AC-12).
// Nothing is remembered between calls. A token that is unknown, expired or
// revoked, or whose user was deactivated, is UNAUTHENTICATED.
func (s *Service) Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error) {
	t, err := s.findToken(ctx, bearer)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	if err := t.refusal(now); err != nil {
		return nil, err
	}
	s.used.markToken(t, now)
	v, err := s.viewer(ctx, &t.actor)
	if err != nil {
		return nil, fmt.Errorf("find the token's inboxes: %w", err)
	}
	v.TokenID, v.Scopes = t.id, t.scopes
	if t.expiresAt.IsSet() {
		v.ExpiresAt = t.expiresAt.Time()
	}
	return v, nil
}

// presentedToken is an API token with what it stands for.
type presentedToken struct {
	actor
	id     string
	scopes []string
	// previousUntil is when the secret before the last rotation ends.
	previousUntil        clock.Micros
	expiresAt, revokedAt clock.Micros
	lastUsedAt           clock.Micros
}

// findToken looks for a token by its secret, and then by the one that it had before
// it was rotated, which holds until its own end.
func (s *Service) findToken(ctx context.Context, bearer string) (*presentedToken, error) {
	hash := secret.HashToken(bearer)
	t, err := s.tokenBy(ctx, "t.hash", hash)
	if t != nil || err != nil {
		return t, err
	}
	t, err = s.tokenBy(ctx, "t.previous_hash", hash)
	if err != nil {
		return nil, err
	}
	if t == nil {
		return nil, errs.New(errs.Unauthenticated, "The token is unknown.")
	}
	t.expiresAt = min(t.expiresAt, t.previousUntil)
	return t, nil
}

// tokenBy returns the token that has a hash in a column; nil: none.
func (s *Service) tokenBy(ctx context.Context, column string, hash []byte) (*presentedToken, error) {
	rows, err := s.store.Query(ctx, `SELECT t.id, t.account_id, t.scopes, t.expires_at, t.previous_until, t.revoked_at, t.last_used_at, t.user_id, t.integration_id, t.bot_id, t.channel_id,
			COALESCE(u.role, ''), COALESCE(u.deactivated_at, 0), COALESCE(i.inbox_ids, b.inbox_ids, '[]'), a.contact_visibility
		FROM api_tokens t JOIN accounts a ON a.id = t.account_id LEFT JOIN users u ON u.id = t.user_id
			LEFT JOIN integrations i ON i.id = t.integration_id LEFT JOIN bots b ON b.id = t.bot_id
		WHERE `+column+` = $1`, hash)
	if err != nil {
		return nil, fmt.Errorf("look the token up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("look the token up: %w", err)
		}
		return nil, nil
	}
	t := &presentedToken{}
	var scopes, inboxIDs []byte
	if err := rows.Scan(&t.id, &t.accountID, &scopes, &t.expiresAt, &t.previousUntil, &t.revokedAt, &t.lastUsedAt, &t.userID, &t.integrationID, &t.botID, &t.channelID,
		&t.role, &t.deactivatedAt, &inboxIDs, &t.visibility); err != nil {
		return nil, fmt.Errorf("read the token: %w", err)
	}
	if err := json.Unmarshal(scopes, &t.scopes); err != nil {
		return nil, fmt.Errorf("read the token's scopes: %w", err)
	}
	if err := json.Unmarshal(inboxIDs, &t.inboxIDs); err != nil {
		return nil, fmt.Errorf("read the integration's inboxes: %w", err)
	}
	return t, nil
}

// refusal says why the token is not valid at a time; nil: it does.
func (t *presentedToken) refusal(now clock.Micros) error {
	switch {
	case t.revokedAt.IsSet():
		return errs.New(errs.Unauthenticated, "The token was revoked.")
	case t.expiresAt <= now:
		return errs.New(errs.Unauthenticated, "The token expired at %s.", t.expiresAt)
	case t.userID != "" && t.role == "" || t.deactivatedAt.IsSet():
		return errs.New(errs.Unauthenticated, "The token's user is deactivated.")
	}
	return nil
}
