package account_test

import (
	"testing"
	"time"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// session has a user accept an invitation, which begins a session.
func (o *office) session(t *testing.T, userID string) string {
	t.Helper()
	o.people.UseInviting(account.Inviting{PublicURL: "https://parley.example.com"})
	opened, err := o.people.AcceptInSession(t.Context(), o.invite(t, account.InviteUserInput{UserID: userID}), "Firefox on Linux")
	check.NoError(t, err)
	return opened.Secret
}

// AC-9: a session lasts 14 days without use, and 90 however much it is used. It may do what
// its user may now.
func TestSessionsExpire(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		used, unused := o.session(t, o.AgentIDs[1]), o.session(t, o.AgentIDs[1])
		begun := o.clock.Now()
		v, err := o.people.AuthenticateSession(t.Context(), used)
		check.NoError(t, err)
		if v.Kind != viewer.Agent || v.ActorID != o.AgentIDs[1] || len(v.InboxIDs) != 2 || v.Scopes[0] != viewer.ScopeAll || !v.ExpiresAt.Equal(begun.Add(account.SessionIdle)) {
			t.Errorf("got %+v", v)
		}
		for range 6 {
			o.clock.Advance(13 * 24 * time.Hour)
			v, err = o.people.AuthenticateSession(t.Context(), used)
			check.NoError(t, err)
		}
		if !v.ExpiresAt.Equal(begun.Add(account.SessionLife)) {
			t.Errorf("after 78 days it ends at %s, want %s", v.ExpiresAt, begun.Add(account.SessionLife))
		}
		_, err = o.people.AuthenticateSession(t.Context(), unused)
		check.Refused(t, err, errs.Unauthenticated)
		o.clock.Advance(12 * 24 * time.Hour)
		_, err = o.people.AuthenticateSession(t.Context(), used)
		check.Refused(t, err, errs.Unauthenticated)
		check.NoError(t, o.people.ForgetSessions(t.Context()))
		if n, err := o.Store.Client(o.System).Session.Query().Count(o.System); err != nil || n != 1 {
			t.Errorf("%d sessions are kept (%v), want the one that ended just now", n, err)
		}
	})
}

// AC-12: what someone began by a session goes on with it, and not without it.
func TestWorkOfASession(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		secret := o.session(t, o.AgentIDs[0])
		v, err := o.people.AuthenticateSession(t.Context(), secret)
		check.NoError(t, err)
		later, err := o.people.ViewerOf(t.Context(), v.AccountID, v.ActorID, v.TokenID)
		check.NoError(t, err)
		if later.TokenID != v.TokenID || later.Scopes[0] != viewer.ScopeAll {
			t.Errorf("got %+v", later)
		}
		check.NoError(t, o.people.SignOut(t.Context(), secret, false))
		check.NoError(t, o.people.SignOut(t.Context(), secret, false))
		_, err = o.people.ViewerOf(t.Context(), v.AccountID, v.ActorID, v.TokenID)
		check.Refused(t, err, errs.Forbidden)
		if n := count(o.events(t), "SIGNED_OUT "+v.TokenID); n != 1 {
			t.Errorf("%d events tell that it ended", n)
		}
	})
}
