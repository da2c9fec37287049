package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/internal/testkit/slackserver"
)

// NT-2, IB-4: a new chat is posted with who writes, where and what, and its thread shows what is said; the first
// post is edited as the conversation changes.
func TestSlackThread(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Where is <!channel> my *parcel*?")
		first := d.thread()
		for _, want := range []string{"Support", "Chat", "Where is &lt;!channel&gt; my", "https://shop.example/", "https://inbox.example/c/" + c.conversationID, "Assign to me", "Close"} {
			if !strings.Contains(strings.ReplaceAll(first.Blocks, `\u0026`, "&"), want) {
				t.Errorf("the first post has no %q: %s", want, first.Blocks)
			}
		}
		if got := d.shows(first.TS, "Where is"); !strings.Contains(got.Text, "&lt;!channel&gt;") || strings.Contains(got.Text, "<!channel>") {
			t.Errorf("what a contact types calls people: %s", got.Text)
		}
		d.say(d.benToken, c.conversationID, "On its way")
		d.shows(first.TS, "*Ben* → contact\nOn its way")
		d.note(d.benToken, c.conversationID, "A regular", d.admin)
		d.shows(first.TS, ":memo: *Ben* (note)\nA regular")
		d.header(first.TS, "Ben (available)")
		d.do(d.benToken, `mutation { setAvailability(input: {availability: AWAY}) { userErrors { message } } }`, nil)
		d.header(first.TS, "Ben (away)")
		d.do(d.benToken, `mutation($in: CloseConversationInput!) { closeConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
		d.header(first.TS, "Closed")
		d.header(first.TS, "parley_open")
		d.shows(first.TS, "_Ben closed it._")
		if list := d.slack.Messages(slackRoom, ""); len(list) != 1 {
			t.Errorf("%d first posts", len(list))
		}
	})
}

// NT-2: what a user writes in the thread goes to the contact as theirs; what begins with // , and what others write, is a note.
func TestSlackReplies(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Where is my parcel?")
		first := d.thread()
		answer := d.slack.Says(slackRoom, first.TS, "U0BEN", "It is *on* its way &amp; <https://example.com/t|here>, <@U0ZOE>")
		d.marked(first.TS, answer, "white_check_mark")
		note := d.slack.Says(slackRoom, first.TS, "U0BEN", "// knows us")
		d.marked(first.TS, note, "memo")
		stranger := d.slack.Says(slackRoom, first.TS, "U0ZOE", "I know them")
		d.marked(first.TS, stranger, "memo")
		guest := d.slack.Says(slackRoom, first.TS, "U0GUS", "I am Ben")
		d.marked(first.TS, guest, "memo")
		want := "INCOMING : Where is my parcel?\nOUTGOING Ben: It is on its way & here (https://example.com/t), @Zoe\nNOTE Ben: knows us\nNOTE Slack: Zoe (Slack): I know them\nNOTE Slack: Gus (Slack): I am Ben\n"
		if got := d.lines(c.conversationID); got != want {
			t.Errorf("got\n%s, want\n%s", got, want)
		}
		// AC-15: who answers there is present.
		found, err := d.store.Strings(t.Context(), "SELECT id FROM users WHERE answered_at > 0 AND email = 'ben@example.com'")
		ok(t, err)
		if len(found) != 1 {
			t.Error("an answer by Slack is no presence")
		}
		// It is shown in the thread once: as they wrote it.
		for _, m := range d.slack.Messages(slackRoom, first.TS) {
			if m.User == slackserver.BotUser && strings.Contains(m.Text, "on its way") {
				t.Errorf("the answer is posted again: %s", m.Text)
			}
		}
		d.do(adminToken, `mutation($in: UpdateSlackChannelInput!) { updateSlackChannel(input: $in) { slackChannel { threadReplies } userErrors { message } } }`,
			input("slackChannelId", d.channelID, "threadReplies", "NOTE"))
		d.marked(first.TS, d.slack.Says(slackRoom, first.TS, "U0BEN", "For us"), "memo")
		d.dismiss(d.site.inboxID, d.ben)
		d.do(adminToken, `mutation($in: UpdateSlackChannelInput!) { updateSlackChannel(input: $in) { slackChannel { threadReplies } userErrors { message } } }`,
			input("slackChannelId", d.channelID, "threadReplies", "ANSWER"))
		d.marked(first.TS, d.slack.Says(slackRoom, first.TS, "U0BEN", "Still me"), "memo")
		if got := d.lines(c.conversationID); !strings.HasSuffix(got, "NOTE Ben: For us\nNOTE Slack: Ben (Slack): Still me\n") {
			t.Errorf("got\n%s", got)
		}
	})
}

// NT-2: the buttons act as the user who presses them; others are told, and no one else, that they may not.
func TestSlackButtons(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		state := func() string {
			got := d.do(adminToken, `query($id: ID!) { conversation(id: $id) { status assignee { name } } }`, map[string]any{"id": c.conversationID})
			return text(got, "conversation", "status") + " " + text(got, "conversation", "assignee", "name")
		}
		d.slack.Press(slackRoom, first.TS, "U0ZOE", "parley_close")
		d.slack.Await("an answer to Zoe", func() bool { return len(d.slack.Replies()) == 1 })
		if got := d.slack.Replies()[0]; !strings.Contains(got, "ephemeral") || !strings.Contains(got, "not a member") {
			t.Errorf("Zoe is told %s", got)
		}
		d.slack.Press(slackRoom, first.TS, "U0BEN", "parley_assign")
		d.header(first.TS, "Ben")
		d.shows(first.TS, "_Ben assigned it to themselves._")
		d.slack.Press(slackRoom, first.TS, "U0BEN", "parley_close")
		d.header(first.TS, "Closed")
		if got := state(); got != "CLOSED Ben" {
			t.Errorf("it is %s", got)
		}
		refused := d.slack.Says(slackRoom, first.TS, "U0BEN", "One more thing")
		d.marked(first.TS, refused, "warning")
		d.shows(first.TS, ":warning: Not sent: the chat is closed.")
		d.slack.Press(slackRoom, first.TS, "U0BEN", "parley_open")
		d.until("it is open", func() bool { return state() == "OPEN Ben" })
		if got := d.lines(c.conversationID); strings.Contains(got, "One more") {
			t.Errorf("it was sent: %s", got)
		}
	})
}

// NT-2: edits and deletions go both ways, where the channel allows it.
func TestSlackEdits(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "On Mnday")
		d.marked(first.TS, ts, "white_check_mark")
		d.slack.Send(d.slack.Event(d.slack.Edits(slackRoom, ts, "On Monday")))
		d.until("the edit is there", func() bool { return strings.Contains(d.lines(c.conversationID), "OUTGOING Ben: On Monday\n") })
		sent := text(d.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { id } } } }`, map[string]any{"id": c.conversationID}), "conversation", "messages", "nodes", 0, "id")
		d.do(d.benToken, `mutation($in: EditMessageInput!) { editMessage(input: $in) { userErrors { message } } }`, input("messageId", sent, "text", "On Tuesday, not on Monday"))
		d.once(first.TS, "Edited in Parley:\nOn Tuesday")
		d.slack.Send(d.slack.Event(d.slack.Deletes(slackRoom, ts)))
		d.until("it is deleted", func() bool { return !strings.Contains(d.lines(c.conversationID), "Monday") })

		said := d.do(d.benToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { message { id } userErrors { message } } }`, input("conversationId", c.conversationID, "text", "See yuo"))
		message := text(said, "sendMessage", "message", "id")
		d.shows(first.TS, "See yuo")
		d.do(d.benToken, `mutation($in: EditMessageInput!) { editMessage(input: $in) { userErrors { message } } }`, input("messageId", message, "text", "See you"))
		d.shows(first.TS, "See you")
		d.do(d.benToken, `mutation($in: DeleteMessageInput!) { deleteMessage(input: $in) { userErrors { message } } }`, input("messageId", message))
		d.slack.Await("it is gone", func() bool {
			return !slices.ContainsFunc(d.slack.Messages(slackRoom, first.TS), func(m slackserver.Message) bool { return strings.Contains(m.Text, "See you") })
		})
		// An edit that comes before what it edits, and a deletion before what it deletes.
		late, event := d.slack.Writes(slackRoom, first.TS, "U0BEN", "Teh end")
		edit := d.slack.Event(d.slack.Edits(slackRoom, late, "The end"))
		gone, never := d.slack.Writes(slackRoom, first.TS, "U0BEN", "Never said")
		d.slack.Send(d.slack.Event(d.slack.Deletes(slackRoom, gone)))
		d.slack.Send(edit)
		d.slack.Send(d.slack.Event(event))
		d.slack.Send(d.slack.Event(never))
		d.until("the end is there", func() bool { return strings.Contains(d.lines(c.conversationID), "OUTGOING Ben: The end\n") })
		d.marked(first.TS, late, "white_check_mark")
		if got := d.lines(c.conversationID); strings.Contains(got, "Never") || strings.Contains(got, "Teh") {
			t.Errorf("got\n%s", got)
		}
	})
}

// NT-2: files go both ways.
func TestSlackFiles(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "The label", slackserver.File{ID: "F0LABEL", Name: "label.txt", Content: "to: Ada"})
		d.marked(first.TS, ts, "white_check_mark")
		if got := d.lines(c.conversationID); !strings.HasSuffix(got, "OUTGOING Ben: The label +label.txt\n") {
			t.Errorf("got\n%s", got)
		}
		large := d.slack.Says(slackRoom, first.TS, "U0BEN", "Large", slackserver.File{ID: "F0LARGE", Name: "large.txt", Content: strings.Repeat("a", 2<<20)})
		d.marked(first.TS, large, "warning")
		d.shows(first.TS, "too large")
		file := d.uploads(c.conversationID, "receipt.txt", "12 EUR")
		d.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID, "text", "Your receipt", "attachmentIds", []string{file}))
		d.slack.Await("the file", func() bool { return len(d.slack.Files(first.TS)) == 1 })
		if f := d.slack.Files(first.TS)[0]; f.Name != "receipt.txt" || f.Content != "12 EUR" {
			t.Errorf("got %+v", f)
		}
	})
}

// NT-2: what Slack sends twice is done once; what it did not sign, or signed too long ago, is refused and not kept.
func TestSlackForged(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		_, event := d.slack.Writes(slackRoom, first.TS, "U0BEN", "Once")
		body := d.slack.Event(event)
		for _, bad := range []http.Header{
			{}, slackserver.Sign("another secret", time.Now(), body), slackserver.Sign(slackserver.SigningSecret, time.Now().Add(-6*time.Minute), body),
			slackserver.Sign(slackserver.SigningSecret, time.Now().Add(6*time.Minute), body), slackserver.Sign(slackserver.SigningSecret, time.Now(), []byte("x")),
		} {
			for _, path := range []string{"/slack/events", "/slack/actions"} {
				if status, _ := d.slack.Post(path, "application/json", body, bad); status != http.StatusUnauthorized {
					t.Errorf("%s: %v gives %d", path, bad, status)
				}
			}
		}
		kept, err := d.store.Strings(t.Context(), "SELECT id FROM slack_events")
		ok(t, err)
		if len(kept) != 0 {
			t.Errorf("kept: %v", kept)
		}
		large := []byte(strings.Repeat("x", 1<<20+1))
		if status, _ := d.slack.Post("/slack/events", "application/json", large, slackserver.Sign(slackserver.SigningSecret, time.Now(), large)); status != http.StatusRequestEntityTooLarge {
			t.Errorf("a large one gives %d", status)
		}
		d.slack.Send(body)
		d.slack.Send(body)
		d.slack.Send(d.slack.Event(event)) // and again, under another id
		d.until("it is there", func() bool { return strings.Contains(d.lines(c.conversationID), "Once") })
		// What bots write, and what is in no thread of Parley's, is nothing.
		d.slack.Send(d.slack.Event(map[string]any{"type": "message", "channel": slackRoom, "user": slackserver.BotUser, "bot_id": "B1", "text": "loop", "ts": "9.1", "thread_ts": first.TS}))
		d.slack.Send(d.slack.Event(map[string]any{"type": "message", "channel": slackRoom, "user": "U0BEN", "text": "elsewhere", "ts": "9.2", "thread_ts": "1.1"}))
		last := d.slack.Says(slackRoom, first.TS, "U0BEN", "Last")
		d.marked(first.TS, last, "white_check_mark")
		if got := d.lines(c.conversationID); got != "INCOMING : Hello\nOUTGOING Ben: Once\nOUTGOING Ben: Last\n" {
			t.Errorf("got\n%s", got)
		}
		challenge, err := json.Marshal(map[string]any{"type": "url_verification", "challenge": "c42"})
		ok(t, err)
		if status, got := d.slack.Post("/slack/events", "application/json", challenge, slackserver.Sign(slackserver.SigningSecret, time.Now(), challenge)); status != http.StatusOK || got != "c42" {
			t.Errorf("the challenge gives %d %s", status, got)
		}
	})
}
