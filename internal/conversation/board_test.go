package conversation_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// counter is what a client knows of the counts of an inbox.
type counter struct {
	*conversation.CountsStream
	s     *stage
	who   *person
	inbox string
}

func (s *stage) counts(who *person, inbox string) *counter {
	s.t.Helper()
	stream := must(s.live.Counts(who.context(s.t.Context()), inbox))(s.t)
	s.t.Cleanup(stream.Close)
	return &counter{stream, s, who, inbox}
}

func (c *counter) sees() (*conversation.Counts, error) {
	c.s.t.Helper()
	ctx, cancel := context.WithTimeout(c.s.t.Context(), time.Minute)
	defer cancel()
	return c.Until(ctx, c.s.head())
}

// right checks that the stream tells what a query does, or has ended if the
// viewer may not ask.
func (c *counter) right(label string) (going bool) {
	c.s.t.Helper()
	got, err := c.sees()
	want := must(c.s.desk.ViewCounts(c.who.context(c.s.t.Context()), []string{c.inbox}))(c.s.t)[0]
	if want == nil {
		if !errs.Is(err, errs.NotFound) {
			c.s.t.Errorf("%s: %v of an inbox that the viewer does not see", label, err)
		}
		return false
	}
	if err != nil {
		c.s.t.Fatal(err)
	}
	shown := make([]conversation.ViewCount, len(got.Views))
	for i, v := range got.Views {
		shown[i] = *v
	}
	if !slices.Equal(shown, want) {
		c.s.t.Errorf("%s:\n got %v\nwant %v", label, shown, want)
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
		of := func(view vocab.ConversationView) []int {
			t.Helper()
			c.right(string(view))
			other.right(string(view))
			counts := must(c.sees())(t)
			i := slices.IndexFunc(counts.Views, func(v *conversation.ViewCount) bool { return v.View == view })
			return []int{counts.Views[i].Open, counts.Views[i].Unread}
		}
		same(t, of(vocab.ViewAll), []int{2, 2})
		first := must(c.sees())(t)
		if first != must(other.sees())(t) {
			t.Error("the same counts are told twice")
		}
		s.notes(s.Agent(1), s.ConversationIDs[0], "A note")
		if must(c.sees())(t) != first {
			t.Error("counts are told though they are the same")
		}
		must(s.MarkRead(s.Agent(0), conversation.MarkConversationReadInput{ConversationID: s.ConversationIDs[0]}))(t)
		same(t, of(vocab.ViewAll), []int{2, 1})
		s.assigns(s.ConversationIDs[0], s.AgentIDs[0])
		same(t, of(vocab.ViewMine), []int{1, 0})
		s.writes(s.ConversationIDs[0], 0, "Are you there?")
		same(t, of(vocab.ViewMine), []int{1, 1})
		s.closes(s.ConversationIDs[0])
		same(t, of(vocab.ViewMine), []int{0, 0})
		must(s.MarkAsSpam(s.Agent(0), conversation.MarkAsSpamInput{ConversationID: s.ConversationIDs[1]}))(t)
		same(t, of(vocab.ViewFiltered), []int{1, 0})
	})
}

// IN-15: whatever happens, in any order, the counts are those of a query.
func TestCountsOfAnyHistory(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		for seed := range uint64(10) {
			f := *d
			fresh := deskOn(t, d.Store, d.clock)
			f.Fixture, f.Service = fresh.Fixture, fresh.Service
			h := stageOn(&f, &wire{}).history(seed)
			for range 30 {
				h.step()
			}
			var counters []*counter
			for range 150 {
				h.step()
				who, inbox := pick(h.r, h.people...), pick(h.r, h.InboxIDs[:]...)
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
		refused(t, err, errs.NotFound, "inboxId")
		cleo := newPerson(s.Agent(1))
		told, quiet := s.counts(cleo, s.InboxIDs[1]), s.counts(cleo, s.InboxIDs[1])
		told.right("at first")
		quiet.right("at first")
		cleo.becomes(s.InboxIDs[0])
		cleo.notices()
		_, err = quiet.Next(t.Context())
		refused(t, err, errs.NotFound, "inboxId")
		s.joins(cleo, s.InboxIDs[0])
		_, err = told.Next(t.Context())
		refused(t, err, errs.NotFound, "inboxId")
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
		turned := clock.At(monday)
		s := stageOn(deskOn(t, db.Open(t, turned, trap), turned), &wire{})
		broken.Store(1 << 30)
		first := must(s.live.Counts(s.Agent(0), s.InboxIDs[0]))(t)
		_, err := first.Next(t.Context())
		refused(t, err, errs.Unavailable)
		first.Close()
		broken.Store(0)
		s.counts(newPerson(s.Agent(0)), s.InboxIDs[0]).right("afterwards")
	})
}
