package targeting

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/account"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Delete deletes a targeted message for good and closes the gap in its
// channel's order; chats that began from it stay (TM-1). It returns the id.
func (s *Service) Delete(ctx context.Context, in DeleteTargetedMessageInput) (string, error) {
	call := idempotency.Call{Mutation: "deleteTargetedMessage", Key: in.IdempotencyKey, Input: in, Result: in.TargetedMessageID}
	return account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		m, err := findMessage(ctx, tx.Client, in.TargetedMessageID)
		if err != nil {
			return err
		}
		return removeMessage(ctx, tx, m)
	})
}

// RemoveAll removes the targeted messages of a channel that is removed, within the
// caller's transaction (IB-6).
func RemoveAll(ctx context.Context, tx *store.Tx, channelID string) error {
	all, err := tx.Client.TargetedMessage.Query().Where(entmessage.ChannelID(channelID)).Order(entmessage.ByPosition(sql.OrderDesc()), entmessage.ByID()).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := removeMessage(ctx, tx, m); err != nil {
			return err
		}
	}
	return nil
}

// removeMessage leaves the versions: running chats go on with theirs.
func removeMessage(ctx context.Context, tx *store.Tx, m *ent.TargetedMessage) error {
	for _, statement := range []string{
		"DELETE FROM targeted_message_counts WHERE id = $1 AND account_id = $2",
		"DELETE FROM targeted_message_views WHERE targeted_message_id = $1 AND account_id = $2",
	} {
		if _, err := tx.Exec(ctx, statement, m.ID, m.AccountID); err != nil {
			return err
		}
	}
	if err := tx.Client.TargetedMessage.DeleteOneID(m.ID).Exec(ctx); err != nil {
		return err
	}
	err := tx.Client.TargetedMessage.Update().
		Where(entmessage.ChannelID(m.ChannelID), entmessage.PositionGT(m.Position)).AddPosition(-1).Exec(ctx)
	if err != nil {
		return err
	}
	recordEvent(ctx, tx, vocab.TargetedMessageDeleted, m, fieldChange("state", string(m.State), ""))
	return nil
}
