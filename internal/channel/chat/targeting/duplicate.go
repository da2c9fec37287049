package targeting

import (
	"context"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
)

// Duplicate makes a draft that is like another message but for its counts, last
// in the same channel's order (TM-1). Without a name it gets "Copy of ...".
func (s *Service) Duplicate(ctx context.Context, in DuplicateTargetedMessageInput) (*ent.TargetedMessage, error) {
	call := idempotency.Call{Mutation: "duplicateTargetedMessage", Key: in.IdempotencyKey, Input: in, Result: id.New(id.TargetedMessage)}
	messageID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		m, err := findMessage(ctx, tx.Client, in.TargetedMessageID)
		if err != nil {
			return err
		}
		m.ID = call.Result
		m.Name = copyName(m.Name)
		if in.Name != nil {
			if m.Name, err = account.CleanName(*in.Name, "name"); err != nil {
				return err
			}
		}
		return insertDraft(ctx, tx, m)
	})
	if err != nil {
		return nil, err
	}
	return findMessage(ctx, s.store.Client(ctx), messageID)
}

func copyName(name string) string {
	copied := []rune("Copy of " + name)
	return string(copied[:min(len(copied), account.MaxName)])
}
