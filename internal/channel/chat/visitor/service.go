package visitor

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/loader"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// IdentitySecrets gives the key that verifies signed identities on a channel;
// nil: the channel takes none (CH-8).
type IdentitySecrets interface {
	IdentitySecret(ctx context.Context, channel *ent.Channel) ([]byte, error)
}

// Service holds the use cases of visitors. It is safe for concurrent use.
type Service struct {
	store         *store.Store
	signer        *secret.Signer
	contacts      *contact.Service
	conversations *conversation.Service
	secrets       IdentitySecrets
	nodes         *loader.Service

	keys    *secret.Keyring
	links   *secret.Signer
	options Options
}

// Options are what the operator decides.
type Options struct {
	Limits Limits
	// MissedAfter is after how long a reply counts as missed; 0: never.
	MissedAfter time.Duration
	// Sites are the origins that notices may lead to, such as
	// "https://shop.example": the page that a visitor names is anyone's word. nil:
	// notices lead anywhere.
	Sites []string
	// LocalSites: notices lead to pages of the reader's own machine too, for development.
	LocalSites bool
	// PublicURL is this server's, where notices lead if they may not lead to the page:
	// to the channel's hosted page. "": there is none.
	PublicURL string
	// Threads makes the ids by which an answer to a notice finds the conversation; nil:
	// notices cannot be answered by mail.
	Threads Threads
}

// Threads makes ids of mails, at a domain, that name a conversation.
type Threads interface {
	// MessageID is that of a mail with a message.
	MessageID(messageID, conversationID, domain string) string
	// Reference is one to refer to: some servers give mails other Message-IDs.
	Reference(conversationID, domain string) string
}

// New returns the use cases on a store. The keys sign the tokens of sessions.
func New(s *store.Store, keys *secret.Keyring, secrets IdentitySecrets, contacts *contact.Service, conversations *conversation.Service, o Options) *Service {
	return &Service{
		store: s, signer: keys.Signer(secret.VisitorAudience, s.Clock().Now),
		contacts: contacts, conversations: conversations, secrets: secrets, nodes: loader.New(s),
		keys: keys, links: keys.Signer(linkAudience, s.Clock().Now), options: o,
	}
}

// callingVisitor returns the calling visitor.
func callingVisitor(ctx context.Context) (*viewer.Viewer, error) {
	if v := viewer.FromContext(ctx); v != nil && v.Kind == viewer.Visitor {
		return v, nil
	}
	return nil, errs.New(errs.Forbidden, "Only visitors may do this.")
}

// system returns a context in which Parley acts in the visitor's name.
func system(ctx context.Context, v *viewer.Viewer) context.Context {
	return viewer.NewContext(ctx, viewer.System("chat", v.AccountID).InNameOf(v))
}

// viewerOf is the visitor as one who asks.
func viewerOf(v *ent.Visitor) *viewer.Viewer {
	return &viewer.Viewer{Kind: viewer.Visitor, AccountID: v.AccountID, ActorID: v.ID, ChannelID: v.ChannelID}
}
