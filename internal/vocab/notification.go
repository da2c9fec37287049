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
	NotifyBySlack NotificationMedium = "SLACK"
)

// What stands in the mails of notifications beside their sentences (NT-8). An answer that still
// has one of these is sent to no one.
const (
	// AnswerAbove stands at the top: of an answer, what is above it counts.
	AnswerAbove = "-- Write your answer above this line --"
	// AnswerByMail says how to answer, and NotAnswerable that one cannot.
	AnswerByMail  = "Answer this e-mail, and the contact gets your answer; begin it with // to write a note for your colleagues."
	NotAnswerable = "This e-mail cannot be answered."
	// NoMoreMails stands before the link that ends such mails.
	NoMoreMails = "No more e-mails of this kind:"
)
