package model

import (
	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
)

// UserError is an error that the caller can correct.
type UserError struct {
	Code       errs.Code
	Message    string
	Field      []string
	RetryAt    clock.Micros
	ClosableAt clock.Micros
	HolderID   *string
	Limit      *int
	Missing    []string
}

// The payloads of mutations that answer with one object, as it is now: each SDL
// type of the same two fields is bound to the same struct (graph/gqlgen.go).
type (
	// AttachmentPayload is the payload {attachment userErrors}.
	AttachmentPayload struct {
		Attachment *ent.Attachment
		UserErrors []*UserError
	}
	// WebhookEndpointPayload is the payload {webhookEndpoint userErrors}.
	WebhookEndpointPayload struct {
		WebhookEndpoint *ent.WebhookEndpoint
		UserErrors      []*UserError
	}
	// WebhookDeliveryPayload is the payload {webhookDelivery userErrors}.
	WebhookDeliveryPayload struct {
		WebhookDelivery *ent.WebhookDelivery
		UserErrors      []*UserError
	}
	// SlackWorkspacePayload is the payload {slackWorkspace userErrors}.
	SlackWorkspacePayload struct {
		SlackWorkspace *ent.SlackWorkspace
		UserErrors     []*UserError
	}
	// SlackChannelPayload is the payload {slackChannel userErrors}.
	SlackChannelPayload struct {
		SlackChannel *ent.SlackChannel
		UserErrors   []*UserError
	}
	// BotPayload is the payload {bot userErrors}.
	BotPayload struct {
		Bot        *ent.Bot
		UserErrors []*UserError
	}
	// ChatChannelPayload is the payload {chatChannel userErrors}.
	ChatChannelPayload struct {
		ChatChannel *ent.Channel
		UserErrors  []*UserError
	}
	// CompanyPayload is the payload {company userErrors}.
	CompanyPayload struct {
		Company    *ent.Company
		UserErrors []*UserError
	}
	// ContactPayload is the payload {contact userErrors}.
	ContactPayload struct {
		Contact    *ent.Contact
		UserErrors []*UserError
	}
	// ConversationPayload is the payload {conversation userErrors}.
	ConversationPayload struct {
		Conversation *ent.Conversation
		UserErrors   []*UserError
	}
	// CustomChannelPayload is the payload {customChannel userErrors}.
	CustomChannelPayload struct {
		CustomChannel *ent.CustomChannel
		UserErrors    []*UserError
	}
	// EmailChannelPayload is the payload {emailChannel userErrors}.
	EmailChannelPayload struct {
		EmailChannel *ent.EmailChannel
		UserErrors   []*UserError
	}
	// InboxPayload is the payload {inbox userErrors}.
	InboxPayload struct {
		Inbox      *ent.Inbox
		UserErrors []*UserError
	}
	// ContactListPayload is the payload {contactList userErrors}.
	ContactListPayload struct {
		ContactList *ent.ContactList
		UserErrors  []*UserError
	}
	// MessagePayload is the payload {message userErrors}.
	MessagePayload struct {
		Message    *ent.Message
		UserErrors []*UserError
	}
	// PropertyPayload is the payload {property userErrors}.
	PropertyPayload struct {
		Property   *ent.Property
		UserErrors []*UserError
	}
	// SavedViewPayload is the payload {savedView userErrors}.
	SavedViewPayload struct {
		SavedView  *ent.SavedView
		UserErrors []*UserError
	}
	// ContactSubscriptionTypePayload is the payload {contactSubscriptionType userErrors}.
	ContactSubscriptionTypePayload struct {
		ContactSubscriptionType *ent.SubscriptionType
		UserErrors              []*UserError
	}
	// TargetedMessagePayload is the payload {targetedMessage userErrors}.
	TargetedMessagePayload struct {
		TargetedMessage *ent.TargetedMessage
		UserErrors      []*UserError
	}
	// TagPayload is the payload {tag userErrors}.
	TagPayload struct {
		Tag        *ent.Tag
		UserErrors []*UserError
	}
	// TaskPayload is the payload {task userErrors}.
	TaskPayload struct {
		Task       *ent.Task
		UserErrors []*UserError
	}
	// TeamPayload is the payload {team userErrors}.
	TeamPayload struct {
		Team       *ent.Team
		UserErrors []*UserError
	}
	// DraftPayload is the payload {draft userErrors}.
	DraftPayload struct {
		Draft      *ent.Draft
		UserErrors []*UserError
	}
	// LibrarySharePayload is the payload {libraryShare userErrors}.
	LibrarySharePayload struct {
		LibraryShare *ent.LibraryShare
		UserErrors   []*UserError
	}
	// LibraryItemPayload is the payload {libraryItem userErrors}.
	LibraryItemPayload struct {
		LibraryItem *ent.LibraryItem
		UserErrors  []*UserError
	}
	// PipelinePayload is the payload {pipeline userErrors}.
	PipelinePayload struct {
		Pipeline   *ent.Pipeline
		UserErrors []*UserError
	}
	// StagePayload is the payload {stage userErrors}.
	StagePayload struct {
		Stage      *ent.PipelineStage
		UserErrors []*UserError
	}
	// EngagementPayload is the payload {engagement userErrors}.
	EngagementPayload struct {
		Engagement *ent.Engagement
		UserErrors []*UserError
	}
	// DealPayload is the payload {deal userErrors}.
	DealPayload struct {
		Deal       *ent.Deal
		UserErrors []*UserError
	}
	// QuotePayload is the payload {quote userErrors}.
	QuotePayload struct {
		Quote      *ent.Quote
		UserErrors []*UserError
	}
	// TicketPayload is the payload {ticket userErrors}.
	TicketPayload struct {
		Ticket     *ent.Ticket
		UserErrors []*UserError
	}
	// UserPayload is the payload {user userErrors}.
	UserPayload struct {
		User       *ent.User
		UserErrors []*UserError
	}
	// VisitorPayload is the payload {visitor userErrors}.
	VisitorPayload struct {
		Visitor    *ent.Visitor
		UserErrors []*UserError
	}
)
