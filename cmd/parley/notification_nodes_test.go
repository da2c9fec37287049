package main

import (
	"fmt"
	"testing"

	"parley/internal/testkit"
	"parley/internal/vocab"
)

// NT-1, OP-2: who looks at a conversation by any node is not notified of it, whichever node finds
// out whom it is for.
func TestLookingByAnotherNode(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts processes")
	}
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		c := newCluster(t, db)
		o := &office{api: c.api()}
		o.site, o.admin = o.channel(), o.userOf(adminToken)
		o.ben = text(o.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`, input("name", "Ben", "email", "ben@example.com")), "createUser", "user", "id")
		o.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", o.site.inboxID, "addUserIds", []string{o.ben}))
		o.benToken = text(o.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`, input("name", "Ben", "userId", o.ben, "scopes", []string{"*"})), "createApiToken", "token")
		topic := o.site.chat("Where is my parcel?")
		o.assign(o.benToken, topic.conversationID, o.ben)
		o.writes(topic, "Hello?")
		o.told(o.benToken, vocab.NotifyReply, topic.conversationID)
		o.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
		for i, address := range c.addrs {
			node := &api{t: t, url: "http://" + address}
			look := node.listen(o.benToken, `subscription($id: ID!) { conversationPresence(conversationId: $id) { viewing } }`, map[string]any{"id": topic.conversationID})
			node.hear(look)
			before := fmt.Sprint(o.everTold(o.benToken))
			o.writes(topic, fmt.Sprintf("Are you there, %d?", i))
			o.passed(topic.conversationID)
			if now := fmt.Sprint(o.everTold(o.benToken)); now != before {
				t.Errorf("he looks at it by node %d, and is told %s", i, now)
			}
			look.cut()
		}
	})
}
