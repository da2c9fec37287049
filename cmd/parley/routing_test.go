package main

import (
	"fmt"
	"testing"
	"time"

	"parley/internal/clock"
)

// RT-1 to RT-5, AC-7 over the API: an admin sets a rule up, who is away gets
// nothing, whoever comes back is offered what waits, and the log says why.
func TestRouting(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		want := func(what string, got any, want string) {
			t.Helper()
			if fmt.Sprint(got) != want {
				t.Errorf("%s: %v, want %s", what, got, want)
			}
		}
		me := text(a.do(adminToken, `{ viewer { actor { ... on User { id } } } }`, nil), "viewer", "actor", "id")
		made := a.do(adminToken, `mutation($in: CreateUserInput!) { createUser(input: $in) { user { id } userErrors { message } } }`,
			input("name", "Eve", "email", "eve@example.com", "seat", "NONE"))
		eve := text(made, "createUser", "user", "id")
		update := `mutation($in: UpdateTargetedMessageInput!) { updateTargetedMessage(input: $in) { targetedMessage { routing { offerAgain rules { target method users { id } } } } userErrors { code field } } }`
		rule := func(users ...string) map[string]any {
			return map[string]any{"rules": []any{map[string]any{"target": "USERS", "userIds": users}}}
		}
		bad := a.ask(adminToken, update, input("targetedMessageId", c.shown, "routing", rule(me, eve)))
		want("a seatless user", at(bad.Data, "updateTargetedMessage", "userErrors"), "[map[code:SEAT_REQUIRED field:[routing rules 0 userIds 1]]]")

		a.do(adminToken, `mutation($in: UpdateUserInput!) { updateUser(input: $in) { user { chatCapacity } userErrors { message } } }`,
			input("userId", me, "seat", "SERVICE", "chatCapacity", 1))
		good := a.do(adminToken, update, input("targetedMessageId", c.shown, "routing", rule(me)))
		want("routing", at(good, "updateTargetedMessage", "targetedMessage", "routing"),
			"map[offerAgain:true rules:[map[method:ROUND_ROBIN target:USERS users:[map[id:"+me+"]]]]]")

		available := func(to string) {
			a.do(adminToken, `mutation($in: SetAvailabilityInput!) { setAvailability(input: $in) { user { id } userErrors { message } } }`, input("availability", to))
		}
		who := `query($id: ID!) { conversation(id: $id) { assignee { id } routingDecisions { nodes { rule trigger target assignee { id } candidates { nodes { user { id } chosen skipped } } } } } }`
		available("AWAY")
		chat := c.chat("Hello").conversationID
		waiting := a.do(adminToken, who, map[string]any{"id": chat})
		want("while away", at(waiting, "conversation", "assignee"), "<nil>")
		want("why", at(waiting, "conversation", "routingDecisions", "nodes"),
			"[map[assignee:<nil> candidates:map[nodes:[map[chosen:false skipped:AWAY user:map[id:"+me+"]]]] rule:0 target:USERS trigger:STARTED]]")
		preview := `query($in: RoutingPreviewInput!) { routingPreview(input: $in) { trigger assignee { id } candidates { nodes { skipped } } } }`
		available("AVAILABLE")
		shown := a.do(adminToken, preview, input("conversation", map[string]any{"targetedMessageId": c.shown}))
		want("preview", at(shown, "routingPreview", "trigger"), "PREVIEW")
		ticks, deadline := time.NewTicker(50*time.Millisecond), time.After(30*time.Second)
		defer ticks.Stop()
		for at(a.do(adminToken, who, map[string]any{"id": chat}), "conversation", "assignee", "id") != any(me) {
			select {
			case <-ticks.C:
			case <-deadline:
				t.Fatal("nobody was offered what waits")
			}
		}
		entries := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { entries(kinds: [EVENT], last: 2) { nodes { ... on Event { type routing { trigger } } } } } }`, map[string]any{"id": chat})
		want("entries", at(entries, "conversation", "entries", "nodes", 0), "map[routing:map[trigger:OFFERED] type:CONVERSATION_ROUTED]")
		full := a.do(adminToken, preview, input("conversation", map[string]any{"targetedMessageId": c.shown}))
		want("at capacity", at(full, "routingPreview", "candidates", "nodes"), "[map[skipped:AT_CAPACITY]]")
		own := a.do(adminToken, `mutation($in: UpdateOwnProfileInput!) { updateOwnProfile(input: $in) { user { name reassignRepliesWhenAway chatCapacity } userErrors { message } } }`,
			input("name", "Ada", "reassignRepliesWhenAway", true))
		want("own profile", at(own, "updateOwnProfile", "user"), "map[chatCapacity:1 name:Ada reassignRepliesWhenAway:true]")
	})
}
