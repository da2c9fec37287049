package conversation_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// answers has an agent answer a mail.
func (d *mailroom) answers(c *ent.Conversation, change ...func(*conversation.SendMessageInput)) (*ent.Message, error) {
	in := conversation.SendMessageInput{Target: conversation.On(c.ID), Text: check.Ptr("An answer"), ReplyAll: true}
	for _, f := range change {
		f(&in)
	}
	m, _, err := d.SendMessage(d.Agent(0), in)
	return m, err
}

// IN-7, EM-6: an answer goes to whoever wrote last and, to all, in copy to the
// others, but not to ourselves; it waits in the queue and reopens what is closed.
func TestReplyByMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.receives(d.mail("It broke"))
		last := check.Must(d.Store.Client(d.System).Message.Query().All(d.System))(t)
		d.receives(d.mail("I am on holiday", in(c), byMachine))
		d.MustClose(c.ID)
		var m *ent.Message
		got := d.Recorded(func() { m = check.Must(d.answers(c))(t) })
		check.Same(t, got, []string{"MESSAGE_CREATED firstRespondedAt:>" + d.Row(c.ID).FirstRespondedAt.String(), "CONVERSATION_REOPENED status:CLOSED>OPEN",
			"CONVERSATION_ASSIGNED assignee:>" + d.AgentIDs[0], "CONVERSATION_READ readNumber:>1"})
		check.Same(t, []any{m.Delivery, d.Row(c.ID).WaitingSince}, []any{vocab.DeliveryQueued, clock.Never})
		mail := d.box.last()
		check.Same(t, mail.To, []vocab.Mailbox{{Name: "Dora", Address: "dora@example.net"}})
		check.Same(t, mail.Cc, []vocab.Mailbox{{Name: "Eve", Address: "eve@example.org"}, {Address: "carl@example.org"}})
		check.Same(t, []any{mail.Subject, mail.ReplyToMessageID, mail.Quote, len(mail.Bcc)}, []any{"Re: Invoice 7", last[len(last)-1].ID, true, 0})
		dora := check.Must(d.Store.Client(d.System).Contact.Get(d.System, d.ContactID))(t)
		check.Same(t, dora.WrittenAt, clock.Of(desk.Monday))

		check.Must(d.answers(c, func(in *conversation.SendMessageInput) { in.ReplyAll = false; in.Bcc = []string{"ada@example.com"} }))(t)
		check.Same(t, [][]string{bare(d.box.last().To), bare(d.box.last().Cc), bare(d.box.last().Bcc)}, [][]string{{"dora@example.net"}, {}, {"ada@example.com"}})
		check.Must(d.answers(c, func(in *conversation.SendMessageInput) {
			in.To, in.Cc, in.Subject = []string{"Bob <Bob@Example.org>"}, []string{"bob@example.org", "fay@example.org"}, check.Ptr(" Another  matter ")
		}))(t)
		mail = d.box.last()
		check.Same(t, mail.To, []vocab.Mailbox{{Name: "Bob", Address: "bob@example.org"}})
		// EM-4: what the API shows as an address, it takes.
		check.Must(d.answers(c, func(in *conversation.SendMessageInput) {
			in.To = []string{"a.b..c@docomo.example", "odd local@a.example", `Uma <"odd local"@b.example>`}
		}))(t)
		check.Same(t, bare(d.box.last().To), []string{"a.b..c@docomo.example", "odd local@a.example", "odd local@b.example"})
		check.Same(t, []any{bare(mail.Cc), mail.Subject}, []any{[]string{"fay@example.org"}, "Another matter"})
	})
}

// IN-10, IB-5, EM-6: what cannot be sent is refused, and nothing is kept of it.
func TestRefusedMail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.receives(d.mail("It broke"))
		d.attach(&claims{refuse: errs.New(errs.Invalid, "No.").On("attachmentIds")})
		many := make([]string, 101)
		for i := range many {
			many[i] = fmt.Sprintf("a%d@example.org", i)
		}
		for _, tc := range []struct {
			change func(*conversation.SendMessageInput)
			code   errs.Code
			field  []string
		}{
			{func(in *conversation.SendMessageInput) { in.To = []string{"bob@example.org", "nobody"} }, errs.Invalid, []string{"to", "1"}},
			{func(in *conversation.SendMessageInput) { in.Cc = []string{"\"a,b\"@example.org"} }, errs.Invalid, []string{"cc", "0"}},
			{func(in *conversation.SendMessageInput) { in.Bcc = []string{"a@example.org\r\nBcc: b@example.org"} }, errs.Invalid, []string{"bcc", "0"}},
			{func(in *conversation.SendMessageInput) { in.Bcc = many }, errs.TooLong, []string{"to"}},
			{func(in *conversation.SendMessageInput) { in.To = []string{} }, errs.Required, []string{"to"}},
			{func(in *conversation.SendMessageInput) { in.Subject = check.Ptr(" ") }, errs.Required, []string{"subject"}},
			{func(in *conversation.SendMessageInput) { in.Text = nil }, errs.Required, []string{"text"}},
			{func(in *conversation.SendMessageInput) { in.Note = true; in.To = []string{"bob@example.org"} }, errs.Invalid, []string{"to"}},
			{func(in *conversation.SendMessageInput) {
				in.ConversationID = d.ConversationIDs[0]
				in.Subject = check.Ptr("A chat")
			}, errs.Invalid, []string{"subject"}},
			{func(in *conversation.SendMessageInput) { in.AttachmentIDs = []string{id.New(id.Attachment)} }, errs.Invalid, []string{"attachmentIds"}},
		} {
			_, err := d.answers(c, tc.change)
			check.Refused(t, err, tc.code, tc.field...)
		}
		d.box.refuse = errs.New(errs.ChannelNotConnected, "No.").On("conversationId")
		_, err := d.answers(c)
		check.Refused(t, err, errs.ChannelNotConnected, "conversationId")
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c.ID)}))(t)
		_, err = d.answers(c)
		check.Refused(t, err, errs.SenderBlocked, "conversationId")
		check.Same(t, []any{d.Row(c.ID).LastNumber, len(d.box.queued)}, []any{1, 0})
	})
}

// Pitfall 8, IB-5: an agent begins a conversation by mail; it is theirs, with a
// contact who is made if need be, and the answer joins it.
func TestStartEmail(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		d.goes(preset, among(d.AgentIDs[1]))
		start := conversation.StartEmailConversationInput{
			ChannelID: d.channel.ID, To: []string{"Nora New <nora@example.org>", "dora@example.net"}, Subject: "Your order", Text: check.Ptr("Good news"), IdempotencyKey: check.Ptr("k"),
		}
		var c *ent.Conversation
		var m *ent.Message
		got := d.EventsOf(func() {
			var err error
			c, m, err = d.StartEmail(d.Agent(0), start)
			check.Must(c, err)(t)
		})
		types := []vocab.EventType{}
		for _, e := range got {
			types = append(types, e.Type)
		}
		check.Same(t, types, []vocab.EventType{vocab.ContactCreated, vocab.ContactUpdated, vocab.ConversationCreated, vocab.ConversationAssigned, vocab.MessageCreated})
		row := d.Row(c.ID)
		check.Same(t, []any{row.Kind, row.AssigneeID, row.Subject, row.ToAddress, row.WaitingSince, row.LastIncomingNumber, m.Delivery},
			[]any{vocab.Email, d.AgentIDs[0], "Your order", "help@example.com", clock.Never, 0, vocab.DeliveryQueued})
		nora := check.Must(d.Store.Client(d.System).Contact.Get(d.System, row.ContactID))(t)
		check.Same(t, []any{nora.Name, nora.Email, nora.WrittenAt}, []any{"Nora New", "nora@example.org", clock.Of(desk.Monday)})
		check.Same(t, []any{bare(d.box.last().To), d.box.last().ReplyToMessageID, d.box.last().Subject}, []any{[]string{"nora@example.org", "dora@example.net"}, "", "Your order"})

		again, same2, err := d.StartEmail(d.Agent(0), start)
		check.Must(again, err)(t)
		check.Same(t, []any{again.ID, same2.ID, len(d.box.queued)}, []any{c.ID, m.ID, 1})

		// A second mail of ours before any answer goes to the same people.
		check.Must(d.answers(c))(t)
		check.Same(t, bare(d.box.last().To), []string{"nora@example.org", "dora@example.net"})
		d.receives(d.mail("Thanks", in(c), func(i *conversation.Inbound) { i.ContactID = row.ContactID; i.From.Address = "nora@example.org" }))
		row = d.Row(c.ID)
		check.Same(t, []any{row.AssigneeID, row.LastIncomingNumber, row.WaitingSince.IsSet(), len(d.tickets())}, []any{d.AgentIDs[0], 3, true, 0})
		check.Must(d.MarkAsSpam(d.Agent(0), conversation.MarkConversationAsSpamInput{Target: conversation.On(c.ID)}))(t)
		check.Must(d.MarkAsNotSpam(d.Agent(0), conversation.MarkConversationAsNotSpamInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, len(d.tickets()), 0) // it is none that came in
	})
}

// IB-5, IN-10: no one writes from an inbox that they are no member of, nor to
// whom it blocks.
func TestStartEmailIsRefused(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		start := conversation.StartEmailConversationInput{ChannelID: d.channel.ID, To: []string{"dora@example.net"}, Subject: "Hello", Text: check.Ptr("Hello")}
		outside := *viewer.FromContext(d.Admin)
		outside.InboxIDs = nil
		_, _, err := d.StartEmail(viewer.NewContext(t.Context(), &outside), start)
		check.Refused(t, err, errs.NotFound, "channelId")
		chat := start
		chat.ChannelID = d.ChannelIDs[0]
		_, _, err = d.StartEmail(d.Agent(0), chat)
		check.Refused(t, err, errs.NotFound, "channelId")
		c := d.receives(d.mail("Block me"))
		check.Must(d.BlockSender(d.Agent(0), conversation.BlockConversationSenderInput{Target: conversation.On(c.ID)}))(t)
		_, _, err = d.StartEmail(d.Agent(0), start)
		check.Refused(t, err, errs.SenderBlocked, "to")
	})
}

// IN-14: how far a mail came only ever grows; what failed may be tried again.
func TestSetDelivery(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		m := check.Must(d.answers(d.receives(d.mail("Hello"))))(t)
		for _, step := range []struct {
			state vocab.DeliveryState
			why   string
			told  bool
		}{
			{vocab.DeliveryQueued, "", false},
			{vocab.DeliveryQueued, "deferred", true},
			{vocab.DeliveryFailed, "550 unknown", true},
			{vocab.DeliverySent, "", false},
			{vocab.DeliveryQueued, "", true},
			{vocab.DeliverySent, "", true},
			{vocab.DeliveryDelivered, "", true},
			{vocab.DeliverySent, "", false},
			{vocab.DeliveryFailed, "late", false},
			{vocab.DeliveryRead, "", true},
			{vocab.DeliveryDelivered, "", false},
		} {
			got := d.Recorded(func() {
				d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
					return d.SetDelivery(ctx, tx, m.ID, step.state, step.why)
				})
			})
			if told := len(got) == 1 && strings.HasPrefix(got[0], "MESSAGE_DELIVERY_CHANGED"); told != step.told {
				t.Errorf("%s %q: told %v", step.state, step.why, got)
			}
			now := check.Must(d.Store.Client(d.System).Message.Get(d.System, m.ID))(t)
			if step.told && (now.Delivery != step.state || now.DeliveryError != step.why) {
				t.Errorf("%s: it is %s %q", step.state, now.Delivery, now.DeliveryError)
			}
		}
	})
}

// IN-14, EM-6: its author takes back what is not sent yet; the contact then waits
// as before. What was sent by mail is otherwise not edited nor deleted.
func TestTakeBack(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		c := d.receives(d.mail("Hello"))
		waiting := c.WaitingSince
		m := check.Must(d.answers(c))(t)
		_, err := d.DeleteMessage(d.Agent(0), conversation.DeleteMessageInput{MessageID: m.ID})
		check.Refused(t, err, errs.Invalid, "messageId")
		takeBack := func(ctx context.Context) error {
			return d.Store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return d.Service.TakeBack(ctx, tx, m.ID) })
		}
		check.Refused(t, takeBack(d.Agent(1)), errs.Forbidden, "messageId")
		got := d.Recorded(func() { check.Must(0, takeBack(d.Agent(0)))(t) })
		check.Same(t, []string{strings.Fields(got[0])[0], got[1]}, []string{"MESSAGE_DELETED", "MESSAGE_DELIVERY_CHANGED delivery:QUEUED>CANCELED"})
		check.Same(t, d.Recorded(func() { check.Must(0, takeBack(d.Agent(0)))(t) }), []string{})
		now := check.Must(d.Store.Client(d.System).Message.Get(d.System, m.ID))(t)
		check.Same(t, []any{now.Text, now.DeletedAt.IsSet(), d.Row(c.ID).WaitingSince}, []any{"", true, waiting})
	})
}

// claims hands out files as the real service does.
type claims struct {
	conversation.Attachments // which no test of these calls
	refuse                   error
}

func (f *claims) Claim(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, messageID string) error {
	for i, attachmentID := range ids {
		by := viewer.FromContext(ctx).Actor()
		err := tx.Client.Attachment.Create().SetID(attachmentID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetMessageID(messageID).
			SetPosition(i + 1).SetUploaderKind(by.Kind).SetUploaderID(by.ActorID).SetFileName(fmt.Sprintf("%d.pdf", i+1)).SetContentType("application/pdf").
			SetSize(1).SetHash("00").SetBlobKey(attachmentID).SetScan(vocab.ScanNone).SetCreatedAt(tx.Now()).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return f.refuse
}

func (f *claims) Copy(context.Context, *store.Tx, []*ent.LibraryFile, *ent.Conversation, string, int) ([]string, error) {
	return nil, nil
}

// IN-14, CH-7: a message of files alone needs no text, of whoever; a row shows
// their names. Files that cannot be had undo the message.
func TestMessagesOfFiles(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		files := &claims{}
		d.attach(files)
		two := []string{id.New(id.Attachment), id.New(id.Attachment)}
		c := d.StartChat(0, "", func(s *conversation.Start) { s.AttachmentIDs = two })
		check.Same(t, []any{c.Preview, c.LastNumber}, []any{"1.pdf, 2.pdf", 1})
		m := check.Must(d.answers(c, func(in *conversation.SendMessageInput) {
			in.Text, in.AttachmentIDs = nil, []string{id.New(id.Attachment)}
		}))(t)
		check.Same(t, []any{m.Text, d.Row(c.ID).Preview}, []any{"", "1.pdf"})
		mail := d.receives(d.mail("Hello"))
		one := []string{id.New(id.Attachment)}
		check.Must(d.answers(mail, func(in *conversation.SendMessageInput) { in.AttachmentIDs = one }))(t)
		check.Same(t, d.box.last().AttachmentIDs, one)

		files.refuse = errors.New("no")
		if _, err := d.answers(mail, func(in *conversation.SendMessageInput) { in.AttachmentIDs = []string{id.New(id.Attachment)} }); err == nil {
			t.Error("it went without its file")
		}
		check.Same(t, []any{d.Row(mail.ID).LastNumber, len(d.box.queued)}, []any{2, 1})
		err := d.Store.WithTx(d.InNameOf(0), func(ctx context.Context, tx *store.Tx) error {
			_, _, err := d.Receive(ctx, tx, c.ID, id.New(id.Message), d.VisitorIDs[0], " ")
			return err
		})
		check.Refused(t, err, errs.Required, "text")
	})
}
