package job

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// periodicTimeout bounds one run of periodic work.
const periodicTimeout = time.Minute

type periodicArgs struct {
	Name string `json:"name"`
}

// Kind names periodic work of all names.
func (periodicArgs) Kind() string { return "periodic" }

// Periodic has work done soon after the start, and then in the given intervals
// of a second or more, on one node at a time: it never overlaps with itself.
// Work that fails waits for its next turn. The name has two letters or more and
// no spaces. It is called before Start.
func (q *Queue) Periodic(name string, every time.Duration, work func(ctx context.Context) error) {
	q.periodic[name] = work
	insert := func() (river.JobArgs, *river.InsertOpts) {
		return periodicArgs{Name: name}, &river.InsertOpts{
			MaxAttempts: 1,
			UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
				rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning,
				rivertype.JobStateRetryable, rivertype.JobStateScheduled,
			}},
		}
	}
	q.schedule = append(q.schedule, river.NewPeriodicJob(river.PeriodicInterval(every), insert,
		&river.PeriodicJobOpts{ID: name, RunOnStart: true}))
}

func (q *Queue) runPeriodic(ctx context.Context, args periodicArgs) error {
	work, ok := q.periodic[args.Name]
	if !ok {
		return GiveUp(fmt.Errorf("there is no longer any periodic work with the name %q", args.Name))
	}
	if err := work(ctx); err != nil {
		return fmt.Errorf("%s: %w", args.Name, err)
	}
	return nil
}
