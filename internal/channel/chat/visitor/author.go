package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Author is what a visitor learns of who wrote a message.
type Author struct {
	// Name is "" where none is known.
	Name string
	// AvatarURL is "" where there is none.
	AvatarURL string
}

// Authors reports who wrote each of a visitor's messages: people and bots by name
// and picture, the visitor by the name that they gave or that was proved. The
// name of a contact stays with the agents: an address that was typed proves
// nothing (CH-8).
func (s *Service) Authors(ctx context.Context, messages []*ent.Message) ([]Author, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	return s.authorsAs(ctx, v, messages)
}

// AuthorsFor is Authors for letters to a chat's visitor.
func (s *Service) AuthorsFor(ctx context.Context, me *ent.Visitor, messages []*ent.Message) ([]Author, error) {
	return s.authorsAs(ctx, viewerOf(me), messages)
}

func (s *Service) authorsAs(ctx context.Context, v *viewer.Viewer, messages []*ent.Message) ([]Author, error) {
	ctx = system(ctx, v)
	of := func(prefix string) []string { return authorsOf(messages, prefix) }
	users, err := s.nodes.Users(ctx, of(id.User))
	if err != nil {
		return nil, err
	}
	bots, err := s.nodes.Bots(ctx, of(id.Bot))
	if err != nil {
		return nil, err
	}
	integrations, err := s.nodes.Integrations(ctx, of(id.Integration))
	if err != nil {
		return nil, err
	}
	me, err := s.nodes.Visitors(ctx, []string{v.ActorID})
	if err != nil {
		return nil, err
	}
	authors := make([]Author, len(messages))
	for i, m := range messages {
		switch {
		case m.Direction == vocab.Incoming && me[0] != nil:
			authors[i] = Author{Name: me[0].Name}
		case users[i] != nil:
			authors[i] = Author{Name: users[i].Name, AvatarURL: users[i].AvatarURL}
		case bots[i] != nil:
			authors[i] = Author{Name: bots[i].Name, AvatarURL: bots[i].AvatarURL}
		case integrations[i] != nil:
			authors[i] = Author{Name: integrations[i].Name, AvatarURL: integrations[i].AvatarURL}
		}
	}
	return authors, nil
}

// authorsOf returns the authors of one type where they stand, "" elsewhere.
func authorsOf(messages []*ent.Message, prefix string) []string {
	ids := make([]string, len(messages))
	for i, m := range messages {
		if id.Is(m.AuthorID, prefix) {
			ids[i] = m.AuthorID
		}
	}
	return ids
}
