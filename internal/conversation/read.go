package conversation

import (
	"context"
	"fmt"
	"strconv"

	"parley/ent"
	"parley/ent/readposition"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MarkRead says that the caller read a conversation up to a message's number;
// none given: all of it (IN-15). It never goes back: of two devices the one that
// is behind changes nothing. Reading raises no revision, and its event reaches
// the reader alone.
func (s *Service) MarkRead(ctx context.Context, in MarkConversationReadInput) (*ent.Conversation, error) {
	in1 := call{"markConversationRead", in.ConversationID, nil, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(ctx context.Context, ch *change) error {
		number := ch.c.LastNumber
		if in.Number != nil {
			number = *in.Number
		}
		if number < 0 || number > ch.c.LastNumber {
			return errs.New(errs.Invalid, "The conversation has messages 1 to %d.", ch.c.LastNumber).On("number")
		}
		return ch.read(ctx, number)
	})
}

// MarkUnread makes a conversation's last incoming message, and what follows it,
// unread for the caller again (IN-15).
func (s *Service) MarkUnread(ctx context.Context, in MarkConversationUnreadInput) (*ent.Conversation, error) {
	in1 := call{"markConversationUnread", in.ConversationID, nil, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(ctx context.Context, ch *change) error { return ch.unread(ctx) })
}

func (ch *change) read(ctx context.Context, number int) error {
	if number == 0 {
		return nil
	}
	moved, err := ch.tx.Exec(ctx, `INSERT INTO read_positions (id, account_id, inbox_id, conversation_id, user_id, number) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (conversation_id, user_id) DO UPDATE SET number = excluded.number WHERE read_positions.number < excluded.number`,
		id.New("read"), ch.c.AccountID, ch.c.InboxID, ch.c.ID, viewer.FromContext(ctx).Actor().ActorID, number)
	if err != nil {
		return fmt.Errorf("save read position: %w", err)
	}
	if moved > 0 {
		ch.tellPosition(ctx, number)
	}
	return nil
}

func (ch *change) unread(ctx context.Context) error {
	number := max(0, ch.c.LastIncomingNumber-1)
	moved, err := ch.tx.Exec(ctx, `UPDATE read_positions SET number = $1 WHERE conversation_id = $2 AND user_id = $3 AND number > $1`,
		number, ch.c.ID, viewer.FromContext(ctx).Actor().ActorID)
	if err != nil {
		return fmt.Errorf("save read position: %w", err)
	}
	if moved > 0 {
		ch.tellPosition(ctx, number)
	}
	return nil
}

// tellPosition tells the reader alone that their position moved.
func (ch *change) tellPosition(ctx context.Context, number int) {
	to := strconv.Itoa(number)
	ch.tx.Append(ctx, store.Event{
		Type: vocab.ConversationRead, InboxID: ch.c.InboxID, ConversationID: ch.c.ID, UserID: viewer.FromContext(ctx).Actor().ActorID,
		Revision: ch.c.Revision, Changes: []schema.FieldChange{{Field: "readNumber", To: &to}},
	})
}

// Unread tells for each conversation whether the viewer has incoming messages
// to read, with one query. What is filtered never counts as unread (IN-9).
func (s *Service) Unread(ctx context.Context, list []*ent.Conversation) ([]bool, error) {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	positions, err := s.store.Client(ctx).ReadPosition.Query().
		Where(readposition.UserID(viewer.FromContext(ctx).ActorID), readposition.ConversationIDIn(ids...)).
		Select(readposition.FieldConversationID, readposition.FieldNumber).All(ctx)
	if err != nil {
		return nil, err
	}
	read := make(map[string]int, len(positions))
	for _, p := range positions {
		read[p.ConversationID] = p.Number
	}
	unread := make([]bool, len(list))
	for i, c := range list {
		unread[i] = isUnread(c, read[c.ID])
	}
	return unread, nil
}
