package job_test

import (
	"testing"

	"parley/internal/job"
)

// NT-4, CC-2: one account leaves something for others.
func TestQuota(t *testing.T) {
	t.Parallel()
	q := job.NewQuota(3, 2)
	for i, step := range []struct {
		of   string
		want bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"b", false}} {
		if got := q.TakeOne(step.of); got != step.want {
			t.Errorf("step %d: got %v", i, got)
		}
	}
	if q.TakeOne("c") {
		t.Error("there is some left, although three were taken")
	}
	q.GiveOneBack("a")
	if !q.TakeOne("b") || q.TakeOne("a") {
		t.Error("what is given back is not there for the other one only")
	}
}
