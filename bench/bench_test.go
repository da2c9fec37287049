package main

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred sample
	for i := range 100 {
		hundred.latencies = append(hundred.latencies, time.Duration(i+1))
	}
	three := sample{latencies: []time.Duration{1, 2, 3}}
	for _, tc := range []struct {
		of        sample
		p50, p99  time.Duration
		perSecond float64
	}{
		{sample{}, 0, 0, 0},
		{three, 2, 3, 0},
		{hundred, 50, 99, 0},
		{sample{latencies: three.latencies, elapsed: 2 * time.Second}, 2, 3, 1.5},
	} {
		got := []any{tc.of.percentile(50), tc.of.percentile(99), tc.of.perSecond()}
		if diff := cmp.Diff([]any{tc.p50, tc.p99, tc.perSecond}, got); diff != "" {
			t.Errorf("%d latencies: %s", len(tc.of.latencies), diff)
		}
	}
}

// The first error ends a run and is what it returns.
func TestRunStopsAtAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	_, err := load{clients: 3}.run(t.Context(), func(ctx context.Context, caller int) error {
		if caller == 1 {
			return broken
		}
		<-ctx.Done()
		return nil
	}, time.Hour)
	if !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// Each work has its sample, in which every call of its turns is counted.
func TestAlternate(t *testing.T) {
	t.Parallel()
	var first, second atomic.Int64
	count := func(n *atomic.Int64) work {
		return func(context.Context, int) error { n.Add(1); return nil }
	}
	samples, err := load{clients: 2, duration: 4 * time.Millisecond, rounds: 2}.alternate(t.Context(), []work{count(&first), count(&second)})
	if err != nil {
		t.Fatal(err)
	}
	for i, called := range []int64{first.Load(), second.Load()} {
		if n := int64(len(samples[i].latencies)); n == 0 || n > called {
			t.Errorf("%d latencies of %d calls", n, called)
		}
		if !slices.IsSorted(samples[i].latencies) {
			t.Error("latencies are not sorted")
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	b := budget{ratio: 0.25, perSecond: 1000, p99: 10 * time.Millisecond, median: time.Second}
	if want := ">= 0.25, >= 1000/s, p99 <= 10ms, p50 <= 1s"; b.String() != want {
		t.Errorf("got %q, want %q", b, want)
	}
	for _, tc := range []struct {
		found result
		want  []string
	}{
		{result{Ratio: 0.25, PerSecond: 1000, P99: 10, P50: 1000}, []string{}},
		{result{Ratio: 0.24, PerSecond: 999, P99: 10.1, P50: 1000.1}, []string{"ratio", "rate", "p99", "p50"}},
	} {
		if diff := cmp.Diff(tc.want, b.unmet(tc.found)); diff != "" {
			t.Error(diff)
		}
	}
	if missed := (budget{}).unmet(result{}); len(missed) > 0 {
		t.Errorf("no budget, but %v are unmet", missed)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	r := report{Results: []result{
		{Operation: "list", Conversations: 10, PerSecond: 260}, {Operation: "list", Conversations: 200, PerSecond: 200},
		{Operation: "slow", Conversations: 10, PerSecond: 280}, {Operation: "slow", Conversations: 200, PerSecond: 200},
	}}
	r.compare(10, 200)
	want := []quotient{
		{Operation: "list", Small: 10, Large: 200, Quotient: 1.3, Budget: "<= 1.3", Unmet: []string{}},
		{Operation: "slow", Small: 10, Large: 200, Quotient: 1.4, Budget: "<= 1.3", Unmet: []string{"quotient"}},
	}
	if diff := cmp.Diff(want, r.Scale); diff != "" {
		t.Error(diff)
	}
}

// What was acknowledged was kept, and stands in the log without a gap (NT-3).
func TestLogGrowth(t *testing.T) {
	t.Parallel()
	before := logState{head: 10, events: 10, messages: 4, created: 4}
	for name, tc := range map[string]struct {
		after logState
		fails bool
	}{
		"exact":           {logState{13, 13, 7, 7}, false},
		"an event beside": {logState{14, 14, 7, 7}, false},
		"one lost":        {logState{12, 12, 6, 6}, true},
		"one too many":    {logState{14, 14, 8, 8}, true},
		"one untold":      {logState{12, 12, 7, 6}, true},
		"a gap":           {logState{14, 13, 7, 7}, true},
	} {
		if err := before.grownTo(tc.after, 3); (err != nil) != tc.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTurns(t *testing.T) {
	t.Parallel()
	next := turns(2, 4)
	var got []int
	for range 5 {
		got = append(got, next(0), next(1))
	}
	if diff := cmp.Diff([]int{0, 2, 1, 3, 2, 0, 3, 1, 0, 2}, got); diff != "" {
		t.Error(diff)
	}
}
