package conversation_test

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
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// IN-5: what a search finds, whatever the case and the accents.
func TestSearchFinds(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		c := d.begin(0, "The Café at the corner is closed").ID
		d.notes(me, c, "He means the bakery")
		for query, found := range map[string]bool{
			"cafe": true, "CAFÉ": true, `"at the corner"`: true, "corner cafe": true, "clos*": true, "bakery": true,
			"dora": true, "dora@example.net": true, "contact dora": true,
			"clos": false, `"the at"`: false, "cafe bakery": false, "tearoom": false, "dora cafe": false,
		} {
			if got := len(d.finds(me, query)) == 1; got != found {
				t.Errorf("%s: found is %v", query, got)
			}
		}
	})
}

// IN-5: notes, Bots, Filtered, snoozed and closed ones are found, Trash is not;
// nothing of another inbox or account (AC-1, AC-3).
func TestWhereSearchLooks(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		say := func(c string) string { d.notes(d.Agent(1), c, "marzipan"); return c }
		bot, filtered, snoozed, closed := d.begin(0, "marzipan", withBot).ID, say(d.ConversationIDs[0]), say(d.ConversationIDs[1]), say(d.begin(0, "Hi").ID)
		must(d.MarkAsSpam(me, conversation.MarkAsSpamInput{ConversationID: filtered}))(t)
		d.alter(snoozed, func(u *ent.ConversationUpdateOne) {
			u.SetSnoozedUntil(clock.Of(monday.Add(time.Hour))).SetFolder(vocab.FolderSnoozed)
		})
		d.closes(closed)
		d.deletes(say(d.begin(1, "Hi").ID))
		say(d.ConversationIDs[2]) // of the other inbox
		other := testkit.Account(t, d.Store)
		(&desk{Fixture: other, Service: d.Service, t: t}).notes(other.Agent(1), other.ConversationIDs[0], "marzipan")

		same(t, d.finds(me, "marzipan"), []string{closed, snoozed, filtered, bot})
		same(t, len(d.finds(d.Agent(1), "marzipan")), 5)
		same(t, len(d.finds(d.Admin, "marzipan")), 4)
	})
}

// IN-3: a search is narrowed like a list, but for text and snooze.
func TestSearchNarrowed(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(1)
		for _, c := range d.ConversationIDs {
			d.notes(me, c, "marzipan")
		}
		d.assigns(d.ConversationIDs[0], d.AgentIDs[0])
		d.closes(d.ConversationIDs[1])
		for i, tc := range []struct {
			filter conversation.Filter
			want   []string
		}{
			{conversation.Filter{Text: ptr("unknown"), Snoozed: vocab.SnoozedOnly}, []string{d.ConversationIDs[2], d.ConversationIDs[1], d.ConversationIDs[0]}},
			{conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}}, d.ConversationIDs[1:2]},
			{conversation.Filter{Assignees: &conversation.AssigneeFilter{UserIDs: d.AgentIDs[:1]}}, d.ConversationIDs[:1]},
			{conversation.Filter{InboxIDs: d.InboxIDs[1:]}, d.ConversationIDs[2:]},
			{conversation.Filter{ContactIDs: []string{d.ContactID}}, []string{d.ConversationIDs[1], d.ConversationIDs[0]}},
			{conversation.Filter{Channels: []vocab.ChannelKind{vocab.Email}}, []string{}},
		} {
			got := []string{}
			for _, e := range must(d.Search(me, "marzipan", tc.filter, relay.PageArgs{}))(t).Edges {
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
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, strings.Repeat("padding ", 100)+"the <b>Café</b> "+strings.Repeat("padding ", 100)).ID
		hits := must(d.Search(d.Agent(0), "cafe", conversation.Filter{}, relay.PageArgs{}))(t).Edges
		if got := hits[0].Node.Excerpt; !strings.Contains(got, "&lt;b&gt;<mark>Café</mark>&lt;/b&gt;") || len(got) > 400 {
			t.Errorf("the excerpt is %q", got)
		}
		same(t, hits[0].Node.Message.ConversationID, c)
		header := must(d.Search(d.Agent(0), "dora*", conversation.Filter{}, relay.PageArgs{}))(t).Edges[0].Node
		same(t, []any{header.Message == nil, header.Excerpt}, []any{true, "<mark>Dora</mark> Contact"})
	})
}

// IN-5: hits come newest first, page by page, each once; a cursor of another
// search is refused.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me, c := d.Agent(0), d.ConversationIDs[0]
		var want []string
		for i := range 7 {
			want = append([]string{d.notes(me, c, fmt.Sprint("marzipan ", i)).ID}, want...)
		}
		var got []string
		args := relay.PageArgs{First: ptr(3)}
		for {
			page := must(d.Search(me, "marzipan", conversation.Filter{}, args))(t)
			for _, e := range page.Edges {
				got = append(got, e.Node.Message.ID)
			}
			args.After = page.PageInfo.EndCursor
			if !page.PageInfo.HasNextPage {
				break
			}
		}
		same(t, got, want)
		_, err := d.Search(me, "note", conversation.Filter{}, args)
		refused(t, err, errs.BadUserInput, "after")
		for query, code := range map[string]errs.Code{"": errs.Invalid, "?!": errs.Invalid, strings.Repeat("a", 1<<20): errs.TooLong} {
			_, err := d.Search(me, query, conversation.Filter{}, relay.PageArgs{})
			refused(t, err, code, "query")
		}
	})
}

// IN-5: what is edited, deleted or renamed is found by what it says now.
func TestSearchFollowsChanges(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		c := d.begin(0, "Hello").ID
		m := d.says(me, c, "marzipan")
		must(d.edit(me, m, "nougat"))(t)
		same(t, [][]string{d.finds(me, "marzipan"), d.finds(me, "nougat")}, [][]string{{}, {c}})
		must(d.erase(me, m))(t)
		same(t, d.finds(me, "nougat"), []string{})

		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Contact.UpdateOneID(d.ContactID).SetName("Dorothea Vogel").Exec(ctx)
		})
		for range 2 {
			if err := d.Reindex(t.Context(), conversation.ReindexArgs{AccountID: d.AccountID, ContactID: d.ContactID}); err != nil {
				t.Fatal(err)
			}
		}
		same(t, d.finds(me, "contact"), []string{})
		found := d.finds(me, "vogel")
		slices.Sort(found)
		want := []string{c, d.ConversationIDs[0], d.ConversationIDs[1]}
		slices.Sort(want)
		same(t, found, want)
	})
}

// Architecture 5, pitfall 12: a search, and a list narrowed by text or contact,
// begins at what was found, and never walks all documents or a view.
func TestSearchBeginsAtItsHits(t *testing.T) {
	t.Parallel()
	loneDesk(t, func(t *testing.T, d *desk) {
		d.fill(6000)
		d.documents(5000)
		me := d.Agent(0)
		queries := map[string]func() (string, []any, error){
			"search":    func() (string, []any, error) { return d.SearchSQL(me, "marzipan") },
			"two words": func() (string, []any, error) { return d.SearchSQL(me, "word7 common") },
			"by text":   func() (string, []any, error) { return d.listSQL(conversation.Filter{Text: ptr("marzipan")}) },
			"by contact": func() (string, []any, error) {
				return d.listSQL(conversation.Filter{ContactIDs: []string{d.ContactID}})
			},
			"by contacts": func() (string, []any, error) {
				return d.listSQL(conversation.Filter{ContactIDs: []string{d.ContactID, id.New(id.Contact)}})
			},
		}
		begins := map[bool]*regexp.Regexp{
			true:  regexp.MustCompile(`(on search_documents_terms|(on|using) conversations_contact)\b`),
			false: regexp.MustCompile(`^(CO-ROUTINE found\nCO-ROUTINE hit\nSCAN i VIRTUAL|SCAN i VIRTUAL|SEARCH conversations USING INDEX conversations_contact)\b`),
		}[d.Store.Postgres()]
		for name, make := range queries {
			query, args, err := make()
			if err != nil {
				t.Fatal(err)
			}
			plan, _ := d.explain(query, args)
			if !begins.MatchString(plan) || regexp.MustCompile(`Seq Scan on|SCAN c|SCAN d|conversations_folder`).MatchString(plan) {
				t.Errorf("%s:\n%s", name, plan)
			}
		}
	})
}

// listSQL is the statement of the first page of All, narrowed.
func (d *desk) listSQL(filter conversation.Filter) (string, []any, error) {
	query, args, err := d.ListSQL(d.Agent(0), conversation.Selection{Filter: filter}, relay.PageArgs{})
	if filter.Text != nil && d.Store.Postgres() {
		args = append([]any{pgx.QueryExecModeExec}, args...)
	}
	return query, args, err
}

// Architecture 5: PostgreSQL keeps no plan for any words, which would read all
// documents once a search ran five times.
func TestNoPlanIsKeptForWords(t *testing.T) {
	t.Parallel()
	loneDesk(t, func(t *testing.T, d *desk) {
		if !d.Store.Postgres() {
			t.Skip("SQLite plans each time alike")
		}
		c := d.begin(0, "marzipan").ID
		for range 10 {
			same(t, d.finds(d.Agent(0), "marzipan"), []string{c})
			sel := conversation.Selection{Filter: conversation.Filter{Text: ptr("marzipan")}}
			same(t, d.pages(d.Agent(0), t, sel, 50, false), []string{c})
		}
		for _, held := range d.Store.Pool().AcquireAllIdle(t.Context()) {
			defer held.Release()
			var kept int
			if err := held.QueryRow(t.Context(), "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%@@%'", pgx.QueryExecModeExec).Scan(&kept); err != nil {
				t.Fatal(err)
			}
			same(t, kept, 0)
		}
	})
}

// documents makes n documents of one conversation: each has a word that all
// have, and one that a thousandth has.
func (d *desk) documents(n int) {
	d.t.Helper()
	c := d.row(d.ConversationIDs[0])
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
		for i := range n {
			if err := conversation.Index(ctx, tx, c, id.New(id.Message), fmt.Sprint("common word", i%1000)); err != nil {
				return err
			}
		}
		return conversation.Index(ctx, tx, c, id.New(id.Message), "marzipan")
	})
	if d.Store.Postgres() {
		must(d.Store.Pool().Exec(d.t.Context(), "VACUUM ANALYZE search_documents"))(d.t)
	}
}
