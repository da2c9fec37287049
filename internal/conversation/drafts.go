package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entdraft "parley/ent/draft"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	pageOfDrafts = 50
	// mostWriters is how many of those who are writing in a conversation are shown.
	mostWriters = 20
)

var latestDrafts = store.Listing[ent.Draft]{
	Name: "drafts", Kind: id.Draft, Column: entdraft.FieldUpdatedAt, Desc: true,
	Number: func(d *ent.Draft) int64 { return int64(d.UpdatedAt) }, ID: func(d *ent.Draft) string { return d.ID },
}

// Drafts returns a page of the caller's own drafts, last changed first (CO-3).
func (s *Service) Drafts(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Draft], error) {
	return latestDrafts.Page(args, pageOfDrafts, func(narrow func(*sql.Selector)) ([]*ent.Draft, error) {
		q := s.store.Client(ctx).Draft.Query().Where(entdraft.UserID(viewer.FromContext(ctx).ActorID))
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// DraftsIn returns what the caller is writing in each conversation; nil: nothing.
func (s *Service) DraftsIn(ctx context.Context, conversations []*ent.Conversation, note bool) ([]*ent.Draft, error) {
	list := make([]*ent.Draft, len(conversations))
	me := viewer.FromContext(ctx)
	if me == nil || !me.IsUser() || len(conversations) == 0 {
		return list, nil
	}
	found, err := s.store.Client(ctx).Draft.Query().
		Where(entdraft.ConversationIDIn(idsOf(conversations)...), entdraft.UserID(me.ActorID), entdraft.Note(note)).All(ctx)
	if err != nil {
		return nil, err
	}
	byConversation := map[string]*ent.Draft{}
	for _, d := range found {
		byConversation[d.ConversationID] = d
	}
	for i, c := range conversations {
		list[i] = byConversation[c.ID]
	}
	return list, nil
}

// Writers returns the ids of the users who have a draft in each conversation, by when
// they began (IN-16). What they write is theirs; that they write is for all who see the
// conversation.
func (s *Service) Writers(ctx context.Context, conversations []*ent.Conversation) ([][]string, error) {
	lists := make([][]string, len(conversations))
	if len(conversations) == 0 {
		return lists, nil
	}
	var of store.Statement
	rows, err := s.store.Query(ctx, "SELECT conversation_id, user_id FROM drafts WHERE conversation_id IN ("+store.List(&of, idsOf(conversations))+
		") AND account_id = "+of.Arg(viewer.FromContext(ctx).AccountID)+" GROUP BY conversation_id, user_id ORDER BY MIN(created_at), user_id", of.Args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	byConversation := map[string][]string{}
	for rows.Next() {
		var conversationID, userID string
		if err := rows.Scan(&conversationID, &userID); err != nil {
			return nil, err
		}
		if found := byConversation[conversationID]; len(found) < mostWriters {
			byConversation[conversationID] = append(found, userID)
		}
	}
	for i, c := range conversations {
		lists[i] = byConversation[c.ID]
	}
	return lists, rows.Err()
}
