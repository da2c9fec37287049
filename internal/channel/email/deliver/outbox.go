package deliver

import (
	"context"
	"slices"
	"strings"
	"time"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/internal/channel/email/reference"
	"parley/internal/channel/email/thread"
	"parley/internal/conversation"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Outbox queues mail in the transaction that makes its message. It is safe for
// concurrent use.
type Outbox struct{ tokens *thread.Tokens }

// NewOutbox returns an outbox. keys seal what finds a mail's conversation when it
// is answered.
func NewOutbox(keys *secret.Keyring) *Outbox { return &Outbox{tokens: thread.NewTokens(keys)} }

// Queue writes a message's mail and has it sent, when the time to undo it is
// over (EM-6). Errors: CHANNEL_NOT_CONNECTED.
func (b *Outbox) Queue(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message, out conversation.Outgoing) error {
	channel, err := tx.Client.EmailChannel.Get(ctx, c.ChannelID)
	if ent.IsNotFound(err) || err == nil && channel.State == vocab.EmailDisconnected {
		return notConnected().On("conversationId")
	}
	if err != nil {
		return err
	}
	inReplyTo, references, err := answeredIDs(ctx, tx, c.ID, out.ReplyToMessageID)
	if err != nil {
		return err
	}
	sender, err := senderOf(ctx, tx, channel)
	if err != nil {
		return err
	}
	at := tx.Now().Add(time.Duration(channel.UndoSeconds) * time.Second)
	internetID := b.tokens.MessageID(m.ID, c.ID, domainOf(channel.Address))
	err = tx.Client.Email.Create().SetID(m.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetChannelID(channel.ID).
		SetInternetID(internetID).SetInReplyTo(inReplyTo).SetReferences(references).SetFrom(sender).
		SetReplyTo([]vocab.Mailbox{}).SetTo(out.To).SetCc(orNone(out.Cc)).SetBcc(orNone(out.Bcc)).SetSubject(out.Subject).
		SetSendAt(at).SetNextAttemptAt(at).SetRecipients(queuedRecipients(out)).SetQuotedHTML(quoteMark(out)).SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return err
	}
	tx.Enqueue(store.Job{Args: SendArgs{AccountID: c.AccountID, MessageID: m.ID}, At: at.Time()})
	return reference.Add(ctx, tx, c.InboxID, internetID, c.ID, m.ID)
}

// quoteMark marks a mail that quotes what it answers; the quote is written when it
// goes out.
func quoteMark(out conversation.Outgoing) string {
	if out.Quote && out.ReplyToMessageID != "" {
		return quoteOf + out.ReplyToMessageID
	}
	return ""
}

// quoteOf stands before the id of the message that is quoted.
const quoteOf = "cid:quote-of-"

// answeredIDs are the ids that a mail names: that of the mail which it answers, and
// those which that one names.
func answeredIDs(ctx context.Context, tx *store.Tx, conversationID, messageID string) (inReplyTo string, references []string, err error) {
	if messageID == "" {
		return "", []string{}, nil
	}
	last, err := tx.Client.Email.Query().Where(entemail.ID(messageID), entemail.ConversationID(conversationID)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", []string{}, nil
	}
	if err != nil {
		return "", nil, err
	}
	references = append([]string{}, last.References...)
	if last.InternetID != "" {
		references = append(references, last.InternetID)
	}
	// The first two are our reference to the thread and its root, in either order.
	if most := 100; len(references) > most {
		references = slices.Concat(references[:2], references[len(references)-most+2:])
	}
	return last.InternetID, references, nil
}

// senderOf is whom the mail is from: the channel, under its own name or its
// inbox's.
func senderOf(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) (vocab.Mailbox, error) {
	from := vocab.Mailbox{Name: c.SenderName, Address: c.Address}
	if from.Name != "" {
		return from, nil
	}
	inbox, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err == nil {
		from.Name = inbox.Name
	}
	return from, err
}

func queuedRecipients(out conversation.Outgoing) []vocab.Recipient {
	list := []vocab.Recipient{}
	for _, group := range [][]vocab.Mailbox{out.To, out.Cc, out.Bcc} {
		for _, m := range group {
			list = append(list, vocab.Recipient{Address: m.Address, State: vocab.DeliveryQueued})
		}
	}
	return list
}

func orNone(list []vocab.Mailbox) []vocab.Mailbox {
	if list == nil {
		return []vocab.Mailbox{}
	}
	return list
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}
