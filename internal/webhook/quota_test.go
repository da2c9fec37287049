package webhook

import "testing"

// NT-4: endpoints of one account leave room for those of others.
func TestQuota(t *testing.T) {
	t.Parallel()
	q := newQuota(3, 2)
	for i, step := range []struct {
		of   string
		want bool
	}{{"a", true}, {"a", true}, {"a", false}, {"b", true}, {"b", false}} {
		if got := q.takeOne(step.of); got != step.want {
			t.Errorf("step %d: got %v", i, got)
		}
	}
	q.giveOneBack("a")
	if !q.takeOne("b") || q.takeOne("a") {
		t.Error("what is given back is not there for the other one alone")
	}
}
