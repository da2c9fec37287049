package vocab

// EventType names what happened (NT-3).
type EventType string

// Types of events, in the order of the SDL's enum.
const (
	ConversationCreated      EventType = "CONVERSATION_CREATED"
	ConversationAssigned     EventType = "CONVERSATION_ASSIGNED"
	ConversationUnassigned   EventType = "CONVERSATION_UNASSIGNED"
	ConversationRouted       EventType = "CONVERSATION_ROUTED"
	ConversationClosed       EventType = "CONVERSATION_CLOSED"
	ConversationReopened     EventType = "CONVERSATION_REOPENED"
	ConversationFiltered     EventType = "CONVERSATION_FILTERED"
	ConversationUnfiltered   EventType = "CONVERSATION_UNFILTERED"
	ConversationDeleted      EventType = "CONVERSATION_DELETED"
	ConversationRestored     EventType = "CONVERSATION_RESTORED"
	ConversationPurged       EventType = "CONVERSATION_PURGED"
	ConversationUpdated      EventType = "CONVERSATION_UPDATED"
	ConversationRead         EventType = "CONVERSATION_READ"
	DraftChanged             EventType = "DRAFT_CHANGED"
	DraftStarted             EventType = "DRAFT_STARTED"
	DraftEnded               EventType = "DRAFT_ENDED"
	ConversationTagged       EventType = "CONVERSATION_TAGGED"
	ConversationSnoozed      EventType = "CONVERSATION_SNOOZED"
	ConversationUnsnoozed    EventType = "CONVERSATION_UNSNOOZED"
	ConversationEscalated    EventType = "CONVERSATION_ESCALATED"
	BotHandedOffEvent        EventType = "BOT_HANDED_OFF"
	BotTakenOverEvent        EventType = "BOT_TAKEN_OVER"
	AgentRunChanged          EventType = "AGENT_RUN_CHANGED"
	AgentStepReported        EventType = "AGENT_STEP_REPORTED"
	ProposalCreatedEvent     EventType = "PROPOSAL_CREATED"
	ProposalAcceptedEvent    EventType = "PROPOSAL_ACCEPTED"
	ProposalDismissedEvent   EventType = "PROPOSAL_DISMISSED"
	ProposalStaleEvent       EventType = "PROPOSAL_STALE"
	AnnotationAdded          EventType = "ANNOTATION_ADDED"
	AnnotationRemoved        EventType = "ANNOTATION_REMOVED"
	MessageCreated           EventType = "MESSAGE_CREATED"
	MessageUpdated           EventType = "MESSAGE_UPDATED"
	MessageDeleted           EventType = "MESSAGE_DELETED"
	MessageDeliveryChanged   EventType = "MESSAGE_DELIVERY_CHANGED"
	MessageReactionChanged   EventType = "MESSAGE_REACTION_CHANGED"
	MessageReturned          EventType = "MESSAGE_RETURNED"
	TranscriptSent           EventType = "TRANSCRIPT_SENT"
	RatingGiven              EventType = "RATING_GIVEN"
	ContactCreated           EventType = "CONTACT_CREATED"
	ContactUpdated           EventType = "CONTACT_UPDATED"
	ContactErased            EventType = "CONTACT_ERASED"
	ContactMerged            EventType = "CONTACT_MERGED"
	ContactUnmerged          EventType = "CONTACT_UNMERGED"
	ContactDeleted           EventType = "CONTACT_DELETED"
	ContactBlocked           EventType = "CONTACT_BLOCKED"
	ContactUnblocked         EventType = "CONTACT_UNBLOCKED"
	ContactLinked            EventType = "CONTACT_LINKED"
	ContactUnlinked          EventType = "CONTACT_UNLINKED"
	CompanyCreated           EventType = "COMPANY_CREATED"
	CompanyUpdated           EventType = "COMPANY_UPDATED"
	CompanyDeleted           EventType = "COMPANY_DELETED"
	ListEntered              EventType = "LIST_ENTERED"
	ListLeft                 EventType = "LIST_LEFT"
	ContactListCreated       EventType = "CONTACT_LIST_CREATED"
	ContactListUpdated       EventType = "CONTACT_LIST_UPDATED"
	ContactListArchived      EventType = "CONTACT_LIST_ARCHIVED"
	ContactListDeleted       EventType = "CONTACT_LIST_DELETED"
	ConsentRecorded          EventType = "CONSENT_RECORDED"
	ConsentWithdrawn         EventType = "CONSENT_WITHDRAWN"
	VisitorSessionEnded      EventType = "VISITOR_SESSION_ENDED"
	SubscriptionTypeCreated  EventType = "CONTACT_SUBSCRIPTION_TYPE_CREATED"
	SubscriptionTypeUpdated  EventType = "CONTACT_SUBSCRIPTION_TYPE_UPDATED"
	SubscriptionTypeArchived EventType = "CONTACT_SUBSCRIPTION_TYPE_ARCHIVED"
	SubscriptionTypeDeleted  EventType = "CONTACT_SUBSCRIPTION_TYPE_DELETED"
	UserCreated              EventType = "USER_CREATED"
	UserUpdated              EventType = "USER_UPDATED"
	UserDeactivated          EventType = "USER_DEACTIVATED"
	UserReactivated          EventType = "USER_REACTIVATED"
	UserInvited              EventType = "USER_INVITED"
	UserAvailabilityChanged  EventType = "USER_AVAILABILITY_CHANGED"
	PersonalMailboxConnected EventType = "PERSONAL_MAILBOX_CONNECTED"
	PersonalMailboxRemoved   EventType = "PERSONAL_MAILBOX_REMOVED"
	IntegrationUpdated       EventType = "INTEGRATION_UPDATED"
	BotCreated               EventType = "BOT_CREATED"
	BotUpdated               EventType = "BOT_UPDATED"
	TeamCreated              EventType = "TEAM_CREATED"
	TeamUpdated              EventType = "TEAM_UPDATED"
	TeamArchived             EventType = "TEAM_ARCHIVED"
	TeamDeleted              EventType = "TEAM_DELETED"
	AccountUpdated           EventType = "ACCOUNT_UPDATED"
	InboxCreated             EventType = "INBOX_CREATED"
	InboxUpdated             EventType = "INBOX_UPDATED"
	FilteredSeen             EventType = "FILTERED_SEEN"
	InboxDeleted             EventType = "INBOX_DELETED"
	MemberAdded              EventType = "MEMBER_ADDED"
	MemberRemoved            EventType = "MEMBER_REMOVED"
	ChannelCreated           EventType = "CHANNEL_CREATED"
	ChannelUpdated           EventType = "CHANNEL_UPDATED"
	ChannelStateChanged      EventType = "CHANNEL_STATE_CHANGED"
	ChannelRemoved           EventType = "CHANNEL_REMOVED"
	TargetedMessageCreated   EventType = "TARGETED_MESSAGE_CREATED"
	TargetedMessagePublished EventType = "TARGETED_MESSAGE_PUBLISHED"
	TargetedMessageUpdated   EventType = "TARGETED_MESSAGE_UPDATED"
	TargetedMessageDeleted   EventType = "TARGETED_MESSAGE_DELETED"
	TokenCreated             EventType = "TOKEN_CREATED"
	TokenRevoked             EventType = "TOKEN_REVOKED"
	TokenUpdated             EventType = "TOKEN_UPDATED"
	TokenRotated             EventType = "TOKEN_ROTATED"
	SignedIn                 EventType = "SIGNED_IN"
	SignedOut                EventType = "SIGNED_OUT"
	IdentityProviderCreated  EventType = "IDENTITY_PROVIDER_CREATED"
	IdentityProviderUpdated  EventType = "IDENTITY_PROVIDER_UPDATED"
	IdentityProviderDeleted  EventType = "IDENTITY_PROVIDER_DELETED"
	OauthAppCreated          EventType = "OAUTH_APP_CREATED"
	OauthAppDeleted          EventType = "OAUTH_APP_DELETED"
	WebhookEndpointCreated   EventType = "WEBHOOK_ENDPOINT_CREATED"
	WebhookEndpointUpdated   EventType = "WEBHOOK_ENDPOINT_UPDATED"
	WebhookEndpointDeleted   EventType = "WEBHOOK_ENDPOINT_DELETED"
	WebhookEndpointPaused    EventType = "WEBHOOK_ENDPOINT_PAUSED"
	SlackWorkspaceConnected  EventType = "SLACK_WORKSPACE_CONNECTED"
	SlackWorkspaceUpdated    EventType = "SLACK_WORKSPACE_UPDATED"
	SlackWorkspaceEnded      EventType = "SLACK_WORKSPACE_DISCONNECTED"
	SlackChannelAdded        EventType = "SLACK_CHANNEL_CONNECTED"
	SlackChannelUpdated      EventType = "SLACK_CHANNEL_UPDATED"
	SlackChannelRemoved      EventType = "SLACK_CHANNEL_DISCONNECTED"
	TicketCreated            EventType = "TICKET_CREATED"
	TicketUpdated            EventType = "TICKET_UPDATED"
	TicketDeleted            EventType = "TICKET_DELETED"
	DealCreated              EventType = "DEAL_CREATED"
	DealUpdated              EventType = "DEAL_UPDATED"
	DealDeleted              EventType = "DEAL_DELETED"
	QuoteCreated             EventType = "QUOTE_CREATED"
	QuoteUpdated             EventType = "QUOTE_UPDATED"
	QuotePublishedEvent      EventType = "QUOTE_PUBLISHED"
	QuoteViewedEvent         EventType = "QUOTE_VIEWED"
	QuoteAcceptedEvent       EventType = "QUOTE_ACCEPTED"
	QuoteDeclinedEvent       EventType = "QUOTE_DECLINED"
	QuoteExpiredEvent        EventType = "QUOTE_EXPIRED"
	QuoteRevokedEvent        EventType = "QUOTE_REVOKED"
	QuoteDeleted             EventType = "QUOTE_DELETED"
	EngagementLogged         EventType = "ENGAGEMENT_LOGGED"
	EngagementUpdated        EventType = "ENGAGEMENT_UPDATED"
	EngagementDeleted        EventType = "ENGAGEMENT_DELETED"
	EngagementTaskDue        EventType = "TASK_DUE"
	PipelineCreated          EventType = "PIPELINE_CREATED"
	PipelineUpdated          EventType = "PIPELINE_UPDATED"
	TagCreated               EventType = "TAG_CREATED"
	TagUpdated               EventType = "TAG_UPDATED"
	TagMerged                EventType = "TAG_MERGED"
	PropertyCreated          EventType = "PROPERTY_CREATED"
	PropertyUpdated          EventType = "PROPERTY_UPDATED"
	LibraryItemCreated       EventType = "LIBRARY_ITEM_CREATED"
	LibraryItemUpdated       EventType = "LIBRARY_ITEM_UPDATED"
	LibraryItemDeleted       EventType = "LIBRARY_ITEM_DELETED"
	LibraryLinkClicked       EventType = "LIBRARY_LINK_CLICKED"
	KnowledgeBaseUpdated     EventType = "KNOWLEDGE_BASE_UPDATED"
	DocumentOpened           EventType = "DOCUMENT_OPENED"
	LibraryShareRevoked      EventType = "LIBRARY_SHARE_REVOKED"
	SavedViewCreated         EventType = "SAVED_VIEW_CREATED"
	SavedViewUpdated         EventType = "SAVED_VIEW_UPDATED"
	SavedViewDeleted         EventType = "SAVED_VIEW_DELETED"
	TaskStarted              EventType = "TASK_STARTED"
	TaskFinished             EventType = "TASK_FINISHED"
)

// effect is what an event of a type may change for those who follow the log.
type effect uint16

const (
	// changesRow: what lists show of the event's conversation, its place in them, or
	// whether it is there.
	changesRow effect = 1 << iota
	// movesCounts: how many conversations an inbox's views have, or how many are
	// unread (IN-15).
	movesCounts
	// changesContent: what a row does not show, but a filter may ask for: what was
	// written when, and the words of messages and headers (IN-5).
	changesContent
	// changesContact: what rows show of a contact.
	changesContact
	// changesTag: what rows show of a tag, or what filters find by it (IN-31).
	changesTag
	// changesSavedView: what a saved view shows, or whether it is there (IN-19).
	changesSavedView
	// changesAuthority: what someone may see or do (AC-11).
	changesAuthority
	// hidesFromVisitor: the visitor no longer sees the conversation (IN-13).
	hidesFromVisitor
	// private: it reaches one user only, who did it.
	private
	// reachesAdmins: it reaches the user whom it is private to, and admins (AC-10).
	reachesAdmins
	// keepsRevision: it changes what rows show of the conversation, and not its revision.
	keepsRevision
	// noEntry: the conversation's history does not have it (API-6).
	noEntry
	// audited: the audit log has it too (AC-17).
	audited
)

// events has a row for each type of event. Whoever follows the log reads it here.
var events = map[EventType]struct {
	does effect
	// message is what becomes of the event's message; "": it is not about one.
	message ChangeKind
	// status is what the conversation has from then on; "": the one that it had.
	status ConversationStatus
	// subject is the SDL's type of the object that its subjectId names; "": it has none.
	subject string
	// fields are the names of what its changes are about. An event of a conversation
	// may also have other fields of it, which changed with it.
	fields []string
	// cause is what else emits it than the mutations that say so; "": nothing.
	cause string
}{
	ConversationCreated: {does: changesRow | movesCounts | changesContent,
		cause: "A visitor starts a chat, or an e-mail comes that belongs to no conversation.",
	},
	ConversationAssigned: {does: changesRow | movesCounts, fields: []string{"assignee", "assignedTeam"},
		cause: "Routing finds someone.",
	},
	ConversationUnassigned: {does: changesRow | movesCounts, fields: []string{"assignee", "assignedTeam", "reason"},
		cause: "Its user or team is no longer there for it: deactivated, deleted, or not a member of the inbox.",
	},
	ConversationRouted: {does: changesRow, fields: []string{"rule", "reason"},
		cause: "It starts, leaves Filtered or a bot, loses its user, someone who was away or had no room can take it, or its user does not answer or is gone.",
	},
	ConversationClosed: {does: changesRow | movesCounts, status: Closed, fields: []string{"status", "reason"},
		cause: "The contact has been silent, and the inbox closes by itself; a bot's chat has ended.",
	},
	ConversationReopened: {does: changesRow | movesCounts, status: Open, fields: []string{"status"},
		cause: "The contact writes again.",
	},
	ConversationFiltered: {does: changesRow | movesCounts, fields: []string{"filtered"},
		cause: "A message comes from a blocked sender, or a mail that is not for people to read.",
	},
	ConversationUnfiltered: {does: changesRow | movesCounts, fields: []string{"filtered"},
		cause: "Mail is judged again, by other rules.",
	},
	ConversationDeleted:  {does: audited | changesRow | movesCounts | hidesFromVisitor, fields: []string{"deletedAt"}},
	ConversationRestored: {does: audited | changesRow | movesCounts, fields: []string{"deletedAt"}},
	ConversationPurged: {does: audited | changesRow | movesCounts | hidesFromVisitor, subject: "Conversation",
		cause: "It was in the trash for 30 days, or its inbox was deleted.",
	},
	ConversationUpdated: {does: changesRow | movesCounts | changesContent, fields: []string{
		"priority", "subject", "filtered", "visitor", "externalId", "channel", "suggestedProperties", "properties", "associations",
	},
		cause: "A visitor proves who they are or says something of themselves, or mail is judged again.",
	},
	ConversationRead:    {does: changesRow | movesCounts | private | keepsRevision, fields: []string{"readNumber"}},
	DraftChanged:        {does: changesRow | private | keepsRevision, subject: "Draft", cause: "The message that it was for is sent."},
	DraftStarted:        {does: changesRow | keepsRevision},
	DraftEnded:          {does: changesRow | keepsRevision, cause: "The message that it was for is sent."},
	ConversationTagged:  {does: changesRow, fields: []string{"tags"}},
	ConversationSnoozed: {does: changesRow | movesCounts, fields: []string{"snoozedUntil"}},
	ConversationUnsnoozed: {does: changesRow | movesCounts, fields: []string{"snoozedUntil"},
		cause: "The time has come, or the contact writes.",
	},
	ConversationEscalated: {does: changesRow | keepsRevision, cause: "A notification of it was not read in time, and no one answered."},
	BotHandedOffEvent: {does: changesRow | movesCounts, fields: []string{"botState"},
		cause: "The bot has nothing more to say.",
	},
	BotTakenOverEvent: {does: changesRow | movesCounts, fields: []string{"botState"}},
	AgentRunChanged: {does: changesRow | keepsRevision | noEntry, subject: "AgentRun", fields: []string{"state", "turn"},
		cause: "The contact writes, the bot answers, a worker takes the turn or gives it back, a person takes over, or the bot gives no sign of life.",
	},
	AgentStepReported:      {does: changesRow | keepsRevision | noEntry, subject: "AgentRun", fields: []string{"kind"}},
	ProposalCreatedEvent:   {does: changesRow | keepsRevision | noEntry, subject: "Proposal", fields: []string{"kind", "action"}},
	ProposalAcceptedEvent:  {does: audited | changesRow | keepsRevision, subject: "Proposal", fields: []string{"state", "action", "proposedBy", "edited"}},
	ProposalDismissedEvent: {does: changesRow | keepsRevision | noEntry, subject: "Proposal", fields: []string{"state", "proposedBy"}},
	ProposalStaleEvent: {does: changesRow | keepsRevision | noEntry, subject: "Proposal", fields: []string{"state"},
		cause: "The contact writes, and the proposal does not know that message.",
	},
	AnnotationAdded:   {does: changesRow | changesContent | keepsRevision | noEntry, subject: "Annotation", fields: []string{"kind"}},
	AnnotationRemoved: {does: changesRow | changesContent | keepsRevision | noEntry, subject: "Annotation", fields: []string{"kind"}},
	MessageCreated: {does: changesRow | movesCounts | changesContent, message: ChangeAdded, fields: []string{"onBehalfOf", "proposedBy", "firstRespondedAt"},
		cause: "A visitor writes, an e-mail comes, or Parley itself has something to say.",
	},
	MessageUpdated: {does: changesRow | changesContent, message: ChangeChanged,
		cause: "A virus is found in one of its files.",
	},
	MessageDeleted: {does: changesRow | changesContent, message: ChangeDeleted},
	MessageDeliveryChanged: {does: changesRow | keepsRevision, message: ChangeChanged, fields: []string{"delivery"},
		cause: "A mail was sent, delivered or failed; a visitor read the message; a bot's message is canceled that no connector has yet.",
	},
	MessageReactionChanged: {does: changesRow | keepsRevision | noEntry, message: ChangeChanged, fields: []string{"reaction"}},
	MessageReturned: {does: changesRow | keepsRevision | noEntry, message: ChangeChanged,
		cause: "The outbox of a custom channel ends, or a message's lease.",
	},
	TranscriptSent: {subject: "Contact",
		cause: "A chat is closed.",
	},
	RatingGiven: {does: changesRow, fields: []string{"rating"},
		cause: "A contact answers by the link in a mail.",
	},
	ContactCreated: {subject: "Contact", fields: contactFields,
		cause: "Someone writes whom the account does not know.",
	},
	ContactUpdated: {does: changesContact, subject: "Contact", fields: contactFields,
		cause: "A visitor gives their address, a mail shows a name, someone wants no further transcripts, or a company gets a mail domain or is deleted.",
	},
	ContactErased:    {does: audited, subject: "Contact"},
	ContactMerged:    {does: audited | changesContact, subject: "Contact", fields: []string{"contact"}},
	ContactUnmerged:  {does: audited | changesContact, subject: "Contact", fields: []string{"contact"}},
	ContactDeleted:   {does: audited | changesContact, subject: "Contact"},
	ContactBlocked:   {does: changesRow | movesCounts, subject: "Contact or Visitor"},
	ContactUnblocked: {does: changesRow | movesCounts, subject: "Contact or Visitor"},
	ContactLinked: {does: changesRow | changesContent, subject: "Contact", fields: []string{"contact"},
		cause: "A visitor gives an address or proves who they are; its contact is merged.",
	},
	ContactUnlinked: {does: changesRow | changesContent, subject: "Contact", fields: []string{"contact"},
		cause: "Its contact is deleted.",
	},
	ListEntered:        {subject: "Contact", fields: []string{"list"}},
	ListLeft:           {subject: "Contact", fields: []string{"list"}},
	ContactListCreated: {subject: "ContactList"},
	ContactListUpdated: {subject: "ContactList", fields: []string{"name", "criteria", "state"},
		cause: "All contacts were compared with the criteria of a smart list.",
	},
	CompanyCreated:      {subject: "Company", fields: companyFields},
	CompanyUpdated:      {subject: "Company", fields: companyFields},
	CompanyDeleted:      {subject: "Company"},
	ContactListArchived: {subject: "ContactList"},
	ContactListDeleted:  {subject: "ContactList"},
	ConsentRecorded:     {subject: "Consent", fields: []string{"kind", "basis"}},
	ConsentWithdrawn: {subject: "Consent", fields: []string{"kind"},
		cause: "Someone opts out by a link in a mail.",
	},
	VisitorSessionEnded:      {does: changesAuthority, subject: "Visitor", fields: []string{"session"}},
	SubscriptionTypeCreated:  {does: audited, subject: "ContactSubscriptionType"},
	SubscriptionTypeUpdated:  {does: audited, subject: "ContactSubscriptionType", fields: []string{"name", "description"}},
	SubscriptionTypeArchived: {does: audited, subject: "ContactSubscriptionType"},
	SubscriptionTypeDeleted:  {does: audited, subject: "ContactSubscriptionType"},
	UserCreated: {does: audited, subject: "User", fields: []string{"role", "seat", "externalId"},
		cause: "The first start makes an admin; a directory makes a user; someone signs in for the first time at a provider that makes users.",
	},
	UserUpdated: {does: audited | changesAuthority, subject: "User", fields: []string{
		"name", "email", "avatarUrl", "role", "seat", "reassignRepliesWhenAway", "chatCapacity", "autoAssign", "followsPresence", "workingHours", "externalId",
	}, cause: "A directory changes the user; they sign in at a provider that decides on their role."},
	UserDeactivated: {does: audited | changesAuthority, subject: "User", cause: "A directory deactivates or deletes the user."},
	UserReactivated: {does: audited | changesAuthority, subject: "User", cause: "A directory reactivates the user, or makes them again."},
	UserInvited:     {does: audited | reachesAdmins, subject: "User"},
	UserAvailabilityChanged: {subject: "User", fields: []string{"availability"},
		cause: "The user's availability follows presence, and they connect or are gone; or their working hours begin or end.",
	},
	PersonalMailboxConnected: {does: audited | reachesAdmins, subject: "PersonalMailbox", fields: []string{"provider"}},
	PersonalMailboxRemoved:   {does: audited | reachesAdmins, subject: "PersonalMailbox", fields: []string{"provider"}},
	IntegrationUpdated:       {does: audited | changesAuthority, subject: "Integration", fields: []string{"name", "avatarUrl", "inboxes"}},
	BotCreated:               {does: audited, subject: "Bot"},
	BotUpdated: {does: audited | changesAuthority, subject: "Bot", fields: []string{
		"name", "avatarUrl", "routing", "nobodyAvailableText", "approvalTimeoutSeconds", "inboxes", "flowVersion", "archivedAt",
	}},
	TeamCreated: {does: audited, subject: "Team", fields: []string{"members", "externalId"},
		cause: "A directory makes a group.",
	},
	TeamUpdated: {does: audited | changesAuthority, subject: "Team", fields: []string{"name", "members", "externalId", "archivedAt"},
		cause: "A directory changes a group or takes it back from the archive; someone signs in by a provider that decides on teams; a member is deactivated, or reactivated by a directory.",
	},
	TeamArchived: {does: audited, subject: "Team", cause: "A directory deletes a group that is in use."},
	TeamDeleted:  {does: audited | changesAuthority, subject: "Team", cause: "A directory deletes a group."},
	AccountUpdated: {does: audited | changesAuthority, subject: "Account", fields: []string{
		"name", "timeZone", "gdprEnabled", "tagsManaged", "contactVisibility", "whoMayBlock", "maxInboxes", "trustTypedAddresses", "phoneRegion", "quoteLogo", "signInLinks", "newApps",
	}},
	InboxCreated: {does: audited | changesAuthority, subject: "Inbox"},
	InboxUpdated: {does: audited, subject: "Inbox", fields: []string{
		"name", "emailAllowList", "roleNames", "filterRoleAddresses", "assignOnReply", "showQueuePosition", "closeSilentChatsAfter",
		"closeSilentEmailsAfter", "farewellText", "rerouteUnanswered", "noAnswerSeconds", "passOnAfter", "onClose", "filteredDigest", "rating",
		"escalateAfter", "escalateTo", "answersByMail",
	}},
	FilteredSeen:   {does: private, subject: "Inbox"},
	InboxDeleted:   {does: audited | changesAuthority, subject: "Inbox"},
	MemberAdded:    {does: audited | changesAuthority, subject: "User or Team"},
	MemberRemoved:  {does: audited | changesAuthority, subject: "User or Team"},
	ChannelCreated: {does: audited, subject: "Channel"},
	ChannelUpdated: {does: audited, subject: "Channel", fields: []string{
		"title", "accentColor", "position", "avatarUrl", "sendTranscript", "defaultLocale", "texts", "identitySecret", "mode", "replyTime",
		"whenAway", "awayMessage", "timeZone", "hours", "holidays", "outOfHours", "outOfHoursMessage", "routing", "confirmation", "name", "capabilities", "bot",
	}, cause: "A provider asks to confirm that mail is forwarded to the channel."},
	ChannelStateChanged: {subject: "Channel", fields: []string{"state", "stateReason"},
		cause: "A mailbox can no longer be read, or can be read again.",
	},
	ChannelRemoved:           {does: audited | changesAuthority, subject: "Channel"}, // its visitors' sessions end (IB-6)
	TargetedMessageCreated:   {does: audited, subject: "TargetedMessage", fields: []string{"state", "position"}},
	TargetedMessagePublished: {does: audited, subject: "TargetedMessage", fields: []string{"state"}},
	TargetedMessageUpdated: {does: audited, subject: "TargetedMessage", fields: []string{
		"state", "position", "version", "name", "welcomeMessage", "audience", "includeLists", "excludeLists", "contactProperties", "rules", "heading", "emailCapture",
		"display", "consent", "routing", "bot",
	}},
	TargetedMessageDeleted: {does: audited, subject: "TargetedMessage", fields: []string{"state"}},
	TokenCreated:           {does: audited | changesAuthority | reachesAdmins, subject: "ApiToken", fields: []string{"user", "integration", "bot", "channel", "scopes"}},
	TokenRevoked:           {does: audited | changesAuthority | reachesAdmins, subject: "ApiToken"},
	TokenUpdated:           {does: audited | changesAuthority | reachesAdmins, subject: "ApiToken", fields: []string{"name", "scopes", "expiresAt", "previousSecretExpiresAt"}},
	TokenRotated:           {does: audited | changesAuthority | reachesAdmins, subject: "ApiToken", fields: []string{"previousSecretExpiresAt"}},
	SignedIn: {does: audited | reachesAdmins, subject: "Session",
		cause: "A user signs in: at an identity provider, by a link, or by an invitation; or an app begins to act for them.",
	},
	SignedOut: {does: audited | changesAuthority | reachesAdmins, subject: "Session",
		cause: "A user signs out or is deactivated, the identity provider ends the session, or an app does, or one of its tokens is used twice.",
	},
	IdentityProviderCreated: {does: audited, subject: "IdentityProvider", cause: "The server's settings name one."},
	IdentityProviderUpdated: {does: audited, subject: "IdentityProvider", fields: []string{
		"name", "issuer", "clientId", "clientSecret", "enabled", "allowedDomains", "createUsers", "defaultRole", "roleClaim", "roleMapping",
	},
		cause: "The server's settings name another one.",
	},
	IdentityProviderDeleted: {does: audited, subject: "IdentityProvider"},
	OauthAppCreated:         {does: audited, subject: "OauthApp", cause: "A user connects an app that no one of the account had connected."},
	OauthAppDeleted:         {does: audited, subject: "OauthApp"},
	WebhookEndpointCreated:  {does: audited | reachesAdmins, subject: "WebhookEndpoint"},
	WebhookEndpointUpdated: {does: audited | reachesAdmins, subject: "WebhookEndpoint", fields: []string{
		"name", "url", "scopes", "types", "inboxes", "filter", "changedFields", "document", "state", "secret",
	}},
	WebhookEndpointDeleted: {does: audited | reachesAdmins, subject: "WebhookEndpoint"},
	WebhookEndpointPaused: {does: audited | reachesAdmins, subject: "WebhookEndpoint", fields: []string{"pauseReason"},
		cause: "The endpoint answers that it is gone, or nothing could be delivered for three days.",
	},
	SlackWorkspaceConnected: {does: audited, subject: "SlackWorkspace"},
	SlackWorkspaceUpdated: {does: audited, subject: "SlackWorkspace", fields: []string{"state", "name"},
		cause: "The app is removed in Slack, or its access is taken away.",
	},
	SlackWorkspaceEnded: {does: audited, subject: "SlackWorkspace"},
	SlackChannelAdded:   {does: audited, subject: "SlackChannel"},
	SlackChannelUpdated: {does: audited, subject: "SlackChannel", fields: []string{"kinds", "savedView", "threadReplies", "state", "name"},
		cause: "The channel is renamed, archived, deleted or shared in Slack, or the app may no longer post there.",
	},
	SlackChannelRemoved: {does: audited, subject: "SlackChannel"},
	TicketCreated: {does: changesRow, subject: "Ticket",
		cause: "A mail begins a conversation in an inbox that makes tickets.",
	},
	TicketUpdated: {subject: "Ticket", fields: []string{
		"subject", "description", "pipeline", "stage", "priority", "source", "owner", "team", "dueAt", "properties", "definedProperties", "contact", "contacts", "company", "externalId",
	},
		cause: "The conversation that it follows is assigned or closed; its stage is archived; its company is deleted.",
	},
	TicketDeleted: {does: changesRow, subject: "Ticket"},
	DealCreated:   {does: changesRow, subject: "Deal"},
	DealUpdated: {subject: "Deal", fields: []string{
		"name", "amount", "pipeline", "stage", "type", "owner", "closesAt", "lostReason", "properties", "definedProperties", "contact", "contacts", "company", "externalId",
	},
		cause: "Its stage is archived, its company is deleted, or a quote of it is accepted.",
	},
	DealDeleted:  {does: changesRow, subject: "Deal"},
	QuoteCreated: {subject: "Quote"},
	QuoteUpdated: {subject: "Quote", fields: []string{"content", "acceptedStage", "owner", "contact", "company", "deal", "externalId"}},

	QuotePublishedEvent: {subject: "Quote"},
	QuoteViewedEvent:    {subject: "Quote", cause: "A person reads the quote by its link, for the first time or after an hour."},
	QuoteAcceptedEvent:  {subject: "Quote", cause: "Whoever has the quote's link accepts it."},
	QuoteDeclinedEvent:  {subject: "Quote", cause: "Whoever has the quote's link declines it."},
	QuoteExpiredEvent:   {subject: "Quote", cause: "The time until which the quote is valid is over."},
	QuoteRevokedEvent:   {subject: "Quote", cause: "The contact of the quote is erased."},
	QuoteDeleted:        {subject: "Quote"},

	EngagementLogged:  {subject: "Engagement"},
	EngagementUpdated: {subject: "Engagement", fields: []string{"body", "owner", "assignee", "doneAt", "attachments"}},
	EngagementDeleted: {subject: "Engagement"},
	EngagementTaskDue: {subject: "Engagement", fields: []string{"dueAt", "remindAt"},
		cause: "A task that is not done is due, or its reminder is.",
	},
	PipelineCreated: {does: audited, subject: "Pipeline"},
	PipelineUpdated: {does: audited, subject: "Pipeline", fields: []string{"name", "position", "closeTogether", "archivedAt", "stages"}},
	TagCreated: {does: changesTag, subject: "Tag",
		cause: "A conversation is tagged with a name that no tag has.",
	},
	TagUpdated:         {does: changesTag, subject: "Tag", fields: []string{"name", "color", "archivedAt"}},
	TagMerged:          {does: changesTag, subject: "Tag", fields: []string{"mergedInto"}},
	PropertyCreated:    {does: audited, subject: "Property", fields: []string{"object", "kind"}},
	PropertyUpdated:    {does: audited, subject: "Property", fields: []string{"name", "label", "description", "options", "archivedAt"}},
	LibraryItemCreated: {subject: "LibraryItem", fields: []string{"kind"}},
	LibraryItemUpdated: {subject: "LibraryItem", fields: []string{
		"name", "shortcut", "folder", "owner", "usableBy", "editableBy", "team", "content", "files", "archivedAt",
	}},
	LibraryItemDeleted:   {subject: "LibraryItem"},
	LibraryLinkClicked:   {subject: "LibraryItem", cause: "Whom it was sent to opens a meeting link, or an article for contacts."},
	KnowledgeBaseUpdated: {does: audited, fields: []string{"title", "indexed"}},
	DocumentOpened:       {subject: "LibraryShare", cause: "Whom it was sent to opens a document or a video."},
	LibraryShareRevoked:  {subject: "LibraryShare"},
	SavedViewCreated:     {subject: "SavedView"},
	SavedViewUpdated:     {does: changesSavedView, subject: "SavedView", fields: []string{"name", "shared", "view", "filter", "orderBy"}},
	SavedViewDeleted:     {does: changesSavedView, subject: "SavedView"},
	TaskStarted:          {subject: "Task"},
	TaskFinished: {subject: "Task", fields: []string{"state"},
		cause: "The task has ended.",
	},
}
