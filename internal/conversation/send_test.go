package conversation_test

import (
	"strings"
	"testing"
	"time"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// IN-14: messages are numbered without a gap, and for visitors as if there
// were no notes.
func TestNumbers(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello")
		d.notes(d.Agent(0), c.ID, "A regular")
		d.says(d.Agent(0), c.ID, "Good morning")
		d.writes(c.ID, 0, "Are you there?")
		list := must(d.Store.Client(d.System).Message.Query().Where(entmessage.ConversationID(c.ID)).Order(entmessage.ByNumber()).All(d.System))(t)
		var got [][2]int
		for _, m := range list {
			got = append(got, [2]int{m.Number, m.VisibleNumber})
		}
		same(t, got, [][2]int{{1, 1}, {2, 0}, {3, 2}, {4, 3}})
		now := d.row(c.ID)
		same(t, []int{now.LastNumber, now.LastVisibleNumber, now.LastIncomingNumber}, []int{4, 3, 4})
	})
}

// IN-1, IN-4: what a row of a list shows follows the newest message; of two at
// the same moment one is later.
func TestRowFollowsMessages(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello\n\n  world")
		same(t, c.Preview, "Hello world")
		same(t, c.LastMessageAt, c.OpenedAt)
		d.says(d.Agent(0), c.ID, strings.Repeat("long ", 100))
		after := d.row(c.ID)
		same(t, after.LastMessageAt, c.LastMessageAt+1)
		if n := len([]rune(after.Preview)); n > 140 || !strings.HasSuffix(after.Preview, "…") {
			t.Errorf("a preview of %d characters: %s", n, after.Preview)
		}
	})
}

// IN-7: a note changes neither preview, nor times, nor who waits.
func TestNoteLeavesTheRowAlone(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		before := d.begin(0, "Hello")
		d.clock.Advance(time.Minute)
		d.notes(d.Agent(0), before.ID, "Knows us from the fair")
		after := d.row(before.ID)
		same(t, after.Preview, before.Preview)
		same(t, after.LastMessageAt, before.LastMessageAt)
		same(t, after.WaitingSince, before.WaitingSince)
		same(t, after.Revision, before.Revision+1)
	})
}

// IN-3: a contact waits from their first unanswered message until the answer.
func TestWaiting(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello")
		same(t, c.WaitingSince, clock.Of(monday))
		d.clock.Advance(time.Minute)
		d.writes(c.ID, 0, "Hello?")
		same(t, d.row(c.ID).WaitingSince, clock.Of(monday))
		d.says(d.Agent(0), c.ID, "Yes?")
		same(t, d.row(c.ID).WaitingSince, clock.Never)
		d.clock.Advance(time.Minute)
		d.writes(c.ID, 0, "Thanks")
		same(t, d.row(c.ID).WaitingSince, clock.Of(monday.Add(2*time.Minute)))
		d.closes(c.ID)
		same(t, d.row(c.ID).WaitingSince, clock.Never)
	})
}

// IN-7: a closed chat takes no message of an agent, but a note.
func TestClosedChat(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		d.closes(c)
		got := d.told(func() {
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: c, Text: ptr("One more thing")})
			refused(t, err, errs.ConversationClosed, "conversationId")
		})
		same(t, got, []string{})
		d.notes(d.Agent(0), c, "Called him")
		same(t, d.row(c).Status, vocab.Closed)
	})
}

// IN-10: who is blocked gets no answer before they are unblocked; notes are
// for us.
func TestBlockedSenderGetsNoAnswer(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.ConversationIDs[0]
		must(d.BlockSender(d.Agent(0), conversation.BlockSenderInput{ConversationID: c}))(t)
		_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: c, Text: ptr("Bye")})
		refused(t, err, errs.SenderBlocked, "conversationId")
		d.notes(d.Agent(0), c, "Insulted us")
		must(d.UnblockSender(d.Agent(0), conversation.UnblockSenderInput{ConversationID: c}))(t)
		d.says(d.Agent(0), c, "Well then")
	})
}

// IN-14: nothing pretends to go out where no e-mail channel is connected.
func TestEmailIsNotConnected(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.email()
		_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: c, Text: ptr("Dear Dora")})
		refused(t, err, errs.ChannelNotConnected, "conversationId")
		d.notes(d.Agent(0), c, "Answer by phone")
	})
}

// IN-14, AC-3: a note mentions members of its inbox, directly or by a team.
func TestMentions(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		outsider, teamMate, gone := d.user("Olaf"), d.user("Tina"), d.user("Gina")
		d.team(true, teamMate, gone)
		d.deactivate(gone)
		note := func(ids ...string) (*ent.Message, error) {
			m, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: d.ConversationIDs[0], Text: ptr("Look"), Note: true, MentionUserIDs: ids})
			return m, err
		}
		same(t, must(note(d.AgentIDs[1], teamMate))(t).Mentions, []string{d.AgentIDs[1], teamMate})
		for _, stranger := range []string{outsider, gone, d.ContactID, "x\x00", id.New(id.User)} {
			_, err := note(d.AgentIDs[1], stranger)
			refused(t, err, errs.NotAMember, "mentionUserIds", "1")
		}
		_, err := note(make([]string, 51)...)
		refused(t, err, errs.TooLong, "mentionUserIds")
		_, _, err = d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: d.ConversationIDs[0], Text: ptr("Look"), MentionUserIDs: d.AgentIDs[1:]})
		refused(t, err, errs.Invalid, "mentionUserIds")
	})
}

// IN-14: what a message may say, and what becomes of it.
func TestContent(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		send := func(text, html *string) (*ent.Message, error) {
			m, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: d.ConversationIDs[0], Text: text, HTML: html})
			return m, err
		}
		for name, bad := range map[string]struct {
			text, html *string
			code       errs.Code
			field      string
		}{
			"none":             {nil, nil, errs.Required, "text"},
			"empty":            {ptr(""), ptr(""), errs.Required, "text"},
			"blank":            {ptr(" \n\t "), nil, errs.Required, "text"},
			"control":          {ptr("\x00\x07"), nil, errs.Required, "text"},
			"1 MB":             {ptr(strings.Repeat("a", 1<<20)), nil, errs.TooLong, "text"},
			"one too many":     {ptr(strings.Repeat("é", conversation.MaxText+1)), nil, errs.TooLong, "text"},
			"invalid UTF-8":    {ptr("caf\xe9"), nil, errs.Invalid, "text"},
			"invalid HTML":     {nil, ptr("<p>caf\xe9</p>"), errs.Invalid, "html"},
			"1 MB of HTML":     {nil, ptr(strings.Repeat("<p>a", 1<<18)), errs.TooLong, "html"},
			"much text inside": {nil, ptr(strings.Repeat("a", conversation.MaxText+1)), errs.TooLong, "html"},
			"a script alone":   {nil, ptr("<script>alert(1)</script>"), errs.Required, "text"},
		} {
			if _, err := send(bad.text, bad.html); !errs.Is(err, bad.code) || errs.Of(err).Field[0] != bad.field {
				t.Errorf("%s: got %v, want %s on %s", name, err, bad.code, bad.field)
			}
		}
		same(t, d.row(d.ConversationIDs[0]).LastNumber, 3)

		must(send(ptr(strings.Repeat("é", conversation.MaxText)), nil))(t)
		m := must(send(nil, ptr(`<p onclick="x()">Hello <b>you</b></p><script>alert(1)</script>`)))(t)
		same(t, []string{m.HTML, m.Text}, []string{"<p>Hello <b>you</b></p>", "Hello you"})
		m = must(send(ptr("Plain"), ptr("<i>Rich</i>")))(t)
		same(t, []string{m.HTML, m.Text}, []string{"<i>Rich</i>", "Plain"})
	})
}

// BT-2: a person's reply takes the conversation over from its bot, a note does
// not.
func TestReplyTakesOver(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello", withBot)
		d.notes(d.Agent(0), c.ID, "Watching")
		same(t, d.row(c.ID).BotState, vocab.BotActive)
		got := d.told(func() { d.says(d.Agent(0), c.ID, "A person here") })
		same(t, got, []string{"MESSAGE_CREATED", "BOT_TAKEN_OVER botState:ACTIVE>TAKEN_OVER"})
		same(t, d.row(c.ID).Folder, vocab.FolderMain)
	})
}

// AC-1, AC-3: another inbox's or account's conversation is as if it were not
// there, and so is what is no conversation at all.
func TestForeignConversations(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		other := testkit.Account(t, d.Store)
		for _, foreign := range []string{
			d.ConversationIDs[2], other.ConversationIDs[0], id.New(id.Conversation), d.AgentIDs[0], "", "conversation_\x00", strings.Repeat("x", 1000),
		} {
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{ConversationID: foreign, Text: ptr("Hi")})
			refused(t, err, errs.NotFound, "conversationId")
			if len(errs.Of(err).Message) > 200 {
				t.Error("the message repeats what the caller sent at length")
			}
			if c := must(d.Get(d.Agent(0), foreign))(t); c != nil {
				t.Errorf("%s is shown", foreign)
			}
		}
	})
}
