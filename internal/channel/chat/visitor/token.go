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

// Authenticate returns the visitor of a token. It fails with UNAUTHENTICATED when
// the token is false or expired, its session was ended, or its inbox, channel or
// visitor is gone.
func (s *Service) Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error) {
	var claims secret.VisitorClaims
	if err := s.signer.Verify(bearer, &claims); err != nil {
		return nil, err
	}
	if holds, err := s.sessionHolds(ctx, claims); err != nil {
		return nil, err
	} else if !holds {
		return nil, errs.New(errs.Unauthenticated, "The session of this token was ended, or the chat or the visitor no longer exists; start a new session.")
	}
	v := &viewer.Viewer{
		Kind: viewer.Visitor, AccountID: claims.Account, ActorID: claims.Visitor, ChannelID: claims.Channel, TokenID: claims.Session,
	}
	if claims.ExpiresAt != nil {
		v.ExpiresAt = claims.ExpiresAt.Time
	}
	return v, nil
}

// heldSession finds the visitor of a session that goes on. A session that began
// before sessions were listed has no row, until a page renews it.
const heldSession = `SELECT v.id FROM visitors v
	JOIN channels c ON c.id = v.channel_id AND c.removed_at = 0
	JOIN inboxes i ON i.id = v.inbox_id AND i.deleted_at = 0
	LEFT JOIN visitor_sessions s ON s.id = $1 AND s.visitor_id = v.id
	WHERE v.id = $2 AND v.account_id = $3 AND v.channel_id = $4 AND COALESCE(s.ended_at, v.sessions_ended_at) = 0`

// sessionHolds reports whether what the claims say holds still. A token stands for
// no other visitor than its own: who proves who they are gets another (CH-8).
func (s *Service) sessionHolds(ctx context.Context, claims secret.VisitorClaims) (bool, error) {
	found, err := s.store.Strings(ctx, heldSession, claims.Session, claims.Visitor, claims.Account, claims.Channel)
	return len(found) > 0, err
}

// signToken returns a fresh token of a session.
func (s *Service) signToken(v *ent.Visitor, session string) (string, error) {
	return s.signer.Sign(&secret.VisitorClaims{
		Account: v.AccountID, Channel: v.ChannelID, Visitor: v.ID, Session: session, RegisteredClaims: s.signer.Registered(TTL),
	})
}
