package page

import (
	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/wording"
	"parley/internal/contact/transfer"
	"parley/internal/paging"
	"parley/internal/proposal"
	"parley/internal/timeline"
	"parley/internal/vocab"
)

// Pages of lists that have nothing but their rows.
type (
	// UserConnection is a page of rows.
	UserConnection = paging.Connection[*ent.User]
	// UserEdge is a row of such a page.
	UserEdge = paging.Edge[*ent.User]
	// TagConnection is a page of rows.
	TagConnection = paging.Connection[*ent.Tag]
	// TagEdge is a row of such a page.
	TagEdge = paging.Edge[*ent.Tag]
	// PropertyConnection is a page of rows.
	PropertyConnection = paging.Connection[*ent.Property]
	// PropertyEdge is a row of such a page.
	PropertyEdge = paging.Edge[*ent.Property]
	// BotFlowConnection is a page of rows.
	BotFlowConnection = paging.Connection[*ent.BotFlow]
	// BotFlowEdge is a row of such a page.
	BotFlowEdge = paging.Edge[*ent.BotFlow]
	// AgentStepConnection is a page of rows.
	AgentStepConnection = paging.Connection[*ent.AgentStep]
	// AgentStepEdge is a row of such a page.
	AgentStepEdge = paging.Edge[*ent.AgentStep]
	// ProposalConnection is a page of rows.
	ProposalConnection = paging.Connection[*ent.Proposal]
	// ProposalEdge is a row of such a page.
	ProposalEdge = paging.Edge[*ent.Proposal]
	// ProposalOutcomeConnection is a page of rows.
	ProposalOutcomeConnection = paging.Connection[*proposal.Outcome]
	// ProposalOutcomeEdge is a row of such a page.
	ProposalOutcomeEdge = paging.Edge[*proposal.Outcome]
	// WebhookEndpointConnection is a page of rows.
	WebhookEndpointConnection = paging.Connection[*ent.WebhookEndpoint]
	// WebhookEndpointEdge is a row of such a page.
	WebhookEndpointEdge = paging.Edge[*ent.WebhookEndpoint]
	// WebhookDeliveryConnection is a page of rows.
	WebhookDeliveryConnection = paging.Connection[*ent.WebhookDelivery]
	// WebhookDeliveryEdge is a row of such a page.
	WebhookDeliveryEdge = paging.Edge[*ent.WebhookDelivery]
	// BotConnection is a page of rows.
	BotConnection = paging.Connection[*ent.Bot]
	// BotEdge is a row of such a page.
	BotEdge = paging.Edge[*ent.Bot]
	// IntegrationConnection is a page of rows.
	IntegrationConnection = paging.Connection[*ent.Integration]
	// IntegrationEdge is a row of such a page.
	IntegrationEdge = paging.Edge[*ent.Integration]
	// TeamConnection is a page of rows.
	TeamConnection = paging.Connection[*ent.Team]
	// TeamEdge is a row of such a page.
	TeamEdge = paging.Edge[*ent.Team]
	// AuditEntryConnection is a page of rows.
	AuditEntryConnection = paging.Connection[*ent.AuditEntry]
	// AuditEntryEdge is a row of such a page.
	AuditEntryEdge = paging.Edge[*ent.AuditEntry]
	// OauthAppConnection is a page of rows.
	OauthAppConnection = paging.Connection[*ent.OauthApp]
	// OauthAppEdge is a row of such a page.
	OauthAppEdge = paging.Edge[*ent.OauthApp]
	// IdentityProviderConnection is a page of rows.
	IdentityProviderConnection = paging.Connection[*ent.IdentityProvider]
	// IdentityProviderEdge is a row of such a page.
	IdentityProviderEdge = paging.Edge[*ent.IdentityProvider]
	// SessionConnection is a page of rows.
	SessionConnection = paging.Connection[*ent.Session]
	// SessionEdge is a row of such a page.
	SessionEdge = paging.Edge[*ent.Session]
	// ApiTokenConnection is a page of rows.
	ApiTokenConnection = paging.Connection[*ent.ApiToken]
	// ApiTokenEdge is a row of such a page.
	ApiTokenEdge = paging.Edge[*ent.ApiToken]
	// InboxConnection is a page of rows.
	InboxConnection = paging.Connection[*ent.Inbox]
	// InboxEdge is a row of such a page.
	InboxEdge = paging.Edge[*ent.Inbox]
	// ChatTextConnection is a page of rows.
	ChatTextConnection = paging.Connection[*wording.Text]
	// ChatTextEdge is a row of such a page.
	ChatTextEdge = paging.Edge[*wording.Text]
	// VisitorSessionConnection is a page of rows.
	VisitorSessionConnection = paging.Connection[*ent.VisitorSession]
	// VisitorSessionEdge is a row of such a page.
	VisitorSessionEdge = paging.Edge[*ent.VisitorSession]

	// PageViewConnection is a page of rows.
	PageViewConnection = paging.Connection[*ent.PageView]
	// PageViewEdge is a row of such a page.
	PageViewEdge = paging.Edge[*ent.PageView]
	// ContactSubscriptionTypeConnection is a page of rows.
	ContactSubscriptionTypeConnection = paging.Connection[*ent.SubscriptionType]
	// ContactSubscriptionTypeEdge is a row of such a page.
	ContactSubscriptionTypeEdge = paging.Edge[*ent.SubscriptionType]
	// ConsentConnection is a page of rows.
	ConsentConnection = paging.Connection[*ent.ConsentRecord]
	// ConsentEdge is a row of such a page.
	ConsentEdge = paging.Edge[*ent.ConsentRecord]
	// CustomChannelConnection is a page of rows.
	CustomChannelConnection = paging.Connection[*ent.CustomChannel]
	// CustomChannelEdge is a row of such a page.
	CustomChannelEdge = paging.Edge[*ent.CustomChannel]
	// EmailChannelConnection is a page of rows.
	EmailChannelConnection = paging.Connection[*ent.EmailChannel]
	// EmailChannelEdge is a row of such a page.
	EmailChannelEdge = paging.Edge[*ent.EmailChannel]
	// PersonalMailboxConnection is a page of rows.
	PersonalMailboxConnection = paging.Connection[*ent.PersonalMailbox]
	// PersonalMailboxEdge is a row of such a page.
	PersonalMailboxEdge = paging.Edge[*ent.PersonalMailbox]
	// EmailMailboxConnection is a page of rows.
	EmailMailboxConnection = paging.Connection[*vocab.Mailbox]
	// EmailRepeatConnection is a page of rows.
	EmailRepeatConnection = paging.Connection[*ent.InboundMail]
	// EmailRepeatEdge is a row of such a page.
	EmailRepeatEdge = paging.Edge[*ent.InboundMail]
	// EmailMailboxEdge is a row of such a page.
	EmailMailboxEdge = paging.Edge[*vocab.Mailbox]
	// MessageRevisionConnection is a page of rows.
	MessageRevisionConnection = paging.Connection[*ent.MessageRevision]
	// MessageRevisionEdge is a row of such a page.
	MessageRevisionEdge = paging.Edge[*ent.MessageRevision]
	// RoutingCandidateConnection is a page of rows.
	RoutingCandidateConnection = paging.Connection[*vocab.RoutingCandidate]
	// RoutingCandidateEdge is a row of such a page.
	RoutingCandidateEdge = paging.Edge[*vocab.RoutingCandidate]
	// RoutingDecisionConnection is a page of rows.
	RoutingDecisionConnection = paging.Connection[*ent.RoutingDecision]
	// RoutingDecisionEdge is a row of such a page.
	RoutingDecisionEdge = paging.Edge[*ent.RoutingDecision]
	// TargetedMessageConnection is a page of rows.
	TargetedMessageConnection = paging.Connection[*ent.TargetedMessage]
	// TargetedMessageEdge is a row of such a page.
	TargetedMessageEdge = paging.Edge[*ent.TargetedMessage]
	// TargetedMessageVerdictConnection is a page of rows.
	TargetedMessageVerdictConnection = paging.Connection[*targeting.Verdict]
	// TargetedMessageVerdictEdge is a row of such a page.
	TargetedMessageVerdictEdge = paging.Edge[*targeting.Verdict]
	// TargetingWarningConnection is a page of rows.
	TargetingWarningConnection = paging.Connection[*targeting.Warning]
	// TargetingWarningEdge is a row of such a page.
	TargetingWarningEdge = paging.Edge[*targeting.Warning]
	// ContactListConnection is a page of rows.
	ContactListConnection = paging.Connection[*ent.ContactList]
	// ContactListEdge is a row of such a page.
	ContactListEdge = paging.Edge[*ent.ContactList]
	// ContactListMemberConnection is a page of rows.
	ContactListMemberConnection = paging.Connection[*ent.Contact]
	// ContactListMemberEdge is a row of such a page.
	ContactListMemberEdge = paging.Edge[*ent.Contact]
	// DraftConnection is a page of rows.
	DraftConnection = paging.Connection[*ent.Draft]
	// DraftEdge is a row of such a page.
	DraftEdge = paging.Edge[*ent.Draft]
	// NotificationConnection is a page of rows.
	NotificationConnection = paging.Connection[*ent.Notification]
	// NotificationEdge is a row of such a page.
	NotificationEdge = paging.Edge[*ent.Notification]
	// LibraryItemEdge is a row of a page.
	LibraryItemEdge = paging.Edge[*ent.LibraryItem]
	// DocumentOpeningConnection is a page of rows.
	DocumentOpeningConnection = paging.Connection[*ent.LibraryOpening]
	// DocumentOpeningEdge is a row of such a page.
	DocumentOpeningEdge = paging.Edge[*ent.LibraryOpening]
	// LibraryShareConnection is a page of rows.
	LibraryShareConnection = paging.Connection[*ent.LibraryShare]
	// LibraryShareEdge is a row of such a page.
	LibraryShareEdge = paging.Edge[*ent.LibraryShare]
	// PipelineConnection is a page of rows.
	PipelineConnection = paging.Connection[*ent.Pipeline]
	// PipelineEdge is a row of such a page.
	PipelineEdge = paging.Edge[*ent.Pipeline]
	// CompanyEdge is a row of a page.
	CompanyEdge = paging.Edge[*ent.Company]
	// EngagementConnection is a page of rows.
	EngagementConnection = paging.Connection[*ent.Engagement]
	// EngagementEdge is a row of such a page.
	EngagementEdge = paging.Edge[*ent.Engagement]
	// EngagementRevisionConnection is a page of rows.
	EngagementRevisionConnection = paging.Connection[*ent.EngagementRevision]
	// EngagementRevisionEdge is a row of such a page.
	EngagementRevisionEdge = paging.Edge[*ent.EngagementRevision]
	// TimelineConnection is a page of rows.
	TimelineConnection = paging.Connection[*timeline.Entry]
	// TimelineEdge is a row of such a page.
	TimelineEdge = paging.Edge[*timeline.Entry]
	// QuoteConnection is a page of rows.
	QuoteConnection = paging.Connection[*ent.Quote]
	// QuoteEdge is a row of such a page.
	QuoteEdge = paging.Edge[*ent.Quote]
	// QuoteVersionConnection is a page of rows.
	QuoteVersionConnection = paging.Connection[*ent.QuoteVersion]
	// QuoteVersionEdge is a row of such a page.
	QuoteVersionEdge = paging.Edge[*ent.QuoteVersion]
	// QuoteViewConnection is a page of rows.
	QuoteViewConnection = paging.Connection[*ent.QuoteView]
	// QuoteViewEdge is a row of such a page.
	QuoteViewEdge = paging.Edge[*ent.QuoteView]
	// DealEdge is a row of a page.
	DealEdge = paging.Edge[*ent.Deal]
	// TicketEdge is a row of such a page.
	TicketEdge = paging.Edge[*ent.Ticket]
	// RemoteImageSenderConnection is a page of rows.
	RemoteImageSenderConnection = paging.Connection[*ent.ImageSender]
	// RemoteImageSenderEdge is a row of such a page.
	RemoteImageSenderEdge = paging.Edge[*ent.ImageSender]
	// BlockedSenderConnection is a page of rows.
	BlockedSenderConnection = paging.Connection[*ent.Block]
	// BlockedSenderEdge is a row of such a page.
	BlockedSenderEdge = paging.Edge[*ent.Block]
	// EmailAllowListConnection is a page of rows.
	EmailAllowListConnection = paging.Connection[string]
	// EmailAllowListEdge is a row of such a page.
	EmailAllowListEdge = paging.Edge[string]
	// ErasureConnection is a page of rows.
	ErasureConnection = paging.Connection[*ent.Erasure]
	// ErasureEdge is a row of such a page.
	ErasureEdge = paging.Edge[*ent.Erasure]
	// ContactImportRowConnection is a page of rows.
	ContactImportRowConnection = paging.Connection[*transfer.Row]
	// ContactImportRowEdge is a row of such a page.
	ContactImportRowEdge = paging.Edge[*transfer.Row]
	// TaskProblemConnection is a page of rows.
	TaskProblemConnection = paging.Connection[*vocab.TaskProblem]
	// TaskProblemEdge is a row of such a page.
	TaskProblemEdge = paging.Edge[*vocab.TaskProblem]
	// TaskConnection is a page of rows.
	TaskConnection = paging.Connection[*ent.Task]
	// TaskEdge is a row of such a page.
	TaskEdge = paging.Edge[*ent.Task]
	// SavedViewConnection is a page of rows.
	SavedViewConnection = paging.Connection[*ent.SavedView]
	// SavedViewEdge is a row of such a page.
	SavedViewEdge = paging.Edge[*ent.SavedView]
)
