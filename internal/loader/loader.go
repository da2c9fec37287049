// Package loader loads objects by their ids, under the fence: a single one for
// `node`, and many at once for the edges of a list, with one query for each
// type. What the viewer may not see is nil, as if it did not exist.
package loader

import (
	"context"

	"parley/ent"
	"parley/ent/agentrun"
	"parley/ent/annotation"
	"parley/ent/apitoken"
	"parley/ent/auditentry"
	"parley/ent/bot"
	"parley/ent/channel"
	"parley/ent/contact"
	"parley/ent/conversation"
	"parley/ent/customchannel"
	"parley/ent/draft"
	"parley/ent/emailchannel"
	"parley/ent/event"
	"parley/ent/identityprovider"
	"parley/ent/imagesender"
	"parley/ent/inbox"
	"parley/ent/integration"
	"parley/ent/message"
	"parley/ent/messagerevision"
	"parley/ent/notification"
	"parley/ent/oauthapp"
	"parley/ent/pageview"
	"parley/ent/personalmailbox"
	"parley/ent/property"
	"parley/ent/proposal"
	"parley/ent/pushsubscription"
	"parley/ent/routingdecision"
	"parley/ent/savedview"
	"parley/ent/session"
	"parley/ent/targetedmessage"
	"parley/ent/team"
	"parley/ent/ticket"
	"parley/ent/user"
	"parley/ent/visitor"
	"parley/ent/visitorsession"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service loads objects. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns a loader on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// align loads the rows of the distinct ids and puts each where its id stands;
// "" and what is not found give the zero value.
func align[T any](ids []string, load func(distinct []string) ([]T, error), idOf func(T) string) ([]T, error) {
	some := distinct(ids)
	if len(some) == 0 {
		return make([]T, len(ids)), nil
	}
	rows, err := load(some)
	if err != nil {
		return nil, err
	}
	found := make(map[string]T, len(rows))
	for _, row := range rows {
		found[idOf(row)] = row
	}
	return placed(ids, found), nil
}

// distinct returns the ids without "", each once.
func distinct(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	var some []string
	for _, s := range ids {
		if s != "" && !seen[s] {
			seen[s] = true
			some = append(some, s)
		}
	}
	return some
}

// placed puts what was found where its id stands.
func placed[T any](ids []string, found map[string]T) []T {
	list := make([]T, len(ids))
	for i, s := range ids {
		list[i] = found[s]
	}
	return list
}

// Users loads by id; see the package.
func (s *Service) Users(ctx context.Context, ids []string) ([]*ent.User, error) {
	return align(ids, func(distinct []string) ([]*ent.User, error) {
		return s.store.Client(ctx).User.Query().Where(user.IDIn(distinct...)).All(ctx)
	}, func(v *ent.User) string { return v.ID })
}

// Teams loads by id; see the package.
func (s *Service) Teams(ctx context.Context, ids []string) ([]*ent.Team, error) {
	return align(ids, func(distinct []string) ([]*ent.Team, error) {
		return s.store.Client(ctx).Team.Query().Where(team.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Team) string { return v.ID })
}

// Inboxes loads by id; see the package.
func (s *Service) Inboxes(ctx context.Context, ids []string) ([]*ent.Inbox, error) {
	return align(ids, func(distinct []string) ([]*ent.Inbox, error) {
		return s.store.Client(ctx).Inbox.Query().Where(inbox.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Inbox) string { return v.ID })
}

// Channels loads by id; see the package.
func (s *Service) Channels(ctx context.Context, ids []string) ([]*ent.Channel, error) {
	return align(ids, func(distinct []string) ([]*ent.Channel, error) {
		return s.store.Client(ctx).Channel.Query().Where(channel.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Channel) string { return v.ID })
}

// CustomChannels loads by id; see the package.
func (s *Service) CustomChannels(ctx context.Context, ids []string) ([]*ent.CustomChannel, error) {
	return align(ids, func(distinct []string) ([]*ent.CustomChannel, error) {
		return s.store.Client(ctx).CustomChannel.Query().Where(customchannel.IDIn(distinct...)).All(ctx)
	}, func(v *ent.CustomChannel) string { return v.ID })
}

// EmailChannels loads by id; see the package.
func (s *Service) EmailChannels(ctx context.Context, ids []string) ([]*ent.EmailChannel, error) {
	return align(ids, func(distinct []string) ([]*ent.EmailChannel, error) {
		return s.store.Client(ctx).EmailChannel.Query().Where(emailchannel.IDIn(distinct...)).All(ctx)
	}, func(v *ent.EmailChannel) string { return v.ID })
}

// Contacts loads by id; see the package. One that was merged is the survivor (CR-6).
func (s *Service) Contacts(ctx context.Context, ids []string) ([]*ent.Contact, error) {
	found, err := s.contacts(ctx, ids)
	if err != nil {
		return nil, err
	}
	var missing []string
	for i, c := range found {
		if c == nil && id.Is(ids[i], id.Contact) {
			missing = append(missing, ids[i])
		}
	}
	into, err := SurvivorsOf(ctx, s.store.Client(ctx), missing)
	if err != nil || len(into) == 0 {
		return found, err
	}
	survivors := make([]string, len(ids))
	for i := range ids {
		survivors[i] = into[ids[i]]
	}
	merged, err := s.contacts(ctx, survivors)
	for i, c := range merged {
		if c != nil {
			found[i] = c
		}
	}
	return found, err
}

func (s *Service) contacts(ctx context.Context, ids []string) ([]*ent.Contact, error) {
	return align(ids, func(distinct []string) ([]*ent.Contact, error) {
		return s.store.Client(ctx).Contact.Query().Where(contact.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Contact) string { return v.ID })
}

// Visitors loads by id; see the package.
func (s *Service) Visitors(ctx context.Context, ids []string) ([]*ent.Visitor, error) {
	return align(ids, func(distinct []string) ([]*ent.Visitor, error) {
		return s.store.Client(ctx).Visitor.Query().Where(visitor.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Visitor) string { return v.ID })
}

// Conversations loads by id; see the package.
func (s *Service) Conversations(ctx context.Context, ids []string) ([]*ent.Conversation, error) {
	return align(ids, func(distinct []string) ([]*ent.Conversation, error) {
		return s.store.Client(ctx).Conversation.Query().Where(conversation.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Conversation) string { return v.ID })
}

// Messages loads by id; see the package.
func (s *Service) Messages(ctx context.Context, ids []string) ([]*ent.Message, error) {
	return align(ids, func(distinct []string) ([]*ent.Message, error) {
		return s.store.Client(ctx).Message.Query().Where(message.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Message) string { return v.ID })
}

// UndeletedMessages loads by id those that were not deleted, as visitors see them (IN-14).
func (s *Service) UndeletedMessages(ctx context.Context, ids []string) ([]*ent.Message, error) {
	found, err := s.Messages(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, m := range found {
		if m != nil && m.DeletedAt.IsSet() {
			found[i] = nil
		}
	}
	return found, nil
}

// AgentRuns loads by id; see the package.
func (s *Service) AgentRuns(ctx context.Context, ids []string) ([]*ent.AgentRun, error) {
	return align(ids, func(distinct []string) ([]*ent.AgentRun, error) {
		return s.store.Client(ctx).AgentRun.Query().Where(agentrun.IDIn(distinct...)).All(ctx)
	}, func(v *ent.AgentRun) string { return v.ID })
}

// Proposals loads by id; see the package.
func (s *Service) Proposals(ctx context.Context, ids []string) ([]*ent.Proposal, error) {
	return align(ids, func(distinct []string) ([]*ent.Proposal, error) {
		return s.store.Client(ctx).Proposal.Query().Where(proposal.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Proposal) string { return v.ID })
}

// Annotations loads by id; see the package.
func (s *Service) Annotations(ctx context.Context, ids []string) ([]*ent.Annotation, error) {
	return align(ids, func(distinct []string) ([]*ent.Annotation, error) {
		return s.store.Client(ctx).Annotation.Query().Where(annotation.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Annotation) string { return v.ID })
}

// Bots loads by id; see the package.
func (s *Service) Bots(ctx context.Context, ids []string) ([]*ent.Bot, error) {
	return align(ids, func(distinct []string) ([]*ent.Bot, error) {
		return s.store.Client(ctx).Bot.Query().Where(bot.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Bot) string { return v.ID })
}

// Integrations loads by id; see the package.
func (s *Service) Integrations(ctx context.Context, ids []string) ([]*ent.Integration, error) {
	return align(ids, func(distinct []string) ([]*ent.Integration, error) {
		return s.store.Client(ctx).Integration.Query().Where(integration.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Integration) string { return v.ID })
}

// TargetedMessages loads by id; see the package.
func (s *Service) TargetedMessages(ctx context.Context, ids []string) ([]*ent.TargetedMessage, error) {
	return align(ids, func(distinct []string) ([]*ent.TargetedMessage, error) {
		return s.store.Client(ctx).TargetedMessage.Query().Where(targetedmessage.IDIn(distinct...)).All(ctx)
	}, func(v *ent.TargetedMessage) string { return v.ID })
}

// PersonalMailboxes loads by id; see the package.
func (s *Service) PersonalMailboxes(ctx context.Context, ids []string) ([]*ent.PersonalMailbox, error) {
	return align(ids, func(distinct []string) ([]*ent.PersonalMailbox, error) {
		return s.store.Client(ctx).PersonalMailbox.Query().Where(personalmailbox.IDIn(distinct...)).All(ctx)
	}, func(v *ent.PersonalMailbox) string { return v.ID })
}

// MessageRevisions loads by id; see the package.
func (s *Service) MessageRevisions(ctx context.Context, ids []string) ([]*ent.MessageRevision, error) {
	return align(ids, func(distinct []string) ([]*ent.MessageRevision, error) {
		return s.store.Client(ctx).MessageRevision.Query().Where(messagerevision.IDIn(distinct...)).All(ctx)
	}, func(v *ent.MessageRevision) string { return v.ID })
}

// RoutingDecisions loads by id; see the package.
func (s *Service) RoutingDecisions(ctx context.Context, ids []string) ([]*ent.RoutingDecision, error) {
	return align(ids, func(distinct []string) ([]*ent.RoutingDecision, error) {
		return s.store.Client(ctx).RoutingDecision.Query().Where(routingdecision.IDIn(distinct...)).All(ctx)
	}, func(v *ent.RoutingDecision) string { return v.ID })
}

// VisitorSessions loads by id; see the package.
func (s *Service) VisitorSessions(ctx context.Context, ids []string) ([]*ent.VisitorSession, error) {
	return align(ids, func(distinct []string) ([]*ent.VisitorSession, error) {
		return s.store.Client(ctx).VisitorSession.Query().Where(visitorsession.IDIn(distinct...)).All(ctx)
	}, func(v *ent.VisitorSession) string { return v.ID })
}

// PageViews loads by id; see the package.
func (s *Service) PageViews(ctx context.Context, ids []string) ([]*ent.PageView, error) {
	return align(ids, func(distinct []string) ([]*ent.PageView, error) {
		return s.store.Client(ctx).PageView.Query().Where(pageview.IDIn(distinct...)).All(ctx)
	}, func(v *ent.PageView) string { return v.ID })
}

// Drafts loads by id; see the package.
func (s *Service) Drafts(ctx context.Context, ids []string) ([]*ent.Draft, error) {
	return align(ids, func(distinct []string) ([]*ent.Draft, error) {
		return s.store.Client(ctx).Draft.Query().Where(draft.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Draft) string { return v.ID })
}

// PushSubscriptions loads by id; see the package.
func (s *Service) PushSubscriptions(ctx context.Context, ids []string) ([]*ent.PushSubscription, error) {
	return align(ids, func(distinct []string) ([]*ent.PushSubscription, error) {
		return s.store.Client(ctx).PushSubscription.Query().Where(pushsubscription.IDIn(distinct...)).All(ctx)
	}, func(v *ent.PushSubscription) string { return v.ID })
}

// Notifications loads by id; see the package.
func (s *Service) Notifications(ctx context.Context, ids []string) ([]*ent.Notification, error) {
	return align(ids, func(distinct []string) ([]*ent.Notification, error) {
		return s.store.Client(ctx).Notification.Query().Where(notification.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Notification) string { return v.ID })
}

// ImageSenders loads by id; see the package.
func (s *Service) ImageSenders(ctx context.Context, ids []string) ([]*ent.ImageSender, error) {
	return align(ids, func(distinct []string) ([]*ent.ImageSender, error) {
		return s.store.Client(ctx).ImageSender.Query().Where(imagesender.IDIn(distinct...)).All(ctx)
	}, func(v *ent.ImageSender) string { return v.ID })
}

// SavedViews loads by id; see the package.
func (s *Service) SavedViews(ctx context.Context, ids []string) ([]*ent.SavedView, error) {
	return align(ids, func(distinct []string) ([]*ent.SavedView, error) {
		return s.store.Client(ctx).SavedView.Query().Where(savedview.IDIn(distinct...)).All(ctx)
	}, func(v *ent.SavedView) string { return v.ID })
}

// Events loads by id; see the package.
func (s *Service) Events(ctx context.Context, ids []string) ([]*ent.Event, error) {
	return align(ids, func(distinct []string) ([]*ent.Event, error) {
		return s.store.Client(ctx).Event.Query().Where(event.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Event) string { return v.ID })
}

// Tickets loads by id; see the package.
func (s *Service) Tickets(ctx context.Context, ids []string) ([]*ent.Ticket, error) {
	return align(ids, func(distinct []string) ([]*ent.Ticket, error) {
		return s.store.Client(ctx).Ticket.Query().Where(ticket.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Ticket) string { return v.ID })
}

// Properties loads by id; see the package.
func (s *Service) Properties(ctx context.Context, ids []string) ([]*ent.Property, error) {
	return align(ids, func(distinct []string) ([]*ent.Property, error) {
		return s.store.Client(ctx).Property.Query().Where(property.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Property) string { return v.ID })
}

// IdentityProviders loads by id, for admins alone (AC-9); see the package.
func (s *Service) IdentityProviders(ctx context.Context, ids []string) ([]*ent.IdentityProvider, error) {
	if v := viewer.FromContext(ctx); v == nil || !v.AllInboxes() {
		return make([]*ent.IdentityProvider, len(ids)), nil
	}
	return align(ids, func(distinct []string) ([]*ent.IdentityProvider, error) {
		return s.store.Client(ctx).IdentityProvider.Query().Where(identityprovider.IDIn(distinct...)).All(ctx)
	}, func(v *ent.IdentityProvider) string { return v.ID })
}

// AuditEntries loads by id, for admins alone (AC-17); see the package.
func (s *Service) AuditEntries(ctx context.Context, ids []string) ([]*ent.AuditEntry, error) {
	return align(ids, func(distinct []string) ([]*ent.AuditEntry, error) {
		return s.store.Client(ctx).AuditEntry.Query().Where(auditentry.IDIn(distinct...)).All(ctx)
	}, func(v *ent.AuditEntry) string { return v.ID })
}

// OauthApps loads by id; see the package.
func (s *Service) OauthApps(ctx context.Context, ids []string) ([]*ent.OauthApp, error) {
	return align(ids, func(distinct []string) ([]*ent.OauthApp, error) {
		return s.store.Client(ctx).OauthApp.Query().Where(oauthapp.IDIn(distinct...)).All(ctx)
	}, func(v *ent.OauthApp) string { return v.ID })
}

// Sessions loads by id; see the package.
func (s *Service) Sessions(ctx context.Context, ids []string) ([]*ent.Session, error) {
	return align(ids, func(distinct []string) ([]*ent.Session, error) {
		return s.store.Client(ctx).Session.Query().Where(session.IDIn(distinct...)).All(ctx)
	}, func(v *ent.Session) string { return v.ID })
}

// Tokens loads by id, for admins alone (AC-5); see the package.
func (s *Service) Tokens(ctx context.Context, ids []string) ([]*ent.ApiToken, error) {
	if v := viewer.FromContext(ctx); v == nil || !v.AllInboxes() {
		return make([]*ent.ApiToken, len(ids)), nil
	}
	return align(ids, func(distinct []string) ([]*ent.ApiToken, error) {
		return s.store.Client(ctx).ApiToken.Query().Where(apitoken.IDIn(distinct...)).All(ctx)
	}, func(v *ent.ApiToken) string { return v.ID })
}
