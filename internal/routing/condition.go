package routing

import (
	"slices"
	"strings"

	"parley/internal/pageurl"
	"parley/internal/vocab"
)

// Facts are what the conditions of rules look at (RT-3).
type Facts struct {
	// Contact has the contact's properties by name; nil: no contact is known.
	Contact map[string]string
	// Defined has the conditions on defined properties that the contact meets.
	Defined map[*vocab.PropertyCondition]bool
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
func Pick(r vocab.Routing, facts Facts) (int, vocab.RoutingRule) {
	for i, rule := range r.Rules {
		if !slices.ContainsFunc(rule.Conditions, func(c vocab.RoutingCondition) bool { return !conditionHolds(c, facts) }) {
			return i + 1, rule
		}
	}
	return 0, vocab.RoutingRule{Target: vocab.RouteUnassigned}
}

// Asks reports whether any rule asks for a kind of fact.
func Asks(r vocab.Routing, kinds ...vocab.RoutingConditionKind) bool {
	return slices.ContainsFunc(r.Rules, func(rule vocab.RoutingRule) bool {
		return slices.ContainsFunc(rule.Conditions, func(c vocab.RoutingCondition) bool { return slices.Contains(kinds, c.Kind) })
	})
}

// conditionHolds decides a condition. One that cannot be decided is false.
func conditionHolds(c vocab.RoutingCondition, facts Facts) bool {
	switch c.Kind {
	case vocab.RouteByContactProperty:
		return compareText(facts.Contact[c.Property], c)
	case vocab.RouteByDefinedProperty:
		return facts.Defined[c.Defined]
	case vocab.RouteByList:
		return slices.Contains(facts.ListIDs, c.Value) == (c.Operator == vocab.RoutingIs)
	case vocab.RouteByPage:
		return onPage(facts.Page, c)
	case vocab.RouteByLanguage:
		return matchesLanguage(facts.Language, c)
	case vocab.RouteBySubject:
		return compareText(facts.Subject, c)
	case vocab.RouteByToAddress:
		return compareAddresses(facts.To, c)
	case vocab.RouteByHours:
		return facts.InHours == (c.Operator == vocab.RoutingIs)
	}
	return false
}

// compareText compares texts without regard to case. What is not known has an empty
// text: it is not anything, and contains nothing.
func compareText(text string, c vocab.RoutingCondition) bool {
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

// compareAddresses compares addresses: what is asked holds for one of them, what is
// denied for none.
func compareAddresses(to []string, c vocab.RoutingCondition) bool {
	switch c.Operator {
	case vocab.RoutingIsNot, vocab.RoutingNotContains:
		return !slices.ContainsFunc(to, func(a string) bool { return !compareText(a, c) })
	}
	return slices.ContainsFunc(to, func(a string) bool { return compareText(a, c) })
}

// onPage compares the page's address as targeting rules do (TM-3).
func onPage(page string, c vocab.RoutingCondition) bool {
	at := pageurl.ParsePage(page)
	switch c.Operator {
	case vocab.RoutingIs:
		return at.Is(pageurl.ParseRule(c.Value))
	case vocab.RoutingIsNot:
		return !at.Is(pageurl.ParseRule(c.Value))
	case vocab.RoutingContains:
		return at.Contains(c.Value)
	case vocab.RoutingNotContains:
		return !at.Contains(c.Value)
	case vocab.RoutingStartsWith:
		return at.BeginsWith(pageurl.ParseRule(c.Value))
	}
	return false
}

// matchesLanguage compares a language tag (BCP 47): "de" is also what "de-AT" is.
func matchesLanguage(language string, c vocab.RoutingCondition) bool {
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
