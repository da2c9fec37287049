package loader

import (
	"context"

	"parley/internal/vocab"
)

// AnyChannels loads channels of every kind by id: *ent.Channel for a chat,
// *ent.EmailChannel for e-mail, *ent.CustomChannel for the rest; see the package.
func (s *Service) AnyChannels(ctx context.Context, ids []string) ([]any, error) {
	rows, err := s.Channels(ctx, ids)
	if err != nil {
		return nil, err
	}
	byMail, byConnector := make([]string, len(rows)), make([]string, len(rows))
	for i, c := range rows {
		switch {
		case c == nil:
		case c.Kind.LeavesBy(vocab.ByMail):
			byMail[i] = c.ID
		case c.Kind.LeavesBy(vocab.ByConnector):
			byConnector[i] = c.ID
		}
	}
	others, err := s.CustomChannels(ctx, byConnector)
	if err != nil {
		return nil, err
	}
	mail, err := s.EmailChannels(ctx, byMail)
	if err != nil {
		return nil, err
	}
	found := make([]any, len(rows))
	for i, c := range rows {
		switch {
		case mail[i] != nil:
			found[i] = mail[i]
		case others[i] != nil:
			found[i] = others[i]
		case c != nil && byMail[i]+byConnector[i] == "":
			found[i] = c
		}
	}
	return found, nil
}
