package timeline_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"testing"

	"parley/ent"
	entstage "parley/ent/pipelinestage"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/timeline"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// fill stores entries of all kinds, some at the same time, and the one conversation that
// the contact has already.
func fill(t *testing.T, f *testkit.Fixture) {
	t.Helper()
	list := id.New(id.ContactList)
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		stage, err := tx.Client.PipelineStage.Query().Where(entstage.Name("New")).Only(ctx)
		if err != nil {
			return err
		}
		if err := tx.Client.ContactList.Create().SetID(list).SetName("VIP").SetCreatedAt(1).Exec(ctx); err != nil {
			return err
		}
		for i := range 4 {
			at := clock.Micros(1 + i/2)
			for _, make := range []func(context.Context) error{
				tx.Client.Ticket.Create().SetID(id.New(id.Ticket)).SetNumber(i + 1).SetPipelineID(stage.PipelineID).SetStageID(stage.ID).SetStageKind(stage.Kind).
					SetPriority(vocab.PriorityNone).SetContactID(f.ContactID).SetCreatedAt(at).Exec,
				tx.Client.Deal.Create().SetID(id.New(id.Deal)).SetName("d").SetPipelineID(stage.PipelineID).SetStageID(stage.ID).SetStageKind(stage.Kind).
					SetContactID(f.ContactID).SetCreatedAt(at).Exec,
				tx.Client.Engagement.Create().SetID(id.New(id.Engagement)).SetKind(vocab.EngagementIsNote).SetBody(vocab.EngagementBody{Note: &vocab.EngagementNote{Text: "n"}}).
					SetContactID(f.ContactID).SetAuthorKind(viewer.Admin).SetAuthorID(f.AdminID).SetAt(at).SetCreatedAt(at).Exec,
				tx.Client.LibraryOpening.Create().SetID(id.New(id.LibraryOpening)).SetInboxID(f.InboxIDs[0]).SetConversationID(f.ConversationIDs[0]).
					SetShareID(id.New(id.LibraryShare)).SetContactID(f.ContactID).SetAgain(false).SetOpenedAt(at).Exec,
				tx.Client.PageView.Create().SetID(id.New(id.PageView)).SetInboxID(f.InboxIDs[0]).SetVisitorID(f.VisitorIDs[0]).SetURL("https://example.com/").SetViewedAt(at).Exec,
				tx.Client.ConsentRecord.Create().SetID(id.New(id.Consent)).SetContactID(f.ContactID).SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(at).Exec,
			} {
				if err := make(ctx); err != nil {
					return err
				}
			}
		}
		q := id.New(id.Quote)
		if err := tx.Client.Quote.Create().SetID(q).SetNumber(1).SetContent(vocab.QuoteContent{}).SetState(vocab.QuoteAccepted).SetContactID(f.ContactID).SetCreatedAt(1).Exec(ctx); err != nil {
			return err
		}
		for i := range 4 {
			v := tx.Client.QuoteVersion.Create().SetID(id.New("quoteversion")).SetQuoteID(q).SetNumber(i + 1).SetContent(vocab.QuoteContent{}).SetSums(vocab.QuoteSums{}).
				SetPublishedAt(clock.Micros(1 + i/2))
			if i%2 == 0 {
				v.SetAcceptedAt(clock.Micros(2 + i/2))
			} else {
				v.SetDeclinedAt(clock.Micros(2 + i/2))
			}
			if err := v.Exec(ctx); err != nil {
				return err
			}
		}
		shared := id.New(id.Ticket) // of another main contact (CR-7)
		if err := tx.Client.Ticket.Create().SetID(shared).SetNumber(9).SetPipelineID(stage.PipelineID).SetStageID(stage.ID).SetStageKind(stage.Kind).
			SetPriority(vocab.PriorityNone).SetCreatedAt(2).Exec(ctx); err != nil {
			return err
		}
		if err := tx.Client.RecordContact.Create().SetID(id.New("recordcontact")).SetRecordID(shared).SetContactID(f.ContactID).SetAt(3).Exec(ctx); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.ListEntered, SubjectID: f.ContactID, Changes: []vocab.FieldChange{{Field: "list", To: &list}}})
		return nil
	})
}

// CR-3: a timeline has everything in one order, whatever the size of its pages and the
// direction, with one statement a kind; AC-14 holds for each kind.
func TestTimeline(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		fill(t, f)
		service, contacts := timeline.New(s), []*ent.Contact{{ID: f.ContactID}, {ID: id.New(id.Contact)}}
		read := func(ctx context.Context, kinds []vocab.TimelineKind, args paging.PageArgs) *timeline.Page {
			t.Helper()
			return check.Must(service.OfContacts(ctx, contacts, kinds, args))(t)[0]
		}
		whole := read(f.Agent(0), nil, paging.PageArgs{First: check.Ptr(100)})
		count := map[vocab.TimelineKind]int{}
		for i, e := range whole.Edges {
			count[e.Node.Kind]++
			if i > 0 && e.Node.At > whole.Edges[i-1].Node.At {
				t.Errorf("entry %d is later than the one before", i)
			}
		}
		check.Same(t, count, map[vocab.TimelineKind]int{
			vocab.TimelineConversation: 2, vocab.TimelineTicket: 5, vocab.TimelineDeal: 4, vocab.TimelineEngagement: 4,
			vocab.TimelinePageView: 4, vocab.TimelineConsent: 4, vocab.TimelineListChange: 1, vocab.TimelineOpening: 4,
			vocab.TimelineQuotePublished: 4, vocab.TimelineQuoteAccepted: 2, vocab.TimelineQuoteDeclined: 2,
		})
		want := cursors(whole)
		for size := 1; size <= 7; size++ {
			var forward, backward []string
			for args := (paging.PageArgs{First: &size}); ; {
				page := read(f.Agent(0), nil, args)
				forward, args.After = append(forward, cursors(page)...), page.PageInfo.EndCursor
				if !page.PageInfo.HasNextPage {
					break
				}
			}
			for args := (paging.PageArgs{Last: &size}); ; {
				page := read(f.Agent(0), nil, args)
				backward, args.Before = append(cursors(page), backward...), page.PageInfo.StartCursor
				if !page.PageInfo.HasPreviousPage {
					break
				}
			}
			if !slices.Equal(forward, want) || !slices.Equal(backward, want) {
				t.Errorf("pages of %d: got %d forward and %d backward, want %d", size, len(forward), len(backward), len(want))
			}
		}
		some := read(f.Agent(0), []vocab.TimelineKind{vocab.TimelineListChange}, paging.PageArgs{})
		change, _ := some.Edges[0].Node.Item.(*timeline.ListChange)
		check.Same(t, []any{len(some.Edges), change.Entered, change.List.Name}, []any{1, true, "VIP"})
		if list := asked.Of(func() { read(f.Agent(0), nil, paging.PageArgs{}) }); len(list) > 13 {
			t.Errorf("%d statements, want one a kind, and one for the lists and for the quotes: %v", len(list), list)
		}
		check.Same(t, len(read(testkit.Account(t, s).Admin, nil, paging.PageArgs{}).Edges), 0)
		_, err := service.OfContacts(f.Admin, contacts, nil, paging.PageArgs{First: check.Ptr(101)})
		if err == nil {
			t.Error("a page of 101 rows is served")
		}
		if db.URL() == "" {
			plan(t, s, f, asked.Of(func() { read(f.Admin, nil, paging.PageArgs{}) }))
		}
	})
}

func cursors(p *timeline.Page) []string {
	list := []string{}
	for _, e := range p.Edges {
		list = append(list, fmt.Sprint(e.Node.Kind, e.Cursor))
	}
	return list
}

// plan checks that indexes have each kind: no table is scanned.
func plan(t *testing.T, s *store.Store, f *testkit.Fixture, statements []string) {
	t.Helper()
	for _, query := range statements {
		rows := check.Must(s.Query(f.System, "EXPLAIN QUERY PLAN "+query, make([]any, countMarks(query))...))(t)
		for rows.Next() {
			var node, parent, unused int
			var detail string
			check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
			for _, table := range []string{"conversations", "engagements", "tickets", "deals", "page_views", "consents", "events", "library_openings", "quotes", "quote_versions"} {
				if detail == "SCAN "+table {
					t.Errorf("%s\n%s", query, detail)
				}
			}
		}
		check.NoError(t, rows.Close())
	}
}

func countMarks(query string) int {
	n := 0
	for _, c := range query {
		if c == '?' {
			n++
		}
	}
	return n
}
