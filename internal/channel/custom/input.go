package custom

import (
	"parley/internal/clock"
	"parley/internal/opt"
	"parley/internal/vocab"
)

// ChannelCapabilitiesInput is what a custom channel can do. What is left out it cannot,
// or is not limited.
type ChannelCapabilitiesInput struct {
	RichText           *bool
	AttachmentTypes    []string
	MaxAttachmentBytes *int
	MaxTextLength      *int
	Typing             *bool
	ReadReceipts       *bool
	Replies            *bool
	Reactions          *bool
	Editing            *bool
	Threads            *bool
	ReplyWindowSeconds *int
	Templates          *bool
	QuickReplies       *bool
	Presence           *bool
}

// CreateCustomChannelInput is the input of createCustomChannel. The new channel (CC-1).
type CreateCustomChannelInput struct {
	ID             *string
	InboxID        string
	Type           string
	Name           string
	Capabilities   *ChannelCapabilitiesInput
	IntegrationID  *string
	Routing        *vocab.Routing
	BotID          *string
	IdempotencyKey *string
}

// UpdateCustomChannelInput is the input of updateCustomChannel. What is left out stays as
// it is.
type UpdateCustomChannelInput struct {
	ChannelID      string
	Name           opt.Value[*string]
	Capabilities   opt.Value[*ChannelCapabilitiesInput]
	Routing        opt.Value[*vocab.Routing]
	BotID          opt.Value[*string]
	IdempotencyKey *string
}

// DeleteCustomChannelInput is the input of deleteCustomChannel. Which channel goes (IB-6).
type DeleteCustomChannelInput struct {
	ChannelID      string
	ConfirmName    string
	IdempotencyKey *string
}

// ReceiveMessageInput is the input of receiveMessage. A message of the medium (CC-2).
type ReceiveMessageInput struct {
	ChannelID                string
	ExternalThreadID         string
	ExternalMessageID        string
	Sender                   *MessageSenderInput
	Text                     *string
	HTML                     *string
	Markdown                 *string
	AttachmentIDs            []string
	Files                    []RemoteFileInput
	ReplyToExternalMessageID *string
	SentAt                   *clock.Micros
	Direction                *vocab.ReceivedDirection
	IdempotencyKey           *string
}

// MessageSenderInput is who wrote, as the medium knows them.
type MessageSenderInput struct {
	Key       string
	Name      *string
	AvatarURL *string
	Email     *string
	Phone     *string
}

// RemoteFileInput is a file to fetch.
type RemoteFileInput struct {
	URL      string
	FileName *string
}

// ReportDeliveryInput is the input of reportDelivery. What became of a message (CC-3).
type ReportDeliveryInput struct {
	MessageID         *string
	ChannelID         *string
	ExternalThreadID  *string
	ExternalMessageID *string
	State             vocab.DeliveryReport
	Error             *string
	Attempt           *int
	Action            *vocab.OutboundAction
	IdempotencyKey    *string
}

// ReportTypingInput is the input of reportTyping. In which thread the contact types.
type ReportTypingInput struct {
	ChannelID        string
	ExternalThreadID string
	Typing           *bool
	IdempotencyKey   *string
}

// ReportReactionInput is the input of reportReaction. What someone thinks of a message.
type ReportReactionInput struct {
	ChannelID         string
	ExternalThreadID  string
	ExternalMessageID string
	Sender            MessageSenderInput
	Emoji             string
	Removed           *bool
	IdempotencyKey    *string
}
