package routing_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
		users := func(ids ...string) vocab.RoutingRule {
			return vocab.RoutingRule{Target: vocab.RouteUsers, UserIDs: ids, Method: vocab.RoundRobin}
		}
		when := func(rule vocab.RoutingRule, conditions ...vocab.RoutingCondition) vocab.RoutingRule {
			rule.Conditions = conditions
			return rule
		}
		hours := vocab.RoutingCondition{Kind: vocab.RouteByHours, Operator: vocab.RoutingIs}
		unassigned := vocab.RoutingRule{Target: vocab.RouteUnassigned}
		for name, tc := range map[string]struct {
			inbox int
			rules []vocab.RoutingRule
			want  []string
		}{
			"nothing":           {0, nil, nil},
			"unassigned":        {0, []vocab.RoutingRule{unassigned}, nil},
			"users":             {0, []vocab.RoutingRule{users(ben, ada)}, nil},
			"no seat":           {0, []vocab.RoutingRule{users(ben, cleo)}, []string{"SEAT_REQUIRED 0.userIds.1"}},
			"no member":         {1, []vocab.RoutingRule{users(ben)}, []string{"NOT_A_MEMBER 0.userIds.0"}},
			"unknown":           {0, []vocab.RoutingRule{users("\x00", team)}, []string{"NOT_FOUND 0.userIds.0", "NOT_FOUND 0.userIds.1"}},
			"twice":             {0, []vocab.RoutingRule{users(ben, ben)}, []string{"INVALID 0.userIds.1"}},
			"nobody":            {0, []vocab.RoutingRule{users()}, []string{"REQUIRED 0.userIds"}},
			"users of nobody":   {0, []vocab.RoutingRule{{Target: vocab.RouteUnassigned, UserIDs: []string{ben}}}, []string{"INVALID 0.userIds"}},
			"a team outside":    {0, []vocab.RoutingRule{{Target: vocab.RouteTeams, TeamIDs: []string{team}}}, []string{"NOT_A_MEMBER 0.teamIds.0"}},
			"an unknown team":   {0, []vocab.RoutingRule{{Target: vocab.RouteTeams, TeamIDs: []string{ben}}}, []string{"NOT_FOUND 0.teamIds.0"}},
			"owner":             {0, []vocab.RoutingRule{{Target: vocab.RouteContactOwner, FallbackID: ben}}, nil},
			"seatless fallback": {0, []vocab.RoutingRule{{Target: vocab.RouteContactOwner, FallbackID: cleo}}, []string{"SEAT_REQUIRED 0.fallbackId"}},
			"useless fallback":  {0, []vocab.RoutingRule{{Target: vocab.RouteUnassigned, FallbackID: ben}}, []string{"INVALID 0.fallbackId"}},
			"no catch-all":      {0, []vocab.RoutingRule{when(unassigned, hours)}, []string{"INVALID 0.conditions"}},
			"catch-all first":   {0, []vocab.RoutingRule{users(ben), unassigned}, []string{"REQUIRED 0.conditions"}},
			"no page": {0, []vocab.RoutingRule{when(unassigned,
				vocab.RoutingCondition{Kind: vocab.RouteByPage, Operator: vocab.RoutingIs, Value: "ftp://a.example/"},
				vocab.RoutingCondition{Kind: vocab.RouteByPage, Operator: vocab.RoutingContains, Value: "a b"},
			), unassigned}, []string{"INVALID 0.conditions.0.page.value"}},
			"conditions": {0, []vocab.RoutingRule{when(users(ben), hours,
				vocab.RoutingCondition{Kind: vocab.RouteByList, Operator: vocab.RoutingIsNot, Value: list},
				vocab.RoutingCondition{Kind: vocab.RouteByContactProperty, Operator: vocab.RoutingKnown, Property: "email"},
			), unassigned}, nil},
			"bad conditions": {0, []vocab.RoutingRule{when(users(ben),
				vocab.RoutingCondition{Kind: vocab.RouteBySubject, Operator: vocab.RoutingIs, Value: "x"},
				vocab.RoutingCondition{Kind: vocab.RouteByList, Operator: vocab.RoutingContains, Value: list},
				vocab.RoutingCondition{Kind: vocab.RouteByList, Operator: vocab.RoutingIs, Value: team},
				vocab.RoutingCondition{Kind: vocab.RouteByContactProperty, Operator: vocab.RoutingIs, Property: "shoe size", Value: "42"},
				vocab.RoutingCondition{Kind: vocab.RouteByPage, Operator: vocab.RoutingIs},
				vocab.RoutingCondition{Kind: vocab.RouteByPage, Operator: vocab.RoutingIs, Value: strings.Repeat("é", 501)},
				vocab.RoutingCondition{Operator: vocab.RoutingIs, Value: "x"},
			), unassigned}, []string{
				"INVALID 0.conditions.0.subject", "INVALID 0.conditions.1.list.operator", "NOT_FOUND 0.conditions.2.list.contactListId",
				"INVALID 0.conditions.3.contactProperty.property", "REQUIRED 0.conditions.4.page.value", "TOO_LONG 0.conditions.5.page.value",
				"INVALID 0.conditions.6",
			}},
		} {
			err := routing.Check(f.Admin, f.Store.Client(f.Admin), f.InboxIDs[tc.inbox], vocab.Chat, vocab.Routing{Rules: tc.rules})
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
		rules := func(kinds ...vocab.RoutingConditionKind) vocab.Routing {
			rule := vocab.RoutingRule{Target: vocab.RouteUnassigned}
			for _, k := range kinds {
				rule.Conditions = append(rule.Conditions, vocab.RoutingCondition{Kind: k, Operator: vocab.RoutingIs, Value: "x"})
			}
			return vocab.Routing{Rules: []vocab.RoutingRule{rule, {Target: vocab.RouteUnassigned}}}
		}
		for _, tc := range []struct {
			rules vocab.Routing
			want  []string
		}{
			{rules(vocab.RouteBySubject, vocab.RouteByToAddress, vocab.RouteByHours), []string{}},
			{rules(vocab.RouteByPage, vocab.RouteByLanguage), []string{"INVALID 0.conditions.0.page", "INVALID 0.conditions.1.language"}},
		} {
			err := routing.Check(f.Admin, f.Store.Client(f.Admin), f.InboxIDs[0], vocab.Email, tc.rules)
			if diff := cmp.Diff(tc.want, faults(err)); diff != "" {
				t.Error(diff)
			}
		}
	})
}
