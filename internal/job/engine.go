package job

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"parley/internal/id"
	"parley/internal/store"
)

const (
	// poll is how soon a job is noticed. Asking is cheap: one seek in an index.
	poll     = 200 * time.Millisecond
	cooldown = 20 * time.Millisecond
	// rescueAfter is when a job's node counts as dead, if the job's kind has no
	// longer timeout.
	rescueAfter = 20 * time.Second
	// maxRunning jobs run at a time on a node.
	maxRunning = 16
	// keepDone is how long finished jobs can be looked up in the database.
	keepDone = time.Hour
)

// engine is River on one of the databases.
type engine interface {
	insert(ctx context.Context, raw *store.Raw, jobs []river.InsertManyParams) error
	start(ctx context.Context) error
	stop(ctx context.Context) error
	cancel(ctx context.Context) error
}

func newEngine(q *Queue) engine {
	if q.store.Postgres() {
		e := newRiver(q, riverpgxv5.New(q.store.Pool()))
		e.tx = func(raw *store.Raw) pgx.Tx { return joined{raw.PGX} }
		e.recover = func(context.Context) error { return nil }
		return e
	}
	// A handle of its own would starve behind the store's writer.
	e := newRiver(q, riversqlite.New(q.store.Writer()))
	e.tx = func(raw *store.Raw) *sql.Tx { return raw.SQL }
	e.recover = q.takeOver
	return e
}

// takeOver frees what a process that died held of a SQLite database, which
// belongs to one process at a time.
func (q *Queue) takeOver(ctx context.Context) error {
	_, jobs := q.store.Writer().ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'")
	_, leader := q.store.Writer().ExecContext(ctx, "DELETE FROM river_leader")
	return errors.Join(jobs, leader)
}

type riverEngine[T any] struct {
	queue    *Queue
	driver   riverdriver.Driver[T]
	tx       func(*store.Raw) T
	recover  func(context.Context) error
	inserter func() (*river.Client[T], error)
	client   *river.Client[T]
}

// newRiver makes the client that inserts. It checks no kinds, which Queue does,
// and sends no notifications, since no one listens.
func newRiver[T any](q *Queue, driver riverdriver.Driver[T]) *riverEngine[T] {
	quiet := &river.Config{Logger: q.log, FetchCooldown: 24 * time.Hour, FetchPollInterval: 24 * time.Hour}
	return &riverEngine[T]{queue: q, driver: driver, inserter: sync.OnceValues(func() (*river.Client[T], error) {
		return river.NewClient(driver, quiet)
	})}
}

func (e *riverEngine[T]) insert(ctx context.Context, raw *store.Raw, jobs []river.InsertManyParams) error {
	client, err := e.inserter()
	if err != nil {
		return err
	}
	_, err = client.InsertManyFastTx(ctx, e.tx(raw), jobs)
	return err
}

func (e *riverEngine[T]) start(ctx context.Context) error {
	var err error
	if e.client, err = river.NewClient(e.driver, &river.Config{
		ID:                          id.New("node"),
		Logger:                      e.queue.log,
		ErrorHandler:                failures{e.queue.log},
		Workers:                     e.queue.workers,
		PeriodicJobs:                e.queue.schedule,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: maxRunning}},
		PollOnly:                    true,
		FetchPollInterval:           poll,
		FetchCooldown:               cooldown,
		JobTimeout:                  defaultTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		CompletedJobRetentionPeriod: keepDone,
	}); err != nil {
		return err
	}
	if err := e.recover(ctx); err != nil {
		return err
	}
	return e.client.Start(context.WithoutCancel(ctx))
}

func (e *riverEngine[T]) stop(ctx context.Context) error {
	if e.client == nil {
		return nil
	}
	return e.client.Stop(ctx)
}

func (e *riverEngine[T]) cancel(ctx context.Context) error { return e.client.StopAndCancel(ctx) }
