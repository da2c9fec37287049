package notification

import (
	"context"
	"log/slog"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/loader"
	"parley/internal/reaction"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
	"parley/internal/webpush"
)

// Service has the use cases of notifications. It is safe for concurrent use.
type Service struct {
	store *store.Store
	nodes *loader.Service
	log   *slog.Logger
	// conversationURL is where a conversation is shown, with {id} for its id; "": nowhere.
	conversationURL string
	// publicURL is this server's; the signer signs the links of mails.
	publicURL string
	signer    *secret.Signer
	viewers   Viewers
	// keys seal what browsers are reached by; push reaches them.
	keys  *secret.Keyring
	push  *webpush.Sender
	lanes lanes

	// mailboxes are where mails are answered to; nil: nowhere.
	mailboxes Mailboxes

	// slack tells users there; nil: no one is.
	slack Slack

	// bus and presence are given by UseLive.
	bus      Bus
	presence Presence
}

// Bus carries "there is something" to the users' streams; package bus implements it.
type Bus interface {
	Publish(subject string, data []byte) error
	Listen(subject string, deliver func(data []byte)) (stop func(), err error)
}

// Presence knows who looks at a conversation on any node. Package presence implements it.
type Presence interface {
	// Looking returns the users who look at a conversation now.
	Looking(ctx context.Context, accountID, inboxID, conversationID string) map[string]bool
}

// Mailboxes are where users answer a notification that they got by mail. Package
// channel/email/receive implements it.
type Mailboxes interface {
	// AnswerAddress is where an answer to a notification of a conversation goes, and the id that
	// it refers to; "": it cannot be answered.
	AnswerAddress(ctx context.Context, client *ent.Client, c *ent.Conversation, notificationID string) (address, reference string, err error)
}

// Slack notifies users in Slack. Package slack implements it.
type Slack interface {
	// HasWorkspace reports whether users of the context's account may be notified there.
	HasWorkspace(ctx context.Context) (bool, error)
	// Notify has a user be notified there, of what SlackText says by then.
	Notify(ctx context.Context, tx *store.Tx, accountID, userID, notificationID string) error
}

// Viewers reports what a user may see now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Addresses are where things are.
type Addresses struct {
	// Public is this server's: links in mails lead there.
	Public string
	// Conversation is where people read a conversation, with {id} for its id; "": nowhere.
	Conversation string
}

// New returns the use cases on a store. The keys sign the links in mails, and seal what
// browsers are reached by.
func New(s *store.Store, keys *secret.Keyring, viewers Viewers, push *webpush.Sender, at Addresses, log *slog.Logger) *Service {
	return &Service{
		store: s, nodes: loader.New(s), viewers: viewers, keys: keys, push: push, signer: keys.Signer(unsubscribeAudience, s.Clock().Now),
		publicURL: at.Public, conversationURL: at.Conversation, log: log,
	}
}

// UseMailboxes has mails be answered to. It is called before the queue starts.
func (s *Service) UseMailboxes(m Mailboxes) { s.mailboxes = m }

// UseSlack has users be notified in Slack. It is called before the queue starts.
func (s *Service) UseSlack(to Slack) { s.slack = to }

// UseLive gives the service what it needs of the other nodes. It is called before events are
// handled and requests are served.
func (s *Service) UseLive(b Bus, p Presence) { s.bus, s.presence = b, p }

// Consumer tells people what happened.
func (s *Service) Consumer() reaction.Consumer {
	return reaction.Consumer{Name: "notify", Types: []vocab.EventType{
		vocab.ConversationCreated, vocab.BotHandedOffEvent, vocab.ConversationUnfiltered, vocab.ConversationAssigned, vocab.ConversationClosed,
		vocab.ConversationRead, vocab.MessageCreated, vocab.MessageDeliveryChanged, vocab.EngagementTaskDue, vocab.DocumentOpened, vocab.LibraryLinkClicked, vocab.QuoteAcceptedEvent,
		vocab.ProposalCreatedEvent, vocab.ChannelStateChanged, vocab.TokenCreated, vocab.TokenRevoked, vocab.SignedOut, vocab.UserDeactivated, vocab.WebhookEndpointPaused,
		vocab.ConversationEscalated, vocab.SlackWorkspaceUpdated, vocab.SlackChannelUpdated,
	}, Handle: s.handle}
}

// me is the calling user; FORBIDDEN for others.
func me(ctx context.Context) (*viewer.Viewer, error) {
	v := viewer.FromContext(ctx)
	if v == nil || !v.IsUser() {
		return nil, errs.New(errs.Forbidden, "Only users have notifications.")
	}
	return v, nil
}

// subjectOf is where the bus says that a user's notifications changed.
func subjectOf(userID string) string { return "notifications." + userID }

// tell says to a user's streams, once the transaction is durable, that there is something.
func (s *Service) writeNotice(ctx context.Context, tx *store.Tx, userIDs []string) {
	tx.AfterCommit(func() {
		for _, userID := range userIDs {
			if err := s.bus.Publish(subjectOf(userID), nil); err != nil {
				s.log.DebugContext(ctx, "a change of notifications was not passed on", "error", err)
			}
		}
	})
}

// URL is where a notification leads; "": nowhere.
func (s *Service) URL(n *ent.Notification) string {
	if n.ConversationID == "" || s.conversationURL == "" {
		return ""
	}
	return addressOf(s.conversationURL, n.ConversationID)
}
