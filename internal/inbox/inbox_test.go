package inbox_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/ent/event"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/inbox"
	"parley/internal/people"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is an account with inboxes, and what its use cases enqueued.
type office struct {
	*testkit.Fixture
	inboxes       *inbox.Service
	people        *people.Service
	conversations *conversation.Service
	jobs          *jobs
}

// jobs remembers the jobs that were enqueued.
type jobs struct {
	mu   sync.Mutex
	args []any
}

func (j *jobs) InsertJobs(_ context.Context, _ *store.Raw, list []store.Job) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, one := range list {
		j.args = append(j.args, one.Args)
	}
	return nil
}

func (j *jobs) taken() []any {
	j.mu.Lock()
	defer j.mu.Unlock()
	taken := j.args
	j.args = nil
	return taken
}

// open returns the use cases on a store.
func open(t *testing.T, s *store.Store) *office {
	t.Helper()
	keys, err := secret.Parse(secret.GenerateKey())
	must(t, err)
	o := &office{people: people.New(s), jobs: &jobs{}}
	s.UseJobs(o.jobs)
	o.conversations = conversation.New(s, o.people)
	o.inboxes = inbox.New(s, o.people, o.conversations, keys, "https://parley.example.com/")
	return o
}

func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	testkit.EachStore(t, clock.At(morning), func(t *testing.T, s *store.Store) {
		o := open(t, s)
		o.Fixture = testkit.Account(t, s)
		test(t, o)
	})
}

// events returns the account's log as "TYPE subject".
func (o *office) events(t *testing.T) []string {
	t.Helper()
	return events(o.System, t, o.Store)
}

func events(ctx context.Context, t *testing.T, s *store.Store) []string {
	t.Helper()
	list, err := s.Client(ctx).Event.Query().Order(event.BySequence()).All(ctx)
	must(t, err)
	told := []string{}
	for _, e := range list {
		told = append(told, string(e.Type)+" "+e.SubjectID)
	}
	return told
}

// members returns the ids of an inbox's members, sorted.
func (o *office) members(t *testing.T, inboxID string) []string {
	t.Helper()
	lists, err := o.inboxes.Members(o.System, []*ent.Inbox{{ID: inboxID}})
	must(t, err)
	ids := []string{}
	for _, u := range lists[0] {
		ids = append(ids, u.ID)
	}
	slices.Sort(ids)
	return ids
}

// clear runs the job until it is done.
func (o *office) clear(t *testing.T, args inbox.ClearArgs) {
	t.Helper()
	for {
		err := o.inboxes.Clear(t.Context(), args)
		if snooze := (*river.JobSnoozeError)(nil); !errors.As(err, &snooze) {
			must(t, err)
			return
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks an error's code and, joined by dots, its field.
func refused(t *testing.T, err error, code errs.Code, field string) {
	t.Helper()
	if e := errs.Of(err); e == nil || e.Code != code || strings.Join(e.Field, ".") != field {
		t.Fatalf("got %v, want %s on %q", err, code, field)
	}
}

// faults lists the fields that joined errors blame.
func faults(err error) []string {
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

func ptr[T any](v T) *T { return &v }

func sorted(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }
