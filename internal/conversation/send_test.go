package conversation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/channel/email/deliver"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-14: messages are numbered without a gap, and for visitors as if there
// were no notes.
func TestNumbers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		d.AgentNotes(d.Agent(0), c.ID, "A regular")
		d.AgentSays(d.Agent(0), c.ID, "Good morning")
		d.VisitorWrites(c.ID, 0, "Are you there?")
		list := check.Must(d.Store.Client(d.System).Message.Query().Where(entmessage.ConversationID(c.ID)).Order(entmessage.ByNumber()).All(d.System))(t)
		var got [][2]int
		for _, m := range list {
			got = append(got, [2]int{m.Number, m.VisibleNumber})
		}
		check.Same(t, got, [][2]int{{1, 1}, {2, 0}, {3, 2}, {4, 3}})
		now := d.Row(c.ID)
		check.Same(t, []int{now.LastNumber, now.LastVisibleNumber, now.LastIncomingNumber}, []int{4, 3, 4})
	})
}

// IN-1, IN-4: what a row of a list shows follows the newest message; of two at
// the same moment one is later.
func TestRowFollowsMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello\n\n  world")
		check.Same(t, c.Preview, "Hello world")
		check.Same(t, c.LastMessageAt, c.OpenedAt)
		d.AgentSays(d.Agent(0), c.ID, strings.Repeat("long ", 100))
		after := d.Row(c.ID)
		check.Same(t, after.LastMessageAt, c.LastMessageAt+1)
		if n := len([]rune(after.Preview)); n > 140 || !strings.HasSuffix(after.Preview, "…") {
			t.Errorf("a preview of %d characters: %s", n, after.Preview)
		}
	})
}

// IN-7: a note changes neither preview, nor times, nor who waits.
func TestNoteLeavesTheRowAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		before := d.StartChat(0, "Hello")
		d.Clock.Advance(time.Minute)
		d.AgentNotes(d.Agent(0), before.ID, "Knows us from the fair")
		after := d.Row(before.ID)
		check.Same(t, after.Preview, before.Preview)
		check.Same(t, after.LastMessageAt, before.LastMessageAt)
		check.Same(t, after.WaitingSince, before.WaitingSince)
		check.Same(t, after.Revision, before.Revision+1)
	})
}

// IN-3: a contact waits from their first unanswered message until the answer.
func TestWaiting(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		check.Same(t, c.WaitingSince, clock.Of(desk.Monday))
		d.Clock.Advance(time.Minute)
		d.VisitorWrites(c.ID, 0, "Hello?")
		check.Same(t, d.Row(c.ID).WaitingSince, clock.Of(desk.Monday))
		d.AgentSays(d.Agent(0), c.ID, "Yes?")
		check.Same(t, d.Row(c.ID).WaitingSince, clock.Never)
		d.Clock.Advance(time.Minute)
		d.VisitorWrites(c.ID, 0, "Thanks")
		check.Same(t, d.Row(c.ID).WaitingSince, clock.Of(desk.Monday.Add(2*time.Minute)))
		d.MustClose(c.ID)
		check.Same(t, d.Row(c.ID).WaitingSince, clock.Never)
	})
}

// IN-7: a closed chat takes no message of an agent, but a note.
func TestClosedChat(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		d.MustClose(c)
		got := d.Recorded(func() {
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr("One more thing")})
			check.Refused(t, err, errs.ConversationClosed, "conversationId")
		})
		check.Same(t, got, []string{})
		d.AgentNotes(d.Agent(0), c, "Called him")
		check.Same(t, d.Row(c).Status, vocab.Closed)
	})
}

// IN-10: who is blocked gets no answer before they are unblocked; notes are
// for us.
func TestBlockedSenderGetsNoAnswer(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.ConversationIDs[0]
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c)}))(t)
		_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr("Bye")})
		check.Refused(t, err, errs.SenderBlocked, "conversationId")
		d.AgentNotes(d.Agent(0), c, "Insulted us")
		check.Must(d.UnblockConversationSender(d.Agent(0), conversation.UnblockConversationSenderInput{Target: conversation.On(c)}))(t)
		d.AgentSays(d.Agent(0), c, "Well then")
	})
}

// IN-14: nothing pretends to go out where no e-mail channel is connected.
func TestEmailIsNotConnected(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		d.Service = desk.Conversations(d.Store, conversation.Deps{Outbox: deliver.NewOutbox(keys)})
		c := d.NewEmail()
		_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(c), Text: check.Ptr("Dear Dora")})
		check.Refused(t, err, errs.ChannelNotConnected, "conversationId")
		d.AgentNotes(d.Agent(0), c, "Answer by phone")
	})
}

// IN-14, AC-3: a note mentions members of its inbox, directly or by a team.
func TestMentions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		outsider, teamMate, gone := d.NewUser("Olaf"), d.NewUser("Tina"), d.NewUser("Gina")
		d.NewTeam(true, teamMate, gone)
		d.Deactivate(gone)
		note := func(ids ...string) (*ent.Message, error) {
			m, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0]), Text: check.Ptr("Look"), Note: true, MentionUserIDs: ids})
			return m, err
		}
		check.Same(t, check.Must(note(d.AgentIDs[1], teamMate))(t).Mentions, []string{d.AgentIDs[1], teamMate})
		for _, stranger := range []string{outsider, gone, d.ContactID, "x\x00", id.New(id.User)} {
			_, err := note(d.AgentIDs[1], stranger)
			check.Refused(t, err, errs.NotAMember, "mentionUserIds", "1")
		}
		// IN-14: names, as assigning does; ids where the token shows no names.
		writer := *viewer.FromContext(d.Agent(0))
		writer.Scopes = []string{"conversations:write"}
		for ctx, want := range map[context.Context]string{d.Agent(0): "Olaf is not", viewer.NewContext(t.Context(), &writer): outsider} {
			_, _, err := d.SendMessage(ctx, conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0]), Text: check.Ptr("Look"), Note: true, MentionUserIDs: []string{outsider}})
			if !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
		_, err := note(make([]string, 51)...)
		check.Refused(t, err, errs.TooLong, "mentionUserIds")
		_, _, err = d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0]), Text: check.Ptr("Look"), MentionUserIDs: d.AgentIDs[1:]})
		check.Refused(t, err, errs.Invalid, "mentionUserIds")
	})
}

// IN-14: what a message may say, and what becomes of it.
func TestContent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		send := func(text, html *string) (*ent.Message, error) {
			m, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0]), Text: text, HTML: html})
			return m, err
		}
		for name, bad := range map[string]struct {
			text, html *string
			code       errs.Code
			field      string
		}{
			"none":             {nil, nil, errs.Required, "text"},
			"empty":            {check.Ptr(""), check.Ptr(""), errs.Required, "text"},
			"blank":            {check.Ptr(" \n\t "), nil, errs.Required, "text"},
			"control":          {check.Ptr("\x00\x07"), nil, errs.Required, "text"},
			"1 MB":             {check.Ptr(strings.Repeat("a", 1<<20)), nil, errs.TooLong, "text"},
			"one too many":     {check.Ptr(strings.Repeat("é", conversation.MaxText+1)), nil, errs.TooLong, "text"},
			"invalid UTF-8":    {check.Ptr("caf\xe9"), nil, errs.Invalid, "text"},
			"invalid HTML":     {nil, check.Ptr("<p>caf\xe9</p>"), errs.Invalid, "html"},
			"1 MB of HTML":     {nil, check.Ptr(strings.Repeat("<p>a", 1<<18)), errs.TooLong, "html"},
			"much text inside": {nil, check.Ptr(strings.Repeat("a", conversation.MaxText+1)), errs.TooLong, "html"},
			"a script alone":   {nil, check.Ptr("<script>alert(1)</script>"), errs.Required, "text"},
		} {
			if _, err := send(bad.text, bad.html); !errs.Is(err, bad.code) || errs.Of(err).Field[0] != bad.field {
				t.Errorf("%s: got %v, want %s on %s", name, err, bad.code, bad.field)
			}
		}
		check.Same(t, d.Row(d.ConversationIDs[0]).LastNumber, 3)

		check.Must(send(check.Ptr(strings.Repeat("é", conversation.MaxText)), nil))(t)
		m := check.Must(send(nil, check.Ptr(`<p onclick="x()">Hello <b>you</b></p><script>alert(1)</script>`)))(t)
		check.Same(t, []string{m.HTML, m.Text}, []string{"<p>Hello <b>you</b></p>", "Hello you"})
		m = check.Must(send(check.Ptr("Plain"), check.Ptr("<i>Rich</i>")))(t)
		check.Same(t, []string{m.HTML, m.Text}, []string{"<i>Rich</i>", "Plain"})
	})
}

// BT-2: a person's reply takes the conversation over from its bot, a note does
// not.
func TestReplyTakesOver(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello", desk.WithBot)
		d.AgentNotes(d.Agent(0), c.ID, "Watching")
		check.Same(t, d.Row(c.ID).BotState, vocab.BotActive)
		got := d.Recorded(func() { d.AgentSays(d.Agent(0), c.ID, "A person here") })
		check.Same(t, got, []string{"MESSAGE_CREATED firstRespondedAt:>" + d.Row(c.ID).FirstRespondedAt.String(), "BOT_TAKEN_OVER botState:ACTIVE>TAKEN_OVER",
			"CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[0], "CONVERSATION_READ readNumber:>1"})
		check.Same(t, d.Row(c.ID).Folder, vocab.FolderMain)
	})
}

// AC-1, AC-3: another inbox's or account's conversation is as if it were not
// there, and so is what is no conversation at all.
func TestForeignConversations(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		other := testkit.Account(t, d.Store)
		for _, foreign := range []string{
			d.ConversationIDs[2], other.ConversationIDs[0], id.New(id.Conversation), d.AgentIDs[0], "", "conversation_\x00", strings.Repeat("x", 1000),
		} {
			_, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(foreign), Text: check.Ptr("Hi")})
			check.Refused(t, err, errs.NotFound, "conversationId")
			if len(errs.Of(err).Message) > 200 {
				t.Error("the message repeats what the caller sent at length")
			}
			if c := check.Must(d.Get(d.Agent(0), foreign))(t); c != nil {
				t.Errorf("%s is shown", foreign)
			}
		}
	})
}
