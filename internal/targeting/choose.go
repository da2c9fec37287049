package targeting

import (
	"parley/ent"
	"parley/ent/schema"
	"parley/internal/vocab"
)

// Visit is a visitor on a page: all that Choose may look at.
type Visit struct {
	// PageURL is the page's address.
	PageURL string
	// TrackedContact: the visitor's token is linked to a contact (TM-2).
	TrackedContact bool
	// SmallScreen: a screen as a phone's (TM-6).
	SmallScreen bool
}

// Choose returns what a visitor sees: of the messages that are on and match the
// visit the one with the lowest position, or nil (TM-1). The order of messages
// does not matter. Widget, preview and tests all ask it, so they cannot differ.
func Choose(messages []*ent.TargetedMessage, visit Visit) *ent.TargetedMessage {
	var first *ent.TargetedMessage
	for _, m := range messages {
		if m.State == vocab.TargetedOn && (first == nil || m.Position < first.Position) && matches(m, visit) {
			first = m
		}
	}
	return first
}

func matches(m *ent.TargetedMessage, visit Visit) bool {
	return meets(m.Audience, visit) && anyHolds(m.Rules, visit)
}

// meets decides the audience (TM-2). One that cannot be decided meets nobody.
func meets(a vocab.Audience, visit Visit) bool {
	switch a {
	case vocab.AudienceEveryone:
		return true
	case vocab.AudienceAnonymous:
		return !visit.TrackedContact
	case vocab.AudienceTrackedContacts:
		return visit.TrackedContact
	}
	return false
}

// anyHolds joins the rules by OR (TM-3).
func anyHolds(rules []schema.Targeting, visit Visit) bool {
	for _, r := range rules {
		if holds(r, visit) {
			return true
		}
	}
	return false
}

// holds decides a rule. One that cannot be decided does not hold.
func holds(r schema.Targeting, _ Visit) bool { return r.Operator == vocab.OpAllPages }
