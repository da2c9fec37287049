package conversation_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// mailroom is a desk whose first inbox has an e-mail channel, help@example.com,
// with the alias sales@example.com.
type mailroom struct {
	*suite
	channel *ent.EmailChannel
	box     *outbox
	deps    conversation.Deps
}

// outbox keeps what is queued as rows, as the real one does.
type outbox struct {
	queued []conversation.Outgoing
	refuse error
}

func (o *outbox) Queue(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message, mail conversation.Outgoing) error {
	if o.refuse != nil {
		return o.refuse
	}
	o.queued = append(o.queued, mail)
	return tx.Client.Email.Create().SetID(m.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetChannelID(c.ChannelID).SetReferences([]string{}).
		SetFrom(vocab.Mailbox{Address: "help@example.com"}).SetTo(mail.To).SetCc(mail.Cc).SetBcc(mail.Bcc).SetSubject(mail.Subject).
		SetCreatedAt(tx.Now()).Exec(ctx)
}

// last is what was queued last.
func (o *outbox) last() conversation.Outgoing { return o.queued[len(o.queued)-1] }

// eachMailroom runs the test on each database.
func eachMailroom(t *testing.T, test func(t *testing.T, d *mailroom)) {
	t.Helper()
	each(t, func(t *testing.T, d *suite) {
		r := &mailroom{suite: d, box: &outbox{}}
		r.deps = conversation.Deps{Viewers: d.Viewers, Outbox: r.box, Contacts: contact.New(d.Store)}
		r.Service = desk.Conversations(d.Store, r.deps)
		channel := id.New(id.Channel)
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) (err error) {
			if err := tx.Client.Channel.Create().SetID(channel).SetInboxID(d.InboxIDs[0]).SetKind(vocab.Email).SetKey(channel).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			r.channel, err = tx.Client.EmailChannel.Create().SetID(channel).SetInboxID(d.InboxIDs[0]).SetAddress("help@example.com").
				SetAliases([]string{"sales@example.com"}).SetProvider(vocab.EmailIMAP).SetState(vocab.EmailConnected).SetCreatedAt(tx.Now()).Save(ctx)
			if err != nil {
				return err
			}
			for _, address := range []string{"help@example.com", "sales@example.com"} {
				if err := tx.Client.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(d.InboxIDs[0]).SetChannelID(channel).SetAddress(address).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		test(t, r)
	})
}

// attach has messages take files from there.
func (d *mailroom) attach(files conversation.Attachments) {
	d.deps.Attachments = files
	d.Service = desk.Conversations(d.Store, d.deps)
}

// goes sets what the channel does with new mail.
func (d *mailroom) goes(preset *vocab.TicketPreset, rules ...vocab.RoutingRule) {
	d.T.Helper()
	d.Write(d.System, func(ctx context.Context, tx *store.Tx) (err error) {
		update := tx.Client.EmailChannel.UpdateOneID(d.channel.ID).SetRouting(vocab.Routing{Rules: rules})
		if preset != nil {
			update.SetTicketPreset(preset)
		}
		d.channel, err = update.Save(ctx)
		return err
	})
}

// mail is one of Dora, the fixture's contact, that begins a thread.
func (d *mailroom) mail(text string, change ...func(*conversation.Inbound)) conversation.Inbound {
	in := conversation.Inbound{
		Channel: d.channel, MessageID: id.New(id.Message), ContactID: d.ContactID, From: vocab.Mailbox{Name: "Dora", Address: "dora@example.net"},
		ToAddress: "help@example.com", Recipients: []string{"help@example.com", "carl@example.org"}, Subject: "Invoice 7", Text: text,
		Participants: []vocab.Mailbox{{Name: "Dora", Address: "dora@example.net"}, {Address: "carl@example.org"}},
	}
	for _, f := range change {
		f(&in)
	}
	return in
}

// in has the mail join a conversation.
func in(c *ent.Conversation) func(*conversation.Inbound) {
	return func(i *conversation.Inbound) { i.ConversationID = c.ID }
}

// byMachine, because: how mail was judged.
func byMachine(i *conversation.Inbound) { i.Automatic = true }
func because(all ...vocab.FilteredReason) func(*conversation.Inbound) {
	return func(i *conversation.Inbound) {
		for _, r := range all {
			i.Reasons = i.Reasons.With(r)
		}
	}
}

// comes has a mail come in, and keeps its row as the system does.
func (d *mailroom) comes(mail conversation.Inbound) (*ent.Conversation, error) {
	var c *ent.Conversation
	err := d.Store.WithTx(d.System, func(ctx context.Context, tx *store.Tx) error {
		var m *ent.Message
		var err error
		if c, m, err = d.ReceiveMail(ctx, tx, mail); err != nil {
			return err
		}
		return tx.Client.Email.Create().SetID(m.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetChannelID(c.ChannelID).
			SetInboundMailID(id.New(id.InboundMail)).SetReferences([]string{}).SetFrom(mail.From).SetAutomatic(mail.Automatic).
			SetTo([]vocab.Mailbox{{Address: "Help+r-abc@example.com"}, {Name: "Eve", Address: "eve@example.org"}}).
			SetCc([]vocab.Mailbox{{Address: "carl@example.org"}, {Address: "sales@example.com"}}).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return d.Row(c.ID), nil
}

// receives is comes, which must succeed.
func (d *mailroom) receives(mail conversation.Inbound) *ent.Conversation {
	d.T.Helper()
	return check.Must(d.comes(mail))(d.T)
}

// tickets are the subjects of all tickets.
func (d *mailroom) tickets() []string {
	d.T.Helper()
	subjects := []string{}
	for _, t := range check.Must(d.Store.Client(d.System).Ticket.Query().All(d.System))(d.T) {
		subjects = append(subjects, t.Subject)
	}
	return subjects
}

// bare lists addresses without their names.
func bare(list []vocab.Mailbox) []string {
	addresses := []string{}
	for _, m := range list {
		addresses = append(addresses, m.Address)
	}
	return addresses
}
