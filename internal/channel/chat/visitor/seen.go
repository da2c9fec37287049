package visitor

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/inboundmail"
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

// ByEmail reports for each of a visitor's messages whether they wrote it by e-mail (CH-6).
func (s *Service) ByEmail(ctx context.Context, messages []*ent.Message) ([]bool, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	var ids []string // the messages were loaded as the visitor's own
	for _, m := range messages {
		if m.Direction == vocab.Incoming {
			ids = append(ids, m.ID)
		}
	}
	mails := make([]bool, len(messages))
	if len(ids) == 0 {
		return mails, nil
	}
	found, err := s.store.Client(ctx).InboundMail.Query().Where(inboundmail.MessageIDIn(ids...)).Select(inboundmail.FieldMessageID).Strings(system(ctx, v))
	if err != nil {
		return nil, err
	}
	for i, m := range messages {
		mails[i] = slices.Contains(found, m.ID)
	}
	return mails, nil
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
