package routing_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// faults are the errors that were joined, as "CODE path".
func faults(err error) []string {
	list := []string{}
	var collect func(error)
	collect = func(err error) {
		var many interface{ Unwrap() []error }
		switch {
		case err == nil:
		case errors.As(err, &many) && errs.Of(err) != any(err):
			for _, e := range many.Unwrap() {
				collect(e)
			}
		default:
			e := errs.Of(err)
			if e == nil {
				list = append(list, "internal: "+err.Error())
				return
			}
			list = append(list, string(e.Code)+" "+strings.TrimPrefix(strings.Join(e.Field, "."), "routing.rules."))
		}
	}
	collect(err)
	return list
}

// AC-4, RT-2, RT-3: a rule that could not do what it says is not saved, and the
// path says where.
func TestCheck(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		f := testkit.Account(t, db.Open(t, nil))
		ben, cleo, ada := f.AgentIDs[0], f.AgentIDs[1], f.AdminID
		team, list := id.New(id.Team), id.New(id.ContactList)
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			return errors.Join(
				tx.Client.User.UpdateOneID(cleo).SetSeat(vocab.SeatNone).Exec(ctx),
				tx.Client.Team.Create().SetID(team).SetName("Nobody's").SetCreatedAt(tx.Now()).Exec(ctx),
				tx.Client.ContactList.Create().SetID(list).SetName("VIP").SetCreatedAt(tx.Now()).Exec(ctx),
			)
		})
		users := func(ids ...string) schema.RoutingRule {
			return schema.RoutingRule{Target: vocab.RouteUsers, UserIDs: ids, Method: vocab.RoundRobin}
		}
		when := func(rule schema.RoutingRule, conditions ...schema.RoutingCondition) schema.RoutingRule {
			rule.Conditions = conditions
			return rule
		}
		hours := schema.RoutingCondition{Kind: vocab.RouteByHours, Operator: vocab.RoutingIs}
		unassigned := schema.RoutingRule{Target: vocab.RouteUnassigned}
		for name, tc := range map[string]struct {
			inbox int
			rules []schema.RoutingRule
			want  []string
		}{
			"nothing":           {0, nil, nil},
			"unassigned":        {0, []schema.RoutingRule{unassigned}, nil},
			"users":             {0, []schema.RoutingRule{users(ben, ada)}, nil},
			"no seat":           {0, []schema.RoutingRule{users(ben, cleo)}, []string{"SEAT_REQUIRED 0.userIds.1"}},
			"no member":         {1, []schema.RoutingRule{users(ben)}, []string{"NOT_A_MEMBER 0.userIds.0"}},
			"unknown":           {0, []schema.RoutingRule{users("\x00", team)}, []string{"NOT_FOUND 0.userIds.0", "NOT_FOUND 0.userIds.1"}},
			"twice":             {0, []schema.RoutingRule{users(ben, ben)}, []string{"INVALID 0.userIds.1"}},
			"nobody":            {0, []schema.RoutingRule{users()}, []string{"REQUIRED 0.userIds"}},
			"users of nobody":   {0, []schema.RoutingRule{{Target: vocab.RouteUnassigned, UserIDs: []string{ben}}}, []string{"INVALID 0.userIds"}},
			"a team outside":    {0, []schema.RoutingRule{{Target: vocab.RouteTeams, TeamIDs: []string{team}}}, []string{"NOT_A_MEMBER 0.teamIds.0"}},
			"an unknown team":   {0, []schema.RoutingRule{{Target: vocab.RouteTeams, TeamIDs: []string{ben}}}, []string{"NOT_FOUND 0.teamIds.0"}},
			"owner":             {0, []schema.RoutingRule{{Target: vocab.RouteContactOwner, FallbackID: ben}}, nil},
			"seatless fallback": {0, []schema.RoutingRule{{Target: vocab.RouteContactOwner, FallbackID: cleo}}, []string{"SEAT_REQUIRED 0.fallbackId"}},
			"useless fallback":  {0, []schema.RoutingRule{{Target: vocab.RouteUnassigned, FallbackID: ben}}, []string{"INVALID 0.fallbackId"}},
			"no catch-all":      {0, []schema.RoutingRule{when(unassigned, hours)}, []string{"INVALID 0.conditions"}},
			"catch-all first":   {0, []schema.RoutingRule{users(ben), unassigned}, []string{"REQUIRED 0.conditions"}},
			"conditions": {0, []schema.RoutingRule{when(users(ben), hours,
				schema.RoutingCondition{Kind: vocab.RouteByList, Operator: vocab.RoutingIsNot, Value: list},
				schema.RoutingCondition{Kind: vocab.RouteByContactProperty, Operator: vocab.RoutingKnown, Property: "email"},
			), unassigned}, nil},
			"bad conditions": {0, []schema.RoutingRule{when(users(ben),
				schema.RoutingCondition{Kind: vocab.RouteBySubject, Operator: vocab.RoutingIs, Value: "x"},
				schema.RoutingCondition{Kind: vocab.RouteByList, Operator: vocab.RoutingContains, Value: list},
				schema.RoutingCondition{Kind: vocab.RouteByList, Operator: vocab.RoutingIs, Value: team},
				schema.RoutingCondition{Kind: vocab.RouteByContactProperty, Operator: vocab.RoutingIs, Property: "shoe size", Value: "42"},
				schema.RoutingCondition{Kind: vocab.RouteByPage, Operator: vocab.RoutingIs},
				schema.RoutingCondition{Kind: vocab.RouteByPage, Operator: vocab.RoutingIs, Value: strings.Repeat("é", 501)},
			), unassigned}, []string{
				"INVALID 0.conditions.0.kind", "INVALID 0.conditions.1.operator", "NOT_FOUND 0.conditions.2.value",
				"INVALID 0.conditions.3.property", "REQUIRED 0.conditions.4.value", "TOO_LONG 0.conditions.5.value",
			}},
		} {
			err := routing.Check(f.Admin, f.Store.Client(f.Admin), f.InboxIDs[tc.inbox], vocab.Chat, schema.Routing{Rules: tc.rules})
			if tc.want == nil {
				tc.want = []string{}
			}
			if diff := cmp.Diff(tc.want, faults(err)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	})
}

// RT-3: mail is routed by its subject and by whom it was sent to, and not by
// what it has not.
func TestCheckEmail(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		f := testkit.Account(t, db.Open(t, nil))
		rules := func(kinds ...vocab.RoutingConditionKind) schema.Routing {
			rule := schema.RoutingRule{Target: vocab.RouteUnassigned}
			for _, k := range kinds {
				rule.Conditions = append(rule.Conditions, schema.RoutingCondition{Kind: k, Operator: vocab.RoutingIs, Value: "x"})
			}
			return schema.Routing{Rules: []schema.RoutingRule{rule, {Target: vocab.RouteUnassigned}}}
		}
		for _, tc := range []struct {
			rules schema.Routing
			want  []string
		}{
			{rules(vocab.RouteBySubject, vocab.RouteByToAddress, vocab.RouteByHours), []string{}},
			{rules(vocab.RouteByPage, vocab.RouteByLanguage), []string{"INVALID 0.conditions.0.kind", "INVALID 0.conditions.1.kind"}},
		} {
			err := routing.Check(f.Admin, f.Store.Client(f.Admin), f.InboxIDs[0], vocab.Email, tc.rules)
			if diff := cmp.Diff(tc.want, faults(err)); diff != "" {
				t.Error(diff)
			}
		}
	})
}
