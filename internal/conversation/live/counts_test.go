package live_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// counter is what a client knows of the counts of an inbox.
type counter struct {
	*live.CountsStream
	s     *stage
	who   *person
	inbox string
}

func (s *stage) counts(who *person, inbox string) *counter {
	s.T.Helper()
	stream := check.Must(s.live.Counts(who.context(s.T.Context()), inbox))(s.T)
	s.T.Cleanup(stream.Close)
	return &counter{stream, s, who, inbox}
}

func (c *counter) sees() (*live.Counts, error) {
	c.s.T.Helper()
	ctx, cancel := context.WithTimeout(c.s.T.Context(), time.Minute)
	defer cancel()
	return c.Until(ctx, c.s.head())
}

// right checks that the stream tells what a query does, or has ended if the
// viewer may not ask.
func (c *counter) right(label string) (going bool) {
	c.s.T.Helper()
	got, err := c.sees()
	want := check.Must(c.s.Desk.ViewCounts(c.who.context(c.s.T.Context()), []string{c.inbox}))(c.s.T)[0]
	if want == nil {
		if !errs.Is(err, errs.NotFound) {
			c.s.T.Errorf("%s: %v of an inbox that the viewer does not see", label, err)
		}
		return false
	}
	if err != nil {
		c.s.T.Fatal(err)
	}
	shown := make([]view.ViewCount, len(got.Views))
	for i, v := range got.Views {
		shown[i] = *v
	}
	if !slices.Equal(shown, want) {
		c.s.T.Errorf("%s:\n got %v\nwant %v", label, shown, want)
	}
	return true
}

// IN-15: the counts tell of each change, of the viewer's own reading, and of
// nothing else.
func TestCountsOfADay(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		c := s.counts(newPerson(s.Agent(0)), s.InboxIDs[0])
		other := s.counts(newPerson(s.Agent(1)), s.InboxIDs[0])
		of := func(shown vocab.ConversationView) []int {
			t.Helper()
			c.right(string(shown))
			other.right(string(shown))
			counts := check.Must(c.sees())(t)
			i := slices.IndexFunc(counts.Views, func(v *view.ViewCount) bool { return v.View == shown })
			return []int{counts.Views[i].Open, counts.Views[i].Unread}
		}
		check.Same(t, of(vocab.ViewAll), []int{2, 2})
		first := check.Must(c.sees())(t)
		if first != check.Must(other.sees())(t) {
			t.Error("the same counts are told twice")
		}
		late := newPerson(s.Agent(1))
		late.viewer.ActorID = s.AdminID // no member, but in the inbox as the viewer says
		for range 20 {
			latest := s.counts(late, s.InboxIDs[0])
			if check.Must(latest.sees())(t) != first {
				t.Error("one who comes later is told the same counts again")
			}
			latest.Close()
		}
		s.AgentNotes(s.Agent(1), s.ConversationIDs[0], "A note")
		if check.Must(c.sees())(t) != first {
			t.Error("counts are told though they are the same")
		}
		check.Must(s.MarkRead(s.Agent(0), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[0]}))(t)
		check.Same(t, of(vocab.ViewAll), []int{2, 1})
		s.MustAssign(s.ConversationIDs[0], s.AgentIDs[0])
		check.Same(t, of(vocab.ViewMine), []int{1, 0})
		s.VisitorWrites(s.ConversationIDs[0], 0, "Are you there?")
		check.Same(t, of(vocab.ViewMine), []int{1, 1})
		s.MustClose(s.ConversationIDs[0])
		check.Same(t, of(vocab.ViewMine), []int{0, 0})
		check.Must(s.MarkAsSpam(s.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(s.ConversationIDs[1])}))(t)
		check.Same(t, of(vocab.ViewFiltered), []int{1, 0})
	})
}

// IN-15: whatever happens, in any order, the counts are those of a query.
func TestCountsOfAnyHistory(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		for seed := range uint64(10) {
			f := *d
			fresh := desk.On(t, d.Store, d.Clock)
			f.Fixture, f.Service = fresh.Fixture, fresh.Service
			h := stageOn(&f, &wire{}).history(seed)
			for range 30 {
				h.step()
			}
			var counters []*counter
			for range 150 {
				h.step()
				who, inbox := desk.Pick(h.r, h.people...), desk.Pick(h.r, h.InboxIDs[:]...)
				if h.r.IntN(10) == 0 && who.viewer.InInbox(inbox) {
					counters = append(counters, h.counts(who, inbox))
				}
				counters = slices.DeleteFunc(counters, func(c *counter) bool { return h.r.IntN(6) == 0 && !c.right("on the way") })
			}
			for _, c := range counters {
				c.right("at last")
				c.CountsStream.Close()
			}
			if t.Failed() {
				return
			}
		}
	})
}

// AC-3: the counts of an inbox are its members' alone; AC-11: who loses it loses
// them.
func TestCountsOfWhoLeaves(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		_, err := s.live.Counts(s.Agent(0), s.InboxIDs[1])
		check.Refused(t, err, errs.NotFound, "inboxId")
		cleo := newPerson(s.Agent(1))
		told, quiet := s.counts(cleo, s.InboxIDs[1]), s.counts(cleo, s.InboxIDs[1])
		told.right("at first")
		quiet.right("at first")
		cleo.becomes(s.InboxIDs[0])
		cleo.notices()
		_, err = quiet.Next(t.Context())
		check.Refused(t, err, errs.NotFound, "inboxId")
		s.joins(cleo, s.InboxIDs[0])
		_, err = told.Next(t.Context())
		check.Refused(t, err, errs.NotFound, "inboxId")
	})
}

// Counts that cannot be read say so.
func TestCountsWithoutADatabase(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		var broken atomic.Int64
		trap := func(o *store.Options) {
			o.Trace = func(query string) {
				if strings.HasPrefix(query, "SELECT id, folder") && broken.Add(-1) >= 0 {
					panic("the database is gone")
				}
			}
		}
		turned := clock.At(desk.Monday)
		s := stageOn(desk.On(t, db.Open(t, turned, trap), turned), &wire{})
		broken.Store(1 << 30)
		first := check.Must(s.live.Counts(s.Agent(0), s.InboxIDs[0]))(t)
		_, err := first.Next(t.Context())
		check.Refused(t, err, errs.Unavailable)
		first.Close()
		broken.Store(0)
		s.counts(newPerson(s.Agent(0)), s.InboxIDs[0]).right("afterwards")
	})
}
