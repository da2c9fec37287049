package settings_test

import (
	"context"
	"testing"
	"time"

	"parley/ent/event"
	"parley/internal/account"
	"parley/internal/availability"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/chat/visitor"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/inbox"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
)

var morning = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// office is an account with inboxes that have chat channels, and what its use
// cases enqueued.
type office struct {
	*testkit.Fixture
	settings *settings.Service
	inboxes  *inbox.Service
	people   *account.Service
	jobs     *check.Jobs

	visitors *visitor.Service
}

// availability asks for a channel's availability by those of the members who count.
func (o *office) availability(ctx context.Context, channelID string, at clock.Micros, userIDs []string) (*availability.Answer, error) {
	return o.visitors.Availability(ctx, visitor.AvailabilityQuery{ChannelID: channelID, At: at, UserIDs: userIDs})
}

// open returns the use cases on a store.
func open(t *testing.T, s *store.Store) *office {
	t.Helper()
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	o := &office{people: account.New(s), jobs: &check.Jobs{}}
	s.UseJobs(o.jobs)
	conversations := desk.Conversations(s, conversation.Deps{Viewers: o.people})
	o.inboxes = inbox.New(s, o.people, conversations, desk.NoMailboxes{})
	o.visitors = visitor.New(s, keys, nil, nil, conversations, visitor.Options{})
	o.settings = settings.New(s, o.people, keys, "https://parley.example.com/")
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
	lines := []string{}
	for _, e := range check.Must(s.Client(ctx).Event.Query().Order(event.BySequence()).All(ctx))(t) {
		lines = append(lines, string(e.Type)+" "+e.SubjectID)
	}
	return lines
}
