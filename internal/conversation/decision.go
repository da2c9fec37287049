package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/routingdecision"
	"parley/internal/vocab"
)

// Decisions returns why each conversation went to whom: what routing decided,
// oldest first (RT-5). The viewer's fence holds.
func (s *Service) Decisions(ctx context.Context, list []*ent.Conversation) ([][]*ent.RoutingDecision, error) {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	found, err := s.store.Client(ctx).RoutingDecision.Query().Where(routingdecision.ConversationIDIn(ids...)).
		Order(routingdecision.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]*ent.RoutingDecision{}
	for _, d := range found {
		of[d.ConversationID] = append(of[d.ConversationID], d)
	}
	lists := make([][]*ent.RoutingDecision, len(list))
	for i, c := range list {
		lists[i] = append([]*ent.RoutingDecision{}, of[c.ID]...)
	}
	return lists, nil
}

// DecisionsOf returns what each event tells that routing decided; nil: it tells
// of something else, or the conversation is gone.
func (s *Service) DecisionsOf(ctx context.Context, events []*ent.Event) ([]*ent.RoutingDecision, error) {
	ids := []string{}
	for _, e := range events {
		if e.Type == vocab.ConversationRouted && e.SubjectID != "" {
			ids = append(ids, e.SubjectID)
		}
	}
	list := make([]*ent.RoutingDecision, len(events))
	if len(ids) == 0 {
		return list, nil
	}
	found, err := s.store.Client(ctx).RoutingDecision.Query().Where(routingdecision.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	by := map[string]*ent.RoutingDecision{}
	for _, d := range found {
		by[d.ID] = d
	}
	for i, e := range events {
		list[i] = by[e.SubjectID]
	}
	return list, nil
}
