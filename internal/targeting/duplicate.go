package targeting

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/store"
)

// Duplicate makes a draft that is like another message but for its counts, last
// in the same channel's order (TM-1). Without a name it gets "Copy of ...".
func (s *Service) Duplicate(ctx context.Context, in DuplicateTargetedMessageInput) (*ent.TargetedMessage, error) {
	in1 := people.Call{Mutation: "duplicateTargetedMessage", Key: in.IdempotencyKey, Input: in, Result: id.New(id.TargetedMessage)}
	messageID, err := people.Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		m, err := find(ctx, tx.Client, in.TargetedMessageID)
		if err != nil {
			return err
		}
		m.ID = in1.Result
		m.Name = copyName(m.Name)
		if in.Name != nil {
			if m.Name, err = people.CleanName(*in.Name, "name"); err != nil {
				return err
			}
		}
		return insert(ctx, tx, m)
	})
	if err != nil {
		return nil, err
	}
	return find(ctx, s.store.Client(ctx), messageID)
}

func copyName(name string) string {
	copied := []rune("Copy of " + name)
	return string(copied[:min(len(copied), people.MaxName)])
}
