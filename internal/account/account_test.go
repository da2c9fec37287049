package account_test

import (
	"testing"
	"time"

	"parley/ent"
	"parley/ent/event"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is an account with its people, and what they enqueued.
type office struct {
	*testkit.Fixture
	people *account.Service
	clock  *clock.Turned
	jobs   *check.Jobs
}

func eachOffice(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		c := clock.At(morning)
		s := db.Open(t, c)
		j := &check.Jobs{}
		s.UseJobs(j)
		test(t, &office{Fixture: testkit.Account(t, s), people: account.New(s), clock: c, jobs: j})
	})
}

// events returns the account's log as "TYPE subject".
func (o *office) events(t *testing.T) []string {
	t.Helper()
	list, err := o.Store.Client(o.System).Event.Query().Order(event.BySequence()).All(o.System)
	check.NoError(t, err)
	told := []string{}
	for _, e := range list {
		told = append(told, string(e.Type)+" "+e.SubjectID)
	}
	return told
}

// token makes a personal token of a user with all scopes.
func (o *office) token(t *testing.T, userID string) account.Token {
	t.Helper()
	made, err := o.people.CreateToken(o.System, account.CreateApiTokenInput{Name: "Test", UserID: &userID, Scopes: []string{"*"}})
	check.NoError(t, err)
	return made
}

func (o *office) user(t *testing.T, userID string) *ent.User {
	t.Helper()
	u, err := o.Store.Client(o.System).User.Get(o.System, userID)
	check.NoError(t, err)
	return u
}
