package targeting_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/vocab"
)

func message(name string, position int, change func(*ent.TargetedMessage)) *ent.TargetedMessage {
	m := &ent.TargetedMessage{
		ID: name, Position: position, State: vocab.TargetedOn, Audience: vocab.AudienceEveryone,
		Rules: []vocab.Targeting{{Operator: vocab.OpAllPages}},
	}
	if change != nil {
		change(m)
	}
	return m
}

func audience(a vocab.Audience, lists ...string) func(*ent.TargetedMessage) {
	return func(m *ent.TargetedMessage) { m.Audience, m.IncludeListIds = a, lists }
}

func state(s vocab.TargetedMessageState) func(*ent.TargetedMessage) {
	return func(m *ent.TargetedMessage) { m.State = s }
}

// TM-1, TM-2: the first message by position that is on and matches.
func TestChoose(t *testing.T) {
	t.Parallel()
	anonymous, tracked := targeting.Visit{PageURL: "https://example.com"}, targeting.Visit{TrackedContact: true}
	for name, tc := range map[string]struct {
		messages []*ent.TargetedMessage
		visit    targeting.Visit
		want     string
	}{
		"none":           {nil, anonymous, ""},
		"first by place": {[]*ent.TargetedMessage{message("c", 3, nil), message("a", 1, nil), message("b", 2, nil)}, anonymous, "a"},
		"draft and off do not show": {[]*ent.TargetedMessage{
			message("a", 1, state(vocab.TargetedDraft)), message("b", 2, state(vocab.TargetedOff)), message("c", 3, nil),
		}, anonymous, "c"},
		"anonymous": {[]*ent.TargetedMessage{
			message("a", 1, audience(vocab.AudienceTrackedContacts)), message("b", 2, audience(vocab.AudienceAnonymous)),
		}, anonymous, "b"},
		"tracked contact": {[]*ent.TargetedMessage{
			message("a", 1, audience(vocab.AudienceAnonymous)), message("b", 2, audience(vocab.AudienceTrackedContacts)),
		}, tracked, "b"},
		"no rule, no page": {[]*ent.TargetedMessage{message("a", 1, func(m *ent.TargetedMessage) { m.Rules = nil })}, anonymous, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(tc.messages)
			got := ""
			if m := targeting.Choose(tc.messages, tc.visit); m != nil {
				got = m.ID
			}
			if got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
			if !slices.Equal(before, tc.messages) {
				t.Error("the list was changed")
			}
		})
	}
}

// TM-2, TM-3: each audience with each operator, with and without an exclusion:
// both must hold, and the exclusion wins.
func TestAudiencesAndOperators(t *testing.T) {
	t.Parallel()
	visits := map[string]targeting.Visit{
		"anonymous":         {},
		"anonymous on list": {ListIDs: []string{"l1", "out"}}, // lists match tracked contacts alone
		"tracked":           {TrackedContact: true},
		"on l1":             {TrackedContact: true, ListIDs: []string{"l1"}},
		"on l2":             {TrackedContact: true, ListIDs: []string{"l2"}},
		"on l1, out":        {TrackedContact: true, ListIDs: []string{"l1", "out"}},
	}
	meets := map[vocab.Audience][]string{
		vocab.AudienceEveryone:        {"anonymous", "anonymous on list", "on l1", "on l1, out", "on l2", "tracked"},
		vocab.AudienceAnonymous:       {"anonymous", "anonymous on list"},
		vocab.AudienceTrackedContacts: {"on l1", "on l1, out", "on l2", "tracked"},
		vocab.AudienceLists:           {"on l1", "on l1, out"},
		"NEW":                         {},
	}
	const page = "https://example.com/pricing?plan=pro"
	rules := []struct {
		rule  vocab.Targeting
		holds bool
	}{
		{vocab.Targeting{Operator: vocab.OpAllPages}, true},
		{vocab.Targeting{Operator: vocab.OpIs, Value: "/pricing"}, true},
		{vocab.Targeting{Operator: vocab.OpIsNot, Value: "/pricing"}, false},
		{vocab.Targeting{Operator: vocab.OpContains, Value: "pric"}, true},
		{vocab.Targeting{Operator: vocab.OpNotContains, Value: "pric"}, false},
		{vocab.Targeting{Operator: vocab.OpStartsWith, Value: "/pri"}, true},
		{vocab.Targeting{Operator: vocab.OpNotStartsWith, Value: "/pri"}, false},
		{vocab.Targeting{Operator: vocab.OpQueryParam, Parameter: "plan", Value: "pro"}, true},
		{vocab.Targeting{Operator: vocab.OpIs}, false},
		{vocab.Targeting{Operator: vocab.OpIsNot}, false},
		{vocab.Targeting{Operator: "NEW", Value: "/pricing"}, false},
	}
	for a, who := range meets {
		for name, visit := range visits {
			for _, r := range rules {
				for _, excludes := range []bool{false, true} {
					m := message("m", 1, audience(a, "l1"))
					m.Rules = []vocab.Targeting{r.rule}
					if excludes {
						m.ExcludeListIds = []string{"out"}
					}
					visit.PageURL = page
					want := r.holds && slices.Contains(who, name) && !(excludes && name == "on l1, out")
					if got := targeting.Choose([]*ent.TargetedMessage{m}, visit) != nil; got != want {
						t.Errorf("%s, %s, %v, excludes %v: shows %v", a, name, r.rule, excludes, got)
					}
				}
			}
		}
	}
}

// TM-9: each message gets the reason that decided, and each rule its own.
func TestDecide(t *testing.T) {
	t.Parallel()
	messages := []*ent.TargetedMessage{
		message("later", 8, nil), message("shown", 7, func(m *ent.TargetedMessage) {
			m.Rules = []vocab.Targeting{{Operator: vocab.OpIs, Value: "/a"}, {Operator: vocab.OpContains, Value: "/b"}}
		}),
		message("draft", 1, state(vocab.TargetedDraft)), message("off", 2, state(vocab.TargetedOff)),
		message("anonymous", 3, audience(vocab.AudienceAnonymous)),
		message("excluded", 4, func(m *ent.TargetedMessage) { m.ExcludeListIds = []string{"x", "l"} }),
		message("elsewhere", 5, func(m *ent.TargetedMessage) { m.Rules[0] = vocab.Targeting{Operator: vocab.OpIs, Value: "/c"} }),
	}
	visit := targeting.Visit{PageURL: "https://example.com/b", TrackedContact: true, ListIDs: []string{"l"}}
	var got []string
	for _, v := range targeting.Decide(messages, visit) {
		line := v.Message.ID + " " + string(v.Outcome)
		for _, r := range v.Rules {
			line += map[bool]string{true: " +", false: " -"}[r.Holds]
		}
		got = append(got, strings.Join(append([]string{line + " " + v.EarlierID}, v.ExcludedBy...), " "))
	}
	want := []string{
		"draft DRAFT + ", "off OFF + ", "anonymous NOT_IN_AUDIENCE + ", "excluded EXCLUDED +  l",
		"elsewhere NO_RULE_HOLDS - ", "shown SHOWN - + ", "later EARLIER_WINS + shown",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TM-3, TM-9: preview warns of what can never show, and of rules that match
// everything; of nothing that may be meant so.
func TestWarnings(t *testing.T) {
	t.Parallel()
	rule := func(o vocab.TargetingOperator, value string) vocab.Targeting {
		return vocab.Targeting{Operator: o, Value: value}
	}
	with := func(change func(*ent.TargetedMessage), rules ...vocab.Targeting) func(*ent.TargetedMessage) {
		return func(m *ent.TargetedMessage) {
			m.Rules = rules
			if change != nil {
				change(m)
			}
		}
	}
	all := rule(vocab.OpAllPages, "")
	for name, tc := range map[string]struct {
		first, second func(*ent.TargetedMessage)
		want          string
	}{
		"all pages first":               {nil, with(nil, rule(vocab.OpIs, "/a")), "NEVER_SHOWN b"},
		"the narrow one first":          {with(nil, rule(vocab.OpIs, "/a")), nil, ""},
		"first is off":                  {state(vocab.TargetedOff), nil, ""},
		"second is a draft":             {nil, state(vocab.TargetedDraft), ""},
		"narrower audience first":       {audience(vocab.AudienceAnonymous), nil, ""},
		"wider audience first":          {nil, audience(vocab.AudienceLists, "l"), "NEVER_SHOWN b"},
		"tracked before lists":          {audience(vocab.AudienceTrackedContacts), audience(vocab.AudienceLists, "l"), "NEVER_SHOWN b"},
		"some lists before others":      {audience(vocab.AudienceLists, "l"), audience(vocab.AudienceLists, "l", "k"), ""},
		"more lists before some":        {audience(vocab.AudienceLists, "l", "k"), audience(vocab.AudienceLists, "l"), "NEVER_SHOWN b"},
		"first excludes":                {func(m *ent.TargetedMessage) { m.ExcludeListIds = []string{"x"} }, nil, ""},
		"first excludes, second strays": {func(m *ent.TargetedMessage) { m.ExcludeListIds = []string{"x"} }, audience(vocab.AudienceAnonymous), "NEVER_SHOWN b"},
		"below":                         {with(nil, rule(vocab.OpIs, "/a/*")), with(nil, rule(vocab.OpIs, "/a/b")), "NEVER_SHOWN b"},
		"beside":                        {with(nil, rule(vocab.OpIs, "/a/*")), with(nil, rule(vocab.OpIs, "/ab")), ""},
		"one of two beside":             {with(nil, rule(vocab.OpIs, "/a/*")), with(nil, rule(vocab.OpIs, "/a"), rule(vocab.OpIs, "/c")), ""},
		"longer beginning":              {with(nil, rule(vocab.OpStartsWith, "/a")), with(nil, rule(vocab.OpStartsWith, "/ab")), "NEVER_SHOWN b"},
		"shorter beginning":             {with(nil, rule(vocab.OpStartsWith, "/ab")), with(nil, rule(vocab.OpStartsWith, "/a")), ""},
		"two negatives":                 {with(nil, rule(vocab.OpIsNot, "/a"), rule(vocab.OpNotContains, "b")), with(nil, all), "MATCHES_EVERYTHING a"},
		"one negative":                  {with(nil, rule(vocab.OpIsNot, "/a")), with(nil, all), ""},
		"one negative twice":            {with(nil, rule(vocab.OpIsNot, "/a"), rule(vocab.OpIsNot, "/a")), with(nil, all), ""},
		"a literal star":                {with(nil, rule(vocab.OpIs, "/a/*/b")), with(nil, all), "DOUBTFUL_RULE a"},
		"a pattern's star":              {with(nil, rule(vocab.OpMatches, "/a/*/b")), with(nil, all), ""},
		"every address":                 {with(nil, rule(vocab.OpStartsWith, "http")), with(nil, all), "DOUBTFUL_RULE a"},
		"every address contains it":     {with(nil, rule(vocab.OpContains, "https://")), with(nil, all), "DOUBTFUL_RULE a"},
		"a path without a slash":        {with(nil, rule(vocab.OpIs, "pricing")), with(nil, all), "DOUBTFUL_RULE a"},
		"a host":                        {with(nil, rule(vocab.OpStartsWith, "shop.")), with(nil, all), ""},
		"a rule and its contrary":       {with(nil, rule(vocab.OpContains, "a"), rule(vocab.OpNotContains, "a")), with(nil, all), "MATCHES_EVERYTHING a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, w := range targeting.Warnings([]*ent.TargetedMessage{message("a", 1, tc.first), message("b", 2, tc.second)}) {
				got = append(got, string(w.Kind)+" "+w.Message.ID)
			}
			if strings.Join(got, ", ") != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
