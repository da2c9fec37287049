package account

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// actor is a user, an integration or a bot, with what decides what it may see.
type actor struct {
	accountID string
	// userID is "" for an integration and for a bot.
	userID, integrationID, botID string
	// visibility is the account's.
	visibility    vocab.ContactVisibility
	role          vocab.UserRole
	deactivatedAt clock.Micros
	inboxIDs      []string
	// channelID is the custom channel to which the token is bound; "": none (NT-4).
	channelID string
}

// viewer returns the actor as one who asks, with their inboxes as they are now.
func (s *Service) viewer(ctx context.Context, a *actor) (*viewer.Viewer, error) {
	v := &viewer.Viewer{AccountID: a.accountID}
	var err error
	switch {
	case a.userID != "":
		v.Kind, v.ActorID = kindOf(a.role), a.userID
		v.InboxIDs, err = s.inboxesOfUser(ctx, a)
	case a.botID != "":
		v.Kind, v.ActorID = viewer.Bot, a.botID
		v.InboxIDs, err = s.inboxesGranted(ctx, a)
	default:
		v.Kind, v.ActorID, v.ChannelID = viewer.Integration, a.integrationID, a.channelID
		v.InboxIDs, err = s.inboxesGranted(ctx, a)
	}
	// Only an integration that was never given inboxes works with all contacts (AC-14).
	v.OwnContacts = a.visibility == vocab.ContactsOfInboxes && (v.Kind != viewer.Integration || len(a.inboxIDs) > 0)
	slices.Sort(v.InboxIDs)
	return v, err
}

func kindOf(role vocab.UserRole) viewer.Kind {
	if role == vocab.RoleAdmin {
		return viewer.Admin
	}
	return viewer.Agent
}

// inboxesOfUser are those that the user is a member of, directly or through a
// team (AC-3).
func (s *Service) inboxesOfUser(ctx context.Context, a *actor) ([]string, error) {
	return s.store.Strings(ctx, `SELECT i.id FROM inbox_users m JOIN inboxes i ON i.id = m.inbox_id
			WHERE m.user_id = $1 AND m.account_id = $2 AND i.deleted_at = 0
		UNION SELECT i.id FROM team_members t JOIN inbox_teams m ON m.team_id = t.team_id JOIN inboxes i ON i.id = m.inbox_id
			WHERE t.user_id = $1 AND t.account_id = $2 AND i.deleted_at = 0`, a.userID, a.accountID)
}

// inboxesGranted are those of the integration or bot that still exist (AC-12).
func (s *Service) inboxesGranted(ctx context.Context, a *actor) ([]string, error) {
	if len(a.inboxIDs) == 0 {
		return nil, nil
	}
	args := []any{a.accountID}
	places := make([]string, len(a.inboxIDs))
	for i, inboxID := range a.inboxIDs {
		args = append(args, inboxID)
		places[i] = "$" + strconv.Itoa(len(args))
	}
	return s.store.Strings(ctx, "SELECT id FROM inboxes WHERE account_id = $1 AND deleted_at = 0 AND id IN ("+strings.Join(places, ", ")+")", args...)
}

// ViewerOf returns a user, an integration or a bot of an account as one who asks now
// with a token, which has the scopes that it has now: background work goes on with no
// more rights than its asker has (AC-12). One who is gone or deactivated is
// FORBIDDEN, and so is one whose token was revoked or has expired, or whose session has
// ended; without a token there are no scopes.
func (s *Service) ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error) {
	v, err := s.viewerNow(ctx, accountID, actorID)
	if err != nil || tokenID == "" {
		return v, err
	}
	ctx = viewer.NewContext(ctx, viewer.System("viewer", accountID))
	if id.Is(tokenID, id.UserSession) {
		return v, s.sessionViewer(ctx, v, tokenID)
	}
	t, err := s.store.Client(ctx).ApiToken.Get(ctx, tokenID)
	switch {
	case ent.IsNotFound(err), err == nil && t.RevokedAt.IsSet():
		return nil, errs.New(errs.Forbidden, "The token with which this was requested was revoked.")
	case err != nil:
		return nil, err
	case t.ExpiresAt.IsSet() && t.ExpiresAt <= s.store.Now():
		return nil, errs.New(errs.Forbidden, "The token with which this was requested expired at %s.", t.ExpiresAt)
	}
	v.TokenID, v.Scopes, v.ChannelID = t.ID, t.Scopes, t.ChannelID
	return v, nil
}

func (s *Service) viewerNow(ctx context.Context, accountID, actorID string) (*viewer.Viewer, error) {
	ctx = viewer.NewContext(ctx, viewer.System("viewer", accountID))
	a := &actor{accountID: accountID}
	account, err := s.store.Client(ctx).Account.Get(ctx, accountID)
	if err == nil {
		a.visibility = account.ContactVisibility
	}
	switch {
	case err != nil:
	case id.Is(actorID, id.Integration):
		err = s.loadIntegration(ctx, a, actorID)
	case id.Is(actorID, id.Bot):
		err = s.loadBot(ctx, a, actorID)
	default:
		err = s.loadMember(ctx, a, actorID)
	}
	if ent.IsNotFound(err) || err == nil && a.deactivatedAt.IsSet() {
		return nil, errs.New(errs.Forbidden, "The user or integration that requested this no longer has access.")
	}
	if err != nil {
		return nil, fmt.Errorf("load %s: %w", actorID, err)
	}
	return s.viewer(ctx, a)
}

func (s *Service) loadIntegration(ctx context.Context, a *actor, integrationID string) error {
	i, err := s.store.Client(ctx).Integration.Get(ctx, integrationID)
	if err == nil {
		a.integrationID, a.inboxIDs = i.ID, i.InboxIds
	}
	return err
}

func (s *Service) loadBot(ctx context.Context, a *actor, botID string) error {
	b, err := s.store.Client(ctx).Bot.Get(ctx, botID)
	if err == nil {
		a.botID, a.inboxIDs = b.ID, b.InboxIds
	}
	return err
}

func (s *Service) loadMember(ctx context.Context, a *actor, userID string) error {
	u, err := s.store.Client(ctx).User.Get(ctx, userID)
	if err == nil {
		a.userID, a.role, a.deactivatedAt = u.ID, u.Role, u.DeactivatedAt
	}
	return err
}
