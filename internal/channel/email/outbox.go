package email

import (
	"context"
	"strings"
	"time"

	"parley/ent"
	entemail "parley/ent/email"
	"parley/ent/schema"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/vocab"
)

// SendArgs asks to send a message by mail.
type SendArgs struct {
	AccountID string `json:"accountId"`
	MessageID string `json:"messageId"`
}

// Kind names the job.
func (SendArgs) Kind() string { return "send_email" }

// Queue writes a message's mail and has it sent, when the time to undo it is
// over (EM-6). Errors: CHANNEL_NOT_CONNECTED.
func (s *Service) Queue(ctx context.Context, tx *store.Tx, c *ent.Conversation, m *ent.Message, out conversation.Outgoing) error {
	channel, err := tx.Client.EmailChannel.Get(ctx, c.ChannelID)
	if ent.IsNotFound(err) || err == nil && channel.State == vocab.EmailDisconnected {
		return notConnected().On("conversationId")
	}
	if err != nil {
		return err
	}
	inReplyTo, references, err := s.answers(ctx, tx, c.ID, out.ReplyToMessageID)
	if err != nil {
		return err
	}
	from, err := s.from(ctx, tx, channel)
	if err != nil {
		return err
	}
	at := tx.Now().Add(time.Duration(channel.UndoSeconds) * time.Second)
	internetID := s.tokens.MessageID(m.ID, c.ID, domainOf(channel.Address))
	err = tx.Client.Email.Create().SetID(m.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetChannelID(channel.ID).
		SetInternetID(internetID).SetInReplyTo(inReplyTo).SetReferences(references).SetFrom(from).
		SetReplyTo([]schema.Mailbox{}).SetTo(out.To).SetCc(orNone(out.Cc)).SetBcc(orNone(out.Bcc)).SetSubject(out.Subject).
		SetSendAt(at).SetNextAttemptAt(at).SetRecipients(waiting(out)).SetQuotedHTML(quotes(out)).SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return err
	}
	tx.Enqueue(store.Job{Args: SendArgs{AccountID: c.AccountID, MessageID: m.ID}, At: at.Time()})
	return refer(ctx, tx, c.InboxID, internetID, c.ID, m.ID)
}

func notConnected() *errs.Error {
	return errs.New(errs.ChannelNotConnected, "The conversation's e-mail channel is not connected, so that nothing can be sent.")
}

// quotes marks a mail that quotes what it answers; the quote is written when it
// goes out.
func quotes(out conversation.Outgoing) string {
	if out.Quote && out.ReplyToMessageID != "" {
		return quoteOf + out.ReplyToMessageID
	}
	return ""
}

// quoteOf stands before the id of the message that is quoted.
const quoteOf = "cid:quote-of-"

// answers are the ids that a mail names: that of the mail which it answers, and
// those which that one names.
func (s *Service) answers(ctx context.Context, tx *store.Tx, conversationID, messageID string) (inReplyTo string, references []string, err error) {
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
	if most := 100; len(references) > most {
		references = references[len(references)-most:]
	}
	return last.InternetID, references, nil
}

// from is whom the mail is from: the channel, under its own name or its inbox's.
func (s *Service) from(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) (schema.Mailbox, error) {
	from := schema.Mailbox{Name: c.SenderName, Address: c.Address}
	if from.Name != "" {
		return from, nil
	}
	inbox, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err == nil {
		from.Name = inbox.Name
	}
	return from, err
}

func waiting(out conversation.Outgoing) []schema.Recipient {
	list := []schema.Recipient{}
	for _, group := range [][]schema.Mailbox{out.To, out.Cc, out.Bcc} {
		for _, m := range group {
			list = append(list, schema.Recipient{Address: m.Address, State: vocab.DeliveryQueued})
		}
	}
	return list
}

func orNone(list []schema.Mailbox) []schema.Mailbox {
	if list == nil {
		return []schema.Mailbox{}
	}
	return list
}

func domainOf(address string) string {
	_, domain, _ := strings.Cut(address, "@")
	return domain
}

// Retry sends a message again that failed, to those whom it did not reach (EM-6).
// INVALID for one that did not fail; CHANNEL_NOT_CONNECTED.
func (s *Service) Retry(ctx context.Context, in RetryMessageInput) (*ent.Message, error) {
	return s.again(ctx, "retryMessage", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error {
		if m.Delivery != vocab.DeliveryFailed {
			return errs.New(errs.Invalid, "Only a message that failed can be sent again; this one is %s.", m.Delivery).On("messageId")
		}
		channel, err := tx.Client.EmailChannel.Get(ctx, e.ChannelID)
		if err != nil {
			return err
		}
		if channel.State == vocab.EmailDisconnected {
			return notConnected().On("messageId")
		}
		recipients := e.Recipients
		for i := range recipients {
			if recipients[i].State == vocab.DeliveryFailed {
				recipients[i] = schema.Recipient{Address: recipients[i].Address, State: vocab.DeliveryQueued}
			}
		}
		err = tx.Client.Email.UpdateOneID(e.ID).SetRecipients(recipients).SetAttempts(0).SetSendAt(tx.Now()).SetNextAttemptAt(tx.Now()).Exec(ctx)
		if err != nil {
			return err
		}
		tx.Enqueue(store.Job{Args: SendArgs{AccountID: m.AccountID, MessageID: m.ID}})
		return s.conversations.Requeue(ctx, tx, m.ID)
	})
}

// UndoSend takes a message back that waits for its time to undo to be over: it
// stays as a tombstone, and what it said is in its revisions. INVALID when it is
// on its way.
func (s *Service) UndoSend(ctx context.Context, in UndoSendInput) (*ent.Message, error) {
	return s.again(ctx, "undoSend", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error {
		if m.Delivery != vocab.DeliveryQueued || e.Attempts > 0 || e.SendAt <= tx.Now() || m.DeletedAt.IsSet() {
			return errs.New(errs.Invalid, "The message is on its way and cannot be taken back.").On("messageId")
		}
		return s.conversations.TakeBack(ctx, tx, m.ID)
	})
}

// again changes the sending of a message that goes by mail.
func (s *Service) again(ctx context.Context, mutation, messageID string, key *string, input any,
	apply func(ctx context.Context, tx *store.Tx, e *ent.Email, m *ent.Message) error) (*ent.Message, error) {
	unknown := errs.New(errs.NotFound, "There is no mail %q of yours.", errs.Clip(messageID)).On("messageId")
	if !id.Is(messageID, id.Message) {
		return nil, unknown
	}
	var m *ent.Message
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, mutation, key, input, messageID)
		if err != nil {
			return err
		}
		e, err := tx.Client.Email.Query().Where(entemail.ID(messageID)).Modify(forUpdate).Only(ctx)
		if ent.IsNotFound(err) || err == nil && e.InboundMailID != "" {
			return unknown
		}
		if err != nil {
			return err
		}
		if m, err = tx.Client.Message.Get(ctx, messageID); err != nil || replayed != "" {
			return err
		}
		if err := apply(ctx, tx, e, m); err != nil {
			return err
		}
		m, err = tx.Client.Message.Get(ctx, messageID)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}
