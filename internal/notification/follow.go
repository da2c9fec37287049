package notification

import (
	"context"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/conversation/view"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Follow has the caller be told of replies in a conversation. NOT_FOUND for one that they do
// not see.
func (s *Service) Follow(ctx context.Context, in FollowConversationInput) (*ent.Conversation, error) {
	call := idempotency.Call{Mutation: "followConversation", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	return s.changeFollowing(ctx, call, in.ConversationID, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, c *ent.Conversation) error {
		_, err := tx.Exec(ctx, "INSERT INTO conversation_follows (conversation_id, user_id, account_id, inbox_id, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (conversation_id, user_id) DO NOTHING",
			c.ID, v.ActorID, v.AccountID, c.InboxID, int64(tx.Now()))
		return err
	})
}

// Unfollow ends that. NOT_FOUND for a conversation that the caller does not see.
func (s *Service) Unfollow(ctx context.Context, in UnfollowConversationInput) (*ent.Conversation, error) {
	call := idempotency.Call{Mutation: "unfollowConversation", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	return s.changeFollowing(ctx, call, in.ConversationID, func(ctx context.Context, tx *store.Tx, v *viewer.Viewer, c *ent.Conversation) error {
		_, err := tx.Exec(ctx, "DELETE FROM conversation_follows WHERE conversation_id = $1 AND user_id = $2 AND account_id = $3", c.ID, v.ActorID, v.AccountID)
		return err
	})
}

func (s *Service) changeFollowing(ctx context.Context, call idempotency.Call, conversationID string, apply func(context.Context, *store.Tx, *viewer.Viewer, *ent.Conversation) error) (c *ent.Conversation, err error) {
	v, err := me(ctx)
	if err != nil {
		return nil, err
	}
	find := func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = view.Find(ctx, tx.Client.Conversation.Query(), conversationID)
		return err
	}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := find(ctx, tx); err != nil {
			return err
		}
		return apply(ctx, tx, v, c)
	}, func(ctx context.Context, tx *store.Tx, _ string) error { return find(ctx, tx) })
	return c, err
}

// Followed reports which conversations the caller follows.
func (s *Service) Followed(ctx context.Context, conversations []*ent.Conversation) ([]bool, error) {
	list := make([]bool, len(conversations))
	v := viewer.FromContext(ctx)
	if v == nil || !v.IsUser() || len(conversations) == 0 {
		return list, nil
	}
	ids := make([]string, len(conversations))
	for i, c := range conversations {
		ids[i] = c.ID
	}
	of := &store.Statement{}
	followed := map[string]bool{}
	err := store.ForEachRow(ctx, s.store, "SELECT conversation_id FROM conversation_follows WHERE conversation_id IN ("+store.List(of, ids)+
		") AND user_id = "+of.Arg(v.ActorID)+" AND account_id = "+of.Arg(v.AccountID), of.Args, func(rows entsql.ColumnScanner) error {
		var one string
		err := rows.Scan(&one)
		followed[one] = true
		return err
	})
	for i, c := range conversations {
		list[i] = followed[c.ID]
	}
	return list, err
}
