package conversation_test

import (
	"testing"

	"parley/internal/conversation"
	"parley/internal/paging"
	"parley/internal/testkit/check"
)

// IN-6: one's own tasks are listed, newest first, in both directions; those of others are
// not.
func TestOwnTasks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		var ids []string
		for range 3 {
			task := check.Must(d.BulkChange(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkClose, Selection: conversation.BulkSelection{ConversationIDs: []string{d.ConversationIDs[0]}}}))(t)
			ids = append([]string{task.ID}, ids...)
		}
		listed := func(args paging.PageArgs) []string {
			page := check.Must(d.Tasks(d.Agent(0), args))(t)
			found := []string{}
			for _, task := range page.Nodes() {
				found = append(found, task.ID)
			}
			return found
		}
		check.Same(t, listed(paging.PageArgs{}), ids)
		check.Same(t, listed(paging.PageArgs{Last: check.Ptr(1)}), ids[2:])
		first := check.Must(d.Tasks(d.Agent(0), paging.PageArgs{First: check.Ptr(1)}))(t)
		check.Same(t, listed(paging.PageArgs{After: first.PageInfo.EndCursor}), ids[1:])
		check.Same(t, len(check.Must(d.Tasks(d.Admin, paging.PageArgs{}))(t).Edges), 0)
	})
}
