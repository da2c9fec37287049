package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/slackserver"
	"parley/internal/vocab"
)

// channelState is the state of the inbox's only Slack channel.
func (d *slackDesk) channelState() string {
	d.t.Helper()
	got := d.do(adminToken, `query($id: ID!) { inbox(id: $id) { slackChannels { state } } }`, map[string]any{"id": d.site.inboxID})
	return text(got, "inbox", "slackChannels", 0, "state")
}

// idle waits until nothing is due in Slack.
func (d *slackDesk) idle() {
	d.t.Helper()
	d.until("all is done", func() bool {
		left, err := d.store.Strings(d.t.Context(), "SELECT id FROM slack_events WHERE due_at > 0 UNION SELECT id FROM slack_threads WHERE due_at > 0 UNION SELECT id FROM slack_notices UNION SELECT id FROM slack_posts WHERE due")
		return err == nil && len(left) == 0
	})
}

// NT-2: what is long is cut so that Slack takes it, in one post; what it does not take as laid out is posted as
// text, and nothing is tried for ever.
func TestSlackSizes(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		words := strings.Repeat("<&>", 300)
		started := d.do(d.site.visitor(), `mutation($in: StartChatInput!) { startChat(input: $in) { conversation { id } userErrors { message } } }`,
			input("targetedMessageId", d.site.shown, "text", words, "pageUrl", "https://shop.example/item?a="+strings.Repeat("&", 1900)))
		c := text(started, "startChat", "conversation", "id")
		first := d.thread()
		if blocks := strings.ReplaceAll(first.Blocks, `\u003c`, "<"); !strings.Contains(blocks, "<https://shop.example/item|") || !strings.Contains(blocks, "parley_close") {
			t.Errorf("the first post is %s", first.Blocks)
		}
		d.say(d.benToken, c, "Code: "+strings.Repeat("if a < b && c > d; ", 400))
		post := d.shows(first.TS, "Code: ")
		if n := len([]rune(post.Text)); n > 3_500 || n < 3_000 || !strings.HasSuffix(post.Text, "…") {
			t.Errorf("a long message is posted with %d characters", n)
		}
		d.idle()
		d.slack.Refuse("chat.update", "invalid_blocks")
		d.do(adminToken, `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }`, input("conversationId", c))
		d.slack.Await("the first post as text", func() bool {
			m := d.slack.Messages(slackRoom, "")[0]
			return m.Edits > 0 && (m.Blocks == "" || m.Blocks == "[]") && m.Text != ""
		})
		d.shows(first.TS, "closed it._")
		d.idle()
		// One whose text is refused, too, begins no thread, and is left in peace until something else is to be shown.
		d.slack.Refuse("chat.postMessage", "restricted_text", "restricted_text")
		before := len(d.slack.Calls("chat.postMessage"))
		next := d.site.chat("Second")
		d.slack.Await("a refusal", func() bool { return len(d.slack.Calls("chat.postMessage")) > before })
		d.idleThreads()
		d.say(d.benToken, next.conversationID, "Third")
		d.slack.Await("another refusal", func() bool { return len(d.slack.Calls("chat.postMessage")) > before+1 })
		d.idleThreads()
		d.say(d.benToken, next.conversationID, "Fourth")
		d.shows(d.lastThread(2), "Fourth")
	})
}

// idleThreads waits until no thread is due.
func (d *slackDesk) idleThreads() {
	d.t.Helper()
	d.until("no thread is due", func() bool {
		left, err := d.store.Strings(d.t.Context(), "SELECT id FROM slack_threads WHERE due_at <> 0")
		return err == nil && len(left) == 0
	})
}

// lastThread waits for so many threads, and returns where the last one is.
func (d *slackDesk) lastThread(many int) string {
	d.t.Helper()
	d.slack.Await("a thread", func() bool { return len(d.slack.Messages(slackRoom, "")) == many })
	return d.slack.Messages(slackRoom, "")[many-1].TS
}

// NT-2, pitfall 13: a channel that is shared while an admin tries it, or changes it, stays shared.
func TestSlackSharedMeanwhile(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		d.slack.After("chat.postMessage", func() {
			d.slack.Send(d.slack.Event(map[string]any{"type": "channel_shared", "channel": slackRoom, "connected_team_id": "T0THEM"}))
			d.until("it is noticed", func() bool { return d.channelState() == "SHARED" })
		})
		tested := d.do(adminToken, `mutation($in: TestSlackChannelInput!) { testSlackChannel(input: $in) { slackChannel { state } userErrors { message } } }`, input("slackChannelId", d.channelID))
		if got := text(tested, "testSlackChannel", "slackChannel", "state"); got != "SHARED" {
			t.Errorf("it is %s", got)
		}
		d.do(adminToken, `mutation($in: UpdateSlackChannelInput!) { updateSlackChannel(input: $in) { slackChannel { id } userErrors { message } } }`, input("slackChannelId", d.channelID, "threadReplies", "NOTE"))
		if got := d.channelState(); got != "SHARED" {
			t.Errorf("after a change it is %s", got)
		}
	})
}

// NT-2, IB-4: accounts that have the same Slack workspace are kept apart, and private channels are for whoever is in
// them; an app whose access ends by itself is refused.
func TestSlackPrivate(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		d.slack.AddChannel(slackserver.Channel{ID: "C0STAFF", Name: "staff", Private: true, Member: true, Members: []string{"U8", "U9", "U1"}})
		d.slack.AddChannel(slackserver.Channel{ID: "C0BOARD", Name: "board", Private: true, Member: true, Members: []string{"U8", "U9"}})
		d.slack.AddChannel(slackserver.Channel{ID: "C0TAKEN", Name: "taken"})
		other := testkit.Account(t, d.store)
		other.Write(other.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.SlackChannel.Create().SetID(id.New(id.SlackChannel)).SetInboxID(other.InboxIDs[0]).SetWorkspaceID(id.New(id.SlackWorkspace)).SetTeamID(slackserver.Team).
				SetSlackID("C0TAKEN").SetName("taken").SetKinds([]vocab.SlackPostKind{}).SetThreadReplies(vocab.SlackAnswer).SetState(vocab.SlackChannelUnreachable).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		if got := strings.Join(d.available(), " "); got != "staff support taken" {
			t.Errorf("there are %s", got)
		}
		connect := func(slackID string) string {
			return d.codes(adminToken, "connectSlackChannel", "ConnectSlackChannelInput", "inboxId", d.site.inboxID, "slackWorkspaceId", d.workspaceID, "slackId", slackID)
		}
		for slackID, want := range map[string]string{"C0STAFF": "", "C0BOARD": "NOT_ELIGIBLE", "C0TAKEN": "NOT_ELIGIBLE"} {
			if got := connect(slackID); got != want {
				t.Errorf("%s gives %q, want %q", slackID, got, want)
			}
		}
		d.slack.Installs("U9", false)
		d.install()
		if got := strings.Join(d.available(), " "); got != "board staff support taken" {
			t.Errorf("for someone else there are %s", got)
		}
		if got := connect("C0BOARD"); got != "" {
			t.Errorf("for a member it gives %q", got)
		}
		d.slack.Installs("U9", true)
		if got := d.finishes("code-3"); !strings.Contains(got, "token rotation") {
			t.Errorf("an app with token rotation gives %q", got)
		}
	})
}

// available are the names of the channels to choose from.
func (d *slackDesk) available() (names []string) {
	d.t.Helper()
	for after := any(nil); ; {
		page := d.do(adminToken, `query($id: ID!, $after: String) { availableSlackChannels(slackWorkspaceId: $id, after: $after) { channels { name } endCursor } }`, map[string]any{"id": d.workspaceID, "after": after})
		list, _ := at(page, "availableSlackChannels", "channels").([]any)
		for _, c := range list {
			names = append(names, text(c, "name"))
		}
		if after = at(page, "availableSlackChannels", "endCursor"); after == nil {
			return names
		}
	}
}

// finishes installs the app with a code, and returns what is wrong with that.
func (d *slackDesk) finishes(code string) string {
	d.t.Helper()
	begun := d.do(adminToken, `mutation { beginSlackInstall(input: {}) { authorizationUrl userErrors { message } } }`, nil)
	_, state, _ := strings.Cut(text(begun, "beginSlackInstall", "authorizationUrl"), "state=")
	state, _, _ = strings.Cut(state, "&")
	done := d.ask(adminToken, `mutation($in: FinishSlackInstallInput!) { finishSlackInstall(input: $in) { userErrors { message } } }`, input("state", state, "code", code))
	return text(done.Data, "finishSlackInstall", "userErrors", 0, "message")
}

// NT-2: who deletes late need not be the author; a button that could not be handled at once does nothing later.
func TestSlackLate(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "For the record")
		d.marked(first.TS, ts, "white_check_mark")
		gone := d.slack.Deletes(slackRoom, ts)
		wrote := time.Now()
		gone["ts"] = fmt.Sprintf("%d.000001", wrote.Add(time.Hour).Unix())
		d.slack.Send(d.slack.Event(gone))
		d.shows(first.TS, "does not say by whom")
		if got := d.lines(c.conversationID); !strings.Contains(got, "OUTGOING Ben: For the record\n") {
			t.Errorf("it is deleted: %s", got)
		}
		d.slack.AddUser(slackserver.User{ID: "U0BEN2", Name: "Ben", Email: "ben@example.com"})
		d.slack.Refuse("users.info", "internal_error", "internal_error", "internal_error")
		calls := len(d.slack.Calls("users.info"))
		d.slack.Press(slackRoom, first.TS, "U0BEN2", "parley_close")
		d.slack.Await("a fault", func() bool { return len(d.slack.Calls("users.info")) > calls })
		d.exec("UPDATE slack_events SET received_at = received_at - 360000000 WHERE kind = 'action'")
		d.slack.Await("an answer", func() bool { return len(d.slack.Replies()) == 1 })
		if got := d.slack.Replies()[0]; !strings.Contains(got, "press again") {
			t.Errorf("Ben is told %s", got)
		}
		if got := text(d.do(adminToken, `query($id: ID!) { conversation(id: $id) { status } }`, map[string]any{"id": c.conversationID}), "conversation", "status"); got != "OPEN" {
			t.Errorf("it is %s", got)
		}
	})
}

// NT-2: what stands between and refuses makes no user a stranger, and loses nothing; a file's name calls no one.
func TestSlackBetween(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		d.slack.Break("users.info", 2, 403)
		d.marked(first.TS, d.slack.Says(slackRoom, first.TS, "U0BEN", "It is me"), "white_check_mark")
		d.slack.Break("chat.postMessage", 1, 407)
		d.say(adminToken, c.conversationID, "Through a proxy")
		d.once(first.TS, "Through a proxy")
		if got := d.lines(c.conversationID); !strings.Contains(got, "OUTGOING Ben: It is me\n") {
			t.Errorf("got %s", got)
		}
		d.slack.Says(slackRoom, first.TS, "U0BEN", "Large", slackserver.File{ID: "F0LARGE", Name: "<!channel>", Content: strings.Repeat("a", 2<<20)})
		if got := d.shows(first.TS, "too large").Text; !strings.Contains(got, "&lt;!channel&gt;") {
			t.Errorf("it says %s", got)
		}
	})
}

// NT-2: what strangers write is written by one integration of the account's, as admins have it.
func TestSlackIntegration(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		integrations := func() []string {
			found, err := d.store.Strings(t.Context(), "SELECT integration_id FROM slack_workspaces UNION SELECT id FROM integrations WHERE name IN ('Slack', 'Our Slack')")
			ok(t, err)
			return found
		}
		one := integrations()
		d.do(adminToken, `mutation($in: UpdateIntegrationInput!) { updateIntegration(input: $in) { userErrors { message } } }`, input("integrationId", one[0], "name", "Our Slack"))
		d.marked(first.TS, d.slack.Says(slackRoom, first.TS, "U0ZOE", "I know them"), "memo")
		if got := d.lines(c.conversationID); !strings.HasSuffix(got, "NOTE Our Slack: Zoe (Slack): I know them\n") {
			t.Errorf("got %s", got)
		}
		d.do(adminToken, `mutation($in: UpdateIntegrationInput!) { updateIntegration(input: $in) { userErrors { message } } }`, input("integrationId", one[0], "inboxIds", []string{}))
		d.marked(first.TS, d.slack.Says(slackRoom, first.TS, "U0ZOE", "And them"), "warning")
		d.shows(first.TS, "took the inbox")
		if got := d.lines(c.conversationID); strings.Contains(got, "And them") {
			t.Errorf("it is kept: %s", got)
		}
		d.do(adminToken, `mutation($in: DisconnectSlackWorkspaceInput!) { disconnectSlackWorkspace(input: $in) { userErrors { message } } }`, input("slackWorkspaceId", d.workspaceID))
		d.slack.Await("the token is given back", func() bool { return len(d.slack.Revoked()) == 1 })
		d.install()
		if got := integrations(); !slices.Equal(got, one) || len(one) != 1 {
			t.Errorf("there are %v, and were %v", got, one)
		}
		d.connect(d.site.inboxID, slackRoom)
		next := d.site.chat("Again")
		thread := d.lastThread(2)
		d.marked(thread, d.slack.Says(slackRoom, thread, "U0ZOE", "Them again"), "memo")
		if got := d.lines(next.conversationID); !strings.HasSuffix(got, "NOTE Our Slack: Zoe (Slack): Them again\n") {
			t.Errorf("got %s", got)
		}
	})
}

// NT-1: a user who is in the account's second workspace only is notified there; one who is in none gets nothing.
func TestSlackNotifiesByTheRightWorkspace(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		if got := d.finishes("code-other"); got != "" {
			t.Fatal(got)
		}
		zelda, _ := d.agent("Zelda", d.site.inboxID)
		none, _ := d.agent("Carl", d.site.inboxID)
		d.slack.AddUser(slackserver.User{ID: "U0ZELDA", Name: "Zelda", Email: "zelda@example.com", Other: true})
		d.slack.AddUser(slackserver.User{ID: "U0GUEST", Name: "Zelda", Email: "zelda@example.com", Guest: true})
		c := d.site.chat("Hello")
		d.note(adminToken, c.conversationID, "Look", zelda)
		d.slack.Await("Zelda is notified", func() bool { return len(d.slack.Messages("DU0ZELDA", "")) == 1 })
		d.note(adminToken, c.conversationID, "And you", none)
		d.slack.Await("both are asked for Carl", func() bool {
			n := 0
			for _, call := range d.slack.Calls("users.lookupByEmail") {
				if call.Form["email"] == "carl@example.com" {
					n++
				}
			}
			return n == 2
		})
		d.idle()
		if n := len(d.slack.Messages("DU0GUEST", "")); n != 0 {
			t.Errorf("a guest with her address got %d", n)
		}
	})
}
