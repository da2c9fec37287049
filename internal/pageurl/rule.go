package pageurl

import "parley/internal/vocab"

// Meets decides a rule on a page's address (TM-3). One that cannot be decided is not met.
func Meets(r vocab.Targeting, pageURL string, page URL) bool {
	switch r.Operator {
	case vocab.OpAllPages:
		return true
	case vocab.OpQueryParam:
		return HasParameter(pageURL, r.Parameter, r.Value)
	}
	if r.Value == "" {
		return false
	}
	switch r.Operator {
	case vocab.OpIs:
		return page.Is(ParseRule(r.Value))
	case vocab.OpIsNot:
		return !page.Is(ParseRule(r.Value))
	case vocab.OpContains:
		return page.Contains(r.Value)
	case vocab.OpNotContains:
		return !page.Contains(r.Value)
	case vocab.OpStartsWith:
		return page.BeginsWith(ParseRule(r.Value))
	case vocab.OpNotStartsWith:
		return !page.BeginsWith(ParseRule(r.Value))
	case vocab.OpMatches:
		return page.Matches(ParsePattern(r.Value))
	}
	return false
}
