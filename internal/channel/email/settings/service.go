package settings

import (
	"cmp"
	"context"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"time"

	"parley/ent"
	"parley/internal/mail/smtp"
	"parley/internal/oauth"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
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
	// Trusts says whether a browser may return to a page; nil: to PublicURL's
	// alone.
	Trusts func(*url.URL) bool
	// Dial connects to mail servers that admins name.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Relay sends the mail of forwarding addresses; nil: it goes to a folder.
	Relay *smtp.Server
	// LeaseLife is how long a channel's tokens wait for a node that died while it
	// renewed them. 0: 30 seconds.
	LeaseLife time.Duration
	Log       *slog.Logger
}

// Waiting is the mail of a channel that waits to be sent. deliver.Outbox
// implements it.
type Waiting interface {
	// SendNow has the mail sent now that waits long for the channel's server to
	// work again.
	SendNow(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error
	// Waits reports whether mail of the channel waits to be sent.
	Waits(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) (bool, error)
}

// Service holds the use cases of an e-mail channel's settings. It is safe for
// concurrent use.
type Service struct {
	store   *store.Store
	keys    *secret.Keyring
	waiting Waiting
	o       Options

	// sources give access tokens, one for each channel: what they remember
	// between calls keeps grants alive.
	sources sync.Map
	// changed has a value when a channel changed since it was last looked at.
	changed chan struct{}
}

// New returns the use cases.
func New(s *store.Store, keys *secret.Keyring, waiting Waiting, o Options) *Service {
	o.LeaseLife = cmp.Or(o.LeaseLife, 30*time.Second)
	o.Log = cmp.Or(o.Log, slog.New(slog.DiscardHandler))
	return &Service{store: s, keys: keys, waiting: waiting, o: o, changed: make(chan struct{}, 1)}
}

// Domain is that of forwarding addresses; empty: there are none.
func (s *Service) Domain() string { return s.o.Domain }

// Changed has a value when an admin changed a channel since it was last
// received from. It has one receiver.
func (s *Service) Changed() <-chan struct{} { return s.changed }

// announceChange has whoever follows mailboxes look at the channels now.
func (s *Service) announceChange() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// InAccount is the context of the channel's own work.
func InAccount(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("email", accountID))
}
