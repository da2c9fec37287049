package conversation

import (
	"context"
	"fmt"
	"strconv"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MarkRead says that the caller read a conversation up to a message; none given:
// all of it (IN-15). A message that is not in it is NOT_FOUND. It never goes back: of two devices the one that
// is behind changes nothing. Reading raises no revision, and its event reaches
// the reader alone.
func (s *Service) MarkRead(ctx context.Context, in MarkConversationReadInput) (*ent.Conversation, error) {
	target := Target{ConversationID: in.ConversationID, IdempotencyKey: in.IdempotencyKey}
	return s.changeConversation(ctx, "markConversationRead", target, in, func(ctx context.Context, ch *change) error {
		number := ch.c.LastNumber
		if in.UpTo != nil && *in.UpTo != "" {
			m, err := ch.messageAt(ctx, *in.UpTo, "upTo")
			if err != nil {
				return err
			}
			number = m.Number
		}
		return ch.markRead(ctx, number)
	})
}

// MarkUnread makes a conversation's last incoming message, and what follows it,
// unread for the caller again (IN-15).
func (s *Service) MarkUnread(ctx context.Context, in MarkConversationUnreadInput) (*ent.Conversation, error) {
	target := Target{ConversationID: in.ConversationID, IdempotencyKey: in.IdempotencyKey}
	return s.changeConversation(ctx, "markConversationUnread", target, in, func(ctx context.Context, ch *change) error { return ch.markUnread(ctx) })
}

func (ch *change) markRead(ctx context.Context, number int) error {
	if number == 0 {
		return nil
	}
	reader := viewer.FromContext(ctx).Actor().ActorID
	return ch.markReadBy(ctx, reader, number)
}

// markReadBy says that a user read the conversation up to a message: also who had read it
// before, if they were told of something there since, such as that it was assigned (NT-1).
func (ch *change) markReadBy(ctx context.Context, reader string, number int) error {
	reached, moved, err := ch.movePosition(ctx, `INSERT INTO read_positions (id, account_id, inbox_id, conversation_id, user_id, number, revision) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (conversation_id, user_id) DO UPDATE SET revision = excluded.revision,
			number = CASE WHEN read_positions.number < excluded.number THEN excluded.number ELSE read_positions.number END
		WHERE read_positions.number < excluded.number OR read_positions.revision < $8 OR EXISTS (
			SELECT 1 FROM notifications n WHERE n.conversation_id = read_positions.conversation_id AND n.user_id = read_positions.user_id AND n.account_id = read_positions.account_id
				AND n.read_at = 0 AND n.message_number <= excluded.number) RETURNING number`,
		id.New("read"), ch.c.AccountID, ch.c.InboxID, ch.c.ID, reader, number, ch.c.Revision, ch.c.WokenRevision)
	if err != nil || !moved {
		return err
	}
	ch.recordPosition(ctx, reader, reached)
	return nil
}

// movePosition runs a statement that may move a read position, and returns where it
// then is, if it moved.
func (ch *change) movePosition(ctx context.Context, query string, args ...any) (number int, moved bool, err error) {
	rows, err := ch.tx.Query(ctx, query, args...)
	if err != nil {
		return 0, false, fmt.Errorf("save read position: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		moved = true
		if err := rows.Scan(&number); err != nil {
			return 0, false, err
		}
	}
	return number, moved, rows.Err()
}

func (ch *change) markUnread(ctx context.Context) error {
	if ch.c.LastIncomingNumber == 0 {
		return nil // there is nothing that could be unread
	}
	number := ch.c.LastIncomingNumber - 1
	moved, err := ch.tx.Exec(ctx, `UPDATE read_positions SET number = $1 WHERE conversation_id = $2 AND user_id = $3 AND number > $1`,
		number, ch.c.ID, viewer.FromContext(ctx).Actor().ActorID)
	if err != nil {
		return fmt.Errorf("save read position: %w", err)
	}
	if moved > 0 {
		ch.recordPosition(ctx, viewer.FromContext(ctx).Actor().ActorID, number)
	}
	return nil
}

// recordPosition notifies only the reader that their position moved.
func (ch *change) recordPosition(ctx context.Context, reader string, number int) {
	to := strconv.Itoa(number)
	ch.tx.Append(ctx, store.Event{
		Type: vocab.ConversationRead, InboxID: ch.c.InboxID, ConversationID: ch.c.ID, UserID: reader,
		Revision: ch.c.Revision, Changes: []vocab.FieldChange{{Field: "readNumber", To: &to}},
	})
}
