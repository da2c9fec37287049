package conversation_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"parley/internal/conversation"
	"parley/internal/relay"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// total counts a selection.
func (d *desk) total(ctx context.Context, sel conversation.Selection) int {
	d.t.Helper()
	page := must(d.List(ctx, sel, relay.PageArgs{First: ptr(1)}))(d.t)
	return *must(page.TotalCount(ctx))(d.t)
}

// IN-15: the counts of every view are what its list counts, for each who asks.
func TestViewCountsAreTheLists(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		d.crowd(rand.New(rand.NewPCG(7, 8)), 300)
		seen := 0
		for _, ctx := range []context.Context{d.Agent(0), d.Agent(1), d.Admin} {
			ids := []string{d.InboxIDs[1], d.InboxIDs[0], d.InboxIDs[1]}
			counts := must(d.ViewCounts(ctx, ids))(t)
			for i, inbox := range ids {
				if !viewer.FromContext(ctx).InInbox(inbox) {
					same(t, len(counts[i]), 0) // AC-3
					continue
				}
				same(t, len(counts[i]), len(views))
				for j, view := range views {
					open := conversation.Selection{InboxID: &inbox, View: view, Filter: conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}}}
					unread := open
					unread.Filter.Unread = ptr(true)
					want := conversation.ViewCount{View: view, Open: d.total(ctx, open), Unread: d.total(ctx, unread)}
					same(t, counts[i][j], want)
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
	loneDesk(t, func(t *testing.T, d *desk) {
		d.fill(12_000)
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
			must(d.Store.Pool().Exec(t.Context(), "VACUUM conversations"))(t)
		}
		for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
			query, args := conversation.CountSQL(d.Agent(1), d.InboxIDs[:])
			plan, _ := d.plans(mode)(query, args)
			if !strings.Contains(plan, "conversations_open") || strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN") {
				t.Errorf("%s:\n%s", mode, plan)
			}
		}
	})
	eachCountedDesk(t, func(t *testing.T, d *desk, asked *testkit.Statements) {
		asks(t, asked, 1, func() { must(d.ViewCounts(d.Agent(1), d.InboxIDs[:]))(t) })
	})
}
