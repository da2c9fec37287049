package email

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/smtp"
	"parley/internal/channel/email/thread"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Options are what the operator decides.
type Options struct {
	// PublicURL is where browsers reach the server.
	PublicURL string
	// Domain is that of forwarding addresses; empty: there are none.
	Domain string
	// Providers are those that sign in by OAuth 2; EmailIMAP's is for any server
	// that takes its tokens.
	Providers map[vocab.EmailProvider]oauth.Provider
	OAuth     *oauth.Client
	// Trusts says whether a browser may return to a page; nil: to PublicURL's alone.
	Trusts func(*url.URL) bool
	// Dial connects to mail servers that admins name.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Relay sends the mail of forwarding addresses; nil: it goes to Outbox.
	Relay *smtp.Server
	// Outbox is the folder for mail that has no server, for development.
	Outbox string
	// TrustedAuthServ are the servers whose Authentication-Results count (RFC 8601).
	TrustedAuthServ []string
	// MaxMailBytes is the largest mail that is read whole; of a larger one the
	// headers are.
	MaxMailBytes int64
	// LookEvery is how often a node looks for mailboxes that nobody follows. 0: 5 seconds.
	LookEvery time.Duration
	// LeaseLife is how long the mailboxes of a node that died wait for another
	// one, but for LookEvery. 0: 30 seconds.
	LeaseLife time.Duration
	// ReadEvery is how often a mailbox is read though its server tells of nothing.
	// 0: 5 minutes.
	ReadEvery time.Duration
	Log       *slog.Logger
}

// Service holds the use cases of the e-mail channel. It is safe for concurrent use.
type Service struct {
	store         *store.Store
	keys          *secret.Keyring
	tokens        *thread.Tokens
	contacts      *contact.Service
	conversations *conversation.Service
	files         *attachment.Service
	blobs         *blob.Bucket
	o             Options

	// sources give access tokens, one for each channel: what they remember
	// between calls keeps grants alive.
	sources sync.Map
	// turns has the mail of one channel read one after the other on this node.
	turns sync.Map
	// node names this process to the leases.
	node string
	// wake has the mailboxes looked through at once.
	wake chan struct{}
}

// New returns the use cases. Conversations send their mail by it.
func New(s *store.Store, keys *secret.Keyring, contacts *contact.Service, conversations *conversation.Service,
	files *attachment.Service, blobs *blob.Bucket, o Options) *Service {
	o.MaxMailBytes = cmp.Or(o.MaxMailBytes, 50<<20)
	o.LookEvery = cmp.Or(o.LookEvery, 5*time.Second)
	o.LeaseLife = cmp.Or(o.LeaseLife, 30*time.Second)
	o.ReadEvery = cmp.Or(o.ReadEvery, 5*time.Minute)
	o.Log = cmp.Or(o.Log, slog.Default())
	e := &Service{
		store: s, keys: keys, tokens: thread.NewTokens(keys), contacts: contacts, conversations: conversations,
		files: files, blobs: blobs, o: o, node: id.New("node"), wake: make(chan struct{}, 1),
	}
	conversations.UseOutbox(e)
	return e
}

// stir has the workers look for mailboxes now.
func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
