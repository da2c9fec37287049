package receive

import (
	"cmp"
	"log/slog"
	"sync"
	"time"

	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/channel/email/settings"
	"parley/internal/channel/email/thread"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
)

// Options are what the operator decides.
type Options struct {
	// TrustedAuthServ are the servers whose Authentication-Results count (RFC
	// 8601).
	TrustedAuthServ []string
	// MaxMailBytes is the largest mail that is read whole; of a larger one the
	// headers are.
	MaxMailBytes int64
	// LookEvery is how often a node looks for mailboxes that no one follows. 0:
	// 5 seconds.
	LookEvery time.Duration
	// LeaseLife is how long the mailboxes of a node that died wait for another
	// one, but for LookEvery. 0: 30 seconds.
	LeaseLife time.Duration
	// ReadEvery is how often a mailbox is read though its server reports nothing.
	// 0: 5 minutes.
	ReadEvery time.Duration
	Log       *slog.Logger
}

// Service takes in mail. It is safe for concurrent use.
type Service struct {
	store         *store.Store
	channels      *settings.Service
	tokens        *thread.Tokens
	keys          *secret.Keyring
	contacts      *contact.Service
	conversations *conversation.Service
	files         *attachment.Service
	blobs         *blob.Bucket
	o             Options
	// viewers knows what users may do who answer by mail; given by UseViewers.
	viewers Viewers
	// sentences knows what the mails of notifications say; given by UseSentences.
	sentences Sentences

	// turns has the mail of one channel read one after the other on this node.
	turns sync.Map
	// node names this process to the leases.
	node string
	// wake has the mailboxes looked through at once.
	wake chan struct{}
}

// New returns the use cases. Raw mail is kept in blobs.
func New(s *store.Store, keys *secret.Keyring, channels *settings.Service, contacts *contact.Service, conversations *conversation.Service,
	files *attachment.Service, blobs *blob.Bucket, o Options) *Service {
	o.MaxMailBytes = cmp.Or(o.MaxMailBytes, 50<<20)
	o.LookEvery = cmp.Or(o.LookEvery, 5*time.Second)
	o.LeaseLife = cmp.Or(o.LeaseLife, 30*time.Second)
	o.ReadEvery = cmp.Or(o.ReadEvery, 5*time.Minute)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Service{
		store: s, channels: channels, tokens: thread.NewTokens(keys), keys: keys, contacts: contacts, conversations: conversations,
		files: files, blobs: blobs, o: o, node: id.New("node"), wake: make(chan struct{}, 1),
	}
}
