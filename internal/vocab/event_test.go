package vocab_test

import (
	"slices"
	"strings"
	"testing"

	"parley/internal/vocab"
)

// NT-3: each type of event has a row that says what those who follow the log do
// about it.
func TestEachEventTypeHasARow(t *testing.T) {
	t.Parallel()
	declared := constants[vocab.EventType](t, "EventType")
	if got := vocab.EventTypesWithRow(); !sameSet(got, declared) {
		for _, e := range declared {
			if !slices.Contains(got, e) {
				t.Errorf("%s has no row", e)
			}
		}
		t.Fatalf("got %d rows, want %d", len(got), len(declared))
	}
	for _, e := range declared {
		if e.MovesCounts() && !e.ChangesRow() {
			t.Errorf("%s moves counts, but changes no row", e)
		}
		if aboutMessage := strings.HasPrefix(string(e), "MESSAGE_"); (e.Message() != "") != aboutMessage {
			t.Errorf("%s: got message %q", e, e.Message())
		}
	}
}

// NT-5: while a later version runs beside this one, what its events changed is
// read again, and no one is cut off.
func TestUnknownEventType(t *testing.T) {
	t.Parallel()
	later := vocab.EventType("OF_A_LATER_VERSION")
	if !later.ChangesRow() || !later.MovesCounts() || !later.ChangesContent() || !later.ChangesAuthority() {
		t.Error("an unknown event changes nothing, want it to be read again")
	}
	if later.HidesFromVisitor() || later.Message() != "" || later.Status() != "" {
		t.Error("an unknown event means something, want nothing")
	}
}
