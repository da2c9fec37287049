package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// rowFields are what a row of a list shows of a conversation (IN-4, IN-32).
const rowFields = `title displayName lastMessage { number text } messageCount unread unreadCount waitingOn closableAt canReplyUntil
	firstRespondedAt firstRespondedBy { __typename } firstResponseSeconds firstResponseBusinessSeconds reopenCount resolvedBy { __typename }`

// IN-4, pitfall 12: what a row shows is read for all rows of a page at once.
func TestStatementsOfRows(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		list := asked.Of(func() {
			got := m.as(m.Agent(1), fmt.Sprintf(`{ conversations(first: 50) { nodes { %s assignee { openConversationCount } } } }`, rowFields), nil)
			if strings.Contains(got, `"errors"`) || strings.Count(got, `"title"`) != 3 {
				t.Fatal(got)
			}
		})
		// The list and its rows, contacts and visitors for names and again for titles, last
		// messages, read positions, unread messages.
		if len(list) > 9 {
			t.Errorf("%d statements for a page:\n%s", len(list), strings.Join(list, "\n"))
		}
	})
}
