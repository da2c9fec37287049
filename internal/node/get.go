package node

import (
	"context"

	"parley/internal/id"
	"parley/internal/viewer"
)

// Get loads one object of any type by its id; nil: there is none, or the viewer
// may not see it.
func (s *Service) Get(ctx context.Context, nodeID string) (any, error) {
	load := map[string]func() (any, error){
		id.User:            func() (any, error) { return one(ctx, nodeID, s.Users) },
		id.Team:            func() (any, error) { return one(ctx, nodeID, s.Teams) },
		id.Inbox:           func() (any, error) { return one(ctx, nodeID, s.Inboxes) },
		id.Channel:         func() (any, error) { return first(s.AnyChannels(ctx, []string{nodeID})) },
		id.Contact:         func() (any, error) { return one(ctx, nodeID, s.Contacts) },
		id.Visitor:         func() (any, error) { return one(ctx, nodeID, s.Visitors) },
		id.Conversation:    func() (any, error) { return one(ctx, nodeID, s.Conversations) },
		id.Message:         func() (any, error) { return one(ctx, nodeID, s.Messages) },
		id.Bot:             func() (any, error) { return one(ctx, nodeID, s.Bots) },
		id.Integration:     func() (any, error) { return one(ctx, nodeID, s.Integrations) },
		id.TargetedMessage: func() (any, error) { return one(ctx, nodeID, s.TargetedMessages) },
		id.SavedView:       func() (any, error) { return one(ctx, nodeID, s.SavedViews) },
		id.Attachment:      func() (any, error) { return s.attachment(ctx, nodeID) },
		id.Ticket:          func() (any, error) { return one(ctx, nodeID, s.Tickets) },
		id.Event:           func() (any, error) { return one(ctx, nodeID, s.Events) },
		id.APIToken:        func() (any, error) { return s.token(ctx, nodeID) },
		id.Account:         func() (any, error) { return s.account(ctx, nodeID) },
	}[id.Prefix(nodeID)]
	if load == nil {
		return nil, nil
	}
	return load()
}

func one[T any](ctx context.Context, nodeID string, load func(context.Context, []string) ([]*T, error)) (any, error) {
	found, err := load(ctx, []string{nodeID})
	if err != nil || found[0] == nil {
		return nil, err
	}
	return found[0], nil
}

func (s *Service) account(ctx context.Context, nodeID string) (any, error) {
	account, err := s.store.Client(ctx).Account.Query().Only(ctx)
	if err != nil || account.ID != nodeID {
		return nil, err
	}
	return account, nil
}

// token loads an API token: for admins, and for the user whose it is.
func (s *Service) token(ctx context.Context, nodeID string) (any, error) {
	found, err := s.Tokens(ctx, []string{nodeID})
	if err != nil || found[0] == nil {
		return nil, err
	}
	if v := viewer.FromContext(ctx); v.Kind != viewer.Admin && found[0].UserID != v.ActorID {
		return nil, nil
	}
	return found[0], nil
}
