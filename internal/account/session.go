package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
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
	// SessionPrefix begins the secret of every session's cookie.
	SessionPrefix = "parleysession_"
	// SessionIdle is how long a session lasts without a request.
	SessionIdle = 14 * 24 * time.Hour
	// SessionLife is how long a session lasts at most.
	SessionLife = 90 * 24 * time.Hour
	// sessionSeenAgain is how often it is written that a session is used.
	sessionSeenAgain = time.Hour
	// sessionsKept is how long sessions are kept that are over.
	sessionsKept = 30 * 24 * time.Hour
)

// NewSession says whose session begins, and where from.
type NewSession struct {
	User *ent.User
	// ProviderID is where they signed in; "": nowhere. Session and Subject are the
	// provider's names of the session and of the user.
	ProviderID, Session, Subject string
	// UserAgent is a short name of the browser.
	UserAgent string
	// App is what acts for the user; nil: the browser itself.
	App *SessionApp
	// Way is how they signed in, if not at a provider: LINK, INVITATION.
	Way string
}

// Opened is a session that has begun. Secret is what its cookie has; it is kept nowhere.
type Opened struct {
	ID        string
	Secret    string
	ExpiresAt time.Time
}

// OpenSession begins a session of an active user, in the name of whom the event is (AC-9).
func OpenSession(ctx context.Context, tx *store.Tx, n NewSession) (Opened, error) {
	if err := mustBeActive(n.User, "userId"); err != nil {
		return Opened{}, err
	}
	ctx = viewer.NewContext(ctx, AsUser(n.User))
	text, hash := secret.NewToken(SessionPrefix)
	life, app := SessionLife, n.App
	if app == nil {
		app = &SessionApp{Kind: vocab.SessionOfBrowser, Scopes: []string{}}
	} else {
		life = AppLife
		if err := endSurplus(ctx, tx, n.User.ID, app.ID); err != nil {
			return Opened{}, err
		}
	}
	until := tx.Now().Add(life)
	made := id.New(id.UserSession)
	tx.Append(ctx, store.Event{Type: vocab.SignedIn, SubjectID: made, UserID: n.User.ID, AuditDetail: cmp.Or(n.ProviderID, app.ID, n.Way)})
	err := tx.Client.Session.Create().SetID(made).SetUserID(n.User.ID).SetProviderID(n.ProviderID).SetProviderSession(n.Session).
		SetProviderSubject(n.Subject).SetHash(hash).
		SetKind(app.Kind).SetAppID(app.ID).SetScopes(app.Scopes).SetUserAgent(n.UserAgent).SetLastSeenAt(tx.Now()).SetExpiresAt(until).SetCreatedAt(tx.Now()).Exec(ctx)
	return Opened{made, text, until.Time()}, err
}

// MayOpenSessions refuses a token that would get more than it grants by a session, which
// grants all that its user may do: FORBIDDEN.
func MayOpenSessions(ctx context.Context) error {
	v := viewer.FromContext(ctx)
	if v.Kind == viewer.SystemKind || v.MayGrant(viewer.ScopeAll) {
		return nil
	}
	return errs.New(errs.Forbidden, "This leads to a session, which grants everything; your token must grant %q.", viewer.ScopeAll)
}

// AsUser is Parley's own work in the name of a user.
func AsUser(u *ent.User) *viewer.Viewer {
	self := &viewer.Viewer{Kind: kindOf(u.Role), AccountID: u.AccountID, ActorID: u.ID}
	return viewer.System("sign-in", u.AccountID).InNameOf(self)
}

// EndSessions ends the sessions that match and hold, at once: what they have open closes.
func EndSessions(ctx context.Context, tx *store.Tx, which func(*sql.Selector)) error {
	ended, err := tx.Client.Session.Query().Where(which, session.EndedAt(0)).Order(session.ByID()).All(ctx)
	if err != nil || len(ended) == 0 {
		return err
	}
	ids := make([]string, len(ended))
	for i, n := range ended {
		ids[i] = n.ID
		tx.Append(ctx, store.Event{Type: vocab.SignedOut, SubjectID: n.ID, UserID: n.UserID})
	}
	return tx.Client.Session.Update().Where(session.IDIn(ids...)).SetEndedAt(tx.Now()).Exec(ctx)
}

// endLinks ends the sign-in links that a user may have.
func endLinks(ctx context.Context, tx *store.Tx, userID string) error {
	_, err := tx.Exec(ctx, "DELETE FROM sign_in_links WHERE user_id = $1", userID)
	return err
}

// AuthenticateSession returns the user whose session's cookie has a secret, as they are
// now, with all that they may do: UNAUTHENTICATED if it has ended (AC-9, AC-11).
func (s *Service) AuthenticateSession(ctx context.Context, text string) (*viewer.Viewer, error) {
	n, err := s.findSession(ctx, text)
	if err != nil {
		return nil, err
	}
	now := s.store.Now()
	until := min(n.expiresAt, n.lastSeenAt.Add(SessionIdle))
	if n.endedAt.IsSet() || until <= now || n.role == "" || n.deactivatedAt.IsSet() {
		return nil, errs.New(errs.Unauthenticated, "The session has ended. Sign in again.")
	}
	if n.lastSeenAt.Add(sessionSeenAgain) <= now {
		if err := s.touchSession(ctx, n, now); err != nil {
			return nil, err
		}
		until = min(n.expiresAt, now.Add(SessionIdle))
	}
	v, err := s.viewer(ctx, &n.actor)
	if err != nil {
		return nil, fmt.Errorf("find the user's inboxes: %w", err)
	}
	v.TokenID, v.Scopes, v.ExpiresAt = n.id, []string{viewer.ScopeAll}, until.Time()
	return v, nil
}

// presentedSession is a session with whose it is.
type presentedSession struct {
	actor
	id                             string
	lastSeenAt, expiresAt, endedAt clock.Micros
}

func (s *Service) findSession(ctx context.Context, text string) (*presentedSession, error) {
	rows, err := s.store.Query(ctx, `SELECT n.id, n.account_id, n.user_id, n.last_seen_at, n.expires_at, n.ended_at,
			u.role, u.deactivated_at, a.contact_visibility
		FROM sessions n JOIN accounts a ON a.id = n.account_id JOIN users u ON u.id = n.user_id WHERE n.hash = $1 AND n.kind = 'BROWSER'`, secret.HashToken(text))
	if err != nil {
		return nil, fmt.Errorf("look the session up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("look the session up: %w", err)
		}
		return nil, errs.New(errs.Unauthenticated, "The session is unknown. Sign in again.")
	}
	n := &presentedSession{}
	if err := rows.Scan(&n.id, &n.accountID, &n.userID, &n.lastSeenAt, &n.expiresAt, &n.endedAt, &n.role, &n.deactivatedAt, &n.visibility); err != nil {
		return nil, fmt.Errorf("read the session: %w", err)
	}
	return n, nil
}

// touchSession writes that a session is used.
func (s *Service) touchSession(ctx context.Context, n *presentedSession, now clock.Micros) error {
	ctx = viewer.NewContext(ctx, viewer.System("sign-in", n.accountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Session.Update().Where(session.ID(n.id), session.LastSeenAtLT(now)).SetLastSeenAt(now).Exec(ctx)
	})
}

// sessionViewer puts into v what a user's session, named by its id, grants: FORBIDDEN if
// it has ended, or was not used for long.
func (s *Service) sessionViewer(ctx context.Context, v *viewer.Viewer, sessionID string) error {
	n, err := s.store.Client(ctx).Session.Get(ctx, sessionID)
	switch {
	case ent.IsNotFound(err), err == nil && (n.EndedAt.IsSet() || min(n.ExpiresAt, n.LastSeenAt.Add(SessionIdle)) <= s.store.Now()):
		return errs.New(errs.Forbidden, "The session with which this was requested has ended.")
	case err != nil:
		return err
	}
	v.TokenID, v.Scopes = n.ID, []string{viewer.ScopeAll}
	if n.Kind != vocab.SessionOfBrowser {
		v.Scopes, v.AppID, v.ToolsOnly = n.Scopes, n.AppID, n.Kind == vocab.SessionOfTools
	}
	return nil
}

// SignOut ends the session whose cookie has a secret, or all of its user's; one that has
// ended already stays as it is.
func (s *Service) SignOut(ctx context.Context, text string, everywhere bool) error {
	v, err := s.AuthenticateSession(ctx, text)
	if err != nil {
		if errs.Is(err, errs.Unauthenticated) {
			return nil
		}
		return err
	}
	which := session.ID(v.TokenID)
	if everywhere {
		which = session.UserID(v.ActorID)
	}
	ctx = viewer.NewContext(ctx, viewer.System("sign-in", v.AccountID).InNameOf(v))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return EndSessions(ctx, tx, which) })
}

// sessions are listed newest first.
var sessions = store.Listing[ent.Session]{Name: "sessions", Kind: id.UserSession, Desc: true, ID: func(n *ent.Session) string { return n.ID }}

// Sessions returns the sessions of a user that hold, newest first: of oneself, and for
// admins of anyone. nil: one's own.
func (s *Service) Sessions(ctx context.Context, userID *string, args paging.PageArgs) (*paging.Connection[*ent.Session], error) {
	of := viewer.FromContext(ctx).ActorID
	if given(userID) {
		of = *userID
	}
	now := s.store.Now()
	return sessions.Page(args, PageOfList, func(narrow func(*sql.Selector)) ([]*ent.Session, error) {
		q := s.store.Client(ctx).Session.Query().Where(session.UserID(of), holds(now))
		q.Modify(narrow)
		return q.All(ctx)
	}, of)
}

// EndSession ends a session at once: users their own, admins every one.
func (s *Service) EndSession(ctx context.Context, in EndSessionInput) (*ent.Session, error) {
	call := idempotency.Call{Mutation: "endSession", Key: in.IdempotencyKey, Input: in, Result: in.SessionID}
	_, err := s.useTokens(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		if _, err := loadSession(ctx, tx.Client, in.SessionID); err != nil {
			return err
		}
		return EndSessions(ctx, tx, session.ID(in.SessionID))
	})
	if err != nil {
		return nil, err
	}
	return loadSession(ctx, s.store.Client(ctx), in.SessionID)
}

// EndUserSessions ends all sessions of a user at once: users their own, admins anyone's.
func (s *Service) EndUserSessions(ctx context.Context, in EndSessionsInput) (*ent.User, error) {
	of := viewer.FromContext(ctx).ActorID
	if given(in.UserID) {
		of = *in.UserID
	}
	call := idempotency.Call{Mutation: "endSessions", Key: in.IdempotencyKey, Input: in, Result: of}
	_, err := s.useTokens(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		if v := viewer.FromContext(ctx); of != v.ActorID && !v.AllInboxes() {
			return errs.New(errs.Forbidden, "Only admins may end the sessions of another user.")
		}
		if _, err := loadUser(ctx, tx.Client, of, "userId"); err != nil {
			return err
		}
		return errors.Join(EndSessions(ctx, tx, session.UserID(of)), endLinks(ctx, tx, of))
	})
	if err != nil {
		return nil, err
	}
	return loadUser(ctx, s.store.Client(ctx), of, "userId")
}

func loadSession(ctx context.Context, client *ent.Client, sessionID string) (*ent.Session, error) {
	if id.Is(sessionID, id.UserSession) {
		n, err := client.Session.Get(ctx, sessionID)
		if !ent.IsNotFound(err) {
			return n, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no session %q.", errs.Clip(sessionID)).On("sessionId")
}

// ForgetSessions removes sessions that were over long ago. The system runs it each hour.
func (s *Service) ForgetSessions(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		before := tx.Now().Add(-sessionsKept)
		_, err := tx.Client.Session.Delete().Where(session.Or(
			session.ExpiresAtLT(before), session.LastSeenAtLT(before.Add(-AppIdle)), session.And(session.EndedAtGT(0), session.EndedAtLT(before)),
		)).Exec(ctx)
		return err
	})
}
