package proposal

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/crm"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/vocab"
)

// AG-3: an action that was stored is what was proposed: what was left out stays so, and null clears.
func TestActionsAreKept(t *testing.T) {
	t.Parallel()
	target := conversation.On("conversation_1")
	revision := 3
	for _, a := range []ProposedActionInput{
		{AssignConversation: &conversation.AssignConversationInput{Target: target, Assignment: conversation.Assignment{UserID: opt.Null[string]()}}},
		{AssignConversation: &conversation.AssignConversationInput{Target: target, Assignment: conversation.Assignment{TeamID: opt.Of("team_1")}}},
		{CloseConversation: &conversation.CloseConversationInput{Target: conversation.Target{ConversationID: "c", ExpectedRevision: &revision}}},
		{SnoozeConversation: &conversation.SnoozeConversationInput{Target: target, Until: clock.Micros(1_700_000_000_000_001)}},
		{TagConversation: &conversation.TagConversationInput{Target: target, Tags: []string{"a", "b"}}},
		{SetConversationPriority: &conversation.SetConversationPriorityInput{Target: target, Priority: vocab.PriorityHigh}},
		{SetConversationProperties: &conversation.SetConversationPropertiesInput{Target: target, Properties: []property.PropertyValueInput{
			{Name: "n", Number: opt.Of(1.5)}, {Name: "t", Text: opt.Null[string]()}, {Name: "at", Time: opt.Of(clock.Micros(7))}, {Name: "c", Choices: opt.List("x")},
		}}},
		{CreateTicket: &crm.CreateTicketInput{TicketFacts: crm.TicketFacts{Subject: opt.Of("S"), DueAt: opt.Of(clock.Micros(9)), Priority: opt.Of(vocab.PriorityLow),
			Properties: opt.List(vocab.TicketProperty{})}}},
	} {
		raw, err := a.keepAction()
		if err != nil {
			t.Fatal(err)
		}
		var again ProposedActionInput
		if again, err = readAction(raw); err != nil {
			t.Fatal(err)
		}
		second, err := again.keepAction()
		if diff := cmp.Diff(string(raw), string(second)); err != nil || diff != "" || !reflect.DeepEqual(a.name(), again.name()) {
			t.Errorf("%v %s", err, diff)
		}
		if strings.Contains(string(raw), "ID") {
			t.Errorf("not as the SDL has it: %s", raw)
		}
	}
}

func TestEditedShare(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a b c ", 3_000)
	for _, c := range []struct {
		before, after string
		want          float64
	}{
		{"a b c d", "a b c d", 0}, {"a b c d", "a x c d", 0.25}, {"a b", "a b c d", 0.5}, {"a b", "x y", 1}, {"a", "", 1}, {long, "x " + long + " y", 2.0 / 9002},
	} {
		if got := editedShare(c.before, c.after); got < c.want-1e-9 || got > c.want+1e-9 && len(c.before) < 100 || got > 1 {
			t.Errorf("%.20q to %.20q: got %v, want %v", c.before, c.after, got, c.want)
		}
	}
}
