package routing

import (
	"slices"
	"strings"

	"parley/ent/schema"
	"parley/internal/address"
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
	// Language is the visitor's, as a BCP 47 tag such as "de-AT"; empty: not known.
	Language string
	// Subject is an e-mail conversation's, as it came.
	Subject string
	// To are the addresses that the first mail of a conversation went to, Cc included.
	To []string
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
		return onPage(facts.Page, c)
	case vocab.RouteByLanguage:
		return speaks(facts.Language, c)
	case vocab.RouteBySubject:
		return compare(facts.Subject, c)
	case vocab.RouteByToAddress:
		return addressed(facts.To, c)
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

// addressed compares addresses: what is asked holds for one of them, what is
// denied for none.
func addressed(to []string, c schema.RoutingCondition) bool {
	switch c.Operator {
	case vocab.RoutingIsNot, vocab.RoutingNotContains:
		return !slices.ContainsFunc(to, func(a string) bool { return !compare(a, c) })
	}
	return slices.ContainsFunc(to, func(a string) bool { return compare(a, c) })
}

// onPage compares the page's address as targeting rules do (TM-3).
func onPage(page string, c schema.RoutingCondition) bool {
	at := address.ParsePage(page)
	switch c.Operator {
	case vocab.RoutingIs:
		return at.Is(address.ParseRule(c.Value))
	case vocab.RoutingIsNot:
		return !at.Is(address.ParseRule(c.Value))
	case vocab.RoutingContains:
		return at.Contains(c.Value)
	case vocab.RoutingNotContains:
		return !at.Contains(c.Value)
	case vocab.RoutingStartsWith:
		return at.BeginsWith(address.ParseRule(c.Value))
	}
	return false
}

// speaks compares a language tag (BCP 47): "de" is also what "de-AT" is.
func speaks(language string, c schema.RoutingCondition) bool {
	language, value := strings.ToLower(language), strings.ToLower(c.Value)
	is := language != "" && (language == value || strings.HasPrefix(language, value+"-"))
	switch c.Operator {
	case vocab.RoutingIs:
		return is
	case vocab.RoutingIsNot:
		return !is
	case vocab.RoutingKnown:
		return language != ""
	case vocab.RoutingUnknown:
		return language == ""
	}
	return false
}
