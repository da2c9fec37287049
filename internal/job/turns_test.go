package job_test

import (
	"testing"

	"parley/internal/job"
	"parley/internal/testkit/check"
)

// CC-2: a place that becomes free is for the account that waits for longest, whoever asks; an
// account has only so many, and waits once.
func TestTurns(t *testing.T) {
	t.Parallel()
	turns := job.NewTurns(3, 2)
	check.Same(t, []string{turns.TakePlace("a"), turns.TakePlace("a"), turns.TakePlace("a")}, []string{"a", "a", ""})
	check.Same(t, turns.OthersWait("a"), false) // it has all that it may have
	check.Same(t, []string{turns.TakePlace("b"), turns.TakePlace("c"), turns.TakePlace("c"), turns.TakePlace("d")}, []string{"b", "", "", ""})
	check.Same(t, turns.OthersWait("a"), true)
	turns.GiveBack("a")
	check.Same(t, turns.TakePlace("a"), "c") // who asks waits behind those who asked before
	check.Same(t, []string{turns.PassOn("a", true), turns.PassOn("c", false), turns.PassOn("d", false)}, []string{"d", "a", ""})
	turns.GiveBack("b")
	turns.GiveBack("")
	check.Same(t, []string{turns.TakePlace("e"), turns.TakePlace("e"), turns.TakePlace("e")}, []string{"e", "e", ""})
	check.Same(t, turns.OthersWait("e"), false)
}
