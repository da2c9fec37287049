package main

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// BT-2, AG-2, CC-3: what a bot said before it handed off by itself goes out although someone is
// assigned then, as long as the contact does not write and the conversation is not closed.
func TestBotsLastWordGoesOut(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { message } } }`, input("name", "Robot")), "createBot", "bot", "id")
		m := a.medium(nil, "botId", bot)
		token := text(a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
			input("name", "Worker", "botId", bot, "inboxIds", []string{m.inboxID}, "scopes", []string{"conversations:read", "conversations:write", "bots:work"})), "createApiToken", "token")
		for i, x := range []struct {
			then func(c string)
			want string
		}{
			{func(string) {}, "QUEUED"},
			{func(c string) { m.must("", "closeConversation", "CloseConversationInput", "conversationId", c) }, "CANCELED"},
			{func(c string) {
				m.must("", "takeOverConversation", "TakeOverConversationInput", "conversationId", c)
			}, "QUEUED"},
		} {
			thread := fmt.Sprint("t", i)
			c := m.begun(thread)
			turn := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { turn } }`, map[string]any{"id": c}), "conversation", "turn")
			said := text(a.do(token, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { code message } } }`,
				input("conversationId", c, "turn", turn, "text", "A person comes")), "sendMessage", "message", "id")
			if got := a.codes(token, "handOffConversation", "HandOffConversationInput", "conversationId", c); got != "" {
				t.Fatal(got)
			}
			m.must("", "assignConversation", "AssignConversationInput", "conversationId", c, "userId", a.me())
			if got := m.delivered(said); got != "QUEUED" {
				t.Errorf("%d: after the assignment: %s", i, got)
			}
			x.then(c)
			if got := m.delivered(said); got != x.want {
				t.Errorf("%d: got %s, want %s", i, got, x.want)
			}
		}
		c := m.begun("t9")
		turn := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { turn } }`, map[string]any{"id": c}), "conversation", "turn")
		said := text(a.do(token, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } } }`, input("conversationId", c, "turn", turn, "text", "A person comes")), "sendMessage", "message", "id")
		a.codes(token, "handOffConversation", "HandOffConversationInput", "conversationId", c)
		if m.brings("t9", "2", "Wait"); m.delivered(said) != "CANCELED" {
			t.Errorf("the contact wrote: %s", m.delivered(said))
		}
	})
}

// CC-3, IN-10: whoever is blocked is not shown as typing; a reaction is one emoji.
func TestTypingAndReactions(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(map[string]any{"reactions": true, "typing": true})
		c := m.begun("t1")
		types := func() {
			t.Helper()
			if got := m.codes(m.token, "reportTyping", "ReportTypingInput", "channelId", m.channelID, "externalThreadId", "t1"); got != "" {
				t.Fatal(got)
			}
		}
		s := a.listen(adminToken, `subscription($id: ID!) { conversationPresence(conversationId: $id) { typing actor { __typename } } }`, map[string]any{"id": c})
		a.hear(s)
		types()
		a.hears(s, "true", func(data map[string]any) any {
			return strings.Contains(fmt.Sprint(data), "typing:true")
		})
		if got := m.codes(m.token, "reportTyping", "ReportTypingInput", "channelId", m.channelID, "externalThreadId", "t1", "typing", false); got != "" {
			t.Fatal(got)
		}
		a.hears(s, "false", func(data map[string]any) any { return strings.Contains(fmt.Sprint(data), "typing:true") })
		m.must("", "blockConversationSender", "BlockConversationSenderInput", "conversationId", c)
		types()
		a.codes(adminToken, "setTyping", "SetTypingInput", "conversationId", c, "typing", true) // what comes after it
		if heard := fmt.Sprint(a.hear(s)); strings.Count(heard, "typing:true") > 1 || strings.Contains(heard, "Contact") {
			t.Errorf("whoever is blocked is shown: %s", heard)
		}
		reacts := func(emoji string, more ...any) string {
			return m.codes(m.token, "reportReaction", "ReportReactionInput", append([]any{"channelId", m.channelID, "externalThreadId", "t1", "externalMessageId", "1",
				"sender", map[string]any{"key": "user of t1"}, "emoji", emoji}, more...)...)
		}
		shown := func() string {
			return fmt.Sprint(at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages { nodes { reactions { emoji contact { name } } } } } }`, map[string]any{"id": c}), "conversation", "messages", "nodes", 0, "reactions"))
		}
		if got := reacts("👍"); got != "" || strings.Contains(shown(), "👍") {
			t.Errorf("whoever is blocked: %q, shown: %s", got, shown())
		}
		m.must("", "unblockConversationSender", "UnblockConversationSenderInput", "conversationId", c)
		for emoji, want := range map[string]string{"👍": "", "👍🏽": "", "🏳️‍🌈": "", "👍👍": "INVALID", "ok": "INVALID", ":+1:": "INVALID", "": "REQUIRED", strings.Repeat("👍", 40): "TOO_LONG"} {
			if got := reacts(emoji); got != want {
				t.Errorf("%q: got %q, want %q", emoji, got, want)
			}
		}
		if got := shown(); strings.Count(got, "Ann") != 3 || !strings.Contains(got, "👍🏽") {
			t.Errorf("got %s", got)
		}
		for range 2 {
			if got := reacts("👍", "removed", true); got != "" {
				t.Error(got)
			}
		}
		if got := shown(); strings.Count(got, "Ann") != 2 {
			t.Errorf("one was taken back: %s", got)
		}
	})
}

// NT-4: the fence narrows a token that is bound to a channel also where its scope would let it
// read: no note, nor a message or conversation of another channel of its inbox, by node or else.
func TestFenceOfBoundTokens(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		made := a.do(adminToken, `mutation($in: CreateCustomChannelInput!) { createCustomChannel(input: $in) { customChannel { id } token } }`, input("inboxId", m.inboxID, "type", "sms", "name", "Another"))
		other := &medium{api: a, inboxID: m.inboxID, channelID: text(made, "createCustomChannel", "customChannel", "id"), token: text(made, "createCustomChannel", "token")}
		c := m.begun("t1")
		note := text(a.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } } }`, input("conversationId", c, "text", "Not for them", "note", true)), "sendMessage", "message", "id")
		mine, _ := m.answers(c, "Hi")
		theirs, _ := other.answers(other.begun("t1"), "Hi")
		// The token may read messages: only the fence is between it and what is not its channel's.
		a.exec("UPDATE api_tokens SET scopes = $1 WHERE channel_id = $2", `["channels:connect","conversations:read","contacts:read"]`, m.channelID)
		reads := func(id string) string {
			got := a.ask(m.token, `query($id: ID!) { node(id: $id) { __typename ... on Message { text } ... on Conversation { status } } }`, map[string]any{"id": id})
			return text(got.Data, "node", "__typename")
		}
		for id, want := range map[string]string{mine: "Message", c: "Conversation", note: "", theirs: "", other.begun("t2"): ""} {
			if got := reads(id); got != want {
				t.Errorf("%s: got %q, want %q", id, got, want)
			}
		}
		list := at(a.ask(m.token, `query($id: ID!) { conversation(id: $id) { messages { nodes { text } } } }`, map[string]any{"id": c}).Data, "conversation", "messages", "nodes")
		if got := fmt.Sprint(list); !strings.Contains(got, "Hello") || strings.Contains(got, "Not for them") {
			t.Errorf("its own conversation shows %s", got)
		}
		all := fmt.Sprint(a.ask(m.token, `query($i: ID!) { conversations(inboxId: $i) { nodes { id channelType } } }`, map[string]any{"i": m.inboxID}).Data)
		if !strings.Contains(all, c) || strings.Contains(all, "sms") {
			t.Errorf("the inbox shows %s", all)
		}
	})
}

// CR-3, CR-5, CC-2: who writes in a custom channel follows a contact that is merged, with what
// they write from then on, and is in the archive of the one that it became part of.
func TestSendersAreMerged(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		m := a.medium(nil)
		c := m.begun("t1")
		contactOf := func() string {
			t.Helper()
			return text(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { contact { id } } }`, map[string]any{"id": c}), "conversation", "contact", "id")
		}
		was := contactOf()
		into := text(a.do(adminToken, `mutation { createContact(input: {name: "Ann Archer", email: "ann@example.com"}) { contact { id } } }`, nil), "createContact", "contact", "id")
		m.must("", "mergeContacts", "MergeContactsInput", "intoContactId", into, "contactIds", []string{was})
		m.brings("t2", "1", "In another thread", "sender", map[string]any{"key": "user of t1"})
		senders, err := a.store.Strings(t.Context(), "SELECT contact_id FROM channel_senders")
		if err != nil || len(senders) != 1 || senders[0] != into || contactOf() != into {
			t.Errorf("got %v, %v, and the conversation's %s; want %s", senders, err, contactOf(), into)
		}
		raw := a.fetch(text(a.do(adminToken, `mutation($in: ExportContactDataInput!) { exportContactData(input: $in) { url } }`, input("contactId", into)), "exportContactData", "url"))
		read, err := zip.NewReader(strings.NewReader(raw), int64(len(raw)))
		if err != nil {
			t.Fatal(err)
		}
		var all strings.Builder
		for _, f := range read.File {
			from, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(&all, from); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"user of t1", "In another thread", "Hello"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("the archive lacks %q", want)
			}
		}
	})
}

// CC-2, CC-6, NT-1: members hear of a live channel's conversations as of chats, of others' as of
// e-mail, and of what the contact writes to whoever has it.
func TestNotificationsOfCustomChannels(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		for presence, kind := range map[bool]string{true: "NEW_CHAT", false: "NEW_EMAIL"} {
			m := a.medium(map[string]any{"presence": presence})
			ben, token := a.agent("Ben"+kind, m.inboxID)
			c := m.begun("t1")
			kinds := func() string { return fmt.Sprint(a.do(token, `{ notifications { nodes { kind } } }`, nil)) }
			a.until("a member hears of it as "+kind, func() bool { return strings.Contains(kinds(), kind) })
			m.must("", "assignConversation", "AssignConversationInput", "conversationId", c, "userId", ben)
			m.brings("t1", "2", "Are you there?")
			a.until("whoever has it hears of the message", func() bool { return strings.Contains(kinds(), "REPL") || strings.Contains(kinds(), "MESSAGE") })
		}
	})
}

// CO-5, CC-4: after a close a live channel's contact is asked; a score is the answer, which opens
// nothing and is said once; any other message opens the conversation again.
func TestRatingsInCustomChannels(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		for _, x := range []struct {
			scale, answer string
			score         float64
		}{{"FIVE", "4", 4}, {"FIVE", " 5️⃣ ", 5}, {"THUMBS", "👍🏽", 5}, {"THUMBS", "👎", 1}, {"FIVE", "6", 0}, {"FIVE", "5 minutes later it broke", 0}, {"THUMBS", "5", 0}} {
			m := a.medium(map[string]any{"presence": true})
			m.must("", "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", m.inboxID, "rating", map[string]any{"scale": x.scale, "media": []string{"CHAT"}, "question": "How was it?"})
			c := m.begun("t1")
			m.must("", "closeConversation", "CloseConversationInput", "conversationId", c)
			s := m.outbox(1)
			got := m.next(s)
			if !strings.HasPrefix(text(got, "text"), "How was it?\n- ") {
				t.Fatalf("got %v, want the question", got)
			}
			if m.reports(text(got, "message", "id"), "SENT"); m.state(c) != "CLOSED NONE" {
				t.Errorf("the question leaves it %s", m.state(c))
			}
			m.brings("t1", "2", x.answer)
			want, status := x.score, "CLOSED NONE"
			if want == 0 {
				status = "OPEN NONE"
			}
			rated := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { rating { score medium } } }`, map[string]any{"id": c}), "conversation")
			if score, _ := at(rated, "rating", "score").(float64); score != want || m.state(c) != status {
				t.Errorf("%s %q: got %v and %s, want %v and %s", x.scale, x.answer, rated, m.state(c), want, status)
			}
			if want == 0 {
				continue
			}
			if m.brings("t1", "3", "4"); m.state(c) != "OPEN NONE" {
				t.Errorf("a second score is a message: %s", m.state(c))
			}
		}
		m := a.medium(nil) // it follows e-mail
		m.must("", "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", m.inboxID, "rating", map[string]any{"scale": "FIVE", "media": []string{"CHAT"}})
		c := m.begun("t1")
		m.must("", "closeConversation", "CloseConversationInput", "conversationId", c)
		two, _ := m.answers(m.begun("t2"), "Later")
		if got := m.next(m.outbox(5)); text(got, "message", "id") != two {
			t.Errorf("got %v, want no question", got)
		}
	})
}

// CO-5, CC-4: past the reply window nothing is asked in the channel: the contact is asked by a mail
// of its own, if the inbox asks by mail as well.
func TestRatingsPastTheReplyWindow(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	eachAPI(t, now, func(t *testing.T, a *api) {
		for _, x := range []struct {
			media []string
			past  bool
			mails bool
		}{{[]string{"CHAT"}, true, false}, {[]string{"CHAT", "MAIL"}, false, false}, {[]string{"CHAT", "MAIL"}, true, true}} {
			m := a.medium(map[string]any{"presence": true, "replyWindowSeconds": 3600})
			m.must("", "updateInboxSettings", "UpdateInboxSettingsInput", "inboxId", m.inboxID, "rating", map[string]any{"scale": "FIVE", "media": x.media})
			c := m.begun("t1")
			if x.past {
				now.Advance(2 * time.Hour)
			}
			m.must("", "closeConversation", "CloseConversationInput", "conversationId", c)
			if !x.past {
				a.until("the contact is asked in the channel", func() bool { return strings.Contains(m.shown(c), "OUTGOING") })
			}
			if x.mails {
				a.until("the contact is asked by mail", func() bool { return a.numbers("river_job WHERE kind = 'ask-rating'") != "0" })
			}
			if x.past && strings.Contains(m.shown(c), "OUTGOING") {
				t.Errorf("the contact is asked in the channel past its window: %s", m.shown(c))
			}
		}
		if got := a.numbers("river_job WHERE kind = 'ask-rating'"); got != "1" {
			t.Errorf("%s mails, want that of the last", got)
		}
	})
}

// BT-4, CC-4: what the contact answers to a flow is kept: a property and a name of the contact's,
// and an address that proves nothing, for the team.
func TestFlowsKeepWhatSendersSay(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		a.property("CONTACT", "plan", "TEXT")
		save := func(property string) map[string]any { return map[string]any{"object": "CONTACT", "property": property} }
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { code field message } } }`, input("name", "Robot", "flow", flowOf(
			ask("name", "Your name?", "plan", "save", save("name")), ask("plan", "Which plan?", "mail", "save", save("plan")),
			ask("mail", "Your address?", "h", "type", "EMAIL", "save", save("email")), map[string]any{"id": "h", "kind": "HAND_OFF"}))), "createBot", "bot", "id")
		if bot == "" {
			t.Fatal("no bot")
		}
		m := a.medium(nil, "botId", bot)
		c := m.begun("t1")
		for i, x := range []struct{ question, answer string }{{"Your name?", "Ann Archer"}, {"Which plan?", "Premium"}, {"Your address?", "Ann@Example.com"}} {
			a.until("the bot asks", func() bool { return strings.Contains(m.shown(c), x.question) })
			m.brings("t1", fmt.Sprint("a", i), x.answer)
		}
		a.becomesState(c, "HANDED_OFF")
		got := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { contact { name email properties { text property { name } } } } }`, map[string]any{"id": c}), "conversation", "contact")
		if text(got, "name") != "Ann Archer" || !strings.Contains(fmt.Sprint(got), "Premium") || at(got, "email") != nil {
			t.Errorf("the contact: %v", got)
		}
		if shown := m.shown(c); !strings.Contains(shown, "e-mail address is ann@example.com. Nothing proves it.") {
			t.Errorf("the team is shown %s", shown)
		}
	})
}

// CC-3, CC-4: the echo of a bot's message with answers that the channel cannot show is that
// message; a template goes out and is shown.
func TestEchoesOfAnswersAndTemplates(t *testing.T) {
	t.Parallel()
	now := clock.At(time.Now())
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		a := serveTest(t, db.Open(t, now))
		bot := text(a.do(adminToken, `mutation($in: CreateBotInput!) { createBot(input: $in) { bot { id } userErrors { code field message } } }`, input("name", "Robot", "flow",
			flowOf(ask("a", "Which one?", "h", "choices", []any{map[string]any{"text": "Red", "next": "h"}, map[string]any{"text": "Blue", "next": "h"}}), map[string]any{"id": "h", "kind": "HAND_OFF"}))), "createBot", "bot", "id")
		m := a.medium(map[string]any{"templates": true}, "botId", bot)
		s := m.outbox(1)
		c := m.begun("t1")
		asked := m.next(s)
		if text(asked, "text") != "Which one?\n- Red\n- Blue" {
			t.Fatalf("got %v", asked)
		}
		if echo := m.brings("t1", "e1", "Which one?  - Red - Blue", "direction", "ECHO"); text(echo, "message", "id") != text(asked, "message", "id") || at(echo, "duplicate") != true {
			t.Errorf("got %v, want the question itself", echo)
		}
		m.reports(text(asked, "message", "id"), "SENT", "externalMessageId", "e1")
		if got := m.state(c); got != "OPEN ACTIVE" {
			t.Errorf("the echo leaves it %s", got)
		}
		one, _ := m.answers(c, "Come back", "template", map[string]any{"name": "come_back", "language": "de", "parameters": []string{"Ann"}})
		shown := at(a.do(adminToken, `query($id: ID!) { node(id: $id) { ... on Message { text template { name language parameters } } } }`, map[string]any{"id": one}), "node")
		if text(shown, "template", "name") != "come_back" || text(shown, "template", "language") != "de" || text(shown, "template", "parameters", 0) != "Ann" || text(shown, "text") != "Come back" {
			t.Errorf("got %v", shown)
		}
	})
}

// IB-7: lists and teams that the routing of a custom channel names are in use.
func TestCustomChannelsUse(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		team := text(a.do(adminToken, `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { code message } } }`, input("name", "Support")), "createTeam", "team", "id")
		m := a.medium(nil)
		a.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", m.inboxID, "addTeamIds", []string{team})
		m.must("", "updateCustomChannel", "UpdateCustomChannelInput", "channelId", m.channelID, "routing", map[string]any{"rules": []any{map[string]any{"target": "TEAMS", "teamIds": []string{team}}}})
		used := func() string {
			return fmt.Sprint(a.ask(adminToken, `mutation($in: DeleteTeamInput!) { deleteTeam(input: $in) { userErrors { code } usedBy { kind id name } } }`, input("teamId", team)).Data)
		}
		if got := used(); !strings.Contains(got, "IN_USE") || !strings.Contains(got, "CUSTOM_CHANNEL") || !strings.Contains(got, m.channelID) {
			t.Errorf("got %s", got)
		}
		m.must("", "deleteCustomChannel", "DeleteCustomChannelInput", "channelId", m.channelID, "confirmName", "Our bot")
		if got := used(); strings.Contains(got, "CUSTOM_CHANNEL") {
			t.Errorf("a channel that was removed uses it: %s", got)
		}
	})
}
