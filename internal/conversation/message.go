package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// author is who wrote a message.
type author struct {
	kind viewer.Kind
	id   string
}

func authorOf(v *viewer.Viewer) author { return author{kind: v.Actor().Kind, id: v.Actor().ActorID} }

// add writes a message into the conversation that is being changed: it numbers
// it, moves the conversation's own times and preview on, makes it findable, and
// emits MESSAGE_CREATED. Notes leave times and preview alone (IN-7).
func (ch *change) add(ctx context.Context, messageID string, by author, direction vocab.MessageDirection, what content, mentions []string) (*ent.Message, error) {
	c := ch.c
	c.LastNumber++
	visible := 0
	at := ch.now()
	if direction != vocab.Note {
		c.LastVisibleNumber++
		visible = c.LastVisibleNumber
		at = max(at, ch.before.LastMessageAt+1)
		c.LastMessageAt = at
		c.Preview = richtext.Preview(what.text, previewLength)
	}
	if direction == vocab.Incoming {
		c.LastIncomingNumber = c.LastNumber
	}
	m := &ent.Message{
		ID: messageID, AccountID: c.AccountID, InboxID: c.InboxID, ConversationID: c.ID,
		Number: c.LastNumber, VisibleNumber: visible, Direction: direction, AuthorKind: by.kind, AuthorID: by.id,
		Text: what.text, HTML: what.html, Mentions: mentions, Delivery: arrival(direction), CreatedAt: at,
	}
	if err := ch.insert(ctx, m); err != nil {
		return nil, err
	}
	if err := ch.index(ctx, m.ID, m.Text); err != nil {
		return nil, err
	}
	ch.emit(vocab.MessageCreated).MessageID = m.ID
	return m, nil
}

// arrival is a new message's delivery state in chat: what a visitor wrote has
// arrived with us, what we wrote is kept for the visitor.
func arrival(d vocab.MessageDirection) vocab.DeliveryState {
	if d == vocab.Outgoing {
		return vocab.DeliverySent
	}
	return vocab.DeliveryDelivered
}

func (ch *change) insert(ctx context.Context, m *ent.Message) error {
	err := ch.tx.Client.Message.Create().
		SetID(m.ID).SetAccountID(m.AccountID).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).
		SetNumber(m.Number).SetVisibleNumber(m.VisibleNumber).SetDirection(m.Direction).
		SetAuthorKind(m.AuthorKind).SetAuthorID(m.AuthorID).SetText(m.Text).SetHTML(m.HTML).
		SetMentions(m.Mentions).SetDelivery(m.Delivery).SetCreatedAt(m.CreatedAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("save message: %w", err)
	}
	return nil
}

// answered ends the contact's waiting.
func (ch *change) answered() { ch.c.WaitingSince = clock.Never }

// asked begins the contact's waiting, unless they wait already.
func (ch *change) asked(at clock.Micros) {
	if ch.c.WaitingSince == clock.Never {
		ch.c.WaitingSince = at
	}
}

func newMessageID() string { return id.New(id.Message) }
