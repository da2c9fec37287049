package conversation

import (
	"context"

	"parley/internal/store"
	"parley/internal/vocab"
)

// TakeBack takes a mail back that did not go out yet, within the caller's
// transaction: it becomes a tombstone, and its revisions have what it said.
func (s *Service) TakeBack(ctx context.Context, tx *store.Tx, messageID string) error {
	m, err := findMessage(ctx, tx.Client, messageID)
	if err != nil {
		return err
	}
	ch, err := load(ctx, tx, m.ConversationID)
	if err != nil {
		return err
	}
	if err := ch.mayChange(); err != nil {
		return err
	}
	if m, err = findMessage(ctx, tx.Client, messageID); err != nil || m.DeletedAt.IsSet() {
		return err
	}
	return ch.rewrite(ctx, m, content{}, vocab.MessageDeleted)
}
