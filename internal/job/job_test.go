package job_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/internal/clock"
	"parley/internal/job"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience bounds a wait that a broken queue would not end.
const patience = 60 * time.Second

type noteArgs struct {
	N int `json:"n"`
}

func (noteArgs) Kind() string { return "note" }

var errNo = errors.New("no")

// running starts q and stops it with the test.
func running(t *testing.T, q *job.Queue) {
	t.Helper()
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
	}
	panic("unreachable")
}

func enqueue(t *testing.T, f *testkit.Fixture, jobs ...store.Job) {
	t.Helper()
	f.Write(f.System, func(_ context.Context, tx *store.Tx) error {
		for _, j := range jobs {
			tx.Enqueue(j)
		}
		return nil
	})
}

func eachQueue(t *testing.T, test func(t *testing.T, f *testkit.Fixture, q *job.Queue)) {
	t.Helper()
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		test(t, f, job.New(s, slog.New(slog.DiscardHandler)))
	})
}

// A job exists if and only if its transaction was committed, and runs once
// although many write at the same time.
func TestJobsFollowTheCommit(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		const writers = 200
		runs := make(chan int, 2*writers)
		job.Register(q, func(ctx context.Context, args noteArgs) error {
			if v := viewer.FromContext(ctx); v != nil {
				t.Errorf("a job's context has the viewer %v", v)
			}
			runs <- args.N
			return nil
		}, job.Options{})
		running(t, q)
		var group sync.WaitGroup
		for n := range writers {
			group.Go(func() {
				err := f.Store.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
					tx.Append(ctx, store.Event{Type: vocab.AccountUpdated})
					tx.Enqueue(store.Job{Args: noteArgs{N: n}})
					if n%4 == 0 {
						return errNo
					}
					return tx.Client.Account.UpdateOneID(f.AccountID).SetName("Renamed").Exec(ctx)
				})
				if want := n%4 == 0; errors.Is(err, errNo) != want || !want && err != nil {
					t.Errorf("transaction %d: %v", n, err)
				}
			})
		}
		group.Wait()
		seen := map[int]int{}
		for range writers * 3 / 4 {
			seen[receive(t, runs)]++
		}
		for n := range writers {
			want := 1
			if n%4 == 0 {
				want = 0
			}
			if seen[n] != want {
				t.Errorf("job %d ran %d times, want %d", n, seen[n], want)
			}
		}
		left, err := f.Store.Numbers(f.System, "SELECT COUNT(*) FROM river_job")
		if err != nil || left[0] != writers*3/4 {
			t.Errorf("%d jobs are stored, want %d (%v)", left, writers*3/4, err)
		}
	})
}

func TestRetries(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		var attempts atomic.Int32
		last := make(chan bool, 3)
		job.Register(q, func(ctx context.Context, _ noteArgs) error {
			last <- job.LastAttempt(ctx)
			switch attempts.Add(1) {
			case 1:
				panic("a bug in the worker")
			default:
				return errNo
			}
		}, job.Options{MaxAttempts: 2})
		running(t, q)
		enqueue(t, f, store.Job{Args: noteArgs{}})
		if receive(t, last) {
			t.Error("the first of two attempts said it was the last")
		}
		if !receive(t, last) {
			t.Error("the second of two attempts did not know it was the last")
		}
	})
}

// The log gets what fails: which kind of job it was, and why; of periodic work
// which one.
func TestErrorsNameTheJob(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		failed := make(errorLog, 100)
		q := job.New(s, slog.New(failed))
		job.Register(q, func(context.Context, noteArgs) error { return errNo }, job.Options{MaxAttempts: 1})
		job.Register(q, func(context.Context, hopelessArgs) error { return job.GiveUp(errNo) }, job.Options{})
		job.Register(q, func(context.Context, renamedArgs) error { panic("a bug in the worker") }, job.Options{MaxAttempts: 1})
		q.Periodic("sweep-notes", time.Hour, func(context.Context) error { return errNo })
		running(t, q)
		enqueue(t, f, store.Job{Args: noteArgs{}}, store.Job{Args: renamedArgs{}}, store.Job{Args: hopelessArgs{}})
		got := []string{receive(t, failed), receive(t, failed), receive(t, failed), receive(t, failed)}
		slices.Sort(got)
		want := []string{"a bug in the worker", "job hopeless: JobCancelError: no", "job note: no", "job periodic: sweep-notes: no"}
		if !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

type hopelessArgs struct{}

func (hopelessArgs) Kind() string { return "hopeless" }

// errorLog is a log of which only the errors matter.
type errorLog chan string

func (l errorLog) Enabled(context.Context, slog.Level) bool { return true }
func (l errorLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l errorLog) WithGroup(string) slog.Handler            { return l }

func (l errorLog) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" || a.Key == "panic" {
			l <- a.Value.String()
		}
		return true
	})
	return nil
}

// A slice of the work that asks for another is no failed attempt.
func TestAgain(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		slices := make(chan int32, 3)
		var done atomic.Int32
		job.Register(q, func(context.Context, noteArgs) error {
			n := done.Add(1)
			slices <- n
			if n < 3 {
				return job.Again(0)
			}
			return nil
		}, job.Options{MaxAttempts: 1})
		running(t, q)
		enqueue(t, f, store.Job{Args: noteArgs{}})
		for want := range int32(3) {
			if got := receive(t, slices); got != want+1 {
				t.Fatalf("slice %d, want %d", got, want+1)
			}
		}
	})
}

func TestScheduled(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		runs := make(chan int, 3)
		job.Register(q, func(_ context.Context, args noteArgs) error { runs <- args.N; return nil }, job.Options{})
		running(t, q)
		now := f.Store.Clock().Now()
		enqueue(t, f, store.Job{Args: noteArgs{N: 1}, At: now.Add(2 * time.Second)}, store.Job{Args: noteArgs{N: 2}, At: now.Add(time.Hour)}, store.Job{Args: noteArgs{N: 3}})
		if first, second := receive(t, runs), receive(t, runs); first != 3 || second != 1 {
			t.Errorf("ran %d, %d; want 3 at once, then 1", first, second)
		}
		if f.Store.Clock().Now().Before(now.Add(2 * time.Second)) {
			t.Error("a scheduled job ran before its time")
		}
	})
}

// OP-2: what a killed node was doing is done by another, or after its restart.
func TestRescue(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		runs := make(chan int, 1)
		job.Register(q, func(_ context.Context, args noteArgs) error { runs <- args.N; return nil }, job.Options{})
		enqueue(t, f, store.Job{Args: noteArgs{N: 7}})
		died := f.Store.Clock().Now().Add(-time.Minute)
		lost := "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = '" + died.Format("2006-01-02 15:04:05.000") + "'"
		leader := "INSERT INTO river_leader (leader_id, name, elected_at, expires_at) VALUES ('dead', 'default', '2020-01-01', '2020-01-02')"
		for _, statement := range []string{lost, leader} {
			if _, err := f.Store.Writer().Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
		running(t, q)
		if n := receive(t, runs); n != 7 {
			t.Errorf("job %d was rescued, want 7", n)
		}
	})
}

// Periodic work runs on one node of two.
func TestPeriodic(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		turns := make(chan struct{}, 100)
		var busy atomic.Bool
		node := func(s *store.Store) {
			q := job.New(s, slog.New(slog.DiscardHandler))
			q.Periodic("tidy", time.Second, func(context.Context) error {
				if !busy.CompareAndSwap(false, true) {
					t.Error("periodic work overlaps with itself")
				}
				turns <- struct{}{}
				busy.Store(false)
				return errNo
			})
			running(t, q)
		}
		node(s)
		if s.Postgres() {
			other, err := store.Open(t.Context(), db.Options(""))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = other.Close() })
			node(other)
		}
		for range 3 {
			receive(t, turns)
		}
	})
}

func TestStop(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		started, release, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
		job.Register(q, func(ctx context.Context, args noteArgs) error {
			close(started)
			<-release
			close(ended)
			return ctx.Err()
		}, job.Options{})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, f, store.Job{Args: noteArgs{}})
		receive(t, started)
		stopped := make(chan error, 1)
		go func() { stopped <- q.Stop(context.Background()) }()
		select {
		case err := <-stopped:
			t.Fatalf("Stop did not wait for the running job: %v", err)
		default:
		}
		close(release)
		if err := receive(t, stopped); err != nil {
			t.Error(err)
		}
		select {
		case <-ended:
		default:
			t.Error("Stop returned before the job ended")
		}
	})
}

// A job that does not end is canceled when Stop's patience does.
func TestStopCancels(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		started, ended := make(chan struct{}), make(chan struct{})
		job.Register(q, func(ctx context.Context, args noteArgs) error {
			close(started)
			<-ctx.Done()
			close(ended)
			return ctx.Err()
		}, job.Options{})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		enqueue(t, f, store.Job{Args: noteArgs{}})
		receive(t, started)
		impatient, cancel := context.WithCancel(context.Background())
		cancel()
		if err := q.Stop(impatient); !errors.Is(err, context.Canceled) {
			t.Errorf("Stop returned %v, want its context's error", err)
		}
		receive(t, ended)
	})
}

// renamedArgs were called old_note when jobs of theirs were queued.
type renamedArgs struct {
	N int `json:"n"`
}

func (renamedArgs) Kind() string          { return "renamed-note" }
func (renamedArgs) KindAliases() []string { return []string{"old_note"} }

// An upgrade loses no job that was queued under the kind's old name.
func TestJobsOfARenamedKindStillRun(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, q *job.Queue) {
		runs := make(chan int, 2)
		job.Register(q, func(_ context.Context, args renamedArgs) error { runs <- args.N; return nil }, job.Options{})
		enqueue(t, f, store.Job{Args: renamedArgs{N: 7}})
		if _, err := f.Store.Writer().Exec("UPDATE river_job SET kind = 'old_note' WHERE kind = 'renamed-note'"); err != nil {
			t.Fatal(err)
		}
		running(t, q)
		if n := receive(t, runs); n != 7 {
			t.Errorf("the job of the old name ran with %d, want 7", n)
		}
		enqueue(t, f, store.Job{Args: renamedArgs{N: 8}})
		if n := receive(t, runs); n != 8 {
			t.Errorf("the job of the new name ran with %d, want 8", n)
		}
	})
}

type snakeArgs struct{}

func (snakeArgs) Kind() string { return "snake_case" }

// Kinds are written in one way.
func TestKindsHaveHyphens(t *testing.T) {
	eachQueue(t, func(t *testing.T, _ *testkit.Fixture, q *job.Queue) {
		defer func() {
			want := `the job kind "snake_case" is not written in lower case with hyphens, such as send-mail`
			if got := recover(); got != want {
				t.Errorf("got the panic %v, want %s", got, want)
			}
		}()
		job.Register(q, func(context.Context, snakeArgs) error { return nil }, job.Options{})
	})
}

// A job that cannot be stored fails its own transaction alone.
func TestUnknownKindIsRefused(t *testing.T) {
	eachQueue(t, func(t *testing.T, f *testkit.Fixture, _ *job.Queue) {
		var group sync.WaitGroup
		for n := range 16 {
			group.Go(func() {
				err := f.Store.WithTx(f.System, func(ctx context.Context, tx *store.Tx) error {
					tx.Append(ctx, store.Event{Type: vocab.AccountUpdated})
					if n == 8 {
						tx.Enqueue(store.Job{Args: noteArgs{}})
					}
					return nil
				})
				if (err != nil) != (n == 8) {
					t.Errorf("transaction %d: %v", n, err)
				}
			})
		}
		group.Wait()
		heads, err := f.Store.Numbers(f.System, "SELECT sequence FROM account_sequences WHERE id = $1", f.AccountID)
		if err != nil || heads[0] != 15 {
			t.Errorf("the log has %d events, want 15 (%v)", heads, err)
		}
	})
}
