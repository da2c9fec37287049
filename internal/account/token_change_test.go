package account_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// as is a context in the name of whoever a token is, with the token's scopes.
func (o *office) as(t *testing.T, token string) context.Context {
	t.Helper()
	v, err := o.people.Authenticate(t.Context(), token)
	check.NoError(t, err)
	return viewer.NewContext(t.Context(), v)
}

// AC-13: agents make, see, change and end their own tokens, and no one else's.
func TestOwnTokens(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		agent := o.as(t, o.token(t, o.AgentIDs[0]).Text)
		others := o.token(t, o.AgentIDs[1])
		in := account.CreateApiTokenInput{Name: "Phone", UserID: &o.AgentIDs[0], Scopes: []string{"inbox"}, IdempotencyKey: check.Ptr("k")}
		mine, err := o.people.CreateToken(agent, in)
		check.NoError(t, err)
		again, err := o.people.CreateToken(agent, in)
		check.NoError(t, err)
		if again.Text != "" || again.Token.ID != mine.Token.ID {
			t.Fatalf("again %+v", again)
		}
		list, err := o.people.Tokens(agent, paging.PageArgs{})
		check.NoError(t, err)
		if len(list.Edges) != 2 || list.Nodes()[0].ID != mine.Token.ID {
			t.Fatalf("the agent sees %d tokens", len(list.Edges))
		}
		all, err := o.people.Tokens(o.Admin, paging.PageArgs{})
		check.NoError(t, err)
		if len(all.Edges) != 3 {
			t.Fatalf("the admin sees %d tokens", len(all.Edges))
		}
		// Another's token answers like an unknown one.
		_, err = o.people.RevokeToken(agent, account.RevokeApiTokenInput{APITokenID: others.Token.ID})
		check.Refused(t, err, errs.NotFound, "apiTokenId")
		_, err = o.people.UpdateToken(agent, account.UpdateApiTokenInput{APITokenID: others.Token.ID, Name: opt.Of("X")})
		check.Refused(t, err, errs.NotFound, "apiTokenId")
		_, err = o.people.RotateToken(agent, account.RotateApiTokenInput{APITokenID: others.Token.ID})
		check.Refused(t, err, errs.NotFound, "apiTokenId")
		// An admin ends it, but neither changes it nor gets its secret.
		_, err = o.people.RotateToken(o.Admin, account.RotateApiTokenInput{APITokenID: mine.Token.ID})
		check.Refused(t, err, errs.NotEligible, "apiTokenId")
		_, err = o.people.UpdateToken(o.Admin, account.UpdateApiTokenInput{APITokenID: mine.Token.ID, Name: opt.Of("X")})
		check.Refused(t, err, errs.NotEligible, "apiTokenId")
		_, err = o.people.RevokeToken(agent, account.RevokeApiTokenInput{APITokenID: mine.Token.ID})
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), mine.Text)
		check.Refused(t, err, errs.Unauthenticated)
		_, err = o.people.UpdateToken(agent, account.UpdateApiTokenInput{APITokenID: mine.Token.ID, Name: opt.Of("X")})
		check.Refused(t, err, errs.NotEligible, "apiTokenId")
	})
}

// AC-13: an admin makes the first token of a user who never had one, and no second.
func TestFirstTokenOfAUser(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := account.CreateApiTokenInput{Name: "Welcome", UserID: &o.AgentIDs[0], Scopes: []string{"*"}}
		made, err := o.people.CreateToken(o.Admin, in)
		check.NoError(t, err)
		_, err = o.people.RevokeToken(o.Admin, account.RevokeApiTokenInput{APITokenID: made.Token.ID})
		check.NoError(t, err)
		_, err = o.people.CreateToken(o.Admin, in)
		check.Refused(t, err, errs.Invalid, "userId")
	})
}

// AC-12, AC-13: a token is renamed, and gets more or less, within what its owner's
// token grants.
func TestUpdateToken(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		broad := o.token(t, o.AgentIDs[0])
		limited, err := o.people.CreateToken(o.as(t, broad.Text), account.CreateApiTokenInput{
			Name: "Limited", UserID: &o.AgentIDs[0], Scopes: []string{"people:write", "read"},
		})
		check.NoError(t, err)
		ctx := o.as(t, limited.Text)
		before := len(o.events(t))
		change := account.UpdateApiTokenInput{APITokenID: broad.Token.ID, Scopes: opt.List("write", "act_as")}
		_, err = o.people.UpdateToken(ctx, change) // "write" is in the "*" that it has; act_as is not
		check.Refused(t, err, errs.Invalid, "scopes", "1")
		_, err = o.people.UpdateToken(ctx, account.UpdateApiTokenInput{
			APITokenID: broad.Token.ID, Name: opt.Of(" "), Scopes: opt.List[string](), ExpiresAt: opt.Of(clock.Of(morning)),
		})
		if diff := cmp.Diff([]string{"INVALID expiresAt", "REQUIRED name", "REQUIRED scopes"}, check.Faults(err)); diff != "" {
			t.Fatal(diff)
		}
		narrow := account.UpdateApiTokenInput{
			APITokenID: broad.Token.ID, Name: opt.Of("Narrow"), Scopes: opt.List("contacts:write"), ExpiresAt: opt.Of(clock.Of(morning.Add(time.Hour))),
			IdempotencyKey: check.Ptr("k"),
		}
		for range 2 {
			got, err := o.people.UpdateToken(ctx, narrow)
			check.NoError(t, err)
			if got.Name != "Narrow" || !slices.Equal(got.Scopes, []string{"contacts:write"}) || got.ExpiresAt != clock.Of(morning.Add(time.Hour)) {
				t.Fatalf("got %+v", got)
			}
		}
		_, err = o.people.UpdateToken(ctx, account.UpdateApiTokenInput{APITokenID: broad.Token.ID, Scopes: opt.List("contacts:write", "mail:start")})
		check.Refused(t, err, errs.Invalid, "scopes", "1")
		wide, err := o.people.UpdateToken(ctx, account.UpdateApiTokenInput{
			APITokenID: broad.Token.ID, Scopes: opt.List("contacts:write", "events:read"), ExpiresAt: opt.Null[clock.Micros](),
		})
		check.NoError(t, err)
		if wide.ExpiresAt != clock.Never || len(wide.Scopes) != 2 {
			t.Fatalf("got %+v", wide)
		}
		if diff := cmp.Diff(slices.Repeat([]string{"TOKEN_UPDATED " + broad.Token.ID}, 2), o.events(t)[before:]); diff != "" {
			t.Fatal(diff)
		}
	})
}

// AC-13: a rotated token's old secret ends at once, or with the overlap.
func TestRotateToken(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		first := o.token(t, o.AgentIDs[0])
		works := func(text string) bool {
			_, err := o.people.Authenticate(t.Context(), text)
			return err == nil
		}
		rotate := func(with string, overlap *int, key string) account.Token {
			made, err := o.people.RotateToken(o.as(t, with), account.RotateApiTokenInput{
				APITokenID: first.Token.ID, OverlapSeconds: overlap, IdempotencyKey: check.Ptr(key),
			})
			check.NoError(t, err)
			if made.Token.ID != first.Token.ID {
				t.Fatalf("got %+v", made.Token)
			}
			return made
		}
		second := rotate(first.Text, check.Ptr(3600), "1")
		if again := rotate(second.Text, check.Ptr(3600), "1"); again.Text != "" {
			t.Fatal("the repeated call shows a secret")
		}
		if !works(first.Text) || !works(second.Text) {
			t.Fatal("both secrets work during the overlap")
		}
		v, err := o.people.Authenticate(t.Context(), first.Text)
		check.NoError(t, err)
		if !v.ExpiresAt.Equal(morning.Add(time.Hour)) {
			t.Fatalf("the old secret ends at %s", v.ExpiresAt)
		}
		if at := o.people.PreviousSecretExpiresAt(second.Token); at == nil || *at != clock.Of(morning.Add(time.Hour)) {
			t.Fatalf("the token says that the old secret ends at %v", at)
		}
		third := rotate(second.Text, check.Ptr(60), "2")
		if works(first.Text) || !works(second.Text) || !works(third.Text) {
			t.Fatal("only the last two secrets work")
		}
		o.clock.Advance(time.Minute)
		if works(second.Text) || !works(third.Text) || o.people.PreviousSecretExpiresAt(third.Token) != nil {
			t.Fatal("the overlap did not end")
		}
		fourth := rotate(third.Text, nil, "3")
		if works(third.Text) || !works(fourth.Text) {
			t.Fatal("without an overlap the old secret ends at once")
		}
		fifth := rotate(fourth.Text, check.Ptr(86400), "4")
		_, err = o.people.UpdateToken(o.as(t, fifth.Text), account.UpdateApiTokenInput{APITokenID: first.Token.ID, EndPreviousSecret: opt.Of(true)})
		check.NoError(t, err)
		if works(fourth.Text) || !works(fifth.Text) {
			t.Fatal("the old secret did not end when told to")
		}
		for _, wrong := range []int{-1, 86_401} {
			_, err = o.people.RotateToken(o.as(t, fifth.Text), account.RotateApiTokenInput{APITokenID: first.Token.ID, OverlapSeconds: &wrong})
			check.Refused(t, err, errs.Invalid, "overlapSeconds")
		}
		// AC-12: a lesser token of the same user does not get the greater one's secret.
		lesser, err := o.people.CreateToken(o.as(t, fifth.Text), account.CreateApiTokenInput{
			Name: "Lesser", UserID: &o.AgentIDs[0], Scopes: []string{"people:write"},
		})
		check.NoError(t, err)
		_, err = o.people.RotateToken(o.as(t, lesser.Text), account.RotateApiTokenInput{APITokenID: first.Token.ID})
		check.Refused(t, err, errs.NotEligible, "apiTokenId")
		self, err := o.people.RotateToken(o.as(t, lesser.Text), account.RotateApiTokenInput{APITokenID: lesser.Token.ID})
		check.NoError(t, err)
		if !works(self.Text) || works(lesser.Text) {
			t.Fatal("a token did not rotate itself")
		}
	})
}

// AC-13: an admin rotates an integration's token, and gives it a second one.
func TestTokensOfAnIntegration(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		made, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Shop", Scopes: []string{"read"}, InboxIDs: o.InboxIDs[:1]})
		check.NoError(t, err)
		second, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{
			Name: "Shop, staging", UserID: check.Ptr(""), IntegrationID: &made.Token.IntegrationID, Scopes: []string{"read"},
		})
		check.NoError(t, err)
		v, err := o.people.Authenticate(t.Context(), second.Text)
		check.NoError(t, err)
		if v.ActorID != made.Token.IntegrationID || !slices.Equal(v.InboxIDs, o.InboxIDs[:1]) {
			t.Fatalf("got %+v", v)
		}
		rotated, err := o.people.RotateToken(o.Admin, account.RotateApiTokenInput{APITokenID: made.Token.ID})
		check.NoError(t, err)
		_, err = o.people.Authenticate(t.Context(), rotated.Text)
		check.NoError(t, err)
	})
}

// AC-13: what becomes of tokens is told to whom they belong, and to admins.
func TestTokenEventsArePrivate(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		mine := o.token(t, o.AgentIDs[0])
		_, err := o.people.RotateToken(o.as(t, mine.Text), account.RotateApiTokenInput{APITokenID: mine.Token.ID})
		check.NoError(t, err)
		shop, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Shop", Scopes: []string{"*"}})
		check.NoError(t, err)
		sees := func(ctx context.Context) []vocab.EventType {
			list, err := o.Store.Client(ctx).Event.Query().All(ctx)
			check.NoError(t, err)
			var types []vocab.EventType
			for _, e := range list {
				types = append(types, e.Type)
			}
			slices.Sort(types)
			return types
		}
		for _, c := range []struct {
			who  string
			ctx  context.Context
			want []vocab.EventType
		}{
			{"owner", o.Agent(0), []vocab.EventType{vocab.TokenCreated, vocab.TokenRotated}},
			{"colleague", o.Agent(1), nil},
			{"integration", o.as(t, shop.Text), []vocab.EventType{vocab.TokenCreated}},
			{"admin", o.Admin, []vocab.EventType{vocab.TokenCreated, vocab.TokenCreated, vocab.TokenRotated}},
		} {
			if diff := cmp.Diff(c.want, sees(c.ctx)); diff != "" {
				t.Errorf("%s: %s", c.who, diff)
			}
		}
	})
}

// AC-13: a deactivated user comes back, without their tokens and memberships.
func TestReactivate(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		old := o.token(t, o.AgentIDs[0])
		_, err := o.people.Deactivate(o.Admin, account.DeactivateUserInput{UserID: o.AgentIDs[0]})
		check.NoError(t, err)
		before := len(o.events(t))
		for range 2 {
			u, err := o.people.Reactivate(o.Admin, account.ReactivateUserInput{UserID: o.AgentIDs[0]})
			check.NoError(t, err)
			if u.DeactivatedAt.IsSet() {
				t.Fatal("the user is not active")
			}
		}
		if diff := cmp.Diff([]string{"USER_REACTIVATED " + o.AgentIDs[0]}, o.events(t)[before:]); diff != "" {
			t.Fatal(diff)
		}
		_, err = o.people.Authenticate(t.Context(), old.Text)
		check.Refused(t, err, errs.Unauthenticated)
		v, err := o.people.Authenticate(t.Context(), o.token(t, o.AgentIDs[0]).Text)
		check.NoError(t, err)
		if len(v.InboxIDs) != 0 {
			t.Fatalf("the user sees %v", v.InboxIDs)
		}
		_, err = o.people.Reactivate(o.Agent(1), account.ReactivateUserInput{UserID: o.AgentIDs[0]})
		check.Refused(t, err, errs.Forbidden)
		_, err = o.people.Reactivate(o.Admin, account.ReactivateUserInput{UserID: "user_x"})
		check.Refused(t, err, errs.NotFound, "userId")
	})
}

// AC-13: a user's address changes, and stays unique whatever its case.
func TestChangeEmail(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		taken := o.user(t, o.AgentIDs[1]).Email
		change := func(email string) error {
			_, err := o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], Email: opt.Of(email)})
			return err
		}
		check.Refused(t, change("  "+string(taken[0]-'a'+'A')+taken[1:]), errs.AlreadyExists, "email")
		check.Refused(t, change("nobody"), errs.Invalid, "email")
		check.NoError(t, change("New@Example.com"))
		check.NoError(t, change("NEW@example.com")) // changes nothing
		if got := o.user(t, o.AgentIDs[0]).Email; got != "new@example.com" {
			t.Fatalf("the address is %q", got)
		}
		if diff := cmp.Diff([]string{"USER_UPDATED " + o.AgentIDs[0]}, o.events(t)); diff != "" {
			t.Fatal(diff)
		}
		_, err := o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], Email: opt.Null[string]()})
		check.Refused(t, err, errs.Required, "email")
	})
}

// AC-9, AC-18: whoever has a user's address signs in by a link, and a session grants all. So
// a token, or an app, that grants less makes no users, and changes no address and no role.
// The old address is notified.
func TestNarrowTokensMakeNoWayIn(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		var notified []string
		o.people.UseInviting(account.Inviting{PublicURL: "https://parley.example.com", Post: func(_ *store.Tx, to, subject, _ string) {
			notified = append(notified, to+": "+subject)
		}})
		old := o.user(t, o.AgentIDs[0]).Email
		for what, narrow := range map[string]viewer.Viewer{
			"a narrow token": {Scopes: []string{viewer.ScopeWrite, viewer.ScopePeopleWrite}},
			"an app":         {Scopes: []string{viewer.ScopeAll}, AppID: id.New(id.OauthApp)},
		} {
			v := narrow
			v.Kind, v.AccountID, v.ActorID = viewer.Admin, o.AccountID, o.AdminID
			ctx := viewer.NewContext(t.Context(), &v)
			_, err := o.people.CreateUser(ctx, account.CreateUserInput{Name: "Eve", Email: "eve@example.com"})
			check.Refused(t, err, errs.Forbidden)
			for _, in := range []account.UpdateUserInput{
				{UserID: o.AgentIDs[0], Email: opt.Of("eve@example.com")}, {UserID: o.AgentIDs[0], Role: opt.Of(vocab.RoleAdmin)},
			} {
				_, err := o.people.UpdateUser(ctx, in)
				check.Refused(t, err, errs.Forbidden)
			}
			if _, err := o.people.UpdateUser(ctx, account.UpdateUserInput{
				UserID: o.AgentIDs[0], Name: opt.Of(what), Email: opt.Of(old), Role: opt.Of(vocab.RoleAgent),
			}); err != nil {
				t.Errorf("%s changes a name: %v", what, err)
			}
		}
		check.Must(o.people.UpdateUser(o.Admin, account.UpdateUserInput{UserID: o.AgentIDs[0], Email: opt.Of("new@example.com")}))(t)
		if diff := cmp.Diff([]string{old + ": Your address was changed"}, notified); diff != "" {
			t.Error(diff)
		}
	})
}
