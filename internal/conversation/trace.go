package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/messagerevision"
	"parley/ent/user"
)

// Revisions returns what each message said before, oldest first, with one query
// (IN-14).
func (s *Service) Revisions(ctx context.Context, messages []*ent.Message) ([][]*ent.MessageRevision, error) {
	var changed []string
	for _, m := range messages {
		if m.EditedAt.IsSet() || m.DeletedAt.IsSet() {
			changed = append(changed, m.ID)
		}
	}
	byMessage := map[string][]*ent.MessageRevision{}
	if len(changed) > 0 {
		rows, err := s.store.Client(ctx).MessageRevision.Query().
			Where(messagerevision.MessageIDIn(changed...)).Order(messagerevision.ByMessageID(), messagerevision.ByCreatedAt(), messagerevision.ByID()).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			byMessage[r.MessageID] = append(byMessage[r.MessageID], r)
		}
	}
	lists := make([][]*ent.MessageRevision, len(messages))
	for i, m := range messages {
		lists[i] = append([]*ent.MessageRevision{}, byMessage[m.ID]...)
	}
	return lists, nil
}

// Mentioned returns the users whom each message mentions, with one query.
func (s *Service) Mentioned(ctx context.Context, messages []*ent.Message) ([][]*ent.User, error) {
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.Mentions...)
	}
	byID := map[string]*ent.User{}
	if len(ids) > 0 {
		users, err := s.store.Client(ctx).User.Query().Where(user.IDIn(ids...)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			byID[u.ID] = u
		}
	}
	lists := make([][]*ent.User, len(messages))
	for i, m := range messages {
		lists[i] = []*ent.User{}
		for _, u := range m.Mentions {
			if byID[u] != nil {
				lists[i] = append(lists[i], byID[u])
			}
		}
	}
	return lists, nil
}
