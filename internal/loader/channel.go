package loader

import (
	"context"

	"parley/internal/vocab"
)

// AnyChannels loads channels of every kind by id: *ent.Channel for a chat,
// *ent.EmailChannel for e-mail; see the package.
func (s *Service) AnyChannels(ctx context.Context, ids []string) ([]any, error) {
	rows, err := s.Channels(ctx, ids)
	if err != nil {
		return nil, err
	}
	byMail := make([]string, len(rows))
	for i, c := range rows {
		if c != nil && c.Kind == vocab.Email {
			byMail[i] = c.ID
		}
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
		case c != nil && byMail[i] == "":
			found[i] = c
		}
	}
	return found, nil
}
