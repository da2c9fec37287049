package main

import (
	"context"
	"errors"
	"slices"
	"time"
)

// starts is how often the start is measured.
const starts = 5

var startBudget = budget{median: 2 * time.Second}

// measureStart measures how long it takes from the command to /readyz saying
// yes, with nothing there yet: no tables, no account, no key.
func measureStart(ctx context.Context, p *program, kind string, r *report) error {
	progress("measuring start-up")
	var s sample
	for range starts {
		took, err := p.start(ctx, kind)
		if err != nil {
			return err
		}
		s.latencies = append(s.latencies, took)
	}
	slices.Sort(s.latencies)
	r.addResult(result{Operation: "start-up, empty", P50: milliseconds(s.percentile(50)), P99: milliseconds(s.percentile(99))}, startBudget)
	return nil
}

func (p *program) start(ctx context.Context, kind string) (took time.Duration, err error) {
	d, err := makeDatabase(ctx, kind, p.dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	began := time.Now()
	s, err := p.serve(ctx, d)
	if err != nil {
		return 0, err
	}
	return time.Since(began), s.stop()
}
