package conversation_test

import (
	"testing"
	"time"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-6: what a bulk change of a view changes is fixed when it begins, also over a
// restart: what leaves the view before its turn is changed or skipped with the reason.
func TestBulkListIsFixed(t *testing.T) {
	t.Parallel()
	eachTickingDesk(t, func(t *testing.T, d *suite, c *ticking) {
		var ids []string
		for range 8 {
			c.Advance(time.Second)
			ids = append(ids, d.StartChat(0, "Hello").ID)
		}
		task := check.Must(d.bulk(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{"vip"}, Selection: conversation.BulkSelection{Whole: &conversation.WholeViewInput{
			InboxID: &d.InboxIDs[0], Filter: &view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}},
		}}}))(t)
		c.set(6*time.Second, nil)
		_ = d.run(task) // the first one
		c.set(0, nil)
		d.MustClose(ids[4])
		d.MustDelete(ids[5])
		check.Must(d.Purge(d.Admin, conversation.PurgeConversationInput{Target: conversation.On(ids[5])}))(t)
		d.MustDelete(ids[6])
		check.Must(d.Purge(d.Admin, conversation.PurgeConversationInput{Target: conversation.On(ids[6])}))(t)
		if err := d.run(task); err != nil {
			t.Fatal(err)
		}
		check.Same(t, d.tally(task), []any{vocab.TaskDone, 10, 8, 2})
		check.Same(t, len(d.Row(ids[4]).Tags), 1)

		skipped := func(args paging.PageArgs) ([]string, paging.PageInfo) {
			page := check.Must(d.Skips(d.Agent(0), []*ent.Task{d.task(task)}, args))(t)[0]
			var list []string
			for _, p := range page.Nodes() {
				list = append(list, p.ConversationID+" "+p.Code)
			}
			return list, page.PageInfo
		}
		first, info := skipped(paging.PageArgs{First: check.Ptr(1)})
		check.Same(t, first, []string{ids[5] + " NOT_FOUND"})
		second, info := skipped(paging.PageArgs{After: info.EndCursor})
		check.Same(t, second, []string{ids[6] + " NOT_FOUND"})
		check.Same(t, info.HasNextPage, false)
		last, _ := skipped(paging.PageArgs{Last: check.Ptr(1)})
		check.Same(t, last, second)
	})
}
