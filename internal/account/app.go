package account

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/oauthapp"
	"parley/ent/predicate"
	"parley/ent/session"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/paging"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// AccessPrefix begins the access tokens of apps.
	AccessPrefix = "parleyaccess_"
	// AppIdle is how long an app's session lasts without being used or refreshed.
	AppIdle = 30 * 24 * time.Hour
	// AppLife is how long an app's session lasts at most.
	AppLife = 180 * 24 * time.Hour
)

// SessionApp is an app that acts for a user in a session (AC-18).
type SessionApp struct {
	ID     string
	Kind   vocab.SessionKind
	Scopes []string
}

const (
	// appSessions is how many sessions a user has in one app, on as many devices, and
	// allAppSessions in all of them. The ones that were used least lately end.
	appSessions, allAppSessions = 10, 100
)

// endSurplus ends sessions of apps that a user has beyond what they may have, so that there
// is room for another in an app.
func endSurplus(ctx context.Context, tx *store.Tx, userID, appID string) error {
	for _, c := range []struct {
		which predicate.Session
		most  int
	}{{session.AppID(appID), appSessions}, {session.KindNEQ(vocab.SessionOfBrowser), allAppSessions}} {
		surplus, err := tx.Client.Session.Query().Where(session.UserID(userID), session.EndedAt(0), c.which).
			Order(session.ByLastSeenAt(sql.OrderDesc()), session.ByID(sql.OrderDesc())).Offset(c.most - 1).Limit(allAppSessions).IDs(ctx)
		if err != nil {
			return err
		}
		if err := EndSessions(ctx, tx, session.IDIn(surplus...)); err != nil {
			return err
		}
	}
	return nil
}

// holds are the sessions that have not ended by themselves or otherwise.
func holds(now clock.Micros) predicate.Session {
	return session.And(session.EndedAt(0), session.ExpiresAtGT(now), session.Or(
		session.LastSeenAtGT(now.Add(-SessionIdle)),
		session.And(session.KindNEQ(vocab.SessionOfBrowser), session.LastSeenAtGT(now.Add(-AppIdle))),
	))
}

// AuthenticateApp returns the user for whom an app acts with an access token, as they are
// now, with what they granted the app: UNAUTHENTICATED if the token or the session has
// ended (AC-18).
func (s *Service) AuthenticateApp(ctx context.Context, text string) (*viewer.Viewer, error) {
	hash := secret.HashToken(text)
	t, err := s.findAccess(ctx, hash)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	if t.endedAt.IsSet() || t.replacedAt.IsSet() || min(t.expiresAt, t.accessUntil, t.lastSeenAt.Add(AppIdle)) <= now || t.role == "" || t.deactivatedAt.IsSet() {
		return nil, errs.New(errs.Unauthenticated, "The access token has expired, or its session has ended. Refresh it, or sign in again.")
	}
	if !t.usedAt.IsSet() || t.lastSeenAt.Add(sessionSeenAgain) <= now {
		if err := s.touchAccess(ctx, t, hash, now); err != nil {
			return nil, err
		}
	}
	v, err := s.viewer(ctx, &t.actor)
	if err != nil {
		return nil, fmt.Errorf("find the user's inboxes: %w", err)
	}
	v.TokenID, v.Scopes, v.ExpiresAt = t.id, t.scopes, min(t.expiresAt, t.accessUntil).Time()
	v.AppID, v.ToolsOnly = t.appID, t.kind == vocab.SessionOfTools
	return v, nil
}

// presentedAccess is an access token with the session that it is of.
type presentedAccess struct {
	presentedSession
	appID               string
	kind                vocab.SessionKind
	scopes              []string
	usedAt, accessUntil clock.Micros
	replacedAt          clock.Micros
}

func (s *Service) findAccess(ctx context.Context, hash []byte) (*presentedAccess, error) {
	rows, err := s.store.Query(ctx, `SELECT n.id, n.account_id, n.user_id, n.last_seen_at, n.expires_at, n.ended_at, n.app_id, n.kind, n.scopes,
			t.used_at, t.replaced_at, t.expires_at, u.role, u.deactivated_at, a.contact_visibility
		FROM oauth_tokens t JOIN sessions n ON n.id = t.session_id JOIN accounts a ON a.id = n.account_id JOIN users u ON u.id = n.user_id
		WHERE t.hash = $1 AND NOT t.refresh`, hash)
	if err != nil {
		return nil, fmt.Errorf("look the access token up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("look the access token up: %w", err)
		}
		return nil, errs.New(errs.Unauthenticated, "The access token is unknown. Refresh it, or sign in again.")
	}
	t := &presentedAccess{}
	var scopes []byte
	if err := rows.Scan(&t.id, &t.accountID, &t.userID, &t.lastSeenAt, &t.expiresAt, &t.endedAt, &t.appID, &t.kind, &scopes,
		&t.usedAt, &t.replacedAt, &t.accessUntil, &t.role, &t.deactivatedAt, &t.visibility); err != nil {
		return nil, fmt.Errorf("read the access token: %w", err)
	}
	if err := json.Unmarshal(scopes, &t.scopes); err != nil {
		return nil, fmt.Errorf("read what an app may do: %w", err)
	}
	return t, nil
}

// touchAccess writes that an access token, and its session, are used.
func (s *Service) touchAccess(ctx context.Context, t *presentedAccess, hash []byte, now clock.Micros) error {
	ctx = viewer.NewContext(ctx, viewer.System("sign-in", t.accountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.Exec(ctx, "UPDATE oauth_tokens SET used_at = $1 WHERE hash = $2 AND used_at = 0", int64(now), hash); err != nil {
			return err
		}
		return tx.Client.Session.Update().Where(session.ID(t.id), session.LastSeenAtLT(now)).SetLastSeenAt(now).Exec(ctx)
	})
}

// apps are listed newest first.
var apps = store.Listing[ent.OauthApp]{Name: "oauthApps", Kind: id.OauthApp, Desc: true, ID: func(a *ent.OauthApp) string { return a.ID }}

// Apps returns the apps that users of the account have connected, newest first.
func (s *Service) Apps(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.OauthApp], error) {
	return apps.Page(args, PageOfList, func(narrow func(*sql.Selector)) ([]*ent.OauthApp, error) {
		q := s.store.Client(ctx).OauthApp.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// SessionCounts returns how many sessions that have not ended users have in each of some
// apps: of all users, whoever asks.
func (s *Service) SessionCounts(ctx context.Context, appIDs []string) ([]int, error) {
	ctx = viewer.AsSystem(ctx, "sign-in")
	var found []struct {
		AppID string `json:"app_id"`
		Count int    `json:"count"`
	}
	err := s.store.Client(ctx).Session.Query().Where(session.AppIDIn(appIDs...), holds(s.store.Now())).GroupBy(session.FieldAppID).Aggregate(ent.Count()).Scan(ctx, &found)
	if err != nil {
		return nil, err
	}
	of := map[string]int{}
	for _, f := range found {
		of[f.AppID] = f.Count
	}
	counts := make([]int, len(appIDs))
	for i, appID := range appIDs {
		counts[i] = of[appID]
	}
	return counts, nil
}

// DeleteApp removes an app from the account, and ends the sessions that users have in it.
// Errors: NOT_FOUND on oauthAppId.
func (s *Service) DeleteApp(ctx context.Context, in DeleteOauthAppInput) error {
	call := idempotency.Call{Mutation: "deleteOauthApp", Key: in.IdempotencyKey, Input: in, Result: in.OauthAppID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		missing := errs.New(errs.NotFound, "There is no app %q.", errs.Clip(in.OauthAppID)).On("oauthAppId")
		if !id.Is(in.OauthAppID, id.OauthApp) {
			return missing
		}
		n, err := tx.Client.OauthApp.Delete().Where(oauthapp.ID(in.OauthAppID)).Exec(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return missing
		}
		if _, err := tx.Exec(ctx, "DELETE FROM oauth_codes WHERE app_id = $1", in.OauthAppID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.OauthAppDeleted, SubjectID: in.OauthAppID})
		return EndSessions(ctx, tx, session.AppID(in.OauthAppID))
	})
	return err
}
