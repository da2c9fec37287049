package targeting

import (
	"cmp"
	"slices"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/pageurl"
	"parley/internal/vocab"
)

// Visit is a visitor on a page: all that Decide may look at.
type Visit struct {
	// PageURL is the page's address.
	PageURL string
	// TrackedContact: the visitor's token is linked to a contact (TM-2).
	TrackedContact bool
	contactID      string
	// ListIDs are the lists that the contact is on.
	ListIDs []string
	// Meets are the messages, by their ids, of which the contact meets the conditions on
	// properties; see MeetsProperties.
	Meets map[string]bool
	// SmallScreen: a screen as a phone's (TM-6).
	SmallScreen bool
	// At is when the visitor is there.
	At clock.Micros
}

// Verdict says what becomes of one message on a visit, and why (TM-9).
type Verdict struct {
	Message *ent.TargetedMessage
	// Outcome is the first thing that decided.
	Outcome vocab.TargetingOutcome
	// InAudience: the visitor is one of those whom the message is for, exclusions
	// apart (TM-2).
	InAudience bool
	// ExcludedBy are the excluded lists that the contact is on.
	ExcludedBy []string
	// Rules has a verdict for each of the message's rules.
	Rules []RuleVerdict
	// EarlierID is the message that is shown in its place, with EARLIER_WINS.
	EarlierID string
}

// RuleVerdict says whether a rule holds on a page (TM-3).
type RuleVerdict struct {
	Rule  vocab.Targeting
	Holds bool
}

// Decide says what a visitor sees: of the messages that are on and match the
// visit the one with the lowest position is SHOWN (TM-1). There is a verdict for
// each message, by position. The order of messages does not matter. Widget and
// preview both ask it, so they cannot differ.
func Decide(messages []*ent.TargetedMessage, visit Visit) []Verdict {
	ordered := slices.SortedFunc(slices.Values(messages), func(a, b *ent.TargetedMessage) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	page := pageurl.ParsePage(visit.PageURL)
	verdicts := make([]Verdict, len(ordered))
	shown := ""
	for i, m := range ordered {
		v := judgeMessage(m, visit, page)
		if v.Outcome == vocab.OutcomeShown {
			if shown != "" {
				v.Outcome, v.EarlierID = vocab.OutcomeEarlierWins, shown
			} else {
				shown = m.ID
			}
		}
		verdicts[i] = v
	}
	return verdicts
}

// Choose returns what Decide shows; nil: nothing.
func Choose(messages []*ent.TargetedMessage, visit Visit) *ent.TargetedMessage {
	for _, v := range Decide(messages, visit) {
		if v.Outcome == vocab.OutcomeShown {
			return v.Message
		}
	}
	return nil
}

// judgeMessage decides a message by itself.
func judgeMessage(m *ent.TargetedMessage, visit Visit, page pageurl.URL) Verdict {
	v := Verdict{Message: m, InAudience: meetsAudience(m, visit) && meetsProperties(m, visit), ExcludedBy: excludedLists(m, visit), Outcome: vocab.OutcomeShown}
	matched := false
	for _, r := range m.Rules {
		holds := pageurl.Meets(r, visit.PageURL, page)
		v.Rules = append(v.Rules, RuleVerdict{Rule: r, Holds: holds})
		matched = matched || holds
	}
	switch {
	case m.State == vocab.TargetedDraft:
		v.Outcome = vocab.OutcomeDraft
	case m.State != vocab.TargetedOn:
		v.Outcome = vocab.OutcomeOff
	case !v.InAudience:
		v.Outcome = vocab.OutcomeNotInAudience
	case len(v.ExcludedBy) > 0:
		v.Outcome = vocab.OutcomeExcluded
	case !matched:
		v.Outcome = vocab.OutcomeNoRuleHolds
	}
	return v
}

// meetsAudience decides the audience (TM-2). One that cannot be decided meets no one.
func meetsAudience(m *ent.TargetedMessage, visit Visit) bool {
	switch m.Audience {
	case vocab.AudienceEveryone:
		return true
	case vocab.AudienceAnonymous:
		return !visit.TrackedContact
	case vocab.AudienceTrackedContacts:
		return visit.TrackedContact
	case vocab.AudienceLists:
		return visit.TrackedContact && slices.ContainsFunc(m.IncludeListIds, visit.isOn)
	}
	return false
}

// meetsProperties decides a message's conditions on the contact's properties (CR-11).
func meetsProperties(m *ent.TargetedMessage, visit Visit) bool {
	return len(m.ContactProperties) == 0 || visit.Meets[m.ID]
}

// excludedLists returns the excluded lists that the visitor is on. Lists match
// tracked contacts alone.
func excludedLists(m *ent.TargetedMessage, visit Visit) []string {
	if !visit.TrackedContact {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.ExcludeListIds), func(list string) bool { return !visit.isOn(list) })
}

func (v Visit) isOn(listID string) bool { return slices.Contains(v.ListIDs, listID) }
