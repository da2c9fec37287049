package main

import (
	"strings"
	"testing"
	"time"

	"parley/internal/testkit/slackserver"
)

// age has events of a kind have come some time earlier.
func (d *slackDesk) age(kind string, by time.Duration) {
	d.t.Helper()
	d.until("there is one of the kind", func() bool {
		found, err := d.store.Strings(d.t.Context(), "SELECT id FROM slack_events WHERE kind = $1", kind)
		return err == nil && len(found) > 0
	})
	d.exec("UPDATE slack_events SET received_at = received_at - $1 WHERE kind = $2", by.Microseconds(), kind)
}

// NT-2: what was taken back, or edited, long before its words arrive is not sent as it was.
func TestSlackTakenBackBefore(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		gone, never := d.slack.Writes(slackRoom, first.TS, "U0BEN", "Never said")
		late, event := d.slack.Writes(slackRoom, first.TS, "U0BEN", "Teh end")
		d.slack.Send(d.slack.Event(d.slack.Deletes(slackRoom, gone)))
		d.slack.Send(d.slack.Event(d.slack.Edits(slackRoom, late, "The end")))
		d.age("deleted", 20*time.Minute)
		d.age("changed", 20*time.Minute)
		d.until("the deletion is given up", func() bool {
			left, err := d.store.Strings(t.Context(), "SELECT id FROM slack_events WHERE due_at > 0 AND kind = 'deleted'")
			return err == nil && len(left) == 0
		})
		d.slack.Send(d.slack.Event(never))
		d.slack.Send(d.slack.Event(event))
		d.marked(first.TS, late, "white_check_mark")
		if got := d.lines(c.conversationID); got != "INCOMING : Hello\nOUTGOING Ben: The end\n" {
			t.Errorf("got\n%s", got)
		}
	})
}

// NT-2: of edits that come out of order the last one is what the contact has.
func TestSlackEditsOutOfOrder(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "Zero")
		d.marked(first.TS, ts, "white_check_mark")
		one := d.slack.Event(d.slack.Edits(slackRoom, ts, "One"))
		two := d.slack.Event(d.slack.Edits(slackRoom, ts, "Two"))
		d.slack.Send(two)
		d.until("the last edit is there", func() bool { return strings.Contains(d.lines(c.conversationID), "Ben: Two\n") })
		d.slack.Send(one)
		d.idle()
		// And where both come before what they edit.
		late, event := d.slack.Writes(slackRoom, first.TS, "U0BEN", "0")
		one, two = d.slack.Event(d.slack.Edits(slackRoom, late, "1")), d.slack.Event(d.slack.Edits(slackRoom, late, "2"))
		d.slack.Send(two)
		d.slack.Send(one)
		d.slack.Send(d.slack.Event(event))
		d.marked(first.TS, late, "white_check_mark")
		d.idle()
		if got := d.lines(c.conversationID); got != "INCOMING : Hello\nOUTGOING Ben: Two\nOUTGOING Ben: 2\n" {
			t.Errorf("got\n%s", got)
		}
		for _, m := range d.slack.Messages(slackRoom, first.TS) {
			if m.User == slackserver.BotUser && strings.Contains(m.Text, "dit") {
				t.Errorf("the thread says %s", m.Text)
			}
		}
	})
}

// NT-2: what the app itself, and other programs, write in a thread is no answer and no note, in any of the channels.
func TestSlackOwnPosts(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		d.slack.AddChannel(slackserver.Channel{ID: "C0TWICE", Name: "twice"})
		d.slack.AddUser(slackserver.User{ID: "U0ZAP", Name: "Zap", Bot: true})
		d.connect(d.site.inboxID, "C0TWICE")
		c := d.site.chat("Hello")
		first := d.thread()
		d.slack.Await("both threads", func() bool { return len(d.slack.Messages("C0TWICE", "")) == 1 })
		other := d.slack.Messages("C0TWICE", "")[0]
		file := d.uploads(c.conversationID, "receipt.txt", "12 EUR")
		d.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID, "text", "Your receipt", "attachmentIds", []string{file}))
		d.slack.Await("the files", func() bool { return len(d.slack.Files(first.TS)) == 1 && len(d.slack.Files(other.TS)) == 1 })
		d.slack.Says(slackRoom, first.TS, "U0ZAP", "A program")
		d.slack.Says(slackRoom, first.TS, "USLACKBOT", "Slack itself")
		d.marked(first.TS, d.slack.Says(slackRoom, first.TS, "U0BEN", "Last"), "white_check_mark")
		d.idle()
		if got := d.lines(c.conversationID); strings.Contains(got, "NOTE") || !strings.HasSuffix(got, "Your receipt +receipt.txt\nOUTGOING Ben: Last\n") {
			t.Errorf("got\n%s", got)
		}
		if one, two := len(d.slack.Files(first.TS)), len(d.slack.Files(other.TS)); one != 1 || two != 1 {
			t.Errorf("%d and %d files", one, two)
		}
	})
}

// NT-2: however often a mark has to be tried, the line that says why is posted once.
func TestSlackLinesOnce(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "On Monday")
		d.marked(first.TS, ts, "white_check_mark")
		d.idle()
		sent := text(d.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { id } } } }`, map[string]any{"id": c.conversationID}), "conversation", "messages", "nodes", 0, "id")
		d.slack.Refuse("reactions.remove", "internal_error", "internal_error")
		d.slack.Limit("reactions.add", 1, 1)
		d.exec("UPDATE messages SET delivery = 'FAILED' WHERE id = $1", sent)
		d.exec("UPDATE slack_posts SET due = TRUE, version = version + 1 WHERE message_id = $1", sent)
		d.exec("UPDATE slack_threads SET version = version + 1, due_at = 1")
		d.marked(first.TS, ts, "warning")
		d.idle()
		d.once(first.TS, "Not delivered")
	})
}

// NT-2: a thread whose first post someone deleted in Slack begins again; a file that Slack does not take holds up nothing.
func TestSlackNotStuck(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		d.shows(first.TS, "Hello")
		d.idle()
		d.slack.Deletes(slackRoom, first.TS)
		d.say(adminToken, c.conversationID, "Still there?")
		d.slack.Await("another first post", func() bool { return len(d.slack.Messages(slackRoom, "")) == 1 })
		first = d.slack.Messages(slackRoom, "")[0]
		d.once(first.TS, "Still there?")
		d.slack.Break("files.getUploadURLExternal", 4, 500)
		file := d.uploads(c.conversationID, "receipt.txt", "12 EUR")
		d.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID, "text", "Your receipt", "attachmentIds", []string{file}))
		d.slack.Await("a fault", func() bool { return len(d.slack.Calls("files.getUploadURLExternal")) > 0 })
		d.say(adminToken, c.conversationID, "And this")
		d.shows(first.TS, "And this")
		if n := len(d.slack.Files(first.TS)); n != 0 {
			t.Errorf("the file came first: %d", n)
		}
		d.slack.Await("the file", func() bool { return len(d.slack.Files(first.TS)) == 1 })
	})
}

// NT-2: a file whose answer is lost is shown once, though Slack says late where it is shown; one that turns out to be
// infected is taken away.
func TestSlackFilesOnce(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		file := d.uploads(c.conversationID, "receipt.txt", "12 EUR")
		d.slack.Drop("files.completeUploadExternal", 1)
		d.slack.ForgetShares(2)
		d.do(adminToken, `mutation($in: SendMessageInput!) { sendMessage(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID, "text", "Your receipt", "attachmentIds", []string{file}))
		d.slack.Await("the file", func() bool { return len(d.slack.Files(first.TS)) == 1 })
		d.idle()
		if files, calls := len(d.slack.Files(first.TS)), len(d.slack.Calls("files.completeUploadExternal")); files != 1 || calls != 1 {
			t.Errorf("%d files by %d calls", files, calls)
		}
		d.exec("UPDATE attachments SET scan = 'INFECTED' WHERE id = $1", file)
		d.exec("UPDATE slack_posts SET due = TRUE, version = version + 1 WHERE attachment_id = $1", file)
		d.exec("UPDATE slack_threads SET version = version + 1, due_at = 1")
		d.slack.Await("it is taken away", func() bool { return len(d.slack.Files(first.TS)) == 0 })
	})
}

// IN-13: what is posted while its conversation is purged is deleted, too, and so is what may have been posted.
func TestSlackPurgeMeanwhile(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		for _, drops := range []int{0, 1} {
			c := d.site.chat("Hello")
			first := d.thread()
			d.shows(first.TS, "Hello")
			d.idle()
			d.slack.After("chat.postMessage", func() {
				d.do(adminToken, `mutation($in: DeleteConversationInput!) { deleteConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
				d.do(adminToken, `mutation($in: PurgeConversationInput!) { purgeConversation(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
			})
			d.slack.Drop("chat.postMessage", drops)
			d.say(adminToken, c.conversationID, "On its way")
			d.until("all is done", func() bool {
				left, err := d.store.Strings(t.Context(), "SELECT id FROM slack_removals UNION SELECT id FROM slack_threads")
				return err == nil && len(left) == 0
			})
			if one, two := d.slack.Messages(slackRoom, first.TS), d.slack.Messages(slackRoom, ""); len(one) > 0 || len(two) > 0 {
				t.Errorf("there are %v and %v", one, two)
			}
		}
	})
}

// NT-2: what is edited and deleted in Slack is not said to be so in Parley.
func TestSlackNoFalseLines(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		c := d.site.chat("Hello")
		first := d.thread()
		ts := d.slack.Says(slackRoom, first.TS, "U0BEN", "On *Mnday*")
		d.marked(first.TS, ts, "white_check_mark")
		d.slack.Send(d.slack.Event(d.slack.Edits(slackRoom, ts, "On *Monday*")))
		d.until("the edit is there", func() bool { return strings.Contains(d.lines(c.conversationID), "On Monday\n") })
		d.idle()
		d.slack.Send(d.slack.Event(d.slack.Deletes(slackRoom, ts)))
		d.until("it is deleted", func() bool { return !strings.Contains(d.lines(c.conversationID), "Monday") })
		d.idle()
		for _, m := range d.slack.Messages(slackRoom, first.TS) {
			if m.User == slackserver.BotUser && strings.Contains(m.Text, "in Parley") {
				t.Errorf("the thread says %s", m.Text)
			}
		}
	})
}

// NT-2: what nothing can be posted to gets no threads, which would all be posted later; a test that Slack refused may be
// repeated, and one that it took posts nothing again.
func TestSlackNothingPilesUp(t *testing.T) {
	t.Parallel()
	eachSlack(t, func(t *testing.T, d *slackDesk) {
		test := func() string {
			return d.codes(adminToken, "testSlackChannel", "TestSlackChannelInput", "slackChannelId", d.channelID, "idempotencyKey", "k")
		}
		d.slack.Refuse("chat.postMessage", "not_in_channel")
		if got := test(); got != "NOT_ELIGIBLE" {
			t.Errorf("a refused test gives %q", got)
		}
		for range 2 {
			if got := test(); got != "" {
				t.Errorf("the test gives %q", got)
			}
		}
		if n := len(d.slack.Messages(slackRoom, "")); n != 1 {
			t.Errorf("%d test posts", n)
		}
		d.slack.Send(d.slack.Event(map[string]any{"type": "channel_archive", "channel": slackRoom}))
		d.until("it is noticed", func() bool { return d.channelState() == "UNREACHABLE" })
		d.site.chat("Meanwhile")
		d.handled()
		d.slack.Send(d.slack.Event(map[string]any{"type": "channel_unarchive", "channel": slackRoom}))
		d.until("it is connected", func() bool { return d.channelState() == "CONNECTED" })
		d.site.chat("Afterwards")
		d.slack.Await("a thread", func() bool { return len(d.slack.Messages(slackRoom, "")) == 2 })
		if got := d.slack.Messages(slackRoom, "")[1].Blocks; !strings.Contains(got, "Afterwards") {
			t.Errorf("the thread is %s", got)
		}
	})
}

// handled waits until the newest message's event was handled for Slack.
func (d *slackDesk) handled() {
	d.t.Helper()
	list := at(d.do(adminToken, `{ events(types: [MESSAGE_CREATED], first: 100) { nodes { sequence } } }`, nil), "events", "nodes").([]any)
	newest, _ := at(list[len(list)-1], "sequence").(float64)
	d.until("Slack's consumer has handled it", func() bool {
		found, err := d.store.Strings(d.t.Context(), "SELECT account_id FROM reaction_marks WHERE consumer = 'slack' AND mark >= $1", int64(newest))
		if err != nil {
			d.t.Fatal(err)
		}
		return len(found) > 0
	})
}
