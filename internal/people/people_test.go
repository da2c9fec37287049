package people_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/ent"
	"parley/ent/event"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/testkit"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is an account with its people, and what they enqueued.
type office struct {
	*testkit.Fixture
	people *people.Service
	clock  *clock.Turned
	jobs   *jobs
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

func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		c := clock.At(morning)
		s := db.Open(t, c)
		j := &jobs{}
		s.UseJobs(j)
		test(t, &office{Fixture: testkit.Account(t, s), people: people.New(s), clock: c, jobs: j})
	})
}

// events returns the account's log as "TYPE subject".
func (o *office) events(t *testing.T) []string {
	t.Helper()
	list, err := o.Store.Client(o.System).Event.Query().Order(event.BySequence()).All(o.System)
	must(t, err)
	told := []string{}
	for _, e := range list {
		told = append(told, string(e.Type)+" "+e.SubjectID)
	}
	return told
}

// token makes a personal token of a user with all scopes.
func (o *office) token(t *testing.T, userID string) people.Token {
	t.Helper()
	made, err := o.people.CreateToken(o.System, people.CreateApiTokenInput{Name: "Test", UserID: &userID, Scopes: []string{"*"}})
	must(t, err)
	return made
}

func (o *office) user(t *testing.T, userID string) *ent.User {
	t.Helper()
	u, err := o.Store.Client(o.System).User.Get(o.System, userID)
	must(t, err)
	return u
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
	e := errs.Of(err)
	if e == nil || e.Code != code || strings.Join(e.Field, ".") != field {
		t.Fatalf("got %v (field %v), want %s on %q", err, fieldOf(e), code, field)
	}
}

func fieldOf(e *errs.Error) []string {
	if e == nil {
		return nil
	}
	return e.Field
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
