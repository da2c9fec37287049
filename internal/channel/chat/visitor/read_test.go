package visitor_test

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
)

func (w *world) answer(conversationID, text string, note bool) *ent.Message {
	w.t.Helper()
	m, _, err := w.conversations.SendMessage(w.Agent(0), conversation.SendMessageInput{Target: conversation.On(conversationID), Text: &text, Note: note})
	w.ok(err)
	return m
}

func texts(page *paging.Connection[*ent.Message]) string {
	var list []string
	for _, e := range page.Edges {
		list = append(list, e.Node.Text)
	}
	return strings.Join(list, " ")
}

// IN-14: a visitor reads their conversation in both directions, without notes
// and deleted messages; numbers and cursors tell nothing of them.
func TestMessages(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "q1")
		w.answer(c.ID, "note", true)
		w.answer(c.ID, "a1", false)
		gone := w.answer(c.ID, "oops", false)
		w.answer(c.ID, "note", true)
		w.send(me, c.ID, "q2")
		w.answer(c.ID, "a2", false)
		_, err := w.conversations.DeleteMessage(w.Agent(0), conversation.DeleteMessageInput{MessageID: gone.ID})
		w.ok(err)

		page, err := w.messages(me, c, paging.PageArgs{First: new(2)})
		if w.ok(err); texts(page) != "q1 a1" || !page.PageInfo.HasNextPage {
			w.t.Errorf("%s, %+v", texts(page), page.PageInfo)
		}
		rest, err := w.messages(me, c, paging.PageArgs{First: new(2), After: page.PageInfo.EndCursor})
		if w.ok(err); texts(rest) != "q2 a2" || rest.PageInfo.HasNextPage {
			w.t.Errorf("%s, %+v", texts(rest), rest.PageInfo)
		}
		last, err := w.messages(me, c, paging.PageArgs{Last: new(3), Before: rest.PageInfo.EndCursor})
		if w.ok(err); texts(last) != "q1 a1 q2" || last.PageInfo.HasPreviousPage {
			w.t.Errorf("%s, %+v", texts(last), last.PageInfo)
		}
		var numbers []int
		for _, e := range append(page.Edges, rest.Edges...) {
			numbers = append(numbers, e.Node.VisibleNumber)
		}
		if diff := cmp.Diff([]int{1, 2, 4, 5}, numbers); diff != "" {
			w.t.Error(diff)
		}
		other := w.startChat(me, "another")
		w.send(me, other.ID, "more")
		w.send(me, other.ID, "most")
		alike, err := w.Messages(me, []*ent.Conversation{other, c}, paging.PageArgs{First: new(2), After: page.PageInfo.EndCursor})
		if w.ok(err); texts(alike[0]) != "most" || texts(alike[1]) != texts(rest) {
			w.t.Errorf("behind the same number stand %s and %s", texts(alike[0]), texts(alike[1]))
		}
		listed, err := w.Conversations(me, paging.PageArgs{})
		w.ok(err)
		_, err = w.messages(me, c, paging.PageArgs{After: listed.PageInfo.EndCursor})
		w.fails(err, errs.BadUserInput, "after")
		_, err = w.messages(me, c, paging.PageArgs{First: new(101)})
		w.fails(err, errs.Invalid, "first")
		stranger, err := w.messages(w.as(w.start("", "")), c, paging.PageArgs{})
		if w.ok(err); len(stranger.Edges) != 0 {
			w.t.Error("another visitor reads along")
		}
	})
}

// What the team wrote counts as unread until the visitor read it; notes and
// deleted messages never do, and reading does not go back.
func TestUnread(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c, other := w.startChat(me, "q1"), w.startChat(me, "q2")
		w.answer(c.ID, "a1", false)
		w.answer(c.ID, "note", true)
		gone := w.answer(c.ID, "oops", false)
		w.answer(c.ID, "a2", false)
		w.answer(other.ID, "a", false)
		_, err := w.conversations.DeleteMessage(w.Agent(0), conversation.DeleteMessageInput{MessageID: gone.ID})
		w.ok(err)
		unread := func(want ...int) {
			w.t.Helper()
			got, err := w.Unread(me, []*ent.Conversation{c, other, {ID: w.ConversationIDs[0]}})
			w.ok(err)
			if diff := cmp.Diff(append(want, 0), got); diff != "" {
				w.t.Error(diff)
			}
			show, err := w.Show(me, key(w.ChannelIDs[0]), "https://shop.example", true, "")
			if w.ok(err); show.Unread != want[0]+want[1] || show.Visitor == nil {
				w.t.Errorf("the widget says %d of %v", show.Unread, show.Visitor)
			}
		}
		read := func(upTo *string) error {
			got, err := w.MarkRead(me, visitor.MarkVisitorConversationReadInput{ConversationID: c.ID, UpTo: upTo})
			if err == nil && got.ID != c.ID {
				w.t.Error(got)
			}
			return err
		}
		unread(2, 1)
		_, _, _, before := w.count()
		revision := w.conversation(c.ID).Revision
		w.ok(read(w.messageAt(c.ID, 2)))
		unread(1, 1)
		w.ok(read(w.messageAt(c.ID, 1)))
		unread(1, 1)
		w.ok(read(nil))
		unread(0, 1)
		for _, unknown := range []*string{new(id.New(id.Message)), new(c.ID), w.messageAt(other.ID, 1)} {
			w.fails(read(unknown), errs.NotFound, "upTo")
		}
		if len(w.since(before)) != 2 || w.conversation(c.ID).Revision != revision {
			w.t.Error("reading tells of two messages, and changes nothing else")
		}
	})
}

// CH-8: authors go by their own names; the contact's name, which a typed
// address would give away, stays with the team.
func TestAuthors(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		me := w.as(session)
		_, err := w.CaptureEmail(me, visitor.CaptureVisitorEmailInput{Email: "dora@example.net"})
		w.ok(err)
		c := w.startChat(me, "q1")
		w.answer(c.ID, "a1", false)
		names := func(session *visitor.Session) string {
			me := w.as(session)
			page, err := w.messages(me, c, paging.PageArgs{})
			w.ok(err)
			var messages []*ent.Message
			for _, e := range page.Edges {
				messages = append(messages, e.Node)
			}
			authors, err := w.Authors(me, messages)
			w.ok(err)
			var names []string
			for _, a := range authors {
				names = append(names, a.Name)
			}
			return strings.Join(names, ",")
		}
		if got := names(session); got != ",Ben Agent" {
			w.t.Error(got)
		}
		proved := w.start(session.Token, w.identity(jwt.MapClaims{"sub": "42", "name": "Eve"}))
		if got := names(proved); got != "Eve,Ben Agent" {
			w.t.Error(got)
		}
	})
}

// TM-1, TM-2: the widget shows what Choose chooses, to strangers too, and
// writes nothing.
func TestShow(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		elsewhere, err := w.startOn(w.ChannelIDs[1], "", "")
		w.ok(err)
		w.nothing(func() {
			for name, who := range map[string]struct {
				known bool
				ask   func() (*visitor.Widget, error)
			}{
				"stranger": {false, func() (*visitor.Widget, error) {
					return w.Show(t.Context(), key(w.ChannelIDs[0]), "https://a.example", false, "")
				}},
				"visitor": {true, func() (*visitor.Widget, error) {
					return w.Show(me, key(w.ChannelIDs[0]), "https://a.example", false, "")
				}},
				"another channel": {false, func() (*visitor.Widget, error) {
					return w.Show(w.as(elsewhere), key(w.ChannelIDs[0]), "https://a.example", false, "")
				}},
				"admin": {false, func() (*visitor.Widget, error) {
					return w.Show(w.Admin, key(w.ChannelIDs[0]), "https://a.example", false, "")
				}},
			} {
				show, err := who.ask()
				w.ok(err)
				if show.ChannelKey() != key(w.ChannelIDs[0]) || show.TargetedMessage == nil || show.TargetedMessage.ID != w.shown.ID || (show.Visitor != nil) != who.known {
					w.t.Errorf("%s: %+v", name, show)
				}
			}
			none, err := w.Show(me, key(w.ChannelIDs[1]), "https://a.example", false, "")
			if w.ok(err); none.TargetedMessage != nil {
				w.t.Error("an empty channel shows something")
			}
			_, err = w.Show(me, key(w.ChannelIDs[0]), "file:///etc/passwd", false, "")
			w.fails(err, errs.Invalid, "pageUrl")
		})
	})
}

// messageAt is the id of a conversation's message, as its visitor counts.
func (w *world) messageAt(conversationID string, number int) *string {
	w.t.Helper()
	m, err := w.Store.Client(w.System).Message.Query().Where(entmessage.ConversationID(conversationID), entmessage.VisibleNumber(number)).Only(w.System)
	w.ok(err)
	return &m.ID
}

// IN-30: a visitor sees which message an answer is to, unless that was deleted.
func TestVisitorSeesWhatIsAnswered(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "q1")
		first := w.answer(c.ID, "a1", false)
		second, _, err := w.conversations.SendMessage(w.Agent(0), conversation.SendMessageInput{
			Target: conversation.On(c.ID), Text: new("to be exact"), ReplyToMessageID: &first.ID,
		})
		w.ok(err)
		third, _, err := w.conversations.SendMessage(w.Agent(0), conversation.SendMessageInput{
			Target: conversation.On(c.ID), Text: new("yes"), ReplyToMessageID: w.messageAt(c.ID, 1),
		})
		w.ok(err)
		shown := func(want ...string) {
			w.t.Helper()
			got := []string{}
			list, err := w.RepliedTo(me, []*ent.Message{first, second, third})
			w.ok(err)
			for _, m := range list {
				if got = append(got, ""); m != nil {
					got[len(got)-1] = m.Text
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				w.t.Error(diff)
			}
		}
		shown("", "a1", "q1")
		_, err = w.conversations.DeleteMessage(w.Agent(0), conversation.DeleteMessageInput{MessageID: first.ID})
		w.ok(err)
		shown("", "", "q1")
	})
}
