package targeting

import (
	"slices"

	"parley/ent"
	"parley/internal/pageurl"
	"parley/internal/vocab"
)

// Warning is something odd about a targeted message (TM-9).
type Warning struct {
	Kind    vocab.TargetingWarningKind
	Message *ent.TargetedMessage
	// EarlierID is the message that always wins, with NEVER_SHOWN.
	EarlierID string
	// Rule and Reason are what is odd, with DOUBTFUL_RULE.
	Rule   *vocab.Targeting
	Reason *string
}

// Warnings reports messages that are on and never show, because an earlier one
// always wins, of rules that together match everything: joined by OR, two
// different negative ones do, and of rules that hardly mean what they say. What it cannot know for sure it does not say.
func Warnings(messages []*ent.TargetedMessage) []Warning {
	var list []Warning
	for _, m := range messages {
		list = append(list, doubts(m)...)
		if matchesEverything(m.Rules) {
			list = append(list, Warning{Kind: vocab.WarnMatchesEverything, Message: m})
		}
		earlier := slices.IndexFunc(messages, func(e *ent.TargetedMessage) bool {
			return e.State == vocab.TargetedOn && m.State == vocab.TargetedOn && e.Position < m.Position && covers(e, m)
		})
		if earlier >= 0 {
			list = append(list, Warning{Kind: vocab.WarnNeverShown, Message: m, EarlierID: messages[earlier].ID})
		}
	}
	return list
}

// negations are the operators that say no, and what they say it to.
var negations = map[vocab.TargetingOperator]vocab.TargetingOperator{
	vocab.OpIsNot: vocab.OpIs, vocab.OpNotContains: vocab.OpContains, vocab.OpNotStartsWith: vocab.OpStartsWith,
}

// matchesEverything reports whether rules match every page without saying ALL_PAGES:
// a negative rule, and another one that takes in what the first leaves out.
func matchesEverything(rules []vocab.Targeting) bool {
	for i, r := range rules {
		positive, negative := negations[r.Operator]
		if !negative {
			continue
		}
		for j, other := range rules {
			_, alsoNegative := negations[other.Operator]
			if i != j && (alsoNegative && other != r || other.Operator == positive && other.Value == r.Value) {
				return true
			}
		}
	}
	return false
}

// covers reports whether an earlier message shows wherever a later one would.
func covers(earlier, later *ent.TargetedMessage) bool {
	return meetsAll(earlier, later) && narrowsNoMore(earlier, later) && excludesNoMore(earlier, later) && matchesAll(earlier.Rules, later.Rules)
}

// meetsAll reports whether the earlier audience takes in the later one.
func meetsAll(earlier, later *ent.TargetedMessage) bool {
	switch earlier.Audience {
	case vocab.AudienceEveryone:
		return true
	case vocab.AudienceTrackedContacts:
		return later.Audience == vocab.AudienceTrackedContacts || later.Audience == vocab.AudienceLists
	case vocab.AudienceLists:
		return later.Audience == vocab.AudienceLists && !slices.ContainsFunc(later.IncludeListIds, func(list string) bool {
			return !slices.Contains(earlier.IncludeListIds, list)
		})
	}
	return earlier.Audience == later.Audience
}

// excludesNoMore reports whether everyone whom the earlier message leaves out is
// left out by the later one, too. Exclusions concern no anonymous visitors.
func excludesNoMore(earlier, later *ent.TargetedMessage) bool {
	return later.Audience == vocab.AudienceAnonymous || !slices.ContainsFunc(earlier.ExcludeListIds, func(list string) bool {
		return !slices.Contains(later.ExcludeListIds, list)
	})
}

// matchesAll reports whether each later rule lies within an earlier one.
func matchesAll(earlier, later []vocab.Targeting) bool {
	for _, r := range later {
		if !slices.ContainsFunc(earlier, func(e vocab.Targeting) bool { return isWithin(r, e) }) {
			return false
		}
	}
	return len(later) > 0
}

// isWithin reports whether a rule surely holds only where another does.
func isWithin(r, wider vocab.Targeting) bool {
	if wider.Operator == vocab.OpAllPages || r == wider {
		return true
	}
	inner, outer := pageurl.ParseRule(r.Value), pageurl.ParseRule(wider.Value)
	switch {
	case r.Operator == vocab.OpIs && wider.Operator == vocab.OpIs:
		return inner.Names(outer) && inner.Is(outer)
	case r.Operator == vocab.OpIs && wider.Operator == vocab.OpStartsWith:
		return inner.Names(outer) && inner.BeginsWith(outer)
	case r.Operator == vocab.OpStartsWith && wider.Operator == vocab.OpStartsWith:
		return inner.Narrows(outer)
	}
	return false
}
