package view_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// IN-5: what a search finds, whatever the case and the accents.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		c := d.StartChat(0, "The Café at the corner is closed").ID
		d.AgentNotes(me, c, "He means the bakery")
		for query, found := range map[string]bool{
			"cafe": true, "CAFÉ": true, `"at the corner"`: true, "corner cafe": true, "clos*": true, "bakery": true,
			"dora": true, "dora@example.net": true, "contact dora": true,
			"\"clos\"": false, `"the at"`: false, "cafe bakery": false, "tearoom": false, "dora cafe": false,
		} {
			if got := len(d.Found(me, query)) == 1; got != found {
				t.Errorf("%s: found is %v", query, got)
			}
		}
	})
}

// IN-5: notes, Bots, Filtered, snoozed and closed ones are found, Trash is not;
// nothing of another inbox or account (AC-1, AC-3).
func TestWhereSearchLooks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		say := func(c string) string { d.AgentNotes(d.Agent(1), c, "marzipan"); return c }
		bot, filtered, snoozed, closed := d.StartChat(0, "marzipan", desk.WithBot).ID, say(d.ConversationIDs[0]), say(d.ConversationIDs[1]), say(d.StartChat(0, "Hi").ID)
		check.Must(d.MarkAsSpam(me, conversation.MarkConversationAsSpamInput{Target: conversation.On(filtered)}))(t)
		d.AlterRow(snoozed, func(u *ent.ConversationUpdateOne) {
			u.SetSnoozedUntil(clock.Of(desk.Monday.Add(time.Hour))).SetFolder(vocab.FolderSnoozed)
		})
		d.MustClose(closed)
		d.MustDelete(say(d.StartChat(1, "Hi").ID))
		say(d.ConversationIDs[2]) // of the other inbox
		other := testkit.Account(t, d.Store)
		(&desk.Desk{Fixture: other, Service: d.Service, T: t}).AgentNotes(other.Agent(1), other.ConversationIDs[0], "marzipan")

		check.Same(t, d.Found(me, "marzipan"), []string{closed, snoozed, filtered, bot})
		check.Same(t, len(d.Found(d.Agent(1), "marzipan")), 5)
		check.Same(t, len(d.Found(d.Admin, "marzipan")), 4)
	})
}

// IN-3: a search is narrowed like a list, but for text and snooze.
func TestSearchNarrowed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(1)
		for _, c := range d.ConversationIDs {
			d.AgentNotes(me, c, "marzipan")
		}
		d.MustAssign(d.ConversationIDs[0], d.AgentIDs[0])
		d.MustClose(d.ConversationIDs[1])
		for i, tc := range []struct {
			filter view.Filter
			want   []string
		}{
			{view.Filter{Text: check.Ptr("unknown"), Snoozed: vocab.SnoozedOnly}, []string{d.ConversationIDs[2], d.ConversationIDs[1], d.ConversationIDs[0]}},
			{view.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}}, d.ConversationIDs[1:2]},
			{view.Filter{Assignees: &view.AssigneeFilter{UserIDs: d.AgentIDs[:1]}}, d.ConversationIDs[:1]},
			{view.Filter{InboxIDs: d.InboxIDs[1:]}, d.ConversationIDs[2:]},
			{view.Filter{ContactIDs: []string{d.ContactID}}, []string{d.ConversationIDs[1], d.ConversationIDs[0]}},
			{view.Filter{Channels: []vocab.ChannelKind{vocab.Email}}, []string{}},
		} {
			got := []string{}
			for _, e := range check.Must(d.Search(me, "marzipan", tc.filter, vocab.SearchNewest, paging.PageArgs{}))(t).Edges {
				got = append(got, e.Node.Conversation.ID)
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("%d: got %v, want %v", i, got, tc.want)
			}
		}
	})
}

// IN-5: an excerpt shows the words where they stand, marked, and nothing of the
// text is HTML; a hit in the header shows contact or subject.
func TestExcerpts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, strings.Repeat("padding ", 100)+"the <b>Café</b> "+strings.Repeat("padding ", 100)).ID
		hits := check.Must(d.Search(d.Agent(0), "cafe", view.Filter{}, vocab.SearchNewest, paging.PageArgs{}))(t).Edges
		if got := hits[0].Node.Excerpt; !strings.Contains(got, "&lt;b&gt;<mark>Café</mark>&lt;/b&gt;") || len(got) > 400 {
			t.Errorf("the excerpt is %q", got)
		}
		check.Same(t, hits[0].Node.Message.ConversationID, c)
		header := check.Must(d.Search(d.Agent(0), "dora*", view.Filter{}, vocab.SearchNewest, paging.PageArgs{}))(t).Edges[0].Node
		check.Same(t, []any{header.Message == nil, header.Excerpt}, []any{true, "<mark>Dora</mark> Contact"})
	})
}

// IN-5: hits come newest first, page by page, each once; a cursor of another
// search is refused.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, c := d.Agent(0), d.ConversationIDs[0]
		var want []string
		for i := range 7 {
			want = append([]string{d.AgentNotes(me, c, fmt.Sprint("marzipan ", i)).ID}, want...)
		}
		var got []string
		args := paging.PageArgs{First: check.Ptr(3)}
		for {
			page := check.Must(d.Search(me, "marzipan", view.Filter{}, vocab.SearchNewest, args))(t)
			for _, e := range page.Edges {
				got = append(got, e.Node.Message.ID)
			}
			args.After = page.PageInfo.EndCursor
			if !page.PageInfo.HasNextPage {
				break
			}
		}
		check.Same(t, got, want)
		_, err := d.Search(me, "note", view.Filter{}, vocab.SearchNewest, args)
		check.Refused(t, err, errs.BadUserInput, "after")
		got = nil
		args = paging.PageArgs{Last: check.Ptr(3)}
		for {
			page := check.Must(d.Search(me, "marzipan", view.Filter{}, vocab.SearchNewest, args))(t)
			var part []string
			for _, e := range page.Edges {
				part = append(part, e.Node.Message.ID)
			}
			got = append(part, got...)
			args.Before = page.PageInfo.StartCursor
			if !page.PageInfo.HasPreviousPage {
				break
			}
		}
		check.Same(t, got, want)
		for _, query := range []string{"", " ", "?!", "-marzipan"} {
			page := check.Must(d.Search(me, query, view.Filter{}, vocab.SearchNewest, paging.PageArgs{}))(t)
			check.Same(t, []any{len(page.Edges), page.PageInfo.HasNextPage}, []any{0, false})
		}
		_, err = d.Search(me, strings.Repeat("a", 1<<20), view.Filter{}, vocab.SearchNewest, paging.PageArgs{})
		check.Refused(t, err, errs.TooLong, "query")
	})
}

// IN-5: by relevance, what has most of the query as it was typed comes first, then
// the newest, page by page in both directions; a cursor of the other order is refused.
func TestSearchByRelevance(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, c := d.Agent(0), d.ConversationIDs[0]
		texts := []string{"late marzipan, marzipan late", "marzipan late", "late marzipan", "marzipan, and late", "late marzipan, late marzipan"}
		ids := make([]string, len(texts))
		for i, text := range texts {
			ids[i] = d.AgentNotes(me, c, text).ID
		}
		want := []string{ids[4], ids[0], ids[2], ids[3], ids[1]}
		search := func(args paging.PageArgs) *view.SearchPage {
			return check.Must(d.Search(me, "late marzipan", view.Filter{}, vocab.SearchRelevance, args))(t)
		}
		var forward, backward []string
		for args := (paging.PageArgs{First: check.Ptr(2)}); ; {
			page := search(args)
			for _, e := range page.Edges {
				forward = append(forward, e.Node.Message.ID)
			}
			if args.After = page.PageInfo.EndCursor; !page.PageInfo.HasNextPage {
				break
			}
		}
		for args := (paging.PageArgs{Last: check.Ptr(4)}); ; {
			page := search(args)
			var part []string
			for _, e := range page.Edges {
				part = append(part, e.Node.Message.ID)
			}
			backward = append(part, backward...)
			if args.Before = page.PageInfo.StartCursor; !page.PageInfo.HasPreviousPage {
				break
			}
		}
		check.Same(t, forward, want)
		check.Same(t, backward, want)
		after := search(paging.PageArgs{First: check.Ptr(2)}).PageInfo.EndCursor
		_, err := d.Search(me, "late marzipan", view.Filter{}, vocab.SearchNewest, paging.PageArgs{After: after})
		check.Refused(t, err, errs.BadUserInput, "after")
		check.Same(t, search(paging.PageArgs{}).Truncated, false)
	})
}

// IN-5: a bound that cuts the ranked hits is shown.
func TestSearchByRelevanceTruncates(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		d.FillInboxes(1000)
		d.documents(600)
		page := check.Must(d.Search(d.Agent(0), "common", view.Filter{}, vocab.SearchRelevance, paging.PageArgs{}))(t)
		check.Same(t, page.Truncated, true)
	})
}

// IN-5: what is edited, deleted or renamed is found by what it says now.
func TestSearchFollowsChanges(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		c := d.StartChat(0, "Hello").ID
		m := d.AgentSays(me, c, "marzipan")
		check.Must(d.EditAs(me, m, "nougat"))(t)
		check.Same(t, [][]string{d.Found(me, "marzipan"), d.Found(me, "nougat")}, [][]string{{}, {c}})
		check.Must(d.EraseAs(me, m))(t)
		check.Same(t, d.Found(me, "nougat"), []string{})

		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Contact.UpdateOneID(d.ContactID).SetName("Dorothea Vogel").Exec(ctx)
		})
		for range 2 {
			if err := d.Reindex(t.Context(), conversation.ReindexArgs{AccountID: d.AccountID, ContactID: d.ContactID}); err != nil {
				t.Fatal(err)
			}
		}
		check.Same(t, d.Found(me, "contact"), []string{})
		found := d.Found(me, "vogel")
		slices.Sort(found)
		want := []string{c, d.ConversationIDs[0], d.ConversationIDs[1]}
		slices.Sort(want)
		check.Same(t, found, want)
	})
}

// Architecture 5, pitfall 12: a search, and a list narrowed by text or contact,
// begins at what was found, and never walks all documents or a view.
func TestSearchBeginsAtItsHits(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		d.FillInboxes(6000)
		d.documents(5000)
		me := d.Agent(0)
		queries := map[string]func() (string, []any, error){
			"search":    func() (string, []any, error) { return d.SearchSQL(me, "marzipan") },
			"two words": func() (string, []any, error) { return d.SearchSQL(me, "word7 common") },
			"by text":   func() (string, []any, error) { return d.listSQL(view.Filter{Text: check.Ptr("marzipan")}) },
			"by contact": func() (string, []any, error) {
				return d.listSQL(view.Filter{ContactIDs: []string{d.ContactID}})
			},
			"by contacts": func() (string, []any, error) {
				return d.listSQL(view.Filter{ContactIDs: []string{d.ContactID, id.New(id.Contact)}})
			},
		}
		begins := map[bool]*regexp.Regexp{
			true:  regexp.MustCompile(`(on search_documents_terms|(on|using) conversations_contact_opened_at)\b`),
			false: regexp.MustCompile(`^(CO-ROUTINE found\nSCAN i VIRTUAL|SCAN i VIRTUAL|SEARCH conversations USING (COVERING )?INDEX conversations_contact_opened_at)\b`),
		}[d.Store.Postgres()]
		for name, make := range queries {
			query, args, err := make()
			if err != nil {
				t.Fatal(err)
			}
			plan, _ := d.Explain(query, args)
			if !begins.MatchString(plan) || regexp.MustCompile(`Seq Scan on|SCAN c|SCAN d|conversations_folder`).MatchString(plan) {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
		// IN-3: for a word that too many have, the view is walked.
		d.LimitHits(100)
		d.LimitWalks(250, 400)
		query, args, err := d.listSQL(view.Filter{Text: check.Ptr("common")})
		if err != nil {
			t.Fatal(err)
		}
		if plan, _ := d.Explain(query, args); !walked.MatchString(plan) || whole.MatchString(plan) {
			t.Errorf("common word:\n%s", plan)
		}
	})
}

// listSQL is the statement of the first page of All, narrowed.
func (d *suite) listSQL(filter view.Filter) (string, []any, error) {
	query, args, err := d.ListSQL(d.Agent(0), view.Selection{Filter: filter}, paging.PageArgs{})
	if filter.Text != nil && d.Store.Postgres() {
		args = append([]any{pgx.QueryExecModeExec}, args...)
	}
	return query, args, err
}

// Architecture 5: PostgreSQL keeps no plan for any words, which would read all
// documents once a search ran five times.
func TestNoPlanIsKeptForWords(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		if !d.Store.Postgres() {
			t.Skip("SQLite plans each time alike")
		}
		c := d.StartChat(0, "marzipan").ID
		for range 10 {
			check.Same(t, d.Found(d.Agent(0), "marzipan"), []string{c})
			sel := view.Selection{Filter: view.Filter{Text: check.Ptr("marzipan")}}
			check.Same(t, d.pages(d.Agent(0), t, sel, 50, false), []string{c})
		}
		for _, held := range d.Store.Pool().AcquireAllIdle(t.Context()) {
			defer held.Release()
			var kept int
			if err := held.QueryRow(t.Context(), "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%@@%'", pgx.QueryExecModeExec).Scan(&kept); err != nil {
				t.Fatal(err)
			}
			check.Same(t, kept, 0)
		}
	})
}

// documents makes n documents of one conversation: each has a word that all
// have, and one that a thousandth has.
func (d *suite) documents(n int) {
	d.T.Helper()
	c := d.Row(d.ConversationIDs[0])
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			if err := d.index(ctx, tx, c, id.New(id.Message), fmt.Sprint("common word", i%1000)); err != nil {
				return err
			}
		}
		return d.index(ctx, tx, c, id.New(id.Message), "marzipan")
	})
	if d.Store.Postgres() {
		check.Must(d.Store.Pool().Exec(d.T.Context(), "VACUUM ANALYZE search_documents"))(d.T)
	}
}
