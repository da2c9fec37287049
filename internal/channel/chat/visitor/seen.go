package visitor

import (
	"context"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/vocab"
)

// Seen reports for each of a visitor's messages whether someone of the team has
// read it, with one query; those to the visitor count as seen.
func (s *Service) Seen(ctx context.Context, messages []*ent.Message) ([]bool, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(messages)) // the messages were loaded as the visitor's own
	for i, m := range messages {
		ids[i] = m.ConversationID
	}
	ctx = system(ctx, v)
	positions, err := s.store.Client(ctx).ReadPosition.Query().Where(readposition.ConversationIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	read := map[string]int{}
	for _, p := range positions {
		read[p.ConversationID] = max(read[p.ConversationID], p.Number)
	}
	seen := make([]bool, len(messages))
	for i, m := range messages {
		seen[i] = m.Direction != vocab.Incoming || m.Number <= read[m.ConversationID]
	}
	return seen, nil
}

// Assignees returns who has each of the visitor's conversations, nil for no one.
func (s *Service) Assignees(ctx context.Context, conversations []*ent.Conversation) ([]*ent.User, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(conversations))
	for i, c := range conversations {
		ids[i] = c.AssigneeID
	}
	return s.nodes.Users(system(ctx, v), ids)
}
