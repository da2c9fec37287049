package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/slackserver"
	"parley/internal/vocab"
)

// once reports what of a thread is there more than once, or not at all.
func (d *slackDesk) once(threadTS string, words ...string) {
	d.t.Helper()
	for _, w := range words {
		d.shows(threadTS, w)
		n := 0
		for _, m := range d.slack.Messages(slackRoom, threadTS) {
			if strings.Contains(m.Text, w) {
				n++
			}
		}
		if n != 1 {
			d.t.Errorf("%q is there %d times", w, n)
		}
	}
}

// NT-2: a post of which Slack's answer is lost is looked for, and not made again.
func TestSlackLostAnswers(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		d.slack.Drop("chat.postMessage", 1)
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		d.slack.Drop("chat.postMessage", 1)
		d.say(d.benToken, c.conversationID, "One")
		d.say(d.benToken, c.conversationID, "Two")
		d.once(first.TS, "One", "Two")
		if list := d.slack.Messages(slackRoom, ""); len(list) != 1 {
			t.Errorf("%d first posts", len(list))
		}
		list := d.slack.Messages(slackRoom, first.TS)
		at := func(words string) int {
			return slices.IndexFunc(list, func(m slackserver.Message) bool { return strings.Contains(m.Text, words) })
		}
		if at("One") > at("Two") {
			t.Error("Two came before One")
		}
	})
}

// NT-2: a pause that Slack asks for is kept, and nothing is lost.
func TestSlackLimits(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		d.say(d.benToken, c.conversationID, "Mine")
		d.shows(first.TS, "Ben assigned it to themselves")
		before := len(d.slack.Calls("chat.postMessage"))
		d.slack.Limit("chat.postMessage", 1, 2)
		for n := range 5 {
			d.say(d.benToken, c.conversationID, fmt.Sprint("Number ", n))
		}
		d.once(first.TS, "Number 0", "Number 1", "Number 2", "Number 3", "Number 4")
		if calls := len(d.slack.Calls("chat.postMessage")) - before; calls != 6 {
			t.Errorf("%d calls for 5 posts and a refusal", calls)
		}
	})
}

// NT-2: a workspace that takes the app's access away says so, and admins are notified; connected again, it goes on.
func TestSlackRevoked(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		state := func() string {
			got := d.do(adminToken, `{ slackWorkspaces { id state problem } }`, nil)
			return text(got, "slackWorkspaces", 0, "state")
		}
		d.slack.Revoke()
		d.say(d.benToken, c.conversationID, "Meanwhile")
		d.until("it is revoked", func() bool { return state() == "REVOKED" })
		n := d.told(adminToken, vocab.NotifyChannelError, "")
		if got := text(n, "text"); got != "Slack no longer takes what Parley posts: Acme" {
			t.Errorf("admins are told %q", got)
		}
		workspace := d.workspaceID
		d.install()
		if d.workspaceID != workspace || state() != "CONNECTED" {
			t.Errorf("it is %s, %s", d.workspaceID, state())
		}
		d.once(first.TS, "Meanwhile")
		d.slack.Send(d.slack.Event(map[string]any{"type": "app_uninstalled"}))
		d.until("it is revoked", func() bool { return state() == "REVOKED" })
	})
}

// NT-2, pitfall 13: nothing goes to or comes from a channel that others read.
func TestSlackShared(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		d.slack.AddChannel(slackserver.Channel{ID: "C0SHARED", Name: "with-others", Shared: true, Member: true})
		connect := func(slackID string) string {
			return d.codes(adminToken, "connectSlackChannel", "ConnectSlackChannelInput", "inboxId", d.site.inboxID, "slackWorkspaceId", d.workspaceID, "slackId", slackID)
		}
		if got := connect("C0SHARED"); got != "NOT_ELIGIBLE" {
			t.Errorf("a shared channel gives %q", got)
		}
		d.slack.Send(d.slack.Event(map[string]any{"type": "channel_shared", "channel": slackRoom, "connected_team_id": "T0OTHER"}))
		state := func() string {
			return text(d.do(adminToken, `query($id: ID!) { inbox(id: $id) { slackChannels { state problem } } }`, map[string]any{"id": d.site.inboxID}), "inbox", "slackChannels", 0, "state")
		}
		d.until("it is noticed", func() bool { return state() == "SHARED" })
		d.note(d.benToken, c.conversationID, "A secret", d.admin)
		d.slack.Says(slackRoom, first.TS, "U0BEN", "From there")
		d.until("all is handled", func() bool {
			left, err := d.store.Strings(t.Context(), "SELECT id FROM slack_events WHERE due_at > 0 UNION SELECT id FROM slack_threads WHERE due_at > 0")
			return err == nil && len(left) == 0
		})
		for _, m := range d.slack.Messages(slackRoom, first.TS) {
			if strings.Contains(m.Text, "secret") {
				t.Error("a note is shown to others")
			}
		}
		if got := d.lines(c.conversationID); strings.Contains(got, "From there") {
			t.Error("what is written there is sent")
		}
	})
}

// IB-4: what an inbox's channels get, whom its settings show, what is refused.
func TestSlackChannels(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		d.slack.AddChannel(slackserver.Channel{ID: "C0VIP", Name: "vip"})
		d.slack.AddChannel(slackserver.Channel{ID: "C0OLD", Name: "old", Archived: true})
		d.slack.AddChannel(slackserver.Channel{ID: "C0SECRET", Name: "secret", Private: true})
		var names []string
		for after := any(nil); ; {
			page := d.do(adminToken, `query($id: ID!, $after: String) { availableSlackChannels(slackWorkspaceId: $id, after: $after) { channels { slackId name private member shared } endCursor } }`,
				map[string]any{"id": d.workspaceID, "after": after})
			list, _ := at(page, "availableSlackChannels", "channels").([]any)
			for _, c := range list {
				names = append(names, text(c, "name"))
			}
			if after = at(page, "availableSlackChannels", "endCursor"); after == nil {
				break
			}
		}
		if got := strings.Join(names, " "); got != "support vip" {
			t.Errorf("there are %s", got)
		}
		connect := func(slackID string, more ...any) string {
			return d.codes(adminToken, "connectSlackChannel", "ConnectSlackChannelInput", append([]any{"inboxId", d.site.inboxID, "slackWorkspaceId", d.workspaceID, "slackId", slackID}, more...)...)
		}
		for slackID, want := range map[string]string{"C0OLD": "NOT_ELIGIBLE", "C0SECRET": "NOT_ELIGIBLE", "C0NONE": "NOT_ELIGIBLE", "x": "INVALID", slackRoom: "ALREADY_EXISTS"} {
			if got := connect(slackID); got != want {
				t.Errorf("%s gives %q, want %q", slackID, got, want)
			}
		}
		if got := connect("C0VIP", "savedViewId", id.New(id.SavedView)); got != "NOT_FOUND" {
			t.Errorf("a view that is not there gives %q", got)
		}
		view := d.do(adminToken, `mutation($in: CreateSavedViewInput!) { createSavedView(input: $in) { savedView { id } userErrors { message } } }`,
			input("inboxId", d.site.inboxID, "name", "Urgent", "shared", true, "filter", map[string]any{"priorities": []string{"URGENT"}}))
		vip := d.connect(d.site.inboxID, "C0VIP", "kinds", []string{"ASSIGNED"}, "savedViewId", text(view, "createSavedView", "savedView", "id"))
		other := d.site.chat("Nothing special")
		d.thread()
		urgent := d.site.chat("My house is on fire")
		d.do(adminToken, `mutation($in: SetConversationPriorityInput!) { setConversationPriority(input: $in) { userErrors { message } } }`, input("conversationId", urgent.conversationID, "priority", "URGENT"))
		d.assign(adminToken, other.conversationID, d.ben)
		d.assign(adminToken, urgent.conversationID, d.ben)
		d.slack.Await("the urgent one", func() bool { return len(d.slack.Messages("C0VIP", "")) == 1 })
		if got := d.slack.Messages("C0VIP", "")[0].Blocks; !strings.Contains(got, "house is on fire") {
			t.Errorf("it is %s", got)
		}
		tested := d.do(adminToken, `mutation($in: TestSlackChannelInput!) { testSlackChannel(input: $in) { slackChannel { name state } userErrors { message } } }`, input("slackChannelId", vip))
		if text(tested, "testSlackChannel", "slackChannel", "state") != "CONNECTED" || len(d.slack.Messages("C0VIP", "")) != 2 {
			t.Errorf("the test gives %v", tested)
		}
		d.slack.Send(d.slack.Event(map[string]any{"type": "channel_rename", "channel": map[string]any{"id": "C0VIP", "name": "gold"}}))
		d.until("it is renamed", func() bool {
			got := d.do(d.benToken, `query($id: ID!) { inbox(id: $id) { slackChannels { name kinds } } }`, map[string]any{"id": d.site.inboxID})
			return text(got, "inbox", "slackChannels", 0, "name") == "gold"
		})
		d.do(adminToken, `mutation($in: DisconnectSlackWorkspaceInput!) { disconnectSlackWorkspace(input: $in) { disconnectedSlackWorkspaceId userErrors { message } } }`, input("slackWorkspaceId", d.workspaceID))
		d.slack.Await("the token is given back", func() bool { return len(d.slack.Revoked()) == 1 })
		left, err := d.store.Strings(t.Context(), "SELECT id FROM slack_channels UNION SELECT id FROM slack_threads UNION SELECT id FROM slack_posts UNION SELECT id FROM slack_workspaces")
		ok(t, err)
		if len(left) > 0 {
			t.Errorf("left: %v", left)
		}
	})
}

// NT-2: without an app of the operator's, it says what is to be set; an install is for who began it, once.
func TestSlackInstall(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		_, second := d.agent("Zelda", d.site.inboxID)
		d.do(adminToken, `mutation($in: UpdateUserInput!) { updateUser(input: $in) { userErrors { message } } }`, input("userId", d.userOf(second), "role", "ADMIN"))
		begun := d.do(adminToken, `mutation($in: BeginSlackInstallInput!) { beginSlackInstall(input: $in) { authorizationUrl userErrors { message } } }`, input("idempotencyKey", "k", "returnUrl", d.url+"/done?x=1"))
		again := d.do(adminToken, `mutation($in: BeginSlackInstallInput!) { beginSlackInstall(input: $in) { authorizationUrl userErrors { message } } }`, input("idempotencyKey", "k", "returnUrl", d.url+"/done?x=1"))
		address := text(begun, "beginSlackInstall", "authorizationUrl")
		if address != text(again, "beginSlackInstall", "authorizationUrl") {
			t.Error("a repeated call answers otherwise")
		}
		_, state, _ := strings.Cut(address, "state=")
		state, _, _ = strings.Cut(state, "&")
		finish := func(token, state, code string) string {
			return d.codes(token, "finishSlackInstall", "FinishSlackInstallInput", "state", state, "code", code)
		}
		if got := finish(second, state, "code-2"); got != "INVALID" {
			t.Errorf("another admin gives %q", got)
		}
		if got := finish(adminToken, state, "wrong"); got != "INVALID" {
			t.Errorf("a wrong code gives %q", got)
		}
		if got := finish(adminToken, state, "code-2"); got != "INVALID" {
			t.Errorf("a state that was used gives %q", got)
		}
		if got := d.codes(adminToken, "beginSlackInstall", "BeginSlackInstallInput", "returnUrl", "https://evil.example/"); got != "INVALID" {
			t.Errorf("a page elsewhere gives %q", got)
		}
	})
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		got := a.do(adminToken, `mutation { beginSlackInstall(input: {}) { authorizationUrl } }`, nil)
		if text(got, "beginSlackInstall", "authorizationUrl") != "" || a.codes(adminToken, "beginSlackInstall", "BeginSlackInstallInput") != "NOT_ELIGIBLE" {
			t.Errorf("without an app: %v", got)
		}
	})
}

// IN-13: a purged conversation's posts are deleted in Slack.
func TestSlackPurge(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		d.do(adminToken, `mutation($in: DeleteConversationInput!) { deleteConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
		d.header(first.TS, "In the trash")
		d.do(adminToken, `mutation($in: PurgeConversationInput!) { purgeConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
		d.slack.Await("nothing is left", func() bool {
			return len(d.slack.Messages(slackRoom, first.TS)) == 0 && len(d.slack.Messages(slackRoom, "")) == 0
		})
	})
}

// NT-1, NT-7: who is mentioned is told in Slack, unless they read it, or want none.
func TestSlackNotifications(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		direct := func() []slackserver.Message { return d.slack.Messages("DU0BEN", "") }
		d.slack.Drop("chat.postMessage", 0)
		d.note(adminToken, c.conversationID, "Look at <this>", d.ben)
		d.slack.Await("Ben is told", func() bool { return len(direct()) == 1 })
		if got := direct()[0].Text; !strings.Contains(got, "mentioned you") || !strings.Contains(got, "&lt;this&gt;") || !strings.Contains(got, "https://inbox.example/c/") {
			t.Errorf("Ben is told %q", got)
		}
		if got := d.codes(d.benToken, "updateNotificationPreferences", "UpdateNotificationPreferencesInput", "kind", "MENTION", "medium", "SLACK", "on", false); got != "" {
			t.Fatal(got)
		}
		if got := d.codes(d.benToken, "updateNotificationPreferences", "UpdateNotificationPreferencesInput", "kind", "FILTERED_DIGEST", "medium", "SLACK", "on", true); got != "INVALID" {
			t.Errorf("a digest in Slack gives %q", got)
		}
		next := d.site.chat("Another one")
		d.note(adminToken, next.conversationID, "And at this", d.ben)
		d.told(d.benToken, vocab.NotifyMention, next.conversationID)
		if got := d.codes(d.benToken, "updateNotificationPreferences", "UpdateNotificationPreferencesInput", "kind", "ASSIGNED", "medium", "SLACK", "on", true); got != "" {
			t.Fatal(got)
		}
		d.assign(adminToken, next.conversationID, d.ben)
		d.slack.Await("Ben is told of the assignment", func() bool { return len(direct()) == 2 })
		if got := direct()[1].Text; !strings.Contains(got, "assigned you") {
			t.Errorf("Ben is told %q", got)
		}
	})
}

// NT-2: a server that is killed after Slack took a post, and before it answered, posts it once; what was said before
// a kill is sent, once.
func TestSlackOutlivesKills(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		s := newSlack(t)
		env := append(serverEnv(t, db, secret.GenerateKey()), slackEnv(s)...)
		node := startServer(t, env...)
		d := node.slackDesk(s)
		answered := make(chan struct{})
		s.After("chat.postMessage", func() { <-answered; node.kill() })
		c := d.site.chat("Hello")
		close(answered)
		first := d.thread()
		revive := func() {
			node = startServer(t, env...)
			d.office.api, d.site.api = &node.api, &node.api
			s.Serves(node.url)
		}
		revive()
		d.once(first.TS, "Hello")
		if n := len(s.Messages(slackRoom, "")); n != 1 {
			t.Fatalf("%d first posts", n)
		}
		s.After("chat.postMessage", node.kill) // the node of now
		d.askOfDying(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { code } } }`, input("conversationId", c.conversationID, "text", "On its way"))
		d.shows(first.TS, "On its way")
		revive()
		d.say(adminToken, c.conversationID, "Anything else?")
		d.once(first.TS, "On its way", "Anything else?")

		// The other direction: it dies when it asks who wrote, and when it marks what was sent.
		for _, method := range []string{"users.info", "reactions.add"} {
			words := "Answer by " + method
			killed := node
			s.After(method, killed.kill)
			ts := s.Says(slackRoom, first.TS, "U0BEN", words)
			s.Await("the kill", func() bool { return len(s.Calls(method)) > 0 })
			revive()
			d.marked(first.TS, ts, "white_check_mark")
			if got := strings.Count(d.lines(c.conversationID), words); got != 1 {
				t.Errorf("%q is there %d times", words, got)
			}
		}
		node.stop()
	})
}
