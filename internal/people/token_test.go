package people_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

func TestTokenInputIsChecked(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		other := testkit.Account(t, o.Store)
		limited := viewer.NewContext(t.Context(), &viewer.Viewer{
			Kind: viewer.Admin, AccountID: o.AccountID, ActorID: o.AdminID, Scopes: []string{"people:write", "read"},
		})
		for name, c := range map[string]struct {
			ctx  context.Context
			in   people.CreateApiTokenInput
			want []string
		}{
			"NoScope": {o.Admin, people.CreateApiTokenInput{Name: "T"}, []string{"REQUIRED scopes"}},
			"SeveralMistakes": {o.Admin, people.CreateApiTokenInput{Name: " ", Scopes: []string{"*", "all"}, ExpiresAt: ptr(clock.Of(morning))},
				[]string{"INVALID expiresAt", "INVALID scopes.1", "REQUIRED name"}},
			// AC-12: a token passes on no more than it has.
			"MoreThanTheCaller": {limited, people.CreateApiTokenInput{Name: "T", Scopes: []string{"people:write", "events:read", "read", "write", "*"}},
				[]string{"INVALID scopes.3", "INVALID scopes.4"}},
			"AnothersToken":  {o.Admin, people.CreateApiTokenInput{Name: "T", UserID: &o.AgentIDs[0], Scopes: []string{"*"}}, []string{"INVALID userId"}},
			"UnknownUser":    {o.Admin, people.CreateApiTokenInput{Name: "T", UserID: ptr("user_\x00"), Scopes: []string{"*"}}, []string{"NOT_FOUND userId"}},
			"InboxesForUser": {o.Admin, people.CreateApiTokenInput{Name: "T", UserID: &o.AdminID, Scopes: []string{"*"}, InboxIDs: o.InboxIDs[:1]}, []string{"INVALID inboxIds"}},
			// AC-1: another account's inbox, and an id of another type.
			"ForeignInbox": {o.Admin, people.CreateApiTokenInput{Name: "T", Scopes: []string{"*"}, InboxIDs: []string{o.InboxIDs[0], other.InboxIDs[0], id.New(id.Team)}},
				[]string{"NOT_FOUND inboxIds.1", "NOT_FOUND inboxIds.2"}},
			// AC-5
			"Agent": {o.Agent(0), people.CreateApiTokenInput{Name: "T", UserID: &o.AgentIDs[0], Scopes: []string{"read"}}, []string{"FORBIDDEN "}},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := o.people.CreateToken(c.ctx, c.in)
				if diff := cmp.Diff(c.want, faults(err)); diff != "" {
					t.Fatalf("%v: %s", err, diff)
				}
			})
		}
		if log := o.events(t); len(log) != 0 {
			t.Fatalf("refused calls left %v", log)
		}
	})
}

// AC-9: the secret is shown once, also when the call is repeated.
func TestTokenIsShownOnce(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		in := people.CreateApiTokenInput{Name: "Export", Scopes: []string{"read"}, IdempotencyKey: ptr("k")}
		first, err := o.people.CreateToken(o.Admin, in)
		must(t, err)
		again, err := o.people.CreateToken(o.Admin, in)
		must(t, err)
		if again.Text != "" || again.Token.ID != first.Token.ID || first.Text == "" {
			t.Fatalf("first %+v, again %+v", first, again)
		}
		in.Name = "Import"
		_, err = o.people.CreateToken(o.Admin, in)
		refused(t, err, errs.Conflict, "idempotencyKey")
		list, err := o.people.Tokens(o.Admin)
		must(t, err)
		if len(list) != 1 {
			t.Fatalf("there are %d tokens", len(list))
		}
		if _, err := o.people.Tokens(o.Agent(0)); !errs.Is(err, errs.Forbidden) {
			t.Fatalf("an agent lists tokens: %v", err)
		}
	})
}
