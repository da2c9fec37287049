package conversation

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// TrashKept is how long a deleted conversation can be restored (IN-13).
const TrashKept = 30 * 24 * time.Hour

// Delete moves a conversation to Trash (IN-13).
func (s *Service) Delete(ctx context.Context, in DeleteConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "deleteConversation", in.Target, in, func(_ context.Context, ch *change) error { return ch.delete() })
}

func (ch *change) delete() error {
	if !ch.c.DeletedAt.IsSet() {
		ch.c.DeletedAt = ch.now()
		ch.emitEvent(vocab.ConversationDeleted)
	}
	return nil
}

// Restore takes a conversation out of Trash (IN-13).
func (s *Service) Restore(ctx context.Context, in RestoreConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "restoreConversation", in.Target, in, func(ctx context.Context, ch *change) error { return ch.restore(ctx) })
}

// restore takes it out of Trash. What waits for someone is offered (RT-4).
func (ch *change) restore(ctx context.Context) error {
	if !ch.c.DeletedAt.IsSet() {
		return nil
	}
	if isOverdue(ch.c, ch.now()) {
		return errs.New(errs.Invalid, "The conversation was deleted more than 30 days ago and cannot be restored.").On("conversationId")
	}
	ch.c.DeletedAt = 0
	ch.moveUp(ch.now())
	ch.emitEvent(vocab.ConversationRestored)
	return ch.offerAgain(ctx)
}

// isOverdue reports whether a deleted conversation is to be purged, and is not restored any
// more: the purge itself may come an hour later (IN-13).
func isOverdue(c *ent.Conversation, now clock.Micros) bool {
	return c.DeletedAt <= now.Add(-TrashKept)
}

// Purge removes a conversation in the trash for good, with all that belongs to
// it, and returns its id. Its events stay as tombstones: sequence and type,
// without references or changes (IN-13).
func (s *Service) Purge(ctx context.Context, in PurgeConversationInput) (string, error) {
	call := idempotency.Call{Mutation: "purgeConversation", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, in.ConversationID)
		if err != nil {
			return err
		}
		if err := ch.expectRevision(in.ExpectedRevision); err != nil {
			return err
		}
		return s.purge(ctx, ch)
	}, nil)
	return in.ConversationID, err
}

func (s *Service) purge(ctx context.Context, ch *change) error {
	if !ch.c.DeletedAt.IsSet() {
		return errs.New(errs.Invalid, "Only a conversation in the trash can be purged. Delete it first.").On("conversationId")
	}
	if err := s.eraseRows(ctx, ch.tx, ch.c); err != nil {
		return err
	}
	ch.tx.Append(ctx, store.Event{Type: vocab.ConversationPurged, InboxID: ch.c.InboxID, SubjectID: ch.c.ID})
	return nil
}

// eraseRows deletes the rows of a conversation and clears its events' references.
// Of its mail as it came a mark stays, so that it does not come in again (EM-5), as of
// messages of custom channels (CC-2); its tickets, deals and quotes stay too (IB-3).
func (s *Service) eraseRows(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	if err := markConversation(ctx, tx, s.deps.Keys, c); err != nil {
		return err
	}
	if err := view.EraseDocuments(ctx, tx, c); err != nil {
		return err
	}
	for _, table := range []string{"inbound_mails", "attachments"} {
		if err := attachment.ForgetBlobs(ctx, tx, c.AccountID, table, "conversation_id", c.ID); err != nil {
			return err
		}
	}
	for _, statement := range []string{
		// The files of what was logged on it go as such uploads do.
		"UPDATE attachments SET engagement_id = '' WHERE engagement_id IN (SELECT id FROM engagements WHERE conversation_id = $1 AND account_id || '' = $2)",
		"UPDATE inbound_mails SET conversation_id = '', message_id = '', internet_id = '', verdict = '{}', error = '', blob_key = '', envelope_from = '', envelope_to = '[]', hash = '' WHERE conversation_id = $1 AND account_id = $2",
		"UPDATE email_channels SET confirmation = '{}', confirmation_in = '' WHERE confirmation_in = $1 AND account_id = $2",
		"UPDATE tickets SET conversation_id = NULL WHERE conversation_id = $1 AND account_id = $2",
		"UPDATE quotes SET conversation_id = NULL WHERE conversation_id = $1 AND account_id = $2",
		"UPDATE deals SET conversation_id = NULL WHERE conversation_id = $1 AND account_id || '' = $2", // by the conversation's index, never the account's
	} {
		if _, err := tx.Exec(ctx, statement, c.ID, c.AccountID); err != nil {
			return err
		}
	}
	if err := forgetLogs(ctx, tx, c); err != nil {
		return err
	}
	if err := rememberChat(ctx, tx, c); err != nil {
		return err
	}
	if err := tx.Retire(ctx, "conversations", id.Conversation, "id", c.AccountID, c.ID); err != nil {
		return err
	}
	if err := tx.DeleteOwned(ctx, store.OfConversation, c.AccountID, c.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM conversations WHERE id = $1 AND account_id = $2", c.ID, c.AccountID)
	return err
}

// forgetLogs makes tombstones of what the logs have of a conversation.
func forgetLogs(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	if err := tx.ForgetEvents(ctx, "conversation_id = $2", c.AccountID, c.ID); err != nil {
		return err
	}
	return tx.ForgetEntries(ctx, "subject_id IN (SELECT id FROM proposals WHERE conversation_id = $2 UNION ALL SELECT CAST($2 AS TEXT))", c.AccountID, c.ID)
}

// rememberChat keeps whose chat a purged one was, so that what its visitor writes into it
// begins a new one (IN-20).
func rememberChat(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	if c.VisitorID == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO purged_chats (conversation_id, account_id, inbox_id, visitor_id, targeted_message_id)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation_id) DO NOTHING`, c.ID, c.AccountID, c.InboxID, c.VisitorID, c.TargetedMessageID)
	return err
}

// PurgedChat returns the targeted message that a visitor's purged chat began by; known
// reports whether there was such a chat.
func (s *Service) PurgedChat(ctx context.Context, visitorID, conversationID string) (targetedID string, known bool, err error) {
	found, err := s.store.Strings(ctx, "SELECT targeted_message_id FROM purged_chats WHERE conversation_id = $1 AND visitor_id = $2", conversationID, visitorID)
	if err != nil || len(found) == 0 {
		return "", false, err
	}
	return found[0], true, nil
}

// EraseOne removes a conversation whose inbox is deleted, wherever it is filed
// (IB-3). It does nothing when it is gone already.
func (s *Service) EraseOne(ctx context.Context, conversationID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, conversationID)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.eraseRows(ctx, tx, ch.c)
	})
}

const overdueTrash = `SELECT id, account_id FROM conversations WHERE deleted_at > 0 AND deleted_at <= $1 ORDER BY deleted_at LIMIT 500`

// PurgeTrash purges the conversations of every account that lie in the trash
// for longer than TrashKept (IN-13). The system runs it each hour.
func (s *Service) PurgeTrash(ctx context.Context) error {
	for {
		overdue, err := s.findOverdue(ctx, overdueTrash, int64(s.store.Now().Add(-TrashKept)))
		if err != nil || len(overdue) == 0 {
			return err
		}
		for _, c := range overdue {
			ctx := viewer.NewContext(ctx, viewer.System("trash", c.account))
			if err := s.purgeOverdue(ctx, c.id); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
	}
}

// purgeOverdue purges a conversation, unless it was restored in the meantime.
func (s *Service) purgeOverdue(ctx context.Context, conversationID string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, conversationID)
		if err != nil {
			return err
		}
		if !ch.c.DeletedAt.IsSet() || !isOverdue(ch.c, tx.Now()) {
			return nil
		}
		return s.purge(ctx, ch)
	})
}
