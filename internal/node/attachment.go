package node

import (
	"context"

	"parley/ent/attachment"
)

// attachment loads a file; nil for one whose message was deleted (IN-14).
func (s *Service) attachment(ctx context.Context, nodeID string) (any, error) {
	found, err := s.store.Client(ctx).Attachment.Query().Where(attachment.ID(nodeID)).All(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	a := found[0]
	if a.MessageID == "" {
		return a, nil
	}
	messages, err := s.Messages(ctx, []string{a.MessageID})
	if err != nil || messages[0] == nil || messages[0].DeletedAt.IsSet() {
		return nil, err
	}
	return a, nil
}
