package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"parley/ent"
	entstage "parley/ent/pipelinestage"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/crm"
	"parley/internal/engagement"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/quote"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/timeline"
	"parley/internal/timeline/live"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// silent is a bus that carries nothing: this node's commits are enough.
type silent struct{}

func (silent) Publish(string, []byte) error                { return nil }
func (silent) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

// stage is an account with what timelines show.
type stage struct {
	*testkit.Fixture
	live      *live.Service
	timelines *timeline.Service
	records   *crm.Service
	contacts  *contact.Service
	logged    *engagement.Service
	quotes    *quote.Service
	stages    []string
	list      string
	other     string // another contact
	undo      []func()
	hid       bool // a ticket was made that the first agent does not see
	t         *testing.T
}

func each(t *testing.T, test func(s *stage)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, st *store.Store) {
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		files := attachment.New(st, nil, keys, account.New(st), "https://parley.example.com", attachment.Options{})
		feed := event.NewFeed(st, silent{}, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); feed.Run(ctx) }()
		t.Cleanup(func() { cancel(); <-done })
		s := &stage{
			Fixture: testkit.Account(t, st), live: live.New(st, feed), timelines: timeline.New(st), records: crm.New(st), contacts: contact.New(st),
			logged: engagement.New(st, files), quotes: quote.New(st, "https://parley.example.com", nil), t: t,
		}
		s.stages = check.Must(st.Client(s.System).PipelineStage.Query().Where(entstage.ProbabilityIsNil()).IDs(s.System))(t)
		s.list = check.Must(s.contacts.CreateList(s.Admin, contact.CreateContactListInput{Name: "VIP"}))(t).ID
		s.other = check.Must(s.contacts.Create(s.Admin, contact.CreateContactInput{Name: check.Ptr("Other")}))(t).ID
		test(s)
	})
}

// shown is what a subscriber holds, by the updates that came.
type shown map[string]*timeline.Entry

func (h *shown) apply(update live.ContactTimelineUpdate) {
	switch u := update.(type) {
	case *live.ContactTimelineSnapshot:
		*h = shown{}
		for _, e := range u.Timeline.Edges {
			(*h)[e.Cursor] = e.Node
		}
	case *live.ContactTimelineChanges:
		for _, change := range u.Changes {
			switch c := change.(type) {
			case *live.TimelineEntered:
				(*h)[c.Cursor] = c.Entry
			case *live.TimelineChanged:
				(*h)[c.Cursor] = c.Entry
			case *live.TimelineLeft:
				delete(*h, c.Cursor)
			}
		}
	}
}

// lineOf is what is compared of an entry.
func lineOf(e *timeline.Entry) string {
	line := fmt.Sprint(e.Kind, " ", e.At)
	switch item := e.Item.(type) {
	case *ent.Conversation:
		return fmt.Sprint(line, item.ID, item.Revision)
	case *ent.Ticket:
		return fmt.Sprint(line, item.ID, item.Revision)
	case *ent.Deal:
		return fmt.Sprint(line, item.ID, item.Revision)
	case *ent.Engagement:
		return fmt.Sprint(line, item.ID, item.Revision)
	case *ent.Quote:
		return fmt.Sprint(line, item.ID, item.Revision)
	case *ent.ConsentRecord:
		return fmt.Sprint(line, item.ID, item.WithdrawnAt)
	case *timeline.ListChange:
		return fmt.Sprint(line, item.Entered, item.List != nil)
	}
	return line
}

// lines are the rows in the order of their cursors.
func (h shown) lines() []string {
	lines := []string{}
	for _, cursor := range slices.Sorted(maps.Keys(h)) {
		lines = append(lines, lineOf(h[cursor]))
	}
	return lines
}

// change does something at random that is on the timeline, of this contact or of the other.
func (s *stage) change(r *rand.Rand) {
	s.t.Helper()
	t, whose := s.t, opt.Of([]string{s.ContactID, s.ContactID, s.other}[r.IntN(3)])
	switch r.IntN(8) {
	case 0:
		in := crm.CreateTicketInput{TicketFacts: crm.TicketFacts{Subject: opt.Of("s"), ContactID: whose}}
		if !s.hid {
			s.hid = true
			in.ConversationID = &s.ConversationIDs[2] // hidden from the first agent
		}
		made := check.Must(s.records.CreateTicket(s.System, in))(t)
		s.undo = append(s.undo, func() {
			check.Must(s.records.UpdateTicket(s.System, crm.UpdateTicketInput{TicketID: made.ID, TicketFacts: crm.TicketFacts{Subject: opt.Of("t"), ContactID: opt.Of(s.ContactID)}}))(t)
			s.undo = append(s.undo, func() { check.NoError(t, s.records.DeleteTicket(s.System, crm.DeleteTicketInput{TicketID: made.ID})) })
		})
	case 1:
		made := check.Must(s.records.CreateDeal(s.System, crm.CreateDealInput{DealFacts: crm.DealFacts{Name: opt.Of("d"), ContactID: whose}}))(t)
		s.undo = append(s.undo, func() { check.NoError(t, s.records.DeleteDeal(s.System, crm.DeleteDealInput{DealID: made.ID})) })
	case 2:
		note := "n"
		made := check.Must(s.logged.Log(s.Admin, engagement.LogEngagementInput{ContactID: whose.Value(), Body: engagement.EngagementBodyInput{Note: &engagement.EngagementNoteInput{Text: note}}}))(t)
		s.undo = append(s.undo, func() {
			check.NoError(t, s.logged.Delete(s.Admin, engagement.DeleteEngagementInput{EngagementID: made.ID}))
		})
	case 3:
		check.Must(s.contacts.AddToList(s.Admin, contact.AddContactsToListInput{ContactListID: s.list, ContactIDs: []string{*whose.Value()}}))(t)
		s.undo = append(s.undo, func() {
			check.Must(s.contacts.RemoveFromList(s.Admin, contact.RemoveContactsFromListInput{ContactListID: s.list, ContactIDs: []string{s.ContactID}}))(t)
		})
	case 4:
		made := check.Must(s.quotes.Create(s.Admin, quote.CreateQuoteInput{QuoteFacts: quote.QuoteFacts{
			Title: opt.Of("q"), Currency: opt.Of("EUR"), ContactID: whose, Lines: opt.List(quote.QuoteLineInput{Name: "Tea", UnitPrice: "1"}),
		}}))(t)
		made = check.Must(s.quotes.Publish(s.Admin, quote.PublishQuoteInput{QuoteID: made.ID}))(t)
		s.undo = append(s.undo, func() {
			check.Must(s.quotes.Decline(s.System, *made.Token, quote.Answer{Version: 1}))(t)
			s.undo = append(s.undo, func() { check.NoError(t, s.quotes.Delete(s.Admin, quote.DeleteQuoteInput{QuoteID: made.ID})) })
		})
	case 5:
		s.converse(*whose.Value(), r.IntN(2))
	case 6:
		consent := id.New(id.Consent)
		s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.ConsentRecorded, SubjectID: consent})
			return tx.Client.ConsentRecord.Create().SetID(consent).SetContactID(*whose.Value()).SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).
				SetTextVersion("1").SetGivenAt(tx.Now()).Exec(ctx)
		})
	default:
		if len(s.undo) > 0 {
			i := r.IntN(len(s.undo))
			do := s.undo[i]
			s.undo = slices.Delete(s.undo, i, i+1)
			do()
		}
	}
}

// converse begins a conversation in an inbox.
func (s *stage) converse(contactID string, inbox int) string {
	s.t.Helper()
	conversationID := id.New(id.Conversation)
	s.Write(s.System, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, store.Event{Type: vocab.ConversationCreated, InboxID: s.InboxIDs[inbox], ConversationID: conversationID, Revision: 1})
		return tx.Client.Conversation.Create().SetID(conversationID).SetInboxID(s.InboxIDs[inbox]).SetChannelID(s.ChannelIDs[inbox]).SetKind(vocab.Chat).SetFolder(vocab.FolderMain).SetStatus(vocab.Open).
			SetContactID(contactID).SetVisitorID(s.VisitorIDs[0]).SetOpenedAt(tx.Now()).SetLastMessageAt(tx.Now()).SetActivityAt(tx.Now()).SetVisitorActiveAt(tx.Now()).
			SetTags([]string{}).Exec(ctx)
	})
	return conversationID
}

// last logs a note, which is the first of each timeline that shows engagements.
func (s *stage) last(contactID string) string {
	s.t.Helper()
	text := "last"
	return check.Must(s.logged.Log(s.Admin, engagement.LogEngagementInput{ContactID: &contactID, Body: engagement.EngagementBodyInput{Note: &engagement.EngagementNoteInput{Text: text}}}))(s.t).ID
}

// drain applies what a stream has until it shows an engagement: what it read then has all that
// was before.
func (s *stage) drain(ctx context.Context, stream *live.Stream, held *shown, until string) {
	s.t.Helper()
	shows := func(e *timeline.Entry) bool {
		of, ok := e.Item.(*ent.Engagement)
		return ok && of.ID == until
	}
	for !slices.ContainsFunc(slices.Collect(maps.Values(*held)), shows) {
		held.apply(check.Must(stream.Next(ctx))(s.t))
	}
}

// want are the first rows of the contact's timeline.
func (s *stage) want(ctx context.Context, contactID string, kinds []vocab.TimelineKind, size int) []string {
	s.t.Helper()
	lines := []string{}
	for _, e := range check.Must(s.timelines.OfContacts(ctx, []*ent.Contact{{ID: contactID}}, kinds, paging.PageArgs{First: &size}))(s.t)[0].Nodes() {
		lines = append(lines, lineOf(e))
	}
	return lines
}

var all = slices.DeleteFunc(vocab.TimelineKinds(), func(k vocab.TimelineKind) bool { return k == vocab.TimelinePageView })

// CR-8, NT-5: whatever happens, applying a live timeline's changes gives what the timeline
// shows, for whoever looks.
func TestTimelinesAreExact(t *testing.T) {
	t.Parallel()
	each(t, func(s *stage) {
		t := s.t
		r := rand.New(rand.NewPCG(1, 8))
		views := []struct {
			ctx   context.Context
			kinds []vocab.TimelineKind
			size  int
		}{
			{s.Admin, nil, 100}, {s.Admin, nil, 5}, {s.Agent(0), nil, 100}, {s.Agent(1), nil, 7}, {s.Agent(1), nil, 7},
			{s.Admin, []vocab.TimelineKind{vocab.TimelineEngagement, vocab.TimelineQuoteDeclined, vocab.TimelineTicket}, 4},
		}
		streams, held := make([]*live.Stream, len(views)), make([]shown, len(views))
		for i, v := range views {
			streams[i] = check.Must(s.live.Contact(v.ctx, s.ContactID, v.kinds, &v.size))(t)
			defer streams[i].Close()
			held[i].apply(check.Must(streams[i].Next(v.ctx))(t))
		}
		for range 80 {
			s.change(r)
		}
		last := s.last(s.ContactID)
		for i, v := range views {
			kinds := v.kinds
			if kinds == nil {
				kinds = all
			}
			s.drain(v.ctx, streams[i], &held[i], last)
			check.Same(t, held[i].lines(), s.want(v.ctx, s.ContactID, kinds, v.size))
		}
	})
}

// CR-6, CR-8: a live timeline goes on as that of what its contact becomes, and ends with the
// contact; another account's cannot be seen, and pages are not live.
func TestTimelineEnds(t *testing.T) {
	t.Parallel()
	each(t, func(s *stage) {
		t, size := s.t, 100
		_, err := s.live.Contact(s.Admin, s.ContactID, []vocab.TimelineKind{vocab.TimelineConsent, vocab.TimelinePageView}, nil)
		check.Refused(t, err, errs.Invalid, "kinds")
		for _, unknown := range []string{"x", "\x00", id.New(id.Contact), testkit.Account(t, s.Store).ContactID} {
			_, err = s.live.Contact(s.Admin, unknown, nil, nil)
			check.Refused(t, err, errs.NotFound, "contactId")
		}
		stream := check.Must(s.live.Contact(s.Agent(0), s.other, nil, &size))(t)
		defer stream.Close()
		var held shown
		held.apply(check.Must(stream.Next(s.Agent(0)))(t))
		check.Same(t, len(held), 0)
		check.Must(s.contacts.Merge(s.Admin, contact.MergeContactsInput{IntoContactID: s.ContactID, ContactIDs: []string{s.other}}))(t)
		s.drain(s.Agent(0), stream, &held, s.last(s.ContactID))
		check.Same(t, held.lines(), s.want(s.Agent(0), s.ContactID, all, size))
		check.NoError(t, s.contacts.Delete(s.Admin, contact.DeleteContactInput{ContactID: s.ContactID}))
		for err = nil; err == nil; {
			_, err = stream.Next(s.Agent(0))
		}
		check.Refused(t, err, errs.NotFound, "contactId")
	})
}

// CR-8, AC-14: what a viewer may see is judged again when that changes.
func TestTimelineOfOtherInboxes(t *testing.T) {
	t.Parallel()
	each(t, func(s *stage) {
		t, size := s.t, 100
		who := &changing{viewer: viewer.FromContext(s.Agent(0)), changed: make(chan struct{})}
		ctx := viewer.NewLiveContext(s.Agent(0), who)
		stream := check.Must(s.live.Contact(ctx, s.ContactID, []vocab.TimelineKind{vocab.TimelineConversation}, &size))(t)
		defer stream.Close()
		var held shown
		held.apply(check.Must(stream.Next(ctx))(t))
		check.Same(t, len(held), len(s.want(s.Agent(0), s.ContactID, []vocab.TimelineKind{vocab.TimelineConversation}, size)))
		outside := *who.viewer
		outside.InboxIDs = nil
		who.become(&outside)
		held.apply(check.Must(stream.Next(ctx))(t))
		check.Same(t, len(held), 0)
	})
}

// changing is a viewer who changes.
type changing struct {
	viewer  *viewer.Viewer
	changed chan struct{}
}

func (c *changing) At(context.Context, int64) (*viewer.Viewer, error) { return c.viewer, nil }
func (c *changing) Changed() <-chan struct{}                          { return c.changed }

func (c *changing) become(v *viewer.Viewer) {
	was := c.changed
	c.viewer, c.changed = v, make(chan struct{})
	close(was)
}
