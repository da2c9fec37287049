package custom

import (
	"parley/ent"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// OutboundMessage is a message that a connector is to take to the contact. Each is of one
// connector only.
type OutboundMessage struct {
	Message      *ent.Message
	Conversation *ent.Conversation
	Action       vocab.OutboundAction
	// ExternalThreadID and ExternalMessageID are the medium's; the latter is nil before it
	// was reported.
	ExternalThreadID  string
	ExternalMessageID *string
	// Text is what to say, and HTML and Markdown the same with markup, where the channel
	// takes any.
	Text     string
	HTML     *string
	Markdown *string
	// ReplyToExternalMessageID is what it answers; nil: nothing, or the channel cannot.
	ReplyToExternalMessageID *string
	Attachments              []*ent.Attachment
	Template                 *vocab.MessageTemplate
	QuickReplies             []vocab.QuickReply
	Attempt                  int
	LeaseUntil               clock.Micros
}

// Reaction is a reaction to a message.
type Reaction struct {
	Emoji string
	// ContactID is whose it is; "": not known any longer.
	ContactID string
	CreatedAt clock.Micros
}
