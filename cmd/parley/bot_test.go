package main

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
)

// botsChat makes a bot with a token, and a live targeted message that it answers first; it
// returns the bot, its token, and a channel on which chats begin with it.
func (a *api) botsChat(bot map[string]any) (id, token string, c *channel) {
	a.t.Helper()
	c = a.channel()
	in := map[string]any{"name": "Robot", "inboxIds": []string{c.inboxID}}
	for k, v := range bot {
		in[k] = v
	}
	made := a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { code field message } } }`, map[string]any{"in": in})
	if id = text(made, "createBot", "bot", "id"); id == "" {
		a.t.Fatalf("no bot: %v", made)
	}
	granted := a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
		input("name", "Robot", "botId", id, "scopes", []string{"conversations:read", "conversations:write"}))
	token = text(granted, "createApiToken", "token")
	if got := a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", c.shown, "botId", id); got != "" {
		a.t.Fatalf("the message does not take the bot: %s", got)
	}
	return id, token, c
}

// reads waits until a chat's visitor has a message.
func (a *api) reads(c chat, words string) {
	a.t.Helper()
	a.until("the visitor reads "+words, func() bool {
		return strings.Contains(fmt.Sprint(a.do(c.visitor, `{ visitorConversations { nodes { messages { nodes { text } } } } }`, nil)), words)
	})
}

// BT-1: admins make, change, archive and restore bots; an archived one stays where it is
// used, and is used nowhere new.
func TestBots(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		id, _, c := a.botsChat(map[string]any{"nobodyAvailableText": "No one is here."})
		const fields = `id name displayName avatarUrl nobodyAvailableText archivedAt routing { rules { target users { name } } } inboxes { nodes { id } }`
		me := text(a.do(adminToken, `{ viewer { user { id } } }`, nil), "viewer", "user", "id")
		rules := map[string]any{"rules": []any{map[string]any{"target": "USERS", "userIds": []string{me}}}}
		changed := a.do(adminToken, `mutation($in: UpdateBotInput!) { updateBot(input: $in) { bot { `+fields+` } userErrors { code field message } } }`,
			input("botId", id, "name", "Robbie", "avatarUrl", "https://shop.example.com/robbie.png", "routing", rules, "nobodyAvailableText", nil))
		if b := at(changed, "updateBot", "bot"); text(b, "name") != "Robbie" || text(b, "nobodyAvailableText") != "" ||
			!strings.Contains(fmt.Sprint(b), "USERS") || !strings.Contains(fmt.Sprint(b), c.inboxID) {
			t.Errorf("changed: %v", changed)
		}
		for want, more := range map[string][]any{
			"REQUIRED":  {"name", " "},
			"NOT_FOUND": {"inboxIds", []string{id}},
			"INVALID":   {"routing", map[string]any{"rules": []any{map[string]any{"target": "USERS", "userIds": []string{me, me}}}}},
			"TOO_LONG":  {"nobodyAvailableText", strings.Repeat("x", 2001)},
		} {
			if got := a.codes(adminToken, "updateBot", "UpdateBotInput", append([]any{"botId", id}, more...)...); got != want {
				t.Errorf("%v: %q, want %s", more, got, want)
			}
		}
		if got := a.codes(adminToken, "archiveBot", "ArchiveBotInput", "botId", id); got != "" {
			t.Fatal(got)
		}
		count := func(query string) int { return len(at(a.do(adminToken, query, nil), "bots", "nodes").([]any)) }
		if shown, all := count(`{ bots { nodes { id } } }`), count(`{ bots(includeArchived: true) { nodes { id } } }`); all != shown+1 {
			t.Errorf("%d bots, %d with archived ones", shown, all)
		}
		if got := a.codes(adminToken, "createTargetedMessage", "CreateTargetedMessageInput", "channelId", c.channelID, "name", "Two", "welcomeMessage", "Hi", "botId", id); got != "INVALID" {
			t.Errorf("an archived bot is used anew: %q", got)
		}
		chat := c.chat("Hello")
		if state := text(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { botState } }`, map[string]any{"id": chat.conversationID}), "conversation", "botState"); state != "ACTIVE" {
			t.Errorf("where it is used, the archived bot's chat is %s", state)
		}
		a.until("the chat's run is in the log", func() bool {
			return text(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { agentRuns { state } } }`, map[string]any{"id": chat.conversationID}), "conversation", "agentRuns", 0, "state") == "PENDING"
		})
		a.do(adminToken, `mutation($in: RestoreBotInput!) { restoreBot(input: $in) { userErrors { code } } }`, input("botId", id))
		if got := count(`{ bots { nodes { id } } }`); got != count(`{ bots(includeArchived: true) { nodes { id } } }`) {
			t.Errorf("%d bots after it was restored", got)
		}
		if made, changed := a.logged("BOT_CREATED"), a.logged("BOT_UPDATED"); made != 1 || changed != 3 {
			t.Errorf("%d and %d events", made, changed)
		}
	})
}

// AG-2, BT-2: a bot's message names the turn of now, or nothing is sent; the contact's next
// message, a person and the end of its part raise it, and no other bot speaks at all.
func TestTurns(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		_, token, c := a.botsChat(nil)
		chat := c.chat("Where is my order?")
		turn := func() int {
			n, _ := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { turn } }`, map[string]any{"id": chat.conversationID}), "conversation", "turn").(float64)
			return int(n)
		}
		say := func(token string, more ...any) string {
			return a.codes(token, "sendMessage", "SendMessageInput", append([]any{"conversationId", chat.conversationID, "text", "One moment."}, more...)...)
		}
		first := turn()
		if got := say(token, "turn", first) + say(token, "turn", first); got != "" {
			t.Errorf("the turn of now: %q", got)
		}
		if got := say(token); got != "REQUIRED" {
			t.Errorf("no turn: %q", got)
		}
		if got := say(token, "turn", 0); got != "REQUIRED" {
			t.Errorf("turn 0: %q", got)
		}
		if got := say(token, "note", true); got != "" {
			t.Errorf("a note: %q", got)
		}
		a.do(chat.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`, input("conversationId", chat.conversationID, "text", "Hello?"))
		if got := say(token, "turn", first); got != "CONFLICT" || turn() <= first {
			t.Errorf("an old turn: %q, and now it is %d", got, turn())
		}
		second := turn()
		if got := say(token, "turn", second); got != "" {
			t.Errorf("the next turn: %q", got)
		}
		other := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { message } } }`,
			input("name", "Other", "inboxIds", []string{c.inboxID})), "createBot", "bot", "id")
		foreign := text(a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Other", "botId", other, "scopes", []string{"conversations:read", "conversations:write"})), "createApiToken", "token")
		if got := say(foreign, "turn", second); got != "INVALID" {
			t.Errorf("another bot: %q", got)
		}
		if got := a.codes(foreign, "handOffConversation", "HandOffConversationInput", "conversationId", chat.conversationID); got != "INVALID" {
			t.Errorf("another bot hands off: %q", got)
		}
		a.reply(chat.conversationID, "I will look at it.")
		if got := say(token, "turn", turn()); got != "CONFLICT" || turn() <= second {
			t.Errorf("after a person: %q, turn %d", got, turn())
		}
	})
}

// BT-2: where no one can take a hand-off, the visitor is told, by the bot's own text or by
// the channel's; a person who is there takes it, and nothing is said.
func TestNobodyIsThere(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		id, token, c := a.botsChat(map[string]any{"nobodyAvailableText": "No one is here. Try tomorrow."})
		handOff := func(chat chat) {
			if got := a.codes(token, "handOffConversation", "HandOffConversationInput", "conversationId", chat.conversationID); got != "" {
				t.Fatal(got)
			}
		}
		chat := c.chat("A person, please")
		handOff(chat)
		a.reads(chat, "No one is here. Try tomorrow.")
		if waiting := text(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { waitingSince } }`, map[string]any{"id": chat.conversationID}), "conversation", "waitingSince"); waiting == "" {
			t.Error("the visitor does not wait for people")
		}
		a.do(adminToken, `mutation($in: UpdateBotInput!) { updateBot(input: $in) { userErrors { code } } }`, input("botId", id, "nobodyAvailableText", nil))
		a.do(adminToken, `mutation($in: UpdateChatChannelAvailabilityInput!) { updateChatChannelAvailability(input: $in) { userErrors { code message } } }`,
			input("channelId", c.channelID, "mode", "TEAM_STATUS", "awayMessage", "We are all out."))
		a.do(adminToken, `mutation($in: SetAvailabilityInput!) { setAvailability(input: $in) { userErrors { message } } }`, input("availability", "AWAY"))
		chat = c.chat("And me?")
		handOff(chat)
		a.reads(chat, "We are all out.")
	})
}
