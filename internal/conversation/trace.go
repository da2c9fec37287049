package conversation

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/messagerevision"
	"parley/ent/user"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// Revisions returns a page of what each message said before, oldest first.
func (s *Service) Revisions(ctx context.Context, messages []*ent.Message, args paging.PageArgs) ([]*paging.Connection[*ent.MessageRevision], error) {
	ids, changed := make([]string, len(messages)), []string{}
	for i, m := range messages {
		if ids[i] = m.ID; m.EditedAt.IsSet() || m.DeletedAt.IsSet() {
			changed = append(changed, m.ID)
		}
	}
	found, err := revisions.Pages(args, pageOfRow, changed, store.Of(messagerevision.FieldMessageID), func(narrow func(*sql.Selector)) ([]*ent.MessageRevision, error) {
		q := s.store.Client(ctx).MessageRevision.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
	if err != nil {
		return nil, err
	}
	pages := make([]*paging.Connection[*ent.MessageRevision], len(messages))
	for i := range messages {
		pages[i] = &paging.Connection[*ent.MessageRevision]{Edges: []*paging.Edge[*ent.MessageRevision]{}}
		if at := slices.Index(changed, ids[i]); at >= 0 {
			pages[i] = found[at]
		}
	}
	return pages, nil
}

var revisions = store.Listing[ent.MessageRevision]{Name: "revisions", Kind: id.MessageRevision, ID: func(r *ent.MessageRevision) string { return r.ID }}

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
