package visitor

// StartVisitorSessionInput is the input of startVisitorSession. Which channel,
// and who.
type StartVisitorSessionInput struct {
	ChannelKey     string
	Token          *string
	Identity       *string
	IdempotencyKey *string
}

// StartChatInput is the input of startChat. A visitor's first message.
type StartChatInput struct {
	TargetedMessageID    string
	Text                 string
	PageURL              string
	Email                *string
	Consent              *bool
	CommunicationConsent *bool
	IdempotencyKey       *string
}

// SendVisitorMessageInput is the input of sendVisitorMessage. A visitor's
// further message.
type SendVisitorMessageInput struct {
	ConversationID string
	Text           string
	IdempotencyKey *string
}

// CaptureVisitorEmailInput is the input of captureVisitorEmail. A visitor's
// e-mail address.
type CaptureVisitorEmailInput struct {
	Email          string
	IdempotencyKey *string
}

// MarkVisitorConversationReadInput is the input of
// markVisitorConversationRead. What a visitor has read.
type MarkVisitorConversationReadInput struct {
	ConversationID string
	Number         *int
	IdempotencyKey *string
}
