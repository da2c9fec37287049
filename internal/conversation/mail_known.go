package conversation

import (
	"context"

	"parley/internal/store"
	"parley/internal/vocab"
)

// Answered reports whether somebody of the account ever wrote to a contact, in
// whatever conversation (IN-11).
func Answered(ctx context.Context, tx *store.Tx, contactID string) (bool, error) {
	rows, err := tx.Query(ctx, `SELECT 1 FROM conversations c WHERE c.contact_id = $1 AND EXISTS (SELECT 1 FROM messages m
		WHERE m.conversation_id = c.id AND m.direction = $2 AND m.author_kind <> $3) LIMIT 1`,
		contactID, string(vocab.Outgoing), "SYSTEM")
	if err != nil {
		return false, err
	}
	defer func() { _ = rows.Close() }()
	return rows.Next(), rows.Err()
}
