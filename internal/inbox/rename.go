package inbox

import (
	"context"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Rename gives an inbox another name (IB-1). Errors: ALREADY_EXISTS on name.
func (s *Service) Rename(ctx context.Context, in RenameInboxInput) (*ent.Inbox, error) {
	call := idempotency.Call{Mutation: "renameInbox", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		i, err := Load(ctx, tx.Client, in.InboxID)
		if err != nil {
			return err
		}
		name, err := freeName(ctx, tx, in.Name, i.ID)
		if err != nil || name == i.Name {
			return err
		}
		tx.Append(ctx, store.Event{
			Type: vocab.InboxUpdated, InboxID: i.ID, SubjectID: i.ID, Changes: []vocab.FieldChange{{Field: "name"}},
		})
		return tx.Client.Inbox.UpdateOneID(i.ID).SetName(name).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return Load(ctx, s.store.Client(ctx), in.InboxID)
}
