package vocab_test

import (
	"slices"
	"testing"

	"parley/internal/vocab"
)

// Each kind of channel has a row that says how replies reach the contact and by
// what its conversations can be routed.
func TestEachKindHasAbilities(t *testing.T) {
	t.Parallel()
	declared := constants[vocab.ChannelKind](t, "ChannelKind")
	if got := vocab.ChannelKinds(); !sameSet(got, declared) {
		t.Errorf("got rows for %v, want %v", got, declared)
	}
	for _, k := range declared {
		can := k.Abilities()
		if can.Kind != k || can.RepliesLeave == "" || len(can.RoutedBy) == 0 {
			t.Errorf("%s: got %+v, want a carrier and conditions", k, can)
		}
	}
	if can := vocab.ChannelKind("FAX").Abilities(); can.Kind != "" || can.MessagesEditable {
		t.Errorf("an unknown kind: got %+v, want nothing", can)
	}
}

// RT-1: each condition is on something that conversations of some kind have.
func TestEachConditionRoutesSomething(t *testing.T) {
	t.Parallel()
	for _, c := range constants[vocab.RoutingConditionKind](t, "RoutingConditionKind") {
		if kinds := vocab.KindsThat(func(a vocab.Abilities) bool { return a.Kind.RoutedBy(c) }); len(kinds) == 0 {
			t.Errorf("no kind of channel can be routed by %s", c)
		}
	}
}

// IN-2: a view is of one kind, or shows them all.
func TestViewsShowKinds(t *testing.T) {
	t.Parallel()
	all := vocab.ChannelKinds()
	for _, v := range constants[vocab.ConversationView](t, "ConversationView") {
		want := all
		switch v {
		case vocab.ViewChat:
			want = []vocab.ChannelKind{vocab.Chat}
		case vocab.ViewEmail:
			want = []vocab.ChannelKind{vocab.Email}
		}
		got := vocab.KindsThat(func(a vocab.Abilities) bool { return v.ShowsKind(a.Kind) })
		if !slices.Equal(got, want) {
			t.Errorf("%s shows %v, want %v", v, got, want)
		}
	}
}
