package account_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

func TestTokenInputIsChecked(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		other := testkit.Account(t, o.Store)
		limited := viewer.NewContext(t.Context(), &viewer.Viewer{
			Kind: viewer.Admin, AccountID: o.AccountID, ActorID: o.AdminID, Scopes: []string{"people:write", "read"},
		})
		o.token(t, o.AgentIDs[1])
		shop, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Shop", Scopes: []string{"*"}})
		check.NoError(t, err)
		made := shop.Token
		v, err := o.people.Authenticate(t.Context(), shop.Text)
		check.NoError(t, err)
		integration := viewer.NewContext(t.Context(), v)
		before := len(o.events(t))
		for name, c := range map[string]struct {
			ctx  context.Context
			in   account.CreateApiTokenInput
			want []string
		}{
			"NoScope": {o.Admin, account.CreateApiTokenInput{Name: "T"}, []string{"REQUIRED scopes"}},
			"SeveralMistakes": {o.Admin, account.CreateApiTokenInput{Name: " ", Scopes: []string{"*", "all"}, ExpiresAt: check.Ptr(clock.Of(morning))},
				[]string{"INVALID expiresAt", "INVALID scopes.1", "REQUIRED name"}},
			// AC-12: a token passes on no more than it has.
			"MoreThanTheCaller": {limited, account.CreateApiTokenInput{Name: "T", Scopes: []string{"people:write", "events:read", "read", "write", "*"}},
				[]string{"INVALID scopes.3", "INVALID scopes.4"}},
			// AC-13: one's own, and the first one of a user who never had one.
			"AnothersToken":   {o.Admin, account.CreateApiTokenInput{Name: "T", UserID: &o.AgentIDs[1], Scopes: []string{"*"}}, []string{"INVALID userId"}},
			"AgentForAnother": {o.Agent(0), account.CreateApiTokenInput{Name: "T", UserID: &o.AgentIDs[1], Scopes: []string{"read"}}, []string{"INVALID userId"}},
			"UserAndIntegration": {o.Admin, account.CreateApiTokenInput{Name: "T", UserID: &o.AdminID, IntegrationID: &made.IntegrationID, Scopes: []string{"*"}},
				[]string{"INVALID integrationId"}},
			"UnknownIntegration": {o.Admin, account.CreateApiTokenInput{Name: "T", IntegrationID: &o.AdminID, Scopes: []string{"*"}}, []string{"NOT_FOUND integrationId"}},
			"InboxesOfIntegration": {o.Admin, account.CreateApiTokenInput{Name: "T", IntegrationID: &made.IntegrationID, InboxIDs: o.InboxIDs[:1], Scopes: []string{"*"}},
				[]string{"INVALID inboxIds"}},
			"UnknownUser":    {o.Admin, account.CreateApiTokenInput{Name: "T", UserID: check.Ptr("user_\x00"), Scopes: []string{"*"}}, []string{"NOT_FOUND userId"}},
			"InboxesForUser": {o.Admin, account.CreateApiTokenInput{Name: "T", UserID: &o.AdminID, Scopes: []string{"*"}, InboxIDs: o.InboxIDs[:1]}, []string{"INVALID inboxIds"}},
			// AC-1: another account's inbox, and an id of another type.
			"ForeignInbox": {o.Admin, account.CreateApiTokenInput{Name: "T", Scopes: []string{"*"}, InboxIDs: []string{o.InboxIDs[0], other.InboxIDs[0], id.New(id.Team)}},
				[]string{"NOT_FOUND inboxIds.1", "NOT_FOUND inboxIds.2"}},
			// AC-5
			"Agent":       {o.Agent(0), account.CreateApiTokenInput{Name: "T", Scopes: []string{"read"}}, []string{"FORBIDDEN "}},
			"Integration": {integration, account.CreateApiTokenInput{Name: "T", Scopes: []string{"read"}}, []string{"FORBIDDEN "}},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := o.people.CreateToken(c.ctx, c.in)
				if diff := cmp.Diff(c.want, check.Faults(err)); diff != "" {
					t.Fatalf("%v: %s", err, diff)
				}
			})
		}
		if log := o.events(t)[before:]; len(log) != 0 {
			t.Fatalf("refused calls left %v", log)
		}
	})
}

// AC-9: the secret is shown once, also when the call is repeated.
func TestTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := account.CreateApiTokenInput{Name: "Export", Scopes: []string{"read"}, IdempotencyKey: check.Ptr("k")}
		first, err := o.people.CreateToken(o.Admin, in)
		check.NoError(t, err)
		again, err := o.people.CreateToken(o.Admin, in)
		check.NoError(t, err)
		if again.Text != "" || again.Token.ID != first.Token.ID || first.Text == "" {
			t.Fatalf("first %+v, again %+v", first, again)
		}
		in.Name = "Import"
		_, err = o.people.CreateToken(o.Admin, in)
		check.Refused(t, err, errs.Conflict, "idempotencyKey")
		list, err := o.people.Tokens(o.Admin, paging.PageArgs{})
		check.NoError(t, err)
		if len(list.Edges) != 1 {
			t.Fatalf("there are %d tokens", len(list.Edges))
		}
		list, err = o.people.Tokens(o.Agent(0), paging.PageArgs{})
		check.NoError(t, err)
		if len(list.Edges) != 0 {
			t.Fatalf("an agent sees %d tokens of others", len(list.Edges))
		}
	})
}
