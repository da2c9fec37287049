package conversation

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/library/card"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// author is who wrote a message.
type author struct {
	kind viewer.Kind
	id   string
}

func authorOf(v *viewer.Viewer) author { return author{kind: v.Actor().Kind, id: v.Actor().ActorID} }

func (a author) isUser() bool { return a.kind == viewer.Admin || a.kind == viewer.Agent }

// draft is a message before it is in its conversation.
type draft struct {
	id         string
	externalID *string
	by         author
	direction  vocab.MessageDirection
	what       content
	mentions   []string
	replyTo    string                 // the message that it answers
	at         clock.Micros           // when it was written; zero: now
	quiet      bool                   // no one is to notice it: it is no unread message (IN-7)
	delivery   vocab.DeliveryState    // what it has; "": as its kind begins
	cards      []vocab.MessageCard    // what stands beside its text (CO-6)
	replies    []vocab.QuickReply     // the answers that it offers (CO-6)
	proposedBy string                 // who proposed it; "": its author wrote it (AG-3)
	template   *vocab.MessageTemplate // by which a custom channel sends it; nil: none (CC-4)
}

// addMessage writes a message into the conversation that is being changed: it numbers
// it, moves the conversation's own times and preview on, makes it findable, and
// emits MESSAGE_CREATED. Notes and the system's messages leave times and preview
// alone, and visitors do not see them (IN-7).
func (ch *change) addMessage(ctx context.Context, d draft) (*ent.Message, error) {
	c := ch.c
	c.LastNumber++
	visible := 0
	at := ch.now()
	if d.direction == vocab.Incoming || d.direction == vocab.Outgoing {
		c.LastVisibleNumber++
		visible = c.LastVisibleNumber
		if d.at != 0 {
			at = min(at, d.at)
		}
		at = max(at, ch.before.LastMessageAt+1)
		c.LastMessageAt = at
		ch.moveUp(at)
		c.Preview = d.preview()
	}
	ch.contactWrote = ch.contactWrote || d.direction == vocab.Incoming
	if d.direction == vocab.Incoming && !d.quiet {
		c.LastIncomingNumber = c.LastNumber
	}
	if d.direction == vocab.Outgoing {
		c.LastOutgoingNumber = c.LastNumber
	}
	m := &ent.Message{
		ID: d.id, AccountID: c.AccountID, InboxID: c.InboxID, ConversationID: c.ID,
		Number: c.LastNumber, VisibleNumber: visible, Direction: d.direction, AuthorKind: d.by.kind, AuthorID: d.by.id,
		Text: d.what.text, HTML: d.what.html, Markdown: d.what.markdown, ReplyToID: d.replyTo, Mentions: d.mentions, Cards: d.cards, QuickReplies: d.replies, Delivery: cmp.Or(d.delivery, ch.initialState(d.direction)),
		ExternalID: d.externalID, CreatedAt: at,
	}
	if err := ch.insertMessage(ctx, m); err != nil {
		return nil, err
	}
	if err := ch.indexMessage(ctx, m.ID, append([]string{m.Text}, card.Titles(m.Cards)...)...); err != nil {
		return nil, err
	}
	ch.emitEvent(vocab.MessageCreated).MessageID = m.ID
	if err := ch.queueOut(ctx, m, d); err != nil {
		return nil, err
	}
	return m, ch.recordContacted(ctx, d.direction)
}

// recordContacted notes that the team wrote to the conversation's contact (CR-10), once
// for messages that follow one another within a minute.
func (ch *change) recordContacted(ctx context.Context, d vocab.MessageDirection) error {
	follows := ch.before.LastOutgoingNumber > ch.before.LastIncomingNumber && ch.now() < ch.before.LastMessageAt.Add(time.Minute)
	if d != vocab.Outgoing || ch.c.ContactID == "" || ch.c.Kind.LeavesBy(vocab.ByMail) || follows { // of a mail wroteTo notes it
		return nil
	}
	_, err := ch.tx.Exec(ctx, "UPDATE contacts SET contacted_at = $1 WHERE id = $2 AND contacted_at < $1", int64(ch.now()), ch.c.ContactID)
	return err
}

// moveUp brings the conversation to the top of lists by activity, by what happened
// at a time.
func (ch *change) moveUp(at clock.Micros) {
	ch.c.ActivityAt = max(ch.c.ActivityAt, ch.before.ActivityAt+1, at)
}

// initialState is a new message's delivery state: what others wrote has arrived with
// us; what we wrote is kept for the visitor of a chat, and is on its way by mail or a
// connector, unless the connector's channel was removed.
func (ch *change) initialState(d vocab.MessageDirection) vocab.DeliveryState {
	switch kind := ch.c.Kind; {
	case d != vocab.Outgoing:
		return vocab.DeliveryDelivered
	case kind.LeavesBy(vocab.ByConnector) && !ch.hasChannel():
		return vocab.DeliveryCanceled
	case kind.LeavesBy(vocab.ByWidget):
		return vocab.DeliverySent
	}
	return vocab.DeliveryQueued
}

func (ch *change) insertMessage(ctx context.Context, m *ent.Message) error {
	create := ch.tx.Client.Message.Create()
	if len(m.Cards) > 0 {
		create.SetCards(m.Cards)
	}
	if len(m.QuickReplies) > 0 {
		create.SetQuickReplies(m.QuickReplies)
	}
	err := create.
		SetID(m.ID).SetAccountID(m.AccountID).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).
		SetNumber(m.Number).SetVisibleNumber(m.VisibleNumber).SetDirection(m.Direction).
		SetAuthorKind(m.AuthorKind).SetAuthorID(m.AuthorID).SetText(m.Text).SetHTML(m.HTML).SetMarkdown(m.Markdown).SetReplyToID(m.ReplyToID).
		SetMentions(m.Mentions).SetDelivery(m.Delivery).SetNillableExternalID(m.ExternalID).SetCreatedAt(m.CreatedAt).
		Exec(ctx)
	if err != nil {
		return fmt.Errorf("save message: %w", err)
	}
	return nil
}

// endWaiting ends the contact's waiting.
func (ch *change) endWaiting() { ch.c.WaitingSince = clock.Never }

// startWaiting begins the contact's waiting, unless they wait already.
func (ch *change) startWaiting(at clock.Micros) {
	if ch.c.WaitingSince == clock.Never {
		ch.c.WaitingSince = at
	}
}
