package routing

import (
	"slices"
	"strings"

	"parley/ent/schema"
	"parley/internal/vocab"
)

// Facts are what the conditions of rules look at (RT-3).
type Facts struct {
	// Contact has the contact's properties by name; nil: no contact is known.
	Contact map[string]string
	// ListIDs are the lists that the contact is on.
	ListIDs []string
	// Page is the address of the page on which the conversation began.
	Page string
	// InHours: it is within the channel's operating hours.
	InHours bool
}

// Properties are the contact's properties that a condition may name.
var Properties = []string{"name", "email", "phone"}

// Pick returns the first rule whose conditions all hold, and its number from 1
// (RT-3). Without rules it is number 0, which leaves unassigned.
func Pick(r schema.Routing, facts Facts) (int, schema.RoutingRule) {
	for i, rule := range r.Rules {
		if !slices.ContainsFunc(rule.Conditions, func(c schema.RoutingCondition) bool { return !holds(c, facts) }) {
			return i + 1, rule
		}
	}
	return 0, schema.RoutingRule{Target: vocab.RouteUnassigned}
}

// Asks reports whether any rule asks for a kind of fact.
func Asks(r schema.Routing, kinds ...vocab.RoutingConditionKind) bool {
	return slices.ContainsFunc(r.Rules, func(rule schema.RoutingRule) bool {
		return slices.ContainsFunc(rule.Conditions, func(c schema.RoutingCondition) bool { return slices.Contains(kinds, c.Kind) })
	})
}

// holds decides a condition. One that cannot be decided does not hold.
func holds(c schema.RoutingCondition, facts Facts) bool {
	switch c.Kind {
	case vocab.RouteByContactProperty:
		return compare(facts.Contact[c.Property], c)
	case vocab.RouteByList:
		return slices.Contains(facts.ListIDs, c.Value) == (c.Operator == vocab.RoutingIs)
	case vocab.RouteByPage:
		return compare(address(facts.Page), schema.RoutingCondition{Operator: c.Operator, Value: address(c.Value)})
	case vocab.RouteByHours:
		return facts.InHours == (c.Operator == vocab.RoutingIs)
	}
	return false
}

// compare compares texts without regard to case. What is not known has an empty
// text: it is not anything, and contains nothing.
func compare(text string, c schema.RoutingCondition) bool {
	text, value := strings.ToLower(text), strings.ToLower(c.Value)
	switch c.Operator {
	case vocab.RoutingIs:
		return text == value
	case vocab.RoutingIsNot:
		return text != value
	case vocab.RoutingContains:
		return strings.Contains(text, value)
	case vocab.RoutingNotContains:
		return !strings.Contains(text, value)
	case vocab.RoutingStartsWith:
		return strings.HasPrefix(text, value)
	case vocab.RoutingKnown:
		return text != ""
	case vocab.RoutingUnknown:
		return text == ""
	}
	return false
}

// address is a page's address as rules compare it: without scheme and fragment.
func address(page string) string {
	page, _, _ = strings.Cut(page, "#")
	if _, rest, found := strings.Cut(page, "://"); found {
		return rest
	}
	return page
}
