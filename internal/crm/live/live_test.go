package live_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"parley/ent"
	entstage "parley/ent/pipelinestage"
	"parley/internal/clock"
	"parley/internal/crm"
	"parley/internal/crm/live"
	"parley/internal/event"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// silent is a bus that carries nothing: this node's commits are enough.
type silent struct{}

func (silent) Publish(string, []byte) error                { return nil }
func (silent) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

// stage is an account with tickets and their streams.
type stage struct {
	*testkit.Fixture
	tickets *crm.Service
	live    *live.Service
	feed    *event.Feed
	stages  []string
	t       *testing.T
}

func each(t *testing.T, test func(s *stage)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		feed := event.NewFeed(st, silent{}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); feed.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		s := &stage{Fixture: testkit.Account(t, st), tickets: crm.New(st), feed: feed, t: t}
		s.live = live.New(s.tickets, feed)
		s.stages = check.Must(st.Client(s.System).PipelineStage.Query().Where(entstage.ProbabilityIsNil()).IDs(s.System))(t)
		test(s)
	})
}

// shown is what a subscriber holds, by the updates that came.
type shown struct {
	cursors map[string]string
	rows    map[string]*ent.Ticket
}

func (h *shown) apply(update live.TicketViewUpdate) int64 {
	switch u := update.(type) {
	case *live.TicketViewSnapshot:
		h.cursors, h.rows = map[string]string{}, map[string]*ent.Ticket{}
		for _, e := range u.Tickets.Edges {
			h.cursors[e.Node.ID], h.rows[e.Node.ID] = e.Cursor, e.Node
		}
		return u.Sequence
	case *live.TicketViewChanges:
		for _, change := range u.Changes {
			switch c := change.(type) {
			case *live.TicketEntered:
				h.cursors[c.Ticket.ID], h.rows[c.Ticket.ID] = c.Cursor, c.Ticket
			case *live.TicketChanged:
				h.cursors[c.Ticket.ID], h.rows[c.Ticket.ID] = c.Cursor, c.Ticket
			case *live.TicketLeft:
				delete(h.cursors, c.TicketID)
				delete(h.rows, c.TicketID)
			}
		}
		return u.Sequence
	}
	return 0
}

// ids are the rows in the order of their cursors, with their revisions.
func (h *shown) ids() []string {
	var ids []string
	for ticketID := range h.rows {
		ids = append(ids, ticketID)
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(h.cursors[a], h.cursors[b]) })
	return ids
}

// change does something at random to the tickets.
func (s *stage) change(r *rand.Rand, made []string) []string {
	s.t.Helper()
	facts := crm.TicketFacts{
		Subject: opt.Of("s"), StageID: opt.Of(s.stages[r.IntN(len(s.stages))]), Priority: opt.Of([]vocab.Priority{vocab.PriorityNone, vocab.PriorityHigh}[r.IntN(2)]),
		OwnerID: opt.Of([]string{"", s.AdminID}[r.IntN(2)]),
	}
	if len(made) == 0 || r.IntN(3) == 0 {
		in := crm.CreateTicketInput{TicketFacts: facts}
		if len(made) == 1 {
			in.ConversationID = &s.ConversationIDs[2] // hidden from the first agent
		}
		return append(made, check.Must(s.tickets.CreateTicket(s.System, in))(s.t).ID)
	}
	i := r.IntN(len(made))
	if r.IntN(5) == 0 {
		check.NoError(s.t, s.tickets.DeleteTicket(s.System, crm.DeleteTicketInput{TicketID: made[i]}))
		return slices.Delete(made, i, i+1)
	}
	check.Must(s.tickets.UpdateTicket(s.System, crm.UpdateTicketInput{TicketID: made[i], TicketFacts: facts}))(s.t)
	return made
}

// CR-7, NT-5: whatever happens to tickets, applying a live list's changes gives what the
// list shows, for whoever looks.
func TestViewsAreExact(t *testing.T) {
	t.Parallel()
	each(t, func(s *stage) {
		t := s.t
		r := rand.New(rand.NewPCG(1, 2))
		views := []struct {
			ctx    context.Context
			filter crm.TicketFilter
			order  vocab.TicketOrder
			size   int
		}{
			{s.Admin, crm.TicketFilter{}, "", 5}, {s.Agent(0), crm.TicketFilter{}, vocab.TicketsNewest, 50},
			{s.Agent(1), crm.TicketFilter{StageKinds: []vocab.StageKind{vocab.StageOpen}}, "", 3}, {s.Agent(1), crm.TicketFilter{StageKinds: []vocab.StageKind{vocab.StageOpen}}, "", 3},
			{s.Admin, crm.TicketFilter{Priorities: []vocab.Priority{vocab.PriorityHigh}, Unowned: check.Ptr(true)}, vocab.TicketsByDue, 4},
		}
		streams, held := make([]*live.Stream, len(views)), make([]shown, len(views))
		for i, v := range views {
			streams[i] = check.Must(s.live.Tickets(v.ctx, v.filter, v.order, &v.size))(t)
			defer streams[i].Close()
			held[i].apply(check.Must(streams[i].Next(v.ctx))(t))
		}
		var made []string
		for range 60 {
			made = s.change(r, made)
		}
		// It is the first in each.
		last := check.Must(s.tickets.CreateTicket(s.System, crm.CreateTicketInput{TicketFacts: crm.TicketFacts{
			Subject: opt.Of("last"), Priority: opt.Of(vocab.PriorityHigh), DueAt: opt.Of(clock.Micros(1)),
		}}))(t)
		for i, v := range views {
			want := []string{}
			for _, row := range check.Must(s.tickets.Tickets(v.ctx, v.filter, v.order, paging.PageArgs{First: &v.size}))(t).Nodes() {
				want = append(want, row.ID)
			}
			s.drain(v.ctx, streams[i], &held[i], last.ID)
			check.Same(t, held[i].ids(), want)
			for _, row := range held[i].rows {
				check.Same(t, row.Revision, check.Must(s.Store.Client(s.System).Ticket.Get(s.System, row.ID))(t).Revision)
			}
		}
	})
}

// drain applies what a stream has until it shows a ticket: what it read then has all that
// was before.
func (s *stage) drain(ctx context.Context, stream *live.Stream, held *shown, until string) {
	s.t.Helper()
	for held.rows[until] == nil {
		held.apply(check.Must(stream.Next(ctx))(s.t))
	}
}
