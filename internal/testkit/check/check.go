// Package check has the few checks that tests of all packages share.
package check

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/errs"
	"parley/internal/store"
)

// Ptr returns a pointer to a value.
func Ptr[T any](v T) *T { return &v }

// Tester is a test, or rapid's.
type Tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Must returns a function that returns the value, or ends the test.
func Must[T any](v T, err error) func(Tester) T {
	return func(t Tester) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Refused checks that a rule refused the call, on the given field.
func Refused(t *testing.T, err error, code errs.Code, field ...string) {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != code || !slices.Equal(e.Field, field) {
		t.Errorf("got %v, want %s on %v", err, code, field)
	}
}

// Same checks that two values are alike.
func Same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// NoError ends the test if there is an error.
func NoError(t Tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Faults lists what joined errors say, sorted, as "CODE path.of.field".
func Faults(err error) []string {
	var list []string
	var each func(error)
	each = func(err error) {
		var many interface{ Unwrap() []error }
		if e, ok := err.(*errs.Error); ok { //nolint:errorlint // each error of its own
			list = append(list, string(e.Code)+" "+strings.Join(e.Field, "."))
		} else if errors.As(err, &many) {
			for _, one := range many.Unwrap() {
				each(one)
			}
		}
	}
	each(err)
	slices.Sort(list)
	return list
}

// Jobs keeps what was enqueued in a store, in place of the job queue.
type Jobs struct {
	mu   sync.Mutex
	list []store.Job
}

// InsertJobs implements store.JobInserter.
func (j *Jobs) InsertJobs(_ context.Context, _ *store.Raw, more []store.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.list = append(j.list, more...)
	return nil
}

// All returns what was enqueued and not taken.
func (j *Jobs) All() []store.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.list)
}

// Taken returns what was enqueued since the last call.
func (j *Jobs) Taken() []store.Job {
	j.mu.Lock()
	defer j.mu.Unlock()
	taken := j.list
	j.list = nil
	return taken
}

// TakenArgs returns the arguments of what was enqueued since the last call.
func (j *Jobs) TakenArgs() []any {
	var args []any
	for _, one := range j.Taken() {
		args = append(args, one.Args)
	}
	return args
}
