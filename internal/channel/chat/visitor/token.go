package visitor

import (
	"context"
	"strings"
	"time"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/secret"
	"parley/internal/viewer"
)

// TTL is how long a session's token holds; startVisitorSession renews it (CH-5).
const TTL = 400 * 24 * time.Hour

// LooksLikeToken reports whether a credential is of a visitor's kind, true or
// false: a JWT, which no API token looks like.
func LooksLikeToken(bearer string) bool {
	return strings.HasPrefix(bearer, "eyJ") && strings.Count(bearer, ".") == 2
}

// Authenticate returns the visitor of a token, or the one that it was merged
// into. It fails with UNAUTHENTICATED when the token is false or expired, or
// its inbox, channel or visitor is gone.
func (s *Service) Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error) {
	var claims secret.VisitorClaims
	if err := s.signer.Verify(bearer, &claims); err != nil {
		return nil, err
	}
	visitorID, err := s.currentVisitorID(ctx, claims)
	if err != nil {
		return nil, err
	}
	if visitorID == "" {
		return nil, errs.New(errs.Unauthenticated, "The chat or the visitor of this token no longer exists; start a new session.")
	}
	v := &viewer.Viewer{
		Kind: viewer.Visitor, AccountID: claims.Account, ActorID: visitorID, ChannelID: claims.Channel, TokenID: claims.Session,
	}
	if claims.ExpiresAt != nil {
		v.ExpiresAt = claims.ExpiresAt.Time
	}
	return v, nil
}

// currentVisitor follows a merge. One step is enough: what is merged into is
// identified, and an identified visitor is never merged.
const currentVisitor = `SELECT COALESCE(m.id, v.id) FROM visitors v
	JOIN channels c ON c.id = v.channel_id AND c.removed_at = 0
	JOIN inboxes i ON i.id = v.inbox_id AND i.deleted_at = 0
	LEFT JOIN visitors m ON m.id = v.merged_into AND m.account_id = v.account_id
	WHERE v.id = $1 AND v.account_id = $2 AND v.channel_id = $3`

// currentVisitorID returns the id of the visitor that the claims stand for now;
// "": none.
func (s *Service) currentVisitorID(ctx context.Context, claims secret.VisitorClaims) (string, error) {
	found, err := s.store.Strings(ctx, currentVisitor, claims.Visitor, claims.Account, claims.Channel)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// signToken returns a fresh token of a session.
func (s *Service) signToken(v *ent.Visitor, session string) (string, error) {
	return s.signer.Sign(&secret.VisitorClaims{
		Account: v.AccountID, Channel: v.ChannelID, Visitor: v.ID, Session: session, RegisteredClaims: s.signer.Registered(TTL),
	})
}
