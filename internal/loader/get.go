package loader

import (
	"context"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/viewer"
)

// Load loads objects of any types by their ids, with one query for each type, and
// puts each where its id stands; nil: there is none, or the viewer may not see it.
func (s *Service) Load(ctx context.Context, ids []string) ([]any, error) {
	list := make([]any, len(ids))
	for prefix, load := range map[string]func(context.Context, []string) ([]any, error){
		id.User:             AnyOf(s.Users),
		id.Team:             AnyOf(s.Teams),
		id.Inbox:            AnyOf(s.Inboxes),
		id.Channel:          s.AnyChannels,
		id.Company:          AnyOf(s.Companies),
		id.Contact:          AnyOf(s.Contacts),
		id.Visitor:          AnyOf(s.Visitors),
		id.Conversation:     AnyOf(s.Conversations),
		id.Message:          AnyOf(s.Messages),
		id.Bot:              AnyOf(s.Bots),
		id.AgentRun:         AnyOf(s.AgentRuns),
		id.Proposal:         AnyOf(s.Proposals),
		id.Annotation:       AnyOf(s.Annotations),
		id.Integration:      AnyOf(s.Integrations),
		id.TargetedMessage:  AnyOf(s.TargetedMessages),
		id.MessageRevision:  AnyOf(s.MessageRevisions),
		id.RoutingDecision:  AnyOf(s.RoutingDecisions),
		id.PageView:         AnyOf(s.PageViews),
		id.Session:          AnyOf(s.VisitorSessions),
		id.ImageSender:      AnyOf(s.ImageSenders),
		id.PersonalMailbox:  AnyOf(s.PersonalMailboxes),
		id.SavedView:        AnyOf(s.SavedViews),
		id.Draft:            AnyOf(s.Drafts),
		id.Notification:     AnyOf(s.Notifications),
		id.WebhookEndpoint:  AnyOf(s.WebhookEndpoints),
		id.WebhookDelivery:  AnyOf(s.WebhookDeliveries),
		id.SlackWorkspace:   AnyOf(s.SlackWorkspaces),
		id.SlackChannel:     AnyOf(s.SlackChannels),
		id.Tag:              AnyOf(s.Tags),
		id.LibraryItem:      AnyOf(s.LibraryItems),
		id.LibraryShare:     AnyOf(s.LibraryShares),
		id.Property:         AnyOf(s.Properties),
		id.Attachment:       AnyOf(s.attachments),
		id.Ticket:           AnyOf(s.Tickets),
		id.Deal:             AnyOf(s.Deals),
		id.Quote:            AnyOf(s.Quotes),
		id.Engagement:       AnyOf(s.Engagements),
		id.Pipeline:         AnyOf(s.Pipelines),
		id.PipelineStage:    AnyOf(s.PipelineStages),
		id.Event:            AnyOf(s.Events),
		id.APIToken:         AnyOf(s.tokens),
		id.AuditEntry:       AnyOf(s.AuditEntries),
		id.PushSubscription: AnyOf(s.PushSubscriptions),

		id.IdentityProvider: AnyOf(s.IdentityProviders),
		id.OauthApp:         AnyOf(s.OauthApps),
		id.UserSession:      AnyOf(s.Sessions),
		id.Account:          s.accounts,
	} {
		if err := Place(ctx, list, ids, prefix, load); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Place loads the objects of one type among ids, if there are any, and puts each
// where its id stands.
func Place(ctx context.Context, list []any, ids []string, prefix string, load func(context.Context, []string) ([]any, error)) error {
	var places []int
	var some []string
	for i, nodeID := range ids {
		if id.Prefix(nodeID) == prefix {
			places, some = append(places, i), append(some, nodeID)
		}
	}
	if len(some) == 0 {
		return nil
	}
	found, err := load(ctx, some)
	if err != nil {
		return err
	}
	for i, place := range places {
		list[place] = found[i]
	}
	return nil
}

// AnyOf is a function that loads objects of one type, as of any type.
func AnyOf[T any](load func(context.Context, []string) ([]*T, error)) func(context.Context, []string) ([]any, error) {
	return func(ctx context.Context, ids []string) ([]any, error) {
		found, err := load(ctx, ids)
		if err != nil {
			return nil, err
		}
		list := make([]any, len(found))
		for i, object := range found {
			if object != nil {
				list[i] = object
			}
		}
		return list, nil
	}
}

func (s *Service) accounts(ctx context.Context, ids []string) ([]any, error) {
	account, err := s.store.Client(ctx).Account.Query().Only(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]any, len(ids))
	for i := range ids {
		if ids[i] == account.ID {
			list[i] = account
		}
	}
	return list, nil
}

// tokens loads API tokens: for admins, and for the user who has them.
func (s *Service) tokens(ctx context.Context, ids []string) ([]*ent.ApiToken, error) {
	found, err := s.Tokens(ctx, ids)
	if err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	for i, token := range found {
		if token != nil && v.Kind != viewer.Admin && token.UserID != v.ActorID {
			found[i] = nil
		}
	}
	return found, nil
}
