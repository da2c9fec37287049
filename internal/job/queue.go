package job

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"

	"parley/internal/secret"
	"parley/internal/store"
)

// Args is what a job is given. It travels as JSON: ids rather than contents.
// Kind names the work in words joined by hyphens: queued jobs carry it. When it
// is renamed, the old name goes to KindAliases, so that those still run.
type Args = river.JobArgs

// kebab is how kinds are written.
var kebab = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// Options of a kind of work. The zero value is good for most.
type Options struct {
	// MaxAttempts is how often the work is tried before it is given up, with
	// growing pauses from a second on; zero: 25 times, over three weeks.
	MaxAttempts int
	// Timeout is after how long a run's context ends; zero: 15 seconds. A dead
	// node's job is taken over no sooner.
	Timeout time.Duration
	// Keys seal the arguments while they wait, for those that name secrets; nil:
	// they wait as they are.
	Keys *secret.Keyring
}

const defaultTimeout = 15 * time.Second

// Queue runs the registered work on this node. Its zero value is not usable.
type Queue struct {
	store    *store.Store
	log      *slog.Logger
	workers  *river.Workers
	periodic map[string]func(context.Context) error
	schedule []*river.PeriodicJob
	engine   engine

	mu    sync.RWMutex
	kinds map[string]Options
}

// New returns a queue without workers and registers itself with the store.
// Jobs may be enqueued at once; they run when Start was called, here or on
// another node.
func New(s *store.Store, log *slog.Logger) *Queue {
	q := &Queue{
		store: s, log: slog.New(warnings{log.Handler()}), workers: river.NewWorkers(),
		periodic: map[string]func(context.Context) error{}, kinds: map[string]Options{},
	}
	q.engine = newEngine(q)
	river.AddWorker(q.workers, worker[periodicArgs]{run: q.runPeriodic, timeout: periodicTimeout, log: q.log})
	s.UseJobs(q)
	return q
}

// Register has work done for each job with arguments of type T. It is called
// before Start, on every node that enqueues such jobs. It panics if the kind is
// registered already, or is not written in lower case with hyphens.
func Register[T Args](q *Queue, work func(ctx context.Context, args T) error, o Options) {
	var zero T
	if !kebab.MatchString(zero.Kind()) {
		panic(fmt.Sprintf("the job kind %q is not written in lower case with hyphens, such as send-mail", zero.Kind()))
	}
	if o.Keys == nil {
		river.AddWorker(q.workers, worker[T]{run: work, timeout: o.Timeout, log: q.log})
	} else {
		river.AddWorker(q.workers, worker[opened[T]]{timeout: o.Timeout, log: q.log, run: func(ctx context.Context, sealed opened[T]) error {
			args, err := sealed.args(o.Keys)
			if err != nil {
				return err
			}
			return work(ctx, args)
		}})
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.kinds[zero.Kind()] = o
}

// InsertJobs writes jobs into the group's transaction. A job of a kind that
// no one registered is refused: it would wait forever.
func (q *Queue) InsertJobs(ctx context.Context, raw *store.Raw, jobs []store.Job) error {
	params := make([]river.InsertManyParams, len(jobs))
	q.mu.RLock()
	defer q.mu.RUnlock()
	for i, j := range jobs {
		args, ok := j.Args.(Args)
		if !ok {
			return fmt.Errorf("%T is not a job's arguments: it has no Kind", j.Args)
		}
		o, ok := q.kinds[args.Kind()]
		if !ok {
			return fmt.Errorf("no worker is registered for jobs of kind %q", args.Kind())
		}
		if o.Keys != nil {
			sealed, err := seal(o.Keys, args)
			if err != nil {
				return err
			}
			args = sealed
		}
		params[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{MaxAttempts: o.MaxAttempts, ScheduledAt: j.At}}
	}
	return q.engine.insert(ctx, raw, params)
}

// Start begins to run jobs. Values of ctx reach the workers, its end does not:
// only Stop stops.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.engine.start(ctx); err != nil {
		return fmt.Errorf("start the job queue: %w", err)
	}
	return nil
}

// grace is how long jobs whose contexts were canceled may take to end.
const grace = 2 * time.Second

// Stop takes on no more jobs and waits for those that run. When ctx ends first,
// it cancels them; they will be tried again, and its error is returned.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.engine.stop(ctx)
	if err == nil {
		return nil
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if q.engine.cancel(last) != nil {
		q.log.WarnContext(ctx, "jobs still run after their cancellation")
	}
	return fmt.Errorf("stop the job queue: %w", err)
}

// warnings passes on what is worth a line in Parley's log.
type warnings struct{ slog.Handler }

// Enabled leaves out what only River finds worth telling.
func (w warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

// Handle leaves out what was interrupted because the queue stops.
func (w warnings) Handle(ctx context.Context, r slog.Record) error {
	interrupted := false
	r.Attrs(func(a slog.Attr) bool {
		interrupted = a.Key == "error" && strings.HasSuffix(a.Value.String(), context.Canceled.Error())
		return !interrupted
	})
	if interrupted {
		return nil
	}
	return w.Handler.Handle(ctx, r)
}

// WithAttrs keeps leaving it out.
func (w warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{w.Handler.WithAttrs(attrs)}
}

// WithGroup keeps leaving it out.
func (w warnings) WithGroup(name string) slog.Handler { return warnings{w.Handler.WithGroup(name)} }
