package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/library/card"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// EditMessage changes what the caller's own note or chat message says, and
// keeps what it said before (IN-14). FORBIDDEN for another's message.
func (s *Service) EditMessage(ctx context.Context, in EditMessageInput) (*ent.Message, error) {
	what, err := composeContent(written{in.Text, in.HTML, in.Markdown}, MaxText, 0)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "editMessage", Key: in.IdempotencyKey, Input: in, Result: in.MessageID}
	return s.reviseMessage(ctx, call, vocab.MessageUpdated, func(ctx context.Context, ch *change, m *ent.Message) error {
		if m.DeletedAt.IsSet() {
			return errs.New(errs.Invalid, "The message is deleted.").On("messageId")
		}
		if m.Direction == vocab.Outgoing {
			filled, _, err := s.fill(ctx, ch, author{m.AuthorKind, m.AuthorID}, written{in.Text, in.HTML, in.Markdown}, nil, MaxText, 0)
			if err != nil {
				return err
			}
			if filled != nil {
				what = *filled
			}
		}
		said := draft{direction: m.Direction, what: what, cards: m.Cards, replies: m.QuickReplies}
		if err := ch.checkLength(ctx, said, written{in.Text, in.HTML, in.Markdown}); err != nil {
			return err
		}
		if m.Text == what.text && m.HTML == what.html && m.Markdown == what.markdown {
			return nil
		}
		return ch.rewriteMessage(ctx, m, what, vocab.MessageUpdated)
	})
}

// DeleteMessage empties the caller's own note or chat message and leaves a
// tombstone in its place; what it said is kept as trace (IN-14). Of a custom channel members
// also delete what still waits, whoever wrote it (CC-3).
func (s *Service) DeleteMessage(ctx context.Context, in DeleteMessageInput) (*ent.Message, error) {
	call := idempotency.Call{Mutation: "deleteMessage", Key: in.IdempotencyKey, Input: in, Result: in.MessageID}
	return s.reviseMessage(ctx, call, vocab.MessageDeleted, func(ctx context.Context, ch *change, m *ent.Message) error {
		if m.DeletedAt.IsSet() {
			return nil
		}
		return ch.rewriteMessage(ctx, m, content{}, vocab.MessageDeleted)
	})
}

// reviseMessage runs apply on a message that the caller may change, in the
// transaction that locks its conversation.
func (s *Service) reviseMessage(ctx context.Context, call idempotency.Call, event vocab.EventType, apply func(context.Context, *change, *ent.Message) error) (*ent.Message, error) {
	var m *ent.Message
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		ch, found, err := loadMessage(ctx, tx, call.Result)
		if err != nil {
			return err
		}
		m = found
		if err := mayRevise(ctx, ch, m, event); err != nil {
			return err
		}
		return apply(ctx, ch, m)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		_, m, err = loadMessage(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return m, nil
}

// loadMessage reads a message and locks its conversation.
func loadMessage(ctx context.Context, tx *store.Tx, messageID string) (*change, *ent.Message, error) {
	m, err := findMessage(ctx, tx.Client, messageID)
	if err != nil {
		return nil, nil, err
	}
	ch, err := loadChange(ctx, tx, m.ConversationID)
	if err != nil {
		return nil, nil, err
	}
	// Read again: it may have changed before the conversation was locked.
	m, err = findMessage(ctx, tx.Client, messageID)
	return ch, m, err
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

func mayRevise(ctx context.Context, ch *change, m *ent.Message, event vocab.EventType) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	if waits, err := ch.mayTakeBack(ctx, m, event); waits || err != nil {
		return err
	}
	own := m.AuthorID == viewer.FromContext(ctx).Actor().ActorID
	if !own || m.Direction != vocab.Note && m.Direction != vocab.Outgoing {
		return errs.New(errs.Forbidden, "Only the author may edit or delete a message.").On("messageId")
	}
	if m.AuthorKind == viewer.Bot && m.Direction == vocab.Outgoing {
		if err := ch.botHas(m.AuthorID); err != nil {
			return err
		}
	}
	if m.Direction == vocab.Outgoing && !ch.c.Kind.Abilities().MessagesEditable {
		return errs.New(errs.Invalid, "A message that was sent by e-mail cannot be changed.").On("messageId")
	}
	return ch.mayReviseOut(ctx, m, event)
}

// rewriteMessage keeps what m says as a revision and gives it new content; none: it
// becomes a tombstone.
func (ch *change) rewriteMessage(ctx context.Context, m *ent.Message, what content, event vocab.EventType) error {
	by := viewer.FromContext(ctx).Actor().ActorID
	err := ch.tx.Client.MessageRevision.Create().
		SetID(id.New(id.MessageRevision)).SetInboxID(m.InboxID).SetConversationID(m.ConversationID).SetMessageID(m.ID).
		SetText(m.Text).SetHTML(m.HTML).SetMarkdown(m.Markdown).SetReplacedBy(by).SetCreatedAt(ch.now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep what the message said: %w", err)
	}
	m.Text, m.HTML, m.Markdown = what.text, what.html, what.markdown
	update := ch.tx.Client.Message.UpdateOneID(m.ID).SetText(m.Text).SetHTML(m.HTML).SetMarkdown(m.Markdown)
	if event == vocab.MessageDeleted {
		m.DeletedAt = ch.now()
		m.Mentions, m.Cards, m.QuickReplies = nil, nil, nil
		update.SetDeletedAt(m.DeletedAt).ClearMentions().ClearCards().ClearQuickReplies()
	} else {
		m.EditedAt = ch.now()
		update.SetEditedAt(m.EditedAt)
	}
	if err := update.Exec(ctx); err != nil {
		return fmt.Errorf("rewrite message: %w", err)
	}
	if err := ch.indexMessage(ctx, m.ID, append([]string{m.Text}, card.Titles(m.Cards)...)...); err != nil {
		return err
	}
	if err := ch.showRewritten(ctx, m, event); err != nil {
		return err
	}
	if err := ch.reviseOut(ctx, m, event); err != nil {
		return err
	}
	ch.emitEvent(event).MessageID = m.ID
	ch.touched = true
	return ch.save(ctx)
}

// showRewritten has the conversation say what it now says last, and who waits.
func (ch *change) showRewritten(ctx context.Context, m *ent.Message, event vocab.EventType) error {
	if m.VisibleNumber == 0 {
		return nil
	}
	if err := ch.showLast(ctx); err != nil || event != vocab.MessageDeleted || m.Direction != vocab.Outgoing {
		return err
	}
	return ch.answerWithdrawn(ctx)
}
