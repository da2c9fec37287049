package conversation

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/attachment"
	entmessage "parley/ent/message"
	"parley/internal/clock"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// answerWithdrawn is what follows when a message of ours is deleted, or did not reach
// the contact: who wrote last, and since when the contact waits, are as if it had
// never been written (IN-34).
func (ch *change) answerWithdrawn(ctx context.Context) error {
	last, err := ch.tx.Client.Message.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.DirectionEQ(vocab.Outgoing),
		entmessage.DeletedAt(0), entmessage.DeliveryNotIn(vocab.DeliveryFailed, vocab.DeliveryCanceled)).Order(ent.Desc(entmessage.FieldNumber)).First(ctx)
	ch.c.LastOutgoingNumber = 0
	switch {
	case err == nil:
		ch.c.LastOutgoingNumber = last.Number
	case !ent.IsNotFound(err):
		return err
	}
	if ch.c.Status != vocab.Open || ch.c.LastIncomingNumber <= ch.c.LastOutgoingNumber {
		return nil
	}
	asked, err := ch.tx.Client.Message.Query().Where(entmessage.ConversationID(ch.c.ID), entmessage.DirectionEQ(vocab.Incoming),
		entmessage.DeletedAt(0), entmessage.NumberGT(ch.c.LastOutgoingNumber)).Order(entmessage.ByNumber(sql.OrderAsc())).First(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err == nil && (ch.c.WaitingSince == clock.Never || asked.CreatedAt < ch.c.WaitingSince) {
		ch.c.WaitingSince = asked.CreatedAt
	}
	return err
}

// showLast has a list's row show the last message that is left; it is never empty while
// there are messages (IN-34).
func (ch *change) showLast(ctx context.Context) error {
	ch.c.Preview = ""
	last, err := ch.lastVisible(ctx)
	if last == nil || err != nil {
		return err
	}
	if strings.TrimSpace(last.Text) != "" {
		ch.c.Preview = richtext.Preview(last.Text, previewLength)
		return nil
	}
	return ch.showFiles(ctx, last.ID)
}

// showFiles has a list's row show the names of a message's files.
func (ch *change) showFiles(ctx context.Context, messageID string) error {
	names, err := ch.tx.Client.Attachment.Query().Where(attachment.MessageID(messageID)).Order(attachment.ByPosition()).
		Select(attachment.FieldFileName).Strings(ctx)
	ch.c.Preview = richtext.Preview(strings.Join(names, ", "), previewLength)
	return err
}
