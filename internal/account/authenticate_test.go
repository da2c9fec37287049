package account_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/ent/inbox"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestTokenTellsWhoAsks(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		// AC-3: the second agent is a member of both inboxes, the admin of the first alone.
		both := slices.Sorted(slices.Values(o.InboxIDs[:]))
		made := o.token(t, o.AgentIDs[1])
		v, err := o.people.Authenticate(t.Context(), made.Text)
		check.NoError(t, err)
		want := viewer.Viewer{
			Kind: viewer.Agent, AccountID: o.AccountID, ActorID: o.AgentIDs[1], InboxIDs: both, Scopes: []string{"*"}, TokenID: made.Token.ID,
		}
		if diff := cmp.Diff(want, *v, cmp.AllowUnexported(viewer.Viewer{})); diff != "" {
			t.Fatal(diff)
		}
		v, err = o.people.Authenticate(t.Context(), o.token(t, o.AdminID).Text)
		check.NoError(t, err)
		if v.Kind != viewer.Admin || !slices.Equal(v.InboxIDs, o.InboxIDs[:1]) {
			t.Fatalf("the admin is %s with %v", v.Kind, v.InboxIDs)
		}
		if _, err := o.people.Authenticate(t.Context(), made.Text+"x"); !errs.Is(err, errs.Unauthenticated) {
			t.Fatalf("an unknown token gave %v", err)
		}
	})
}

// AC-12: what a token grants follows its user's role and memberships at once.
func TestTokenFollowsItsUser(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		text := o.token(t, o.AgentIDs[0]).Text
		team, err := o.people.CreateTeam(o.Admin, account.CreateTeamInput{Name: "Night", UserIDs: o.AgentIDs[:1]})
		check.NoError(t, err)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.InboxTeam.Create().SetID("grant").SetInboxID(o.InboxIDs[1]).SetTeamID(team.ID).Exec(ctx)
		})
		sees := func(want ...string) {
			t.Helper()
			v, err := o.people.Authenticate(t.Context(), text)
			check.NoError(t, err)
			slices.Sort(want)
			if !slices.Equal(v.InboxIDs, want) {
				t.Fatalf("the token sees %v, want %v", v.InboxIDs, want)
			}
		}
		sees(o.InboxIDs[0], o.InboxIDs[1])
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.Update().Where(inbox.ID(o.InboxIDs[0])).SetDeletedAt(tx.Now()).Exec(ctx)
		})
		sees(o.InboxIDs[1])
		_, err = o.people.UpdateTeam(o.Admin, account.UpdateTeamInput{TeamID: team.ID, RemoveUserIDs: o.AgentIDs[:1]})
		check.NoError(t, err)
		sees()

		_, err = o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], Role: opt.Of(vocab.RoleAdmin)})
		check.NoError(t, err)
		v, err := o.people.Authenticate(t.Context(), text)
		check.NoError(t, err)
		if v.Kind != viewer.Admin {
			t.Fatalf("after the promotion the token is of kind %s", v.Kind)
		}
	})
}

// AC-9: tokens end by expiry, by revocation and with their user.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		short, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{
			Name: "Short", UserID: &o.AdminID, Scopes: []string{"read"}, ExpiresAt: check.Ptr(clock.Of(morning.Add(time.Hour))),
		})
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), short.Text)
		check.NoError(t, err)
		o.clock.Advance(time.Hour)
		_, err = o.people.Authenticate(t.Context(), short.Text)
		check.Refused(t, err, errs.Unauthenticated)

		lasting := o.token(t, o.AgentIDs[0])
		for range 2 { // revoking again changes nothing
			gone, err := o.people.RevokeToken(o.Admin, account.RevokeApiTokenInput{APITokenID: lasting.Token.ID})
			check.NoError(t, err)
			if !gone.RevokedAt.IsSet() {
				t.Fatal("the token was not revoked")
			}
		}
		_, err = o.people.Authenticate(t.Context(), lasting.Text)
		check.Refused(t, err, errs.Unauthenticated)
		if n := count(o.events(t), "TOKEN_REVOKED "+lasting.Token.ID); n != 1 {
			t.Fatalf("%d events tell of the revocation", n)
		}

		mine := o.token(t, o.AgentIDs[1])
		_, err = o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: o.AgentIDs[1]})
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), mine.Text)
		check.Refused(t, err, errs.Unauthenticated)
	})
}

func count(list []string, one string) int {
	n := 0
	for _, s := range list {
		if s == one {
			n++
		}
	}
	return n
}

// AC-12: an integration sees the inboxes that it was granted, if they still exist.
func TestIntegrationSeesGrantedInboxes(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		blind, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Blind", Scopes: []string{"read"}})
		check.NoError(t, err)
		v, err := o.people.Authenticate(t.Context(), blind.Text)
		check.NoError(t, err)
		if v.Kind != viewer.Integration || len(v.InboxIDs) != 0 || v.ActorID != blind.Token.IntegrationID {
			t.Fatalf("got %+v", v)
		}
		made, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{
			Name: "Export", Scopes: []string{"conversations:read", "conversations:read"}, InboxIDs: o.InboxIDs[:],
		})
		check.NoError(t, err)
		if !slices.Equal(made.Token.Scopes, []string{"conversations:read"}) {
			t.Fatalf("scopes are %v", made.Token.Scopes)
		}
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Inbox.Update().Where(inbox.ID(o.InboxIDs[0])).SetDeletedAt(tx.Now()).Exec(ctx)
		})
		v, err = o.people.Authenticate(t.Context(), made.Text)
		check.NoError(t, err)
		if !slices.Equal(v.InboxIDs, o.InboxIDs[1:]) {
			t.Fatalf("the integration sees %v", v.InboxIDs)
		}
		again, err := o.people.ViewerOf(t.Context(), o.AccountID, v.ActorID, "")
		check.NoError(t, err)
		if again.Kind != viewer.Integration || !slices.Equal(again.InboxIDs, v.InboxIDs) {
			t.Fatalf("ViewerOf gives %+v", again)
		}
	})
}

// AC-12: background work goes on with what its asker may do now.
func TestViewerOf(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		v, err := o.people.ViewerOf(t.Context(), o.AccountID, o.AgentIDs[0], "")
		check.NoError(t, err)
		if v.Kind != viewer.Agent || !slices.Equal(v.InboxIDs, o.InboxIDs[:1]) {
			t.Fatalf("got %+v", v)
		}
		made := o.token(t, o.AgentIDs[0]).Token
		v, err = o.people.ViewerOf(t.Context(), o.AccountID, o.AgentIDs[0], made.ID)
		check.NoError(t, err)
		check.Same(t, []any{v.TokenID, v.Scopes}, []any{made.ID, made.Scopes})
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ApiToken.UpdateOneID(made.ID).SetRevokedAt(tx.Now()).Exec(ctx)
		})
		_, err = o.people.ViewerOf(t.Context(), o.AccountID, o.AgentIDs[0], made.ID)
		check.Refused(t, err, errs.Forbidden)
		_, err = o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: o.AgentIDs[0]})
		check.NoError(t, err)
		_, err = o.people.ViewerOf(t.Context(), o.AccountID, o.AgentIDs[0], "")
		check.Refused(t, err, errs.Forbidden)
		_, err = o.people.ViewerOf(t.Context(), "account_other", o.AgentIDs[1], "")
		check.Refused(t, err, errs.Forbidden)
	})
}
