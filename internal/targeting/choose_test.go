package targeting_test

import (
	"slices"
	"testing"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/targeting"
	"parley/internal/vocab"
)

func message(name string, position int, change func(*ent.TargetedMessage)) *ent.TargetedMessage {
	m := &ent.TargetedMessage{
		ID: name, Position: position, State: vocab.TargetedOn, Audience: vocab.AudienceEveryone,
		Rules: []schema.Targeting{{Operator: vocab.OpAllPages}},
	}
	if change != nil {
		change(m)
	}
	return m
}

func audience(a vocab.Audience) func(*ent.TargetedMessage) {
	return func(m *ent.TargetedMessage) { m.Audience = a }
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
		"lists are not decided yet": {[]*ent.TargetedMessage{message("a", 1, audience(vocab.AudienceLists))}, tracked, ""},
		"no rule, no page":          {[]*ent.TargetedMessage{message("a", 1, func(m *ent.TargetedMessage) { m.Rules = nil })}, anonymous, ""},
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
