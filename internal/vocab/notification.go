package vocab

// NotificationKind is what a user is told of (NT-7).
type NotificationKind string

// Kinds of notifications, in the order of the SDL's enum.
const (
	NotifyNewChat         NotificationKind = "NEW_CHAT"
	NotifyNewEmail        NotificationKind = "NEW_EMAIL"
	NotifyAssigned        NotificationKind = "ASSIGNED"
	NotifyReply           NotificationKind = "REPLY"
	NotifyMention         NotificationKind = "MENTION"
	NotifyTaskDue         NotificationKind = "TASK_DUE"
	NotifyDocumentOpened  NotificationKind = "DOCUMENT_OPENED"
	NotifyQuoteAccepted   NotificationKind = "QUOTE_ACCEPTED"
	NotifyProposalWaiting NotificationKind = "PROPOSAL_WAITING"
	NotifyChannelError    NotificationKind = "CHANNEL_ERROR"
	NotifyDeliveryFailed  NotificationKind = "DELIVERY_FAILED"
	NotifyTokenCreated    NotificationKind = "TOKEN_CREATED"
	NotifyWebhookPaused   NotificationKind = "WEBHOOK_PAUSED"
	NotifyMeetingLink     NotificationKind = "MEETING_LINK_CLICKED"
	NotifyFilteredDigest  NotificationKind = "FILTERED_DIGEST"
	NotifyEscalated       NotificationKind = "ESCALATED"
)

// NotificationMedium is by what a user is told.
type NotificationMedium string

// Media of notifications, in the order of the SDL's enum.
const (
	NotifyInApp   NotificationMedium = "IN_APP"
	NotifyByEmail NotificationMedium = "EMAIL"
	NotifyByPush  NotificationMedium = "PUSH"
)
