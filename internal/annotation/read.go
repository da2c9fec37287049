package annotation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	entannotation "parley/ent/annotation"
	"parley/ent/predicate"
)

// OfConversations returns the present annotations of each conversation as a whole, oldest first.
func (s *Service) OfConversations(ctx context.Context, list []*ent.Conversation) ([][]*ent.Annotation, error) {
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return s.grouped(ctx, ids, func(a *ent.Annotation) string { return a.ConversationID },
		entannotation.ConversationIDIn(ids...), entannotation.MessageID(""), entannotation.SupersededAt(0))
}

// OfMessages returns the present annotations of each message, oldest first.
func (s *Service) OfMessages(ctx context.Context, list []*ent.Message) ([][]*ent.Annotation, error) {
	ids, within := make([]string, len(list)), make([]string, len(list))
	for i, m := range list {
		ids[i], within[i] = m.ID, m.ConversationID
	}
	return s.grouped(ctx, ids, func(a *ent.Annotation) string { return a.MessageID },
		entannotation.ConversationIDIn(within...), entannotation.MessageIDIn(ids...), entannotation.SupersededAt(0))
}

// grouped loads annotations, in the order of time, and gives each to what it belongs to.
func (s *Service) grouped(ctx context.Context, ids []string, of func(*ent.Annotation) string, where ...predicate.Annotation) ([][]*ent.Annotation, error) {
	rows, err := s.store.Client(ctx).Annotation.Query().Where(where...).All(ctx)
	if err != nil {
		return nil, err
	}
	sortByID(rows)
	by := map[string][]*ent.Annotation{}
	for _, a := range rows {
		by[of(a)] = append(by[of(a)], a)
	}
	all := make([][]*ent.Annotation, len(ids))
	for i, key := range ids {
		all[i] = by[key]
	}
	return all, nil
}

// sortByID sorts rows here: SQLite would sooner test all rows of the account in this order.
func sortByID(rows []*ent.Annotation) {
	slices.SortFunc(rows, func(a, b *ent.Annotation) int { return strings.Compare(a.ID, b.ID) })
}

// Earlier returns what each annotation superseded, latest first.
func (s *Service) Earlier(ctx context.Context, list []*ent.Annotation) ([][]*ent.Annotation, error) {
	type slot struct{ conversation, message, kind, author string }
	slotOf := func(a *ent.Annotation) slot { return slot{a.ConversationID, a.MessageID, a.Kind, a.AuthorID} }
	within := make([]string, len(list))
	for i, a := range list {
		within[i] = a.ConversationID
	}
	rows, err := s.store.Client(ctx).Annotation.Query().Where(entannotation.ConversationIDIn(within...), entannotation.SupersededAtGT(0)).All(ctx)
	if err != nil {
		return nil, err
	}
	sortByID(rows)
	slices.Reverse(rows)
	by := map[slot][]*ent.Annotation{}
	for _, a := range rows {
		by[slotOf(a)] = append(by[slotOf(a)], a)
	}
	all := make([][]*ent.Annotation, len(list))
	for i, a := range list {
		for _, old := range by[slotOf(a)] {
			if old.ID < a.ID {
				all[i] = append(all[i], old)
			}
		}
	}
	return all, nil
}
