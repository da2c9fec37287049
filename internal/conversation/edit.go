package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// EditMessage changes what the caller's own note or chat message says, and
// keeps what it said before (IN-14). FORBIDDEN for another's message.
func (s *Service) EditMessage(ctx context.Context, in EditMessageInput) (*ent.Message, error) {
	what, err := compose(in.Text, in.HTML, MaxText, 0)
	if err != nil {
		return nil, err
	}
	return s.revise(ctx, "editMessage", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, ch *change, m *ent.Message) error {
		if m.Text == what.text && m.HTML == what.html {
			return nil
		}
		return ch.rewrite(ctx, m, what, vocab.MessageUpdated)
	})
}

// DeleteMessage empties the caller's own note or chat message and leaves a
// tombstone in its place; what it said is kept as trace (IN-14).
func (s *Service) DeleteMessage(ctx context.Context, in DeleteMessageInput) (*ent.Message, error) {
	return s.revise(ctx, "deleteMessage", in.MessageID, in.IdempotencyKey, in, func(ctx context.Context, ch *change, m *ent.Message) error {
		return ch.rewrite(ctx, m, content{}, vocab.MessageDeleted)
	})
}

// revise runs apply on a message that the caller may change, in the
// transaction that locks its conversation. A deleted message stays as it is.
func (s *Service) revise(ctx context.Context, mutation, messageID string, key *string, input any, apply func(context.Context, *change, *ent.Message) error) (*ent.Message, error) {
	var m *ent.Message
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, mutation, key, input, messageID)
		if err != nil {
			return err
		}
		if m, err = findMessage(ctx, tx.Client, messageID); err != nil {
			return err
		}
		ch, err := load(ctx, tx, m.ConversationID)
		if err != nil {
			return err
		}
		if replayed != "" {
			return nil
		}
		// Read again: it may have changed before the conversation was locked.
		if m, err = findMessage(ctx, tx.Client, messageID); err != nil {
			return err
		}
		if err := mayRevise(ctx, ch, m); err != nil {
			return err
		}
		if m.DeletedAt.IsSet() {
			if mutation == "deleteMessage" {
				return nil
			}
			return errs.New(errs.Invalid, "The message is deleted.").On("messageId")
		}
		return apply(ctx, ch, m)
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

func findMessage(ctx context.Context, client *ent.Client, messageID string) (*ent.Message, error) {
	unknown := errs.New(errs.NotFound, "There is no message %q that you may see.", errs.Clip(messageID)).On("messageId")
	if !id.Is(messageID, id.Message) {
		return nil, unknown
	}
	m, err := client.Message.Query().Where(entmessage.ID(messageID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	return m, err
}

func mayRevise(ctx context.Context, ch *change, m *ent.Message) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	own := m.AuthorID == viewer.FromContext(ctx).Actor().ActorID
	if !own || m.Direction != vocab.Note && m.Direction != vocab.Outgoing {
		return errs.New(errs.Forbidden, "Only the author may edit or delete a message.").On("messageId")
	}
	if m.Direction == vocab.Outgoing && ch.c.Kind != vocab.Chat {
		return errs.New(errs.Invalid, "What was sent by e-mail cannot be changed.").On("messageId")
	}
	return nil
}

// rewrite keeps what m says as a revision and gives it new content; none: it
// becomes a tombstone.
func (ch *change) rewrite(ctx context.Context, m *ent.Message, what content, event vocab.EventType) error {
	by := viewer.FromContext(ctx).Actor().ActorID
	err := ch.tx.Client.MessageRevision.Create().
		SetID(id.New("revision")).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetMessageID(m.ID).
		SetText(m.Text).SetHTML(m.HTML).SetReplacedBy(by).SetCreatedAt(ch.now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep what the message said: %w", err)
	}
	m.Text, m.HTML = what.text, what.html
	update := ch.tx.Client.Message.UpdateOneID(m.ID).SetText(m.Text).SetHTML(m.HTML)
	if event == vocab.MessageDeleted {
		m.DeletedAt = ch.now()
		m.Mentions = nil
		update.SetDeletedAt(m.DeletedAt).ClearMentions()
	} else {
		m.EditedAt = ch.now()
		update.SetEditedAt(m.EditedAt)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("rewrite message: %w", err)
	}
	if err := ch.index(ctx, m.ID, m.Text); err != nil {
		return err
	}
	if m.VisibleNumber > 0 && m.VisibleNumber == ch.c.LastVisibleNumber {
		ch.c.Preview = richtext.Preview(m.Text, previewLength)
	}
	ch.emit(event).MessageID = m.ID
	ch.touched = true
	return ch.save(ctx)
}
