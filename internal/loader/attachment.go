package loader

import (
	"context"

	"parley/ent"
	"parley/ent/attachment"
)

// attachments loads files; nil for those of deleted messages (IN-14).
func (s *Service) attachments(ctx context.Context, ids []string) ([]*ent.Attachment, error) {
	found, err := align(ids, func(distinct []string) ([]*ent.Attachment, error) {
		return s.store.Client(ctx).Attachment.Query().Where(attachment.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Attachment) string { return v.ID })
	if err != nil {
		return nil, err
	}
	of := make([]string, len(found))
	for i, a := range found {
		if a != nil {
			of[i] = a.MessageID
		}
	}
	messages, err := s.Messages(ctx, of)
	if err != nil {
		return nil, err
	}
	for i := range found {
		if of[i] != "" && (messages[i] == nil || messages[i].DeletedAt.IsSet()) {
			found[i] = nil
		}
	}
	return found, nil
}
