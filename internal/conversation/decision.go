package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/routingdecision"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Decisions returns a page of the routing decisions of each conversation, oldest first.
func (s *Service) Decisions(ctx context.Context, list []*ent.Conversation, args paging.PageArgs) ([]*paging.Connection[*ent.RoutingDecision], error) {
	return decisions.Pages(args, pageOfRow, idsOf(list), store.Of(routingdecision.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.RoutingDecision, error) {
		q := s.store.Client(ctx).RoutingDecision.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// pageOfRow is how many rows a list that belongs to a row of another one has if
// no one asks for another number.
const pageOfRow = 20

var decisions = store.Listing[ent.RoutingDecision]{
	Name: "routingDecisions", Kind: id.RoutingDecision, ID: func(d *ent.RoutingDecision) string { return d.ID },
}

// DecisionsOf returns what routing decided in each event; nil: the event is
// about something else, or the conversation is gone.
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
