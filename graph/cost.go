package graph

import (
	"bytes"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"parley/graph/generated"
	"parley/internal/audit"
	"parley/internal/clock"
	"parley/internal/company"
	"parley/internal/contact"
	conversationlive "parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/crm"
	"parley/internal/engagement"
	"parley/internal/event"
	"parley/internal/paging"
	"parley/internal/quote"
	"parley/internal/vocab"
)

// pageSize is how many rows a page is charged for: what is asked for, else the
// field's default.
func pageSize(byDefault int, sizes ...*int) int {
	return largePageSize(paging.MaxPage, byDefault, sizes...)
}

// largePageSize is pageSize where a page may have more rows.
func largePageSize(most, byDefault int, sizes ...*int) int {
	for _, n := range sizes {
		if n != nil {
			return min(max(*n, 1), most)
		}
	}
	return byDefault
}

// unpaged is as how many rows a list is charged that is not paged.
const unpaged = 10

// setPrices charges lists for their rows: one for each field of each row. Lists
// that are not paged are charged as ten rows.
func setPrices(c *generated.ComplexityRoot) {
	c.Query.Conversations = func(child int, _ *string, _ *view.ViewInput, _ *view.Filter, _ *vocab.ConversationOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Subscription.ConversationView = func(child int, _ *string, _ *view.ViewInput, _ *view.Filter, _ *vocab.ConversationOrder, first *int) int {
		return 1 + child*largePageSize(conversationlive.MaxWindow, 50, first)
	}
	c.Query.SearchConversations = func(child int, _ string, _ *view.Filter, _ *vocab.SearchOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(20, first, last)
	}
	c.Query.Contacts = func(child int, _ *contact.ContactFilter, _ *vocab.ContactOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Companies = func(child int, _ *company.CompanyFilter, _ *vocab.CompanyOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.AuditLog = func(child int, _ *audit.Filter, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Sessions = func(child int, _ *string, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Events = func(child int, _ *int64, first *int, last *int, _ *int64, _ []vocab.EventType, _ []string) int {
		return 1 + child*largePageSize(event.MaxPage, 100, first, last)
	}
	c.Inbox.Setup = func(child int) int { return 1 + child*10 }
	c.Query.Nodes = func(child int, ids []string) int { return 1 + child*max(len(ids), 1) }
	setCatalogPrices(c)
	setThreadPrices(c)
	c.Query.ViewCounts = viewCountsPrice
	c.Subscription.ViewCounts = viewCountsPrice
	watched := func(child int, _ string, first *int) int { return 1 + child*pageSize(paging.MaxPage, first) }
	c.Subscription.InboxPeople, c.Subscription.ContactListMembers = watched, watched
	c.Subscription.ConversationPresence = func(child int, _ string, _ *bool) int { return 1 + child*unpaged }
	c.Message.Attachments = func(child int, _ *string) int { return 1 + child*unpaged }
	for _, list := range []*func(int) int{&c.Inbox.ViewCounts, &c.Message.Mentions, &c.VisitorMessage.Attachments, &c.Conversation.DraftBy, &c.Draft.Mentions, &c.Draft.Attachments,
		&c.Message.Cards, &c.VisitorMessage.Cards, &c.LibraryItem.Variants, &c.LibraryItem.UserLinks, &c.LibraryItem.Files, &c.LibraryItem.Versions, &c.Message.QuickReplies, &c.VisitorMessage.QuickReplies, &c.InsertedLibraryItem.Files, &c.ReplyPreview.Cards, &c.Conversation.Ratings, &c.Conversation.AgentRuns, &c.Conversation.FlowRuns,
		&c.Conversation.Annotations, &c.Message.Annotations, &c.Annotation.Earlier, &c.Proposal.Sources, &c.IdentityProvider.RoleMapping, &c.IdentityProvider.TeamMapping, &c.AuditEntry.Changes, &c.Message.Reactions, &c.Message.RemoteFiles, &c.OutboundMessage.Attachments, &c.OutboundMessage.QuickReplies, &c.ChannelCapabilities.AttachmentTypes, &c.MessageTemplate.Parameters} {
		*list = func(child int) int { return 1 + child*unpaged }
	}
	c.Conversation.Proposals = func(child int, _ []vocab.ProposalState, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(20, first, last)
	}
	c.Query.ProposalOutcomes = func(child int, _, _ clock.Micros, _ *clock.Micros, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Inbox.RatingCounts = func(child int, _ clock.Micros, _ *clock.Micros) int { return 1 + child*unpaged }
	withArchived := func(child int, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.ContactLists, c.Query.Teams, c.Query.Bots = withArchived, withArchived, withArchived
	blockedSenders := func(child int, _ *string, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(20, first, last)
	}
	c.ChatChannel.BlockedSenders, c.EmailChannel.BlockedSenders, c.CustomChannel.BlockedSenders = blockedSenders, blockedSenders, blockedSenders
	c.Conversation.TranscriptText = func(int, *int, *bool) int { return 100 }
	c.Query.SearchKnowledge = func(child int, _ string, _ []vocab.ArticleAudience, _ *string, first *int) int {
		return 1 + child*pageSize(10, first)
	}
	setRecordPrices(c)
	setPagePrices(c)
}

// setCatalogPrices charges what an account has of users, and what it set up.
func setCatalogPrices(c *generated.ComplexityRoot) {
	c.Query.Users = func(child int, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.ContactSubscriptionTypes = c.Query.Users
	c.Query.Tags = func(child int, _ *string, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.LibraryItems = func(child int, _ *string, _ *vocab.LibraryItemKind, _ *string, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Properties = func(child int, _ vocab.PropertyObject, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.SavedViews = func(child int, _ *string, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
}

// setThreadPrices charges the messages of conversations, and what is in one order with them.
func setThreadPrices(c *generated.ComplexityRoot) {
	c.Query.VisitorConversations = func(child int, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Conversation.Messages = func(child int, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Conversation.Entries = func(child int, _ []vocab.EntryKind, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.VisitorConversation.Messages = func(child int, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
}

// twenty charges a list of at most as many.
func twenty(child int) int { return 1 + 20*child }

// setRecordPrices charges the lists of tickets, deals and what they go through.
func setRecordPrices(c *generated.ComplexityRoot) {
	c.Query.Tickets = func(child int, _ *crm.TicketFilter, _ *vocab.TicketOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Deals = func(child int, _ *crm.DealFilter, _ *vocab.DealOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Quotes = func(child int, _ *quote.QuoteFilter, _ *vocab.QuoteOrder, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Engagements = func(child int, _ *engagement.EngagementFilter, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.WebhookDelivery.Attempts = func(child int) int { return 1 + child*unpaged }
	c.DeliveryExplanation.Steps = func(child int) int { return 1 + child*unpaged }
	c.Query.WebhookDeliveries = func(child int, _ string, _ *vocab.WebhookDeliveryState, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.Notifications = func(child int, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.PushSubscriptions, c.Query.SlackWorkspaces, c.Inbox.SlackChannels = twenty, twenty, twenty
	c.AvailableSlackChannels.Channels = func(child int) int { return 1 + 200*child }
	c.Query.NotificationPreferences = func(child int, _ *string) int { return 1 + child*unpaged }
	c.UpdateNotificationPreferencesPayload.Preferences = func(child int) int { return 1 + child*unpaged }
	c.Query.EngagementTasks = func(child int, _ *engagement.EngagementTaskFilter, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Query.DealTotals = func(child int, _ *crm.DealFilter) int { return 1 + child*unpaged }
	c.Query.Pipelines = func(child int, _ vocab.PipelineObject, _ *bool, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(50, first, last)
	}
	c.Subscription.TicketView = func(child int, _ *crm.TicketFilter, _ *vocab.TicketOrder, first *int) int {
		return 1 + child*pageSize(50, first, nil)
	}
	c.Subscription.ContactTimeline = func(child int, _ string, _ []vocab.TimelineKind, first *int) int {
		return 1 + child*pageSize(20, first, nil)
	}
	c.Pipeline.Stages = func(child int) int { return 1 + child*unpaged }
	c.Erasure.Counts = func(child int) int { return 1 + child*unpaged }
	c.ContactImport.Columns = func(child int) int { return 1 + child*unpaged }
	c.PreviewContactImportPayload.Columns = func(child int) int { return 1 + child*unpaged }
	c.ContactImport.Rows = func(child int, _ []vocab.ContactImportOutcome, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(20, first, last)
	}
	c.ContactList.Problems = c.Pipeline.Stages
	conditions := func(child int) int { return 1 + child*3 } // all of them together are 50
	c.ContactListCriteria.All, c.ContactListCriteria.Any = conditions, conditions
	c.Conversation.Associations = c.Pipeline.Stages
	tests := func(child int) int { return 1 + child*3 } // all of a filter together are 20
	c.SavedFilter.Properties, c.SavedFilter.ContactProperties = tests, tests
	c.SavedFilterGroup.Properties, c.SavedFilterGroup.ContactProperties = tests, tests
	c.SavedFilterDetail.Properties, c.SavedFilterDetail.ContactProperties = tests, tests
	c.SavedFilter.Annotations, c.SavedFilterGroup.Annotations, c.SavedFilterDetail.Annotations = tests, tests, tests
	c.TargetedMessage.ContactProperties = tests
	c.Contact.Timeline = func(child int, _ []vocab.TimelineKind, first *int, _ *string, last *int, _ *string) int {
		return 1 + child*pageSize(20, first, last)
	}
	c.QuoteContent.Lines, c.QuoteTotal.Taxes = c.Pipeline.Stages, c.Pipeline.Stages
	c.QuoteContent.Totals = conditions
	c.DealTotal.Amounts, c.Engagement.Attachments = c.Pipeline.Stages, c.Pipeline.Stages
}

// setPagePrices charges lists that have no other arguments than a connection's.
func setPagePrices(c *generated.ComplexityRoot) {
	type list = *func(child int, first *int, after *string, last *int, before *string) int
	for size, lists := range map[int][]list{
		100: {&c.Inbox.EmailAllowList},
		50: {
			&c.AgentRun.Steps,
			&c.Query.Tasks, &c.Query.Drafts, &c.Query.Erasures, &c.Query.Inboxes, &c.Query.Integrations, &c.Query.RemoteImageSenders, &c.Query.APITokens, &c.Query.IdentityProviders, &c.Query.OauthApps, &c.ChatChannel.CustomTexts,
			&c.TargetedMessagePreview.Verdicts, &c.TargetedMessagePreview.Warnings,
		},
		20: {
			&c.Inbox.Users, &c.Inbox.Teams, &c.Inbox.Members, &c.Inbox.People, &c.Inbox.EmailChannels, &c.Inbox.CustomChannels, &c.User.Teams, &c.User.PersonalMailboxes, &c.Team.Members,
			&c.Integration.Inboxes, &c.ChatChannel.TargetedMessages, &c.Message.Revisions, &c.Message.Repeats, &c.Conversation.Participants, &c.Conversation.Tickets, &c.Ticket.Contacts, &c.Deal.Contacts,
			&c.Conversation.RoutingDecisions, &c.RoutingDecision.Candidates, &c.Visitor.PageViews, &c.Visitor.Sessions, &c.Contact.PageViews, &c.Contact.Consents,
			&c.Contact.Conversations, &c.Contact.Lists, &c.Contact.Tickets, &c.Contact.Deals, &c.Conversation.Deals, &c.Company.Engagements, &c.Contact.Engagements, &c.Conversation.Engagements, &c.Deal.Engagements,
			&c.Ticket.Engagements, &c.Engagement.Revisions, &c.Company.Contacts, &c.Company.Tickets, &c.Company.Deals, &c.Contact.Blocks, &c.LibraryItem.Shares, &c.LibraryShare.Openings, &c.Deal.Quotes, &c.Contact.Quotes, &c.Conversation.Quotes, &c.Quote.Versions, &c.Quote.Views, &c.ContactList.Members, &c.Bot.Inboxes, &c.Task.Skips,
		},
	} {
		for _, paged := range lists {
			*paged = func(child int, first *int, _ *string, last *int, _ *string) int {
				return 1 + child*pageSize(size, first, last)
			}
		}
	}
}

// viewCountsPrice charges the built-in views of each inbox, and each saved view.
func viewCountsPrice(child int, inboxIDs, savedViewIDs []string) int {
	const usual = 5 // inboxes, where all are asked for
	inboxes := len(inboxIDs)
	if inboxIDs == nil && savedViewIDs == nil {
		inboxes = usual
	}
	return 1 + child*max(1, inboxes*len(view.CountedViews)+len(savedViewIDs))
}

func printSDL(schema *ast.Schema) string {
	var b bytes.Buffer
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatSchema(schema)
	return b.String()
}
