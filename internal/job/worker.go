package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/viewer"
)

// worker is River's worker around a function of ours.
type worker[T Args] struct {
	river.WorkerDefaults[T]
	run     func(context.Context, T) error
	timeout time.Duration
	log     *slog.Logger
}

// Work runs the job. Its error says which kind of job failed.
func (w worker[T]) Work(ctx context.Context, j *river.Job[T]) error {
	ctx = viewer.NewContext(ctx, nil)
	ctx = context.WithValue(ctx, lastKey{}, j.Attempt >= j.MaxAttempts)
	err := w.run(ctx, j.Args)
	if err == nil {
		return nil
	}
	err = fmt.Errorf("job %s: %w", j.Args.Kind(), err)
	if given := (*river.JobCancelError)(nil); errors.As(err, &given) {
		w.log.WarnContext(ctx, "a job was given up: trying again would not help", "error", err, "kind", j.Kind, "job", j.ID)
	}
	return err
}

// Timeout is the kind's; zero: the queue's.
func (w worker[T]) Timeout(*river.Job[T]) time.Duration { return w.timeout }

type lastKey struct{}

// LastAttempt reports whether the job is given up if this run fails.
func LastAttempt(ctx context.Context) bool {
	last, _ := ctx.Value(lastKey{}).(bool)
	return last
}

// Again is what a worker returns when it did a slice of the work and wants to
// run again after the given time, 0 for at once. It counts as no attempt.
func Again(after time.Duration) error { return river.JobSnooze(after) }

// GiveUp is what a worker returns when trying again would not help.
func GiveUp(err error) error { return river.JobCancel(err) }
