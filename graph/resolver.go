package graph

import (
	"parley/internal/account"
	"parley/internal/annotation"
	"parley/internal/attachment"
	"parley/internal/audit"
	"parley/internal/bot"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/settings"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/visitor"
	"parley/internal/channel/custom"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	emailsettings "parley/internal/channel/email/settings"
	"parley/internal/company"
	"parley/internal/contact"
	"parley/internal/contact/transfer"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/crm"
	crmlive "parley/internal/crm/live"
	"parley/internal/engagement"
	"parley/internal/event"
	"parley/internal/inbox"
	"parley/internal/library"
	"parley/internal/loader"
	"parley/internal/modeltext"
	"parley/internal/notification"
	"parley/internal/presence"
	"parley/internal/privacy"
	"parley/internal/property"
	"parley/internal/proposal"
	"parley/internal/quote"
	"parley/internal/remoteimage"
	"parley/internal/signin"
	"parley/internal/slack"
	"parley/internal/tag"
	"parley/internal/timeline"
	timelinelive "parley/internal/timeline/live"
	"parley/internal/transcript"
	"parley/internal/webhook"
)

// Resolver is the root of all resolvers. It holds the services, and no client
// of the database: a resolver cannot query.
type Resolver struct{ Services Services }

// Services are the use cases that resolvers call, one for each domain.
type Services struct {
	Bots           *bot.Service
	Custom         *custom.Service
	LiveCustom     *custom.Live
	BotWork        *bot.Work
	Audit          *audit.Service
	Notifications  *notification.Service
	Webhooks       *webhook.Service
	Slack          *slack.Service
	Proposals      *proposal.Service
	Annotations    *annotation.Service
	Companies      *company.Service
	Contacts       *contact.Service
	Transfers      *transfer.Service
	Privacy        *privacy.Service
	Consents       *consent.Service
	Targeting      *targeting.Service
	Visitors       *visitor.Service
	Transcripts    *transcript.Service
	ModelTexts     *modeltext.Service
	Accounts       *account.Service
	SignIns        *signin.Service
	Inboxes        *inbox.Service
	ChatSettings   *settings.Service
	Conversations  *conversation.Service
	Views          *view.Service
	Events         *event.Service
	Nodes          *loader.Service
	EmailSettings  *emailsettings.Service
	EmailReceiving *receive.Service
	EmailDelivery  *deliver.Service
	Attachments    *attachment.Service
	RemoteImages   *remoteimage.Service
	Records        *crm.Service
	Timelines      *timeline.Service
	Engagements    *engagement.Service
	LiveTickets    *crmlive.Service
	LiveTimelines  *timelinelive.Service
	Tags           *tag.Service
	Properties     *property.Service
	Library        *library.Service
	Quotes         *quote.Service

	// Streams, for subscriptions.
	Feed              *event.Feed
	Presence          *presence.Service
	LiveConversations *live.Service
	LiveVisitors      *visitor.Live
}

// orNull returns a value that may be empty as a nullable field: entities keep
// "" for what is not there.
func orNull[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
