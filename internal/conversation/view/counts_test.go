package view_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// total counts a selection.
func (d *suite) total(ctx context.Context, sel view.Selection) int {
	d.T.Helper()
	page := check.Must(d.List(ctx, sel, paging.PageArgs{First: check.Ptr(1)}))(d.T)
	return *check.Must(page.TotalCount(ctx))(d.T)
}

// IN-15, API-19: the counts of every view are what its list counts, for each who asks.
func TestViewCountsAreTheLists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		d.crowd(rand.New(rand.NewPCG(7, 8)), 300)
		seen := 0
		for _, ctx := range []context.Context{d.Agent(0), d.Agent(1), d.Admin} {
			ids := []string{d.InboxIDs[1], d.InboxIDs[0], d.InboxIDs[1]}
			counts := check.Must(d.ViewCounts(ctx, ids))(t)
			for i, inbox := range ids {
				if !viewer.FromContext(ctx).InInbox(inbox) {
					check.Same(t, len(counts[i]), 0) // AC-3
					continue
				}
				check.Same(t, len(counts[i]), len(desk.BuiltInViews))
				for j, shown := range desk.BuiltInViews {
					open := view.Selection{InboxID: &inbox, View: shown, Filter: view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}
					unread := open
					unread.Filter.Unread = check.Ptr(true)
					want := view.ViewCount{InboxID: inbox, View: shown, Open: d.total(ctx, open), Unread: d.total(ctx, unread)}
					check.Same(t, counts[i][j], want)
					seen += want.Open + want.Unread
				}
			}
		}
		if seen < 500 {
			t.Errorf("only %d were counted in all", seen)
		}
	})
}

// IN-15, pitfall 12: the counts of any number of inboxes are one statement, which
// reads the index of open conversations and no closed one.
func TestViewCountsReadOpenOnesAlone(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		d.FillInboxes(12_000)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE conversations SET status = 'CLOSED' WHERE opened_at % 50 > 0"); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `INSERT INTO read_positions (id, account_id, inbox_id, conversation_id, user_id, number)
				SELECT 'read_' || id, account_id, inbox_id, id, $1, 0 FROM conversations`, d.AgentIDs[0]); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "ANALYZE")
			return err
		})
		if d.Store.Postgres() {
			check.Must(d.Store.Pool().Exec(t.Context(), "VACUUM conversations"))(t)
		}
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			query, args := view.CountSQL(d.Agent(1), d.InboxIDs[:])
			plan, _ := d.Plans(mode)(query, args)
			if !strings.Contains(plan, "conversations_open") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN") {
				t.Errorf("%s:\n%s", mode, plan)
			}
		}
	})
	eachCounted(t, func(t *testing.T, d *suite, asked *testkit.Statements) {
		desk.AtMost(t, asked, 1, func() { check.Must(d.ViewCounts(d.Agent(1), d.InboxIDs[:]))(t) })
	})
}

// IN-15: every view that the API has is counted, in the order in which it names
// them, so that a view which is added is not forgotten.
func TestEveryViewIsCounted(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../graph/schema/conversation.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := parser.ParseSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	var named []vocab.ConversationView
	for _, value := range parsed.Definitions.ForName("ConversationView").EnumValues {
		named = append(named, vocab.ConversationView(value.Name))
	}
	check.Same(t, view.CountedViews[:], named)
}
