package account_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"parley/ent/apitoken"
	"parley/internal/account"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// deprecatedBy returns what a token is said to use, by a node that has seen nothing itself.
func (o *office) deprecatedBy(t *testing.T, node *account.Service, tokenID string) []string {
	t.Helper()
	token := check.Must(o.Store.Client(o.Admin).ApiToken.Query().Where(apitoken.ID(tokenID)).Only(o.Admin))(t)
	return node.DeprecatedFieldsUsed(token)
}

// API-26: a token's owner sees what it uses, on this node at once and on others when it is
// written, for 30 days; a use that goes on is written once a day.
func TestDeprecatedUses(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		made := check.Must(o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Export", Scopes: []string{"read"}}))(t)
		other := account.New(o.Store)
		ctx := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Integration, AccountID: o.AccountID, TokenID: made.Token.ID})
		used := []string{"Query.users(includeDeactivated:)", "Conversation.timeline"}
		o.people.RecordDeprecated(ctx, used)
		o.people.RecordDeprecated(ctx, used[:1])
		sorted := []string{used[1], used[0]}
		check.Same(t, o.deprecatedBy(t, o.people, made.Token.ID), sorted)
		check.Same(t, len(o.deprecatedBy(t, other, made.Token.ID)), 0)

		check.NoError(t, o.people.WriteDeprecated(t.Context()))
		check.Same(t, o.deprecatedBy(t, other, made.Token.ID), sorted)
		o.clock.Advance(20 * 24 * time.Hour)
		o.people.RecordDeprecated(ctx, used[:1])
		check.NoError(t, o.people.WriteDeprecated(t.Context()))
		o.clock.Advance(20 * 24 * time.Hour)
		check.Same(t, o.deprecatedBy(t, other, made.Token.ID), used[:1])
		o.clock.Advance(20 * 24 * time.Hour)
		check.Same(t, len(o.deprecatedBy(t, other, made.Token.ID)), 0)
	})
}

// API-26: two nodes write what they saw of one token; nothing is lost. Visitors and callers
// without a token are not recorded, and what a token was removed for is dropped.
func TestDeprecatedUsesOfSeveralNodes(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		made := check.Must(o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "Export", Scopes: []string{"read"}}))(t)
		for _, v := range []*viewer.Viewer{
			viewer.Anonymous(), {Kind: viewer.Visitor, AccountID: o.AccountID, TokenID: "session_1"}, {Kind: viewer.Agent, AccountID: o.AccountID},
			{Kind: viewer.Agent, AccountID: o.AccountID, TokenID: "token_of_no_one"},
		} {
			o.people.RecordDeprecated(viewer.NewContext(t.Context(), v), []string{"A.a"})
		}
		o.people.RecordDeprecated(t.Context(), []string{"A.a"})
		check.NoError(t, o.people.WriteDeprecated(t.Context()))

		ctx := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Integration, AccountID: o.AccountID, TokenID: made.Token.ID})
		var all sync.WaitGroup
		for i := range 4 {
			node := account.New(o.Store)
			all.Go(func() {
				node.RecordDeprecated(ctx, []string{fmt.Sprintf("A.%d", i)})
				ended, end := context.WithCancel(context.Background())
				end()
				if err := node.FollowDeprecated(ended); err != nil { // what is left is written at the end
					t.Error(err)
				}
			})
		}
		all.Wait()
		check.Same(t, o.deprecatedBy(t, account.New(o.Store), made.Token.ID), []string{"A.0", "A.1", "A.2", "A.3"})
	})
}
