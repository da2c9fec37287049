package visitor

import "parley/internal/vocab"

// StartVisitorSessionInput is the input of startVisitorSession. Which channel,
// and who.
type StartVisitorSessionInput struct {
	ChannelKey     string
	Token          *string
	Identity       *string
	Link           *string
	Locale         *string
	TimeZone       *string
	IdempotencyKey *string
}

// StartChatInput is the input of startChat. A visitor's first message.
type StartChatInput struct {
	TargetedMessageID      string
	TargetedMessageVersion *int
	Text                   string
	AttachmentIDs          []string
	PageURL                string
	Email                  *string
	Fields                 []VisitorFieldInput
	Consent                *bool
	CommunicationConsent   *bool
	IdempotencyKey         *string
}

// VisitorFieldInput is what a visitor says of a field, as a text.
type VisitorFieldInput struct {
	// Field is name, phone, or the id of a property.
	Field string
	// Value is nil or empty for none.
	Value *string
	// Values are several options, in the place of Value.
	Values []string
}

// SubmitVisitorFieldsInput is the input of submitVisitorFields. What a visitor fills in.
type SubmitVisitorFieldsInput struct {
	ConversationID         *string
	TargetedMessageID      *string
	TargetedMessageVersion *int
	Fields                 []VisitorFieldInput
	IdempotencyKey         *string
}

// SetVisitorPropertiesInput is the input of setVisitorProperties. What a page says of its
// visitor.
type SetVisitorPropertiesInput struct {
	Properties     []VisitorFieldInput
	IdempotencyKey *string
}

// SendVisitorMessageInput is the input of sendVisitorMessage. A visitor's
// further message.
type SendVisitorMessageInput struct {
	ConversationID string
	Text           string
	AttachmentIDs  []string
	IdempotencyKey *string
}

// CaptureVisitorEmailInput is the input of captureVisitorEmail. A visitor's
// e-mail address.
type CaptureVisitorEmailInput struct {
	Email             string
	Name              *string
	Phone             *string
	TargetedMessageID *string
	IdempotencyKey    *string
}

// MarkVisitorConversationReadInput is the input of
// markVisitorConversationRead. What a visitor has read.
type MarkVisitorConversationReadInput struct {
	ConversationID string
	// UpTo is the last message that was read; nil or empty: all of them.
	UpTo           *string
	IdempotencyKey *string
}

// RateConversationInput is the input of rateConversation. A visitor's answer after a
// close.
type RateConversationInput struct {
	ConversationID string
	Score          int
	Comment        *string
	IdempotencyKey *string
}

// RecordVisitorConsentInput is the input of recordVisitorConsent. What a
// visitor agrees to.
type RecordVisitorConsentInput struct {
	TargetedMessageID    string
	Consent              *bool
	CommunicationConsent *bool
	PageURL              string
	IdempotencyKey       *string
}

// RecordWidgetViewInput is the input of recordWidgetView. What a visitor saw of
// a targeted message.
type RecordWidgetViewInput struct {
	TargetedMessageID string
	Kind              vocab.WidgetViewKind
	IdempotencyKey    *string
}

// TrackPageViewInput is the input of trackPageView. A page that a visitor looks
// at.
type TrackPageViewInput struct {
	URL            string
	Title          *string
	IdempotencyKey *string
}

// RequestVisitorEmailCodeInput is the input of requestVisitorEmailCode. Asks for
// a code by mail.
type RequestVisitorEmailCodeInput struct {
	IdempotencyKey *string
}

// ProveVisitorEmailInput is the input of proveVisitorEmail. The code that was
// mailed to the visitor's address.
type ProveVisitorEmailInput struct {
	Code           string
	IdempotencyKey *string
}

// EndVisitorSessionInput is the input of endVisitorSession. The
// visitor whose sessions are to end.
type EndVisitorSessionInput struct {
	VisitorID      *string
	IdempotencyKey *string
}

// AcceptSuggestedPropertiesInput is the input of acceptSuggestedProperties. What
// to write to a conversation's contact.
type AcceptSuggestedPropertiesInput struct {
	ConversationID string
	// Properties are the names; nil: all.
	Properties     []string
	IdempotencyKey *string
}
