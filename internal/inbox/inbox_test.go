package inbox_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"parley/ent"
	"parley/ent/event"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/inbox"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is an account with inboxes, and what its use cases enqueued.
type office struct {
	*testkit.Fixture
	inboxes       *inbox.Service
	people        *account.Service
	conversations *conversation.Service
	jobs          *check.Jobs
}

// open returns the use cases on a store.
func open(t *testing.T, s *store.Store) *office {
	t.Helper()
	o := &office{people: account.New(s), jobs: &check.Jobs{}}
	s.UseJobs(o.jobs)
	o.conversations = desk.Conversations(s, conversation.Deps{Viewers: o.people})
	o.inboxes = inbox.New(s, o.people, o.conversations, desk.NoMailboxes{})
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
	check.NoError(t, err)
	told := []string{}
	for _, e := range list {
		told = append(told, string(e.Type)+" "+e.SubjectID)
	}
	return told
}

// members returns the ids of an inbox's members, sorted.
func (o *office) members(t *testing.T, inboxID string) []string {
	t.Helper()
	lists, err := o.inboxes.Members(o.System, []*ent.Inbox{{ID: inboxID}}, paging.PageArgs{})
	check.NoError(t, err)
	ids := []string{}
	for _, u := range lists[0].Nodes() {
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
			check.NoError(t, err)
			return
		}
	}
}

func sorted(ids ...string) []string { return slices.Sorted(slices.Values(ids)) }
