package main

import (
	"fmt"
	"testing"
	"time"

	"parley/internal/clock"
)

// IN-21, IN-22, IN-23, RT-7, RT-8, AC-15, TM-9 over the API: settings of an inbox and of
// people, a visitor's place in the queue as it changes, and what a preview shows.
func TestWork(t *testing.T) {
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
		user := a.do(adminToken, `mutation($in: UpdateUserInput!) { updateUser(input: $in) { user { autoAssign followsPresence workingHours { timeZone hours { day from to } } } userErrors { message } } }`,
			input("userId", me, "seat", "SERVICE", "workingHours", map[string]any{"timeZone": "Europe/Vienna", "hours": []any{
				map[string]any{"day": "MONDAY", "from": "00:00", "to": "00:00"},
			}}))
		want("user", at(user, "updateUser", "user"),
			"map[autoAssign:true followsPresence:false workingHours:map[hours:[map[day:MONDAY from:00:00 to:00:00]] timeZone:Europe/Vienna]]")
		a.do(adminToken, `mutation($in: UpdateUserInput!) { updateUser(input: $in) { userErrors { message } } }`, input("userId", me, "workingHours", nil))

		settings := `settings { assignOnReply showQueuePosition closeSilentChatsAfter farewellText rerouteUnanswered noAnswerSeconds passOnAfter onClose filteredDigest }`
		inbox := a.do(adminToken, `query($id: ID!) { inbox(id: $id) { `+settings+` } }`, map[string]any{"id": c.inboxID})
		want("a new inbox", at(inbox, "inbox", "settings"),
			"map[assignOnReply:ON closeSilentChatsAfter:<nil> farewellText:<nil> filteredDigest:true noAnswerSeconds:120 onClose:KEEP_ASSIGNEE passOnAfter:<nil> rerouteUnanswered:false showQueuePosition:false]")
		update := `mutation($in: UpdateInboxSettingsInput!) { updateInboxSettings(input: $in) { inbox { ` + settings + ` } userErrors { code field } } }`
		changed := a.do(adminToken, update, input("inboxId", c.inboxID, "showQueuePosition", true, "closeSilentChatsAfter", 60, "farewellText", "Bye", "filteredDigest", false))
		want("settings", at(changed, "updateInboxSettings", "inbox", "settings"),
			"map[assignOnReply:ON closeSilentChatsAfter:60 farewellText:Bye filteredDigest:false noAnswerSeconds:120 onClose:KEEP_ASSIGNEE passOnAfter:<nil> rerouteUnanswered:false showQueuePosition:true]")
		refused := a.ask(adminToken, update, input("inboxId", c.inboxID, "noAnswerSeconds", 1))
		want("a bad time", at(refused.Data, "updateInboxSettings", "userErrors"), "[map[code:INVALID field:[noAnswerSeconds]]]")

		rules := map[string]any{"offerPerMinute": 5, "rules": []any{map[string]any{"target": "USERS", "userIds": []string{me}}}}
		routing := a.do(adminToken, `mutation($in: UpdateTargetedMessageInput!) { updateTargetedMessage(input: $in) { targetedMessage {
			routing { offerMaxAge offerPerMinute rules { gone { id deleted } } } } userErrors { code field } } }`, input("targetedMessageId", c.shown, "routing", rules))
		want("routing", at(routing, "updateTargetedMessage", "targetedMessage", "routing"), "map[offerMaxAge:604800 offerPerMinute:5 rules:[map[gone:[]]]]")
		a.do(adminToken, `mutation($in: SetAvailabilityInput!) { setAvailability(input: $in) { userErrors { message } } }`, input("availability", "AWAY"))

		first, second := c.chat("Hello"), c.chat("Hello too")
		place := `query($id: ID!) { visitorConversation(id: $id) { queuePosition } }`
		want("first", at(a.do(first.visitor, place, map[string]any{"id": first.conversationID}), "visitorConversation", "queuePosition"), "1")
		want("second", at(a.do(second.visitor, place, map[string]any{"id": second.conversationID}), "visitorConversation", "queuePosition"), "2")
		live := a.listen(second.visitor, `subscription($id: ID!) { visitorConversation(conversationId: $id) { ... on VisitorQueueChange { queuePosition } } }`,
			map[string]any{"id": second.conversationID})
		want("live", at(a.hear(live), "visitorConversation"), "map[queuePosition:2]")
		a.do(adminToken, update, input("inboxId", c.inboxID, "showQueuePosition", false))
		want("live, once it is not shown", at(a.hear(live), "visitorConversation"), "map[queuePosition:<nil>]")
		a.do(adminToken, update, input("inboxId", c.inboxID, "showQueuePosition", true))
		want("live, once it is shown again", at(a.hear(live), "visitorConversation"), "map[queuePosition:2]")
		a.do(adminToken, `mutation($in: ClaimConversationInput!) { claimConversation(input: $in) { userErrors { message } } }`, input("conversationId", first.conversationID))
		want("live, once the first is taken", at(a.hear(live), "visitorConversation"), "map[queuePosition:1]")
		a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`, input("conversationId", second.conversationID, "text", "Here"))
		for { // the message comes as well, without fields that were asked for
			if got := at(a.hear(live), "visitorConversation"); fmt.Sprint(got) != "map[]" {
				want("live, once it is taken", got, "map[queuePosition:<nil>]")
				break
			}
		}
		taken := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { assignee { id } unread closedBy routingDecisions { nodes { rule offer { maxAge perMinute visitorConnected } } } } }`,
			map[string]any{"id": second.conversationID})
		want("answering assigns", at(taken, "conversation"), "map[assignee:map[id:"+me+"] closedBy:<nil> "+
			"routingDecisions:map[nodes:[map[offer:map[maxAge:604800 perMinute:5 visitorConnected:true] rule:0]]] unread:false]")
		declined := a.ask(adminToken, `mutation($in: DeclineConversationInput!) { declineConversation(input: $in) { conversation { assignee { id } } userErrors { code } } }`,
			input("conversationId", second.conversationID))
		want("declining what no one else can take", at(declined.Data, "declineConversation", "conversation", "assignee", "id"), me)
		closed := a.do(adminToken, `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { conversation { closedBy } userErrors { message } } }`,
			input("conversationId", second.conversationID))
		want("closed by", at(closed, "closeConversation", "conversation", "closedBy"), "ADMIN")

		preview := a.do(adminToken, `query($in: TargetedMessagePreviewInput!) { targetedMessagePreview(input: $in) { shown { id }
			widget { launcherHidden availability { state } targetedMessage { heading { people { name } } emailCapture { timing needed } consent { processing { text } } } } } }`,
			input("channelId", c.channelID, "pageUrl", "https://shop.example/", "smallScreen", true, "at", time.Now().UTC().Format(time.RFC3339)))
		want("preview", at(preview, "targetedMessagePreview", "widget"), "map[availability:map[state:AVAILABLE] launcherHidden:false "+
			"targetedMessage:map[consent:<nil> emailCapture:map[needed:true timing:AFTER_FIRST_MESSAGE] heading:map[people:[]]]]")
		available := a.do(adminToken, `query($id: ID!) { availability(channelId: $id, pageUrl: "https://shop.example/") { state } }`, map[string]any{"id": c.channelID})
		want("availability", at(available, "availability", "state"), "AVAILABLE")
	})
}
