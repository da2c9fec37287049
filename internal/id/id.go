// Package id makes and reads Parley's identifiers: TypeIDs, a type's prefix
// and a UUIDv7 in base32, as in "conversation_01k9...". They sort by the time
// of their making, and the same string stands in the database, the API and the
// logs.
package id

import (
	"strings"

	"go.jetify.com/typeid/v2"
)

// Prefixes of every type that has ids, in alphabetical order.
const (
	Account          = "account"
	APIToken         = "token"
	Attachment       = "attachment"
	AuditEntry       = "audit"
	Block            = "block"
	Bot              = "bot"
	Channel          = "channel"
	ChannelSender    = "sender"
	Company          = "company"
	Consent          = "consent"
	Contact          = "contact"
	ContactList      = "list"
	Conversation     = "conversation"
	Deal             = "deal"
	Draft            = "draft"
	Erasure          = "erasure"
	Engagement       = "engagement"
	Event            = "event"
	ImageSender      = "imagesender"
	IdentityProvider = "provider"
	Inbox            = "inbox"
	InboundMail      = "inboundmail"
	Integration      = "integration"
	KnowledgeBase    = "kb"
	LibraryItem      = "libraryitem"
	LibraryOpening   = "opening"
	LibraryShare     = "share"
	Message          = "message"
	MessageRevision  = "revision"
	Notification     = "notification"
	OauthApp         = "app"
	PageView         = "pageview"
	PersonalMailbox  = "mailbox"
	Pipeline         = "pipeline"
	PipelineStage    = "stage"
	Property         = "property"
	PushSubscription = "push"
	Quote            = "quote"
	QuoteView        = "quoteview"
	Rating           = "rating"
	AgentRun         = "run"
	AgentStep        = "step"
	Annotation       = "annotation"
	Proposal         = "proposal"
	BotFlow          = "flow"
	FlowRun          = "play"
	RoutingDecision  = "routing"
	SavedView        = "savedview"
	Session          = "session"
	SlackChannel     = "slackchannel"
	SlackWorkspace   = "slackworkspace"
	SubscriptionType = "subscription"
	Tag              = "tag"
	TargetedMessage  = "targetedmessage"
	Task             = "task"
	Team             = "team"
	Ticket           = "ticket"
	User             = "user"
	UserSession      = "usersession"
	Visitor          = "visitor"
	WebhookDelivery  = "delivery"
	WebhookEndpoint  = "webhook"
)

// New returns a fresh identifier of the given type.
func New(prefix string) string { return typeid.MustGenerate(prefix).String() }

// Prefix returns the type that s names, or "" if s is no identifier.
func Prefix(s string) string {
	t, err := typeid.Parse(s)
	if err != nil {
		return ""
	}
	return t.Prefix()
}

// Is reports whether s is an identifier of the given type.
func Is(s, prefix string) bool {
	return strings.HasPrefix(s, prefix+"_") && Prefix(s) == prefix
}
