package account_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// invite makes an invitation and returns its text.
func (o *office) invite(t *testing.T, in account.InviteUserInput) string {
	t.Helper()
	made, err := o.people.InviteUser(o.Admin, in)
	check.NoError(t, err)
	_, text, found := strings.Cut(made.Link, "https://parley.example.com/invitation?invitation=")
	if !found {
		t.Fatalf("the link is %q", made.Link)
	}
	return text
}

// AC-13: an invitation gives its user a token, once, within seven days.
func TestInvitation(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		var mails []string
		o.people.UseInviting(account.Inviting{PublicURL: "https://parley.example.com", Post: func(_ *store.Tx, to, _, text string) {
			mails = append(mails, to+" "+text)
		}})
		accept := func(text string) (account.Token, error) {
			return o.people.AcceptInvitation(viewer.NewContext(t.Context(), viewer.Anonymous()), account.AcceptInvitationInput{Invitation: text})
		}
		refused := func(text string) {
			t.Helper()
			_, err := accept(text)
			check.Refused(t, err, errs.Invalid, "invitation")
			if !strings.Contains(err.Error(), "wrong, was used already, or has expired") {
				t.Fatalf("the answer tells more: %v", err)
			}
		}
		ben := o.AgentIDs[0]
		in := account.InviteUserInput{UserID: ben, IdempotencyKey: check.Ptr("k")}
		older := o.invite(t, in)
		again, err := o.people.InviteUser(o.Admin, in)
		check.NoError(t, err)
		if again.Link != "" || len(mails) != 1 || !strings.HasPrefix(mails[0], o.user(t, ben).Email+" ") || !strings.Contains(mails[0], older) {
			t.Fatalf("again %+v; mails %q", again, mails)
		}
		text := o.invite(t, account.InviteUserInput{UserID: ben})
		refused(older) // the new one ended it
		refused("invitation_0")
		refused("")
		made, err := accept(text)
		check.NoError(t, err)
		v, err := o.people.Authenticate(t.Context(), made.Text)
		check.NoError(t, err)
		if v.ActorID != ben || made.Token.UserID != ben {
			t.Fatalf("got %+v", v)
		}
		refused(text) // used
		late := o.invite(t, account.InviteUserInput{UserID: ben})
		o.clock.Advance(account.InvitationTTL)
		refused(late)

		// It ends earlier tokens only if it was made so.
		_, err = accept(o.invite(t, account.InviteUserInput{UserID: ben}))
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), made.Text)
		check.NoError(t, err)
		last, err := accept(o.invite(t, account.InviteUserInput{UserID: ben, EndTokens: check.Ptr(true)}))
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), made.Text)
		check.Refused(t, err, errs.Unauthenticated)
		_, err = o.people.Authenticate(t.Context(), last.Text)
		check.NoError(t, err)

		// A deactivated user is not invited, and their invitation ends for good.
		open := o.invite(t, account.InviteUserInput{UserID: ben})
		_, err = o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: ben})
		check.NoError(t, err)
		refused(open)
		_, err = o.people.InviteUser(o.Admin, account.InviteUserInput{UserID: ben})
		check.Refused(t, err, errs.NotEligible, "userId")
		_, err = o.people.Reactivate(o.Admin, account.ReactivateUserInput{UserID: ben})
		check.NoError(t, err)
		refused(open)

		_, err = o.people.InviteUser(o.Agent(1), account.InviteUserInput{UserID: ben})
		check.Refused(t, err, errs.Forbidden)
		_, err = o.people.InviteUser(o.Admin, account.InviteUserInput{UserID: "user_x"})
		check.Refused(t, err, errs.NotFound, "userId")
		if n := count(o.events(t), "USER_INVITED "+ben); n != 6 {
			t.Fatalf("%d events tell of invitations", n)
		}
	})
}

// AC-13: of many who use an invitation at once, one gets a session.
func TestInvitationIsUsedOnce(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.people.UseInviting(account.Inviting{PublicURL: "https://parley.example.com"})
		text := o.invite(t, account.InviteUserInput{UserID: o.AgentIDs[0]})
		got := make([]account.Opened, 8)
		var wait sync.WaitGroup
		for i := range got {
			wait.Go(func() { got[i], _ = o.people.AcceptInSession(t.Context(), text, "") })
		}
		wait.Wait()
		sessions := 0
		for _, opened := range got {
			if opened.Secret != "" {
				sessions++
			}
		}
		if diff := cmp.Diff(1, sessions); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Invitations are not guessed: a network address tries twenty a minute.
func TestInvitationAttempts(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		try := func(remote string) error {
			_, err := o.people.AcceptInvitation(viewer.WithRemote(viewer.NewContext(t.Context(), viewer.Anonymous()), remote), account.AcceptInvitationInput{Invitation: "guess"})
			return err
		}
		for range 20 {
			check.Refused(t, try("192.0.2.1"), errs.Invalid, "invitation")
		}
		check.Refused(t, try("192.0.2.1"), errs.RateLimited)
		check.Refused(t, try("192.0.2.2"), errs.Invalid, "invitation")
	})
}
