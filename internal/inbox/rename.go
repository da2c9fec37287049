package inbox

import (
	"context"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Rename gives an inbox another name (IB-1).
func (s *Service) Rename(ctx context.Context, in RenameInboxInput) (*ent.Inbox, error) {
	in1 := people.Call{Mutation: "renameInbox", Key: in.IdempotencyKey, Input: in, Result: in.InboxID}
	_, err := people.Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		i, err := load(ctx, tx.Client, in.InboxID)
		if err != nil {
			return err
		}
		name, err := people.CleanName(in.Name, "name")
		if err != nil || name == i.Name {
			return err
		}
		tx.Append(ctx, store.Event{
			Type: vocab.InboxUpdated, InboxID: i.ID, SubjectID: i.ID, Changes: []schema.FieldChange{{Field: "name"}},
		})
		return tx.Client.Inbox.UpdateOneID(i.ID).SetName(name).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return load(ctx, s.store.Client(ctx), in.InboxID)
}
