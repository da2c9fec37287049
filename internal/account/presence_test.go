package account_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// shift is an agent at work, by a clock that is turned.
type shift struct {
	*testkit.Fixture
	*account.Service
	clock *clock.Turned
	t     *testing.T
}

func eachShift(t *testing.T, test func(s *shift)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)) // a Monday
		st := db.Open(t, turned)
		test(&shift{testkit.Account(t, st), account.New(st), turned, t})
	})
}

// is checks the agent's availability after a time, and a round.
func (s *shift) is(after time.Duration, want vocab.UserAvailability) {
	s.t.Helper()
	s.clock.Advance(after)
	check.NoError(s.t, s.SettlePresence(s.t.Context()))
	check.Same(s.t, s.ben().Availability, want)
}

func (s *shift) ben() *ent.User {
	s.t.Helper()
	return check.Must(s.Store.Client(s.System).User.Get(s.System, s.AgentIDs[0]))(s.t)
}

func (s *shift) sets(to vocab.UserAvailability) {
	s.t.Helper()
	u := check.Must(s.SetAvailability(s.Agent(0), account.SetAvailabilityInput{Availability: to}))(s.t)
	check.Same(s.t, u.Availability, to)
}

// connects has the agent connect, as a node writes it; leave ends it.
func (s *shift) connects() (leave func()) {
	s.t.Helper()
	ends := s.Connect(s.Agent(0))
	check.NoError(s.t, s.WriteConnected(s.t.Context(), false))
	return func() {
		ends()
		check.NoError(s.t, s.WriteConnected(s.t.Context(), false))
	}
}

func (s *shift) answers() {
	s.t.Helper()
	s.Write(s.Agent(0), func(ctx context.Context, tx *store.Tx) error {
		return account.RecordAnswer(ctx, tx, s.AccountID, s.AgentIDs[0])
	})
}

// AC-15: availability follows presence: away two minutes after the last connection, back
// with the next, and for ten minutes after an answer. Away by hand stays so.
func TestAvailabilityFollowsPresence(t *testing.T) {
	t.Parallel()
	eachShift(t, func(s *shift) {
		s.is(time.Hour, vocab.Available) // of others nothing follows
		check.Must(s.UpdateOwnProfile(s.Agent(0), account.UpdateOwnProfileInput{FollowsPresence: opt.Of(true)}))(t)
		check.Same(t, s.ben().Availability, vocab.Away)
		leave := s.connects()
		s.is(0, vocab.Available)
		second := s.connects()
		leave()
		s.clock.Advance(time.Minute)
		check.NoError(t, s.WriteConnected(t.Context(), true)) // still there
		s.is(119*time.Second, vocab.Available)
		check.NoError(t, s.WriteConnected(t.Context(), true))
		second()
		s.is(119*time.Second, vocab.Available)
		// Another node, or the same one after a restart, goes by what is stored.
		s.Service = account.New(s.Store)
		s.is(time.Second, vocab.Away)
		s.answers()
		s.is(9*time.Minute, vocab.Available)
		s.is(time.Minute, vocab.Away)

		leave = s.connects()
		s.is(0, vocab.Available)
		s.sets(vocab.Away)
		s.is(0, vocab.Away)
		leave()
		leave = s.connects()
		s.is(time.Second, vocab.Away) // until it is set by hand
		leave()
		s.is(time.Hour, vocab.Away)
		s.sets(vocab.Available)
		s.is(119*time.Second, vocab.Available)
		s.is(time.Second, vocab.Away) // it ends with the last connection

		var events []string
		for _, e := range check.Must(s.Store.Client(s.System).Event.Query().Where(entevent.TypeEQ(vocab.UserAvailabilityChanged)).
			Order(entevent.BySequence()).All(s.System))(t) {
			events = append(events, *e.Changes[0].To+" by "+string(e.ActorKind))
		}
		check.Same(t, strings.Join(events, ", "), "AWAY by AGENT, AVAILABLE by SYSTEM, AWAY by SYSTEM, AVAILABLE by SYSTEM, AWAY by SYSTEM, "+
			"AVAILABLE by SYSTEM, AWAY by AGENT, AVAILABLE by AGENT, AWAY by SYSTEM")
	})
}

// AC-15: outside their own hours a user is away, unless they set available by hand, for as
// long as they are there.
func TestOwnWorkingHours(t *testing.T) {
	t.Parallel()
	eachShift(t, func(s *shift) {
		hours := vocab.WorkingHours{TimeZone: "UTC", Hours: []vocab.Hours{{Day: vocab.Monday, From: "09:00", To: "17:00"}, {Day: vocab.Tuesday, From: "09:00", To: "17:00"}}}
		set := func(h vocab.WorkingHours) error {
			_, err := s.UpdateUser(s.Admin, account.UpdateUserInput{UserID: s.AgentIDs[0], WorkingHours: opt.Of(h)})
			return err
		}
		bad := hours
		bad.TimeZone = "Nowhere"
		check.Same(t, check.Faults(set(bad)), []string{"INVALID workingHours.timeZone"})
		check.Same(t, check.Faults(set(vocab.WorkingHours{TimeZone: "UTC"})), []string{"REQUIRED workingHours.hours"})
		check.NoError(t, set(hours))
		s.is(7*time.Hour+59*time.Minute, vocab.Available)
		s.is(time.Minute, vocab.Away) // 17:00
		s.sets(vocab.Available)
		s.is(time.Minute, vocab.Available)
		leave := s.connects()
		s.is(119*time.Second, vocab.Available)
		leave()
		s.is(2*time.Minute, vocab.Away)
		s.is(16*time.Hour, vocab.Available) // Tuesday, 09:05
		s.sets(vocab.Away)
		s.is(24*time.Hour, vocab.Away)
	})
}
