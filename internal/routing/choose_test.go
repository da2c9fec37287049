package routing_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/routing"
	"parley/internal/vocab"
)

// fit may get anything; with changes it.
func fit(name string, with ...func(*routing.Candidate)) routing.Candidate {
	c := routing.Candidate{UserID: name, Seated: true, Member: true, Available: true}
	for _, f := range with {
		f(&c)
	}
	return c
}

func away(c *routing.Candidate)     { c.Available = false }
func seatless(c *routing.Candidate) { c.Seated = false }
func foreign(c *routing.Candidate)  { c.Member = false }
func gone(c *routing.Candidate)     { c.Deactivated = true }
func full(c *routing.Candidate)     { c.Capacity, c.Chats = 2, 2 }
func busy(open int) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.Open = open }
}

func of(team string) func(*routing.Candidate) {
	return func(c *routing.Candidate) { c.TeamID = team }
}

// text is a decision in short: "ben/team a:AWAY ben c:NOT_NEXT".
func text(d routing.Decision) string {
	parts := []string{d.AssigneeID + "/" + d.TeamID}
	for _, c := range d.Candidates {
		part := c.UserID
		if c.Chosen == (c.Skipped != "") {
			part += "?"
		}
		if c.Skipped != "" {
			part += ":" + string(c.Skipped)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, " ")
}

// RT-1, RT-2, AC-4, AC-7, AC-8: who is chosen, and why the others are not.
func TestChoose(t *testing.T) {
	t.Parallel()
	users := vocab.RoutingRule{Target: vocab.RouteUsers, Method: vocab.RoundRobin}
	fewest := vocab.RoutingRule{Target: vocab.RouteUsers, Method: vocab.FewestOpen}
	owner := vocab.RoutingRule{Target: vocab.RouteContactOwner, Method: vocab.RoundRobin}
	teams := vocab.RoutingRule{Target: vocab.RouteTeams, TeamIDs: []string{"red", "blue"}, Method: vocab.RoundRobin}
	list := func(c ...routing.Candidate) []routing.Candidate { return c }
	chat, email := routing.Case{Kind: vocab.Chat}, routing.Case{Kind: vocab.Email}
	last := func(name string) routing.Case { return routing.Case{Kind: vocab.Chat, Last: name} }
	for name, tc := range map[string]struct {
		rule       vocab.RoutingRule
		candidates []routing.Candidate
		of         routing.Case
		want       string
	}{
		"unassigned looks at nobody":     {vocab.RoutingRule{Target: vocab.RouteUnassigned}, list(fit("a")), chat, "/"},
		"nobody":                         {users, nil, chat, "/"},
		"the first turn":                 {users, list(fit("a"), fit("b")), chat, "a/ a b:NOT_NEXT"},
		"the next turn":                  {users, list(fit("a"), fit("b"), fit("c")), last("a"), "b/ a:NOT_NEXT b c:NOT_NEXT"},
		"round":                          {users, list(fit("a"), fit("b"), fit("c")), last("c"), "a/ a b:NOT_NEXT c:NOT_NEXT"},
		"the last one left":              {users, list(fit("a"), fit("b")), last("x"), "a/ a b:NOT_NEXT"},
		"over who is away":               {users, list(fit("a"), fit("b", away), fit("c")), last("a"), "c/ a:NOT_NEXT b:AWAY c"},
		"the only one, again":            {users, list(fit("a"), fit("b", away)), last("a"), "a/ a b:AWAY"},
		"each reason":                    {users, list(fit("a", gone), fit("b", foreign), fit("c", seatless), fit("d", away), fit("e", full)), chat, "/ a:DEACTIVATED b:NOT_A_MEMBER c:NO_SEAT d:AWAY e:AT_CAPACITY"},
		"the graver reason":              {users, list(fit("a", gone, foreign, seatless, away, full), fit("b", seatless, away)), chat, "/ a:DEACTIVATED b:NO_SEAT"},
		"someone twice":                  {users, list(fit("a"), fit("a"), fit("b")), last("a"), "b/ a:NOT_NEXT b"},
		"e-mail ignores away":            {users, list(fit("a", away)), email, "a/ a"},
		"e-mail ignores capacity":        {users, list(fit("a", full)), email, "a/ a"},
		"replies of e-mail do not":       {users, list(fit("a", away), fit("b")), routing.Case{Kind: vocab.Email, OnlyAvailable: true}, "b/ a:AWAY b"},
		"below capacity":                 {users, list(fit("a", func(c *routing.Candidate) { c.Capacity, c.Chats = 2, 1 })), chat, "a/ a"},
		"beyond capacity":                {users, list(fit("a", func(c *routing.Candidate) { c.Capacity, c.Chats = 2, 3 })), chat, "/ a:AT_CAPACITY"},
		"fewest open":                    {fewest, list(fit("a", busy(2)), fit("b", busy(1)), fit("c", busy(2))), chat, "b/ a:NOT_NEXT b c:NOT_NEXT"},
		"fewest open, away":              {fewest, list(fit("a", busy(2)), fit("b", busy(1), away)), chat, "a/ a b:AWAY"},
		"as few open: who is next":       {fewest, list(fit("a", busy(1)), fit("b", busy(1))), last("a"), "b/ a:NOT_NEXT b"},
		"owner":                          {owner, list(fit("owner"), fit("fallback")), last("owner"), "owner/ owner fallback:NOT_NEXT"},
		"owner is away: the fallback":    {owner, list(fit("owner", away), fit("fallback")), chat, "fallback/ owner:AWAY fallback"},
		"neither":                        {owner, list(fit("owner", seatless), fit("fallback", away)), chat, "/ owner:NO_SEAT fallback:AWAY"},
		"the owner is their fallback":    {owner, list(fit("owner", away), fit("owner", away)), chat, "/ owner:AWAY"},
		"no owner is known":              {owner, list(routing.Candidate{}, fit("fallback")), chat, "fallback/ fallback"},
		"a team and its member":          {teams, list(fit("a", of("red")), fit("b", of("blue"))), last("a"), "b/blue a:NOT_NEXT b"},
		"the team alone":                 {teams, list(fit("a", of("red"), away), fit("b", of("blue"), away)), chat, "/red a:AWAY b:AWAY"},
		"the team alone, empty":          {teams, nil, chat, "/red"},
		"in both teams: the first stays": {teams, list(fit("a", of("red")), fit("a", of("blue"))), chat, "a/red a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := text(routing.Choose(tc.rule, tc.candidates, tc.of)); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// RT-6: whoever takes turns gets as many as the others.
func TestTurns(t *testing.T) {
	t.Parallel()
	rule := vocab.RoutingRule{Target: vocab.RouteUsers, Method: vocab.RoundRobin}
	candidates := []routing.Candidate{}
	for i := range 7 {
		candidates = append(candidates, fit(fmt.Sprint("user", i)))
	}
	got, last := map[string]int{}, ""
	for range 7 * 5 {
		last = routing.Choose(rule, candidates, routing.Case{Kind: vocab.Chat, Last: last}).AssigneeID
		got[last]++
	}
	for _, c := range candidates {
		if got[c.UserID] != 5 {
			t.Errorf("%s got %d of 35", c.UserID, got[c.UserID])
		}
	}
}

// RT-3: the first rule whose conditions all hold.
func TestPick(t *testing.T) {
	t.Parallel()
	condition := func(kind vocab.RoutingConditionKind, operator vocab.RoutingOperator, value string) vocab.RoutingCondition {
		return vocab.RoutingCondition{Kind: kind, Operator: operator, Value: value, Property: "email"}
	}
	facts := routing.Facts{
		Contact: map[string]string{"email": "Dora@Example.net"}, ListIDs: []string{"vip"},
		Page: "https://Shop.example/pricing?plan=pro#top", Language: "de-AT", InHours: true,
	}
	mail := routing.Facts{Subject: "Fw: Rechnung 7", To: []string{"support@example.com", "Sales@example.com"}}
	subject, to := vocab.RouteBySubject, vocab.RouteByToAddress
	property, list, page, hours, language := vocab.RouteByContactProperty, vocab.RouteByList, vocab.RouteByPage, vocab.RouteByHours, vocab.RouteByLanguage
	for name, tc := range map[string]struct {
		conditions []vocab.RoutingCondition
		facts      routing.Facts
		want       bool
	}{
		"none":                 {nil, facts, true},
		"property is":          {[]vocab.RoutingCondition{condition(property, vocab.RoutingIs, "dora@example.net")}, facts, true},
		"property is not":      {[]vocab.RoutingCondition{condition(property, vocab.RoutingIsNot, "dora@example.net")}, facts, false},
		"property contains":    {[]vocab.RoutingCondition{condition(property, vocab.RoutingContains, "@example")}, facts, true},
		"property without":     {[]vocab.RoutingCondition{condition(property, vocab.RoutingNotContains, "@example")}, facts, false},
		"property starts":      {[]vocab.RoutingCondition{condition(property, vocab.RoutingStartsWith, "dor")}, facts, true},
		"property known":       {[]vocab.RoutingCondition{condition(property, vocab.RoutingKnown, "")}, facts, true},
		"property unknown":     {[]vocab.RoutingCondition{condition(property, vocab.RoutingUnknown, "")}, facts, false},
		"nobody is known":      {[]vocab.RoutingCondition{condition(property, vocab.RoutingUnknown, "")}, routing.Facts{}, true},
		"on the list":          {[]vocab.RoutingCondition{condition(list, vocab.RoutingIs, "vip")}, facts, true},
		"on another list":      {[]vocab.RoutingCondition{condition(list, vocab.RoutingIs, "new")}, facts, false},
		"not on the list":      {[]vocab.RoutingCondition{condition(list, vocab.RoutingIsNot, "vip")}, facts, false},
		"nobody is on no list": {[]vocab.RoutingCondition{condition(list, vocab.RoutingIsNot, "vip")}, routing.Facts{}, true},
		"page is":              {[]vocab.RoutingCondition{condition(page, vocab.RoutingIs, "shop.example/pricing?plan=pro")}, facts, true},
		"page starts":          {[]vocab.RoutingCondition{condition(page, vocab.RoutingStartsWith, "https://shop.example/")}, facts, true},
		"page of a scheme":     {[]vocab.RoutingCondition{condition(page, vocab.RoutingStartsWith, "http://shop.example/")}, facts, false},
		"page is below":        {[]vocab.RoutingCondition{condition(page, vocab.RoutingIs, "shop.example/*")}, facts, true},
		"page's case counts":   {[]vocab.RoutingCondition{condition(page, vocab.RoutingIs, "shop.example/Pricing")}, facts, false},
		"page contains":        {[]vocab.RoutingCondition{condition(page, vocab.RoutingContains, "/blog")}, facts, false},
		"in hours":             {[]vocab.RoutingCondition{condition(hours, vocab.RoutingIs, "")}, facts, true},
		"out of hours":         {[]vocab.RoutingCondition{condition(hours, vocab.RoutingIsNot, "")}, facts, false},
		"all must hold":        {[]vocab.RoutingCondition{condition(hours, vocab.RoutingIs, ""), condition(list, vocab.RoutingIs, "new")}, facts, false},
		"language":             {[]vocab.RoutingCondition{condition(language, vocab.RoutingIs, "DE")}, facts, true},
		"another region's":     {[]vocab.RoutingCondition{condition(language, vocab.RoutingIs, "de-CH")}, facts, false},
		"another language":     {[]vocab.RoutingCondition{condition(language, vocab.RoutingIsNot, "d")}, facts, true},
		"no language known":    {[]vocab.RoutingCondition{condition(language, vocab.RoutingUnknown, "")}, routing.Facts{}, true},
		"what a chat has not":  {[]vocab.RoutingCondition{condition(subject, vocab.RoutingIs, "de")}, facts, false},
		"subject contains":     {[]vocab.RoutingCondition{condition(subject, vocab.RoutingContains, "RECHNUNG")}, mail, true},
		"subject starts":       {[]vocab.RoutingCondition{condition(subject, vocab.RoutingStartsWith, "rechnung")}, mail, false},
		"to":                   {[]vocab.RoutingCondition{condition(to, vocab.RoutingIs, "sales@example.com")}, mail, true},
		"to any":               {[]vocab.RoutingCondition{condition(to, vocab.RoutingStartsWith, "SUPPORT@")}, mail, true},
		"to none":              {[]vocab.RoutingCondition{condition(to, vocab.RoutingIsNot, "sales@example.com")}, mail, false},
		"to nobody there":      {[]vocab.RoutingCondition{condition(to, vocab.RoutingNotContains, "example.org")}, mail, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := vocab.Routing{Rules: []vocab.RoutingRule{{Conditions: tc.conditions, Target: vocab.RouteUsers}, {Target: vocab.RouteTeams}}}
			number, rule := routing.Pick(r, tc.facts)
			if got := number == 1; got != tc.want || got != (rule.Target == vocab.RouteUsers) {
				t.Errorf("rule %d, %s", number, rule.Target)
			}
		})
	}
	if number, rule := routing.Pick(vocab.Routing{}, facts); number != 0 || rule.Target != vocab.RouteUnassigned {
		t.Errorf("without rules: %d, %s", number, rule.Target)
	}
}
