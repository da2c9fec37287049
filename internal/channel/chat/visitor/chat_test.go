package visitor_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

func (w *world) send(ctx context.Context, conversationID, text string) *visitor.Sent {
	w.t.Helper()
	sent, err := w.SendMessage(ctx, visitor.SendVisitorMessageInput{ConversationID: conversationID, Text: text})
	w.ok(err)
	return sent
}

// IN-1: a first message makes a conversation that bears where it came from.
func TestStartChat(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		_, _, _, before := w.count()
		in := w.chat("hello")
		in.Email = new("Eve@example.com")
		c, err := w.StartChat(w.as(session), in)
		w.ok(err)
		c = w.conversation(c.ID)
		if c.VisitorID != session.Visitor.ID || c.TargetedMessageID != w.shown.ID || c.TargetedMessageVersion != 1 || c.OriginURL != in.PageURL || c.ContactID == "" {
			w.t.Errorf("%+v", c)
		}
		want := []vocab.EventType{vocab.ContactCreated, vocab.ConversationCreated, vocab.MessageCreated}
		if diff := cmp.Diff(want, w.since(before)); diff != "" {
			w.t.Error(diff)
		}
	})
}

// TM-1: a chat begins from a message of the channel that is on, or went off
// less than an hour ago after the visitor was shown it.
func TestStartChatFromTargetedMessage(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		refused := func(messageID string) {
			w.t.Helper()
			w.nothing(func() {
				in := w.chat("hello")
				in.TargetedMessageID = messageID
				_, err := w.StartChat(me, in)
				w.fails(err, errs.NotFound, "targetedMessageId")
			})
		}
		draft, err := w.targeting.Create(w.Admin, targeting.CreateTargetedMessageInput{ChannelID: w.ChannelIDs[0], Name: "Draft"})
		w.ok(err)
		refused(draft.ID)
		refused(w.publish(w.ChannelIDs[1]).ID)
		refused(newWorld(w.t, w.Store, w.clock).shown.ID)
		refused(w.ChannelIDs[0])
		refused(strings.Repeat("\x00", 1000))
		_, err = w.RecordView(me, visitor.RecordWidgetViewInput{TargetedMessageID: w.shown.ID, Kind: vocab.ViewShown})
		w.ok(err)
		_, err = w.targeting.SetState(w.Admin, targeting.SetTargetedMessageStateInput{TargetedMessageID: w.shown.ID, On: false})
		w.ok(err)
		w.clock.Advance(time.Hour - time.Second)
		_, err = w.RecordView(w.as(w.start("", "")), visitor.RecordWidgetViewInput{TargetedMessageID: w.shown.ID, Kind: vocab.ViewShown})
		w.fails(err, errs.NotFound, "targetedMessageId")
		_, err = w.StartChat(w.as(w.start("", "")), w.chat("was never shown it"))
		w.fails(err, errs.NotFound, "targetedMessageId")
		w.startChat(me, "was written meanwhile")
		w.clock.Advance(time.Second)
		refused(w.shown.ID)
	})
}

func TestBadChats(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		for name, tc := range map[string]struct {
			change func(*visitor.StartChatInput)
			code   errs.Code
			field  string
		}{
			"no text":       {func(in *visitor.StartChatInput) { in.Text = " \n" }, errs.Required, "text"},
			"long text":     {func(in *visitor.StartChatInput) { in.Text = strings.Repeat("é", 10_001) }, errs.TooLong, "text"},
			"bad UTF-8":     {func(in *visitor.StartChatInput) { in.Text = "\xff" }, errs.Invalid, "text"},
			"script as URL": {func(in *visitor.StartChatInput) { in.PageURL = "javascript:alert(1)" }, errs.Invalid, "pageUrl"},
			"long URL":      {func(in *visitor.StartChatInput) { in.PageURL = "https://a.example/" + strings.Repeat("a", 2048) }, errs.TooLong, "pageUrl"},
			"bad address":   {func(in *visitor.StartChatInput) { in.Email = new("Eve") }, errs.Invalid, "email"},
			"no text after the address": {func(in *visitor.StartChatInput) {
				in.Email, in.Text = new("eve@example.com"), ""
			}, errs.Required, "text"},
		} {
			w.nothing(func() {
				in := w.chat("hello")
				tc.change(&in)
				if _, err := w.StartChat(me, in); err == nil {
					w.t.Errorf("%s: was taken", name)
				} else {
					w.fails(err, tc.code, tc.field)
				}
			})
		}
	})
}

// Pitfall 4: 64 first messages with one key at once make one conversation; a
// key is a visitor's own, and belongs to one input.
func TestFirstMessageRace(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		in := w.chat("hello")
		in.IdempotencyKey = new("first")
		var all sync.WaitGroup
		ids := make([]string, 64)
		for i := range ids {
			all.Go(func() {
				c, err := w.StartChat(me, in)
				if err != nil {
					w.t.Error(err)
					return
				}
				ids[i] = c.ID
			})
		}
		all.Wait()
		for _, got := range ids {
			if got != ids[0] {
				w.t.Fatalf("several conversations: %v", ids)
			}
		}
		if _, conversations, _, _ := w.count(); conversations != len(w.ConversationIDs)+1 {
			w.t.Errorf("%d conversations", conversations)
		}
		another, err := w.StartChat(w.as(w.start("", "")), in)
		if w.ok(err); another.ID == ids[0] {
			w.t.Error("another visitor's key answered")
		}
		in.Text = "something else"
		_, err = w.StartChat(me, in)
		w.fails(err, errs.Conflict, "idempotencyKey")
	})
}

// The same from two nodes, which share nothing but the database.
func TestFirstMessageRaceOnTwoNodes(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() == "" {
			t.Skip("a SQLite database belongs to one process")
		}
		w := newWorld(t, db.Open(t, nil), nil)
		s := db.Open(t, nil)
		other := visitor.New(s, keys(), w.secrets, contact.New(s), desk.Conversations(s, conversation.Deps{}), visitor.Options{})
		me := w.as(w.start("", ""))
		in := w.chat("hello")
		in.Email, in.IdempotencyKey = new("eve@example.com"), new("first")
		var all sync.WaitGroup
		for i := range 32 {
			all.Go(func() {
				if _, err := []*visitor.Service{w.Service, other}[i%2].StartChat(me, in); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if _, conversations, contacts, _ := w.count(); conversations != len(w.ConversationIDs)+1 || contacts != 2 {
			t.Errorf("%d conversations, %d contacts", conversations, contacts)
		}
	})
}

// IN-10: a blocked visitor notices nothing; the team does.
func TestBlockedVisitor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "spam")
		_, err := w.conversations.BlockSender(w.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c.ID)})
		w.ok(err)
		second := w.startChat(me, "more spam")
		w.send(me, c.ID, "and more")
		for _, blocked := range []string{c.ID, second.ID} {
			if c := w.conversation(blocked); c.Folder != vocab.FolderFiltered {
				w.t.Errorf("in %s", c.Folder)
			}
		}
		if list, err := w.own(me); err != nil || len(list) != 2 {
			w.t.Errorf("sees %d conversations, %v", len(list), err)
		}
		show, err := w.Show(me, key(w.ChannelIDs[0]), "https://shop.example", false, "")
		if w.ok(err); show.TargetedMessage == nil {
			w.t.Error("the widget went away")
		}
	})
}

// IN-7, IN-20: writing on reopens what was closed, and begins again where the
// team threw the conversation away.
func TestWriteOn(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "hello")
		_, err := w.conversations.Close(w.Agent(0), conversation.CloseConversationInput{Target: conversation.On(c.ID)})
		w.ok(err)
		if sent := w.send(me, c.ID, "one more thing"); sent.Conversation.ID != c.ID || sent.Conversation.Status != vocab.Open || sent.Message.VisibleNumber != 2 {
			w.t.Errorf("%+v", sent.Conversation)
		}
		_, err = w.conversations.Delete(w.Agent(0), conversation.DeleteConversationInput{Target: conversation.On(c.ID)})
		w.ok(err)
		if list, err := w.own(me); err != nil || len(list) != 0 {
			w.t.Errorf("sees %d conversations in the trash, %v", len(list), err)
		}
		in := visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "still there?", IdempotencyKey: new("k")}
		anew, err := w.SendMessage(me, in)
		w.ok(err)
		if n := anew.Conversation; n.ID == c.ID || n.ChannelID != c.ChannelID || n.OriginURL != c.OriginURL || anew.Message.ConversationID != n.ID {
			w.t.Errorf("%+v", n)
		}
		if again, err := w.SendMessage(me, in); err != nil || again.Message.ID != anew.Message.ID || again.Conversation.ID != anew.Conversation.ID {
			w.t.Errorf("the replay gave %+v, %v", again, err)
		}
		if w.conversation(c.ID).LastNumber != 2 {
			w.t.Error("something was written into the trash")
		}
	})
}

// CH-8: a conversation is reached by its own visitor alone, also among visitors
// who share a contact.
func TestForeignConversations(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		for _, foreign := range []string{
			w.ConversationIDs[1], w.ConversationIDs[2], newWorld(w.t, w.Store, w.clock).ConversationIDs[0], w.VisitorIDs[0], "", "conversation_\x00",
		} {
			w.nothing(func() {
				_, err := w.SendMessage(w.Visitor(0), visitor.SendVisitorMessageInput{ConversationID: foreign, Text: "hello", IdempotencyKey: new("k")})
				w.fails(err, errs.NotFound, "conversationId")
				_, err = w.MarkRead(w.Visitor(0), visitor.MarkVisitorConversationReadInput{ConversationID: foreign})
				w.fails(err, errs.NotFound, "conversationId")
				if c, err := w.Conversation(w.Visitor(0), foreign); c != nil || err != nil {
					w.t.Error(c, err)
				}
			})
		}
	})
}

// CH-5, CH-8: a typed address links chats for the agents' eyes and opens
// nothing; what an agent unlinked stays so.
func TestCaptureEmail(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		me := w.as(session)
		c := w.startChat(me, "hello")
		_, _, _, before := w.count()
		in := visitor.CaptureVisitorEmailInput{Email: "DORA@example.net", IdempotencyKey: new("k")}
		v, err := w.CaptureEmail(me, in)
		w.ok(err)
		if v.Email != "dora@example.net" || v.ContactID != w.ContactID || v.Identity != nil {
			w.t.Errorf("%+v", v)
		}
		if w.conversation(c.ID).ContactID != w.ContactID {
			w.t.Error("the chat is not linked")
		}
		if list, err := w.own(me); err != nil || len(list) != 1 {
			w.t.Errorf("the address opened %d conversations, %v", len(list), err)
		}
		if diff := cmp.Diff([]vocab.EventType{vocab.ContactLinked}, w.since(before)); diff != "" {
			w.t.Error(diff)
		}
		_, err = w.conversations.UnlinkContact(w.Agent(0), conversation.UnlinkContactInput{Target: conversation.On(c.ID)})
		w.ok(err)
		for _, again := range []visitor.CaptureVisitorEmailInput{in, {Email: in.Email}} {
			_, err = w.CaptureEmail(me, again)
			w.ok(err)
		}
		w.start(session.Token, "")
		if w.conversation(c.ID).ContactID != "" {
			w.t.Error("the chat was linked again")
		}
		for _, bad := range []string{"", "Dora", "a@b@c", strings.Repeat("d", 250) + "@example.net"} {
			w.nothing(func() {
				if _, err := w.CaptureEmail(me, visitor.CaptureVisitorEmailInput{Email: bad}); errs.Of(err) == nil || errs.Of(err).Field[0] != "email" {
					w.t.Errorf("%q: %v", bad, err)
				}
			})
		}
	})
}

// Chats that begin while their visitor turns into another end up with that one.
func TestChatsDuringMerge(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		session := w.start("", "")
		me := w.as(session)
		first := w.startChat(me, "first")
		identity := w.identity(jwt.MapClaims{"sub": "42"})
		var all sync.WaitGroup
		for i := range 24 {
			all.Go(func() {
				var err error
				switch {
				case i == 12:
					_, err = w.startOn(w.ChannelIDs[0], session.Token, identity)
				case i%2 == 0:
					_, err = w.StartChat(me, w.chat(fmt.Sprint("chat ", i)))
				default:
					_, err = w.SendMessage(me, visitor.SendVisitorMessageInput{ConversationID: first.ID, Text: "more"})
				}
				if err != nil && !errs.Is(err, errs.ProofRequired) {
					w.t.Error(err)
				}
			})
		}
		all.Wait()
		list, err := w.own(w.as(session))
		if w.ok(err); len(list) != 12 {
			w.t.Errorf("sees %d conversations of 12", len(list))
		}
		proved := w.start("", identity)
		rest, err := w.own(w.as(w.start(session.Token, identity))) // with the chats that began too late
		if w.ok(err); len(rest) != 12 || proved.Visitor.ID != w.conversation(first.ID).VisitorID {
			w.t.Errorf("the proved one has %d conversations of 12", len(rest))
		}
	})
}

// uploads are the files that visitors sent, by message.
type uploads struct {
	conversation.Attachments // of drafts, which visitors have none of
	claimed                  []string
}

func (u *uploads) Claim(ctx context.Context, _ *store.Tx, ids []string, c *ent.Conversation, _ string) error {
	for _, attachmentID := range ids {
		u.claimed = append(u.claimed, viewer.FromContext(ctx).Actor().ActorID+" "+attachmentID+" "+c.ID)
	}
	return nil
}

func (u *uploads) Copy(context.Context, *store.Tx, []*ent.LibraryFile, *ent.Conversation, string, int) ([]string, error) {
	return nil, nil
}

// CH-7: visitors send files with their messages, or nothing else, in their own
// name.
func TestVisitorsSendFiles(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		files := &uploads{}
		w.compose(conversation.Deps{Attachments: files}, visitor.Options{})
		session := w.start("", "")
		in := w.chat("")
		in.AttachmentIDs = []string{"first"}
		c, err := w.StartChat(w.as(session), in)
		w.ok(err)
		_, err = w.SendMessage(w.as(session), visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "and", AttachmentIDs: []string{"second"}})
		w.ok(err)
		me := session.Visitor.ID
		if diff := cmp.Diff([]string{me + " first " + c.ID, me + " second " + c.ID}, files.claimed); diff != "" {
			w.t.Error(diff)
		}
	})
}
