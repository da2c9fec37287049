package main

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
)

// IB-8, RT-2: the members of an inbox show who is there and what they have to do, live.
func TestInboxPeople(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		ben, token := a.agent("Ben", site.inboxID)
		const person = `nodes { user { name } availability connected openChats openConversations capacity }`
		s := a.listen(adminToken, `subscription($id: ID!) { inboxPeople(inboxId: $id) { `+person+` } }`, map[string]any{"id": site.inboxID})
		shows := func(of any) string {
			list, _ := at(of.(map[string]any), "nodes").([]any)
			for _, p := range list {
				if p := p.(map[string]any); at(p, "user", "name") == "Ben" {
					return strings.TrimSpace(fmt.Sprintln(p["availability"], p["connected"], p["openChats"], p["openConversations"], p["capacity"]))
				}
			}
			return "none"
		}
		next := func(want string) {
			t.Helper()
			for got := ""; got != want; {
				got = shows(at(a.hear(s), "inboxPeople"))
			}
			asked := a.do(adminToken, `query($id: ID!) { inbox(id: $id) { people { `+person+` } } }`, map[string]any{"id": site.inboxID})
			if got := shows(at(asked, "inbox", "people")); got != want {
				t.Errorf("Inbox.people shows %s, the subscription %s", got, want)
			}
		}
		next("AVAILABLE false 0 0 <nil>")
		own := a.listen(token, `subscription { events { type } }`, nil)
		next("AVAILABLE true 0 0 <nil>")
		chat := site.chat("Hello")
		a.do(adminToken, `mutation($in: AssignConversationInput!) { assignConversation(input: $in) { userErrors { message } } }`,
			input("conversationId", chat.conversationID, "userId", ben))
		next("AVAILABLE true 1 1 <nil>")
		a.do(token, `mutation($in: SetAvailabilityInput!) { setAvailability(input: $in) { userErrors { message } } }`, input("availability", "AWAY"))
		next("AWAY true 1 1 <nil>")
		own.cut()
		next("AWAY false 1 1 <nil>")
		a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`,
			input("inboxId", site.inboxID, "removeUserIds", []string{ben}))
		next("none")
	})
}
