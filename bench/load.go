package main

import (
	"context"
	"slices"
	"sync"
	"time"
)

// work is one request of a caller, 0 to clients-1, and the check of its answer.
type work func(ctx context.Context, caller int) error

// load is a closed loop: each caller sends its next request when the last one
// was answered.
type load struct {
	clients  int
	duration time.Duration
	rounds   int
	// meter, where set, reports how much processor time the server has used.
	meter func() time.Duration
}

// warmUp is how long each work runs before it is measured.
const warmUp = 500 * time.Millisecond

// sample is what was measured of one work.
type sample struct {
	elapsed   time.Duration
	cpu       time.Duration   // the server's
	latencies []time.Duration // sorted
}

// alternate lets the works take turns and returns a sample of each.
func (l load) alternate(ctx context.Context, works []work) ([]sample, error) {
	turn := l.duration / time.Duration(l.rounds)
	samples := make([]sample, len(works))
	for _, w := range works {
		if _, err := l.run(ctx, w, min(turn/5, warmUp)); err != nil {
			return nil, err
		}
	}
	for range l.rounds {
		for i, w := range works {
			s, err := l.run(ctx, w, turn)
			if err != nil {
				return nil, err
			}
			samples[i].elapsed += s.elapsed
			samples[i].cpu += s.cpu
			samples[i].latencies = append(samples[i].latencies, s.latencies...)
		}
	}
	for _, s := range samples {
		slices.Sort(s.latencies)
	}
	return samples, nil
}

// run has all callers work for a time and waits for their last answers. The
// first error ends it: a benchmark of errors is worth nothing.
func (l load) run(ctx context.Context, w work, duration time.Duration) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	latencies := make([][]time.Duration, l.clients)
	used := l.used()
	began := time.Now()
	var callers sync.WaitGroup
	for caller := range l.clients {
		callers.Go(func() {
			for last := time.Now(); last.Sub(began) < duration && ctx.Err() == nil; {
				if err := w(ctx, caller); err != nil {
					cancel(err)
					return
				}
				now := time.Now()
				latencies[caller] = append(latencies[caller], now.Sub(last))
				last = now
			}
		})
	}
	callers.Wait()
	return sample{elapsed: time.Since(began), cpu: l.used() - used, latencies: slices.Concat(latencies...)}, context.Cause(ctx)
}

func (l load) used() time.Duration {
	if l.meter == nil {
		return 0
	}
	return l.meter()
}

// cpuEach is the server's processor time for one request.
func (s sample) cpuEach() time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.cpu / time.Duration(len(s.latencies))
}

func (s sample) perSecond() float64 {
	if s.elapsed <= 0 {
		return 0
	}
	return float64(len(s.latencies)) / s.elapsed.Seconds()
}

// percentile returns the latency that p of 100 requests did not exceed.
func (s sample) percentile(p int) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.latencies[(len(s.latencies)*p+99)/100-1]
}
