package signin

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/account"
	"parley/ent/identityprovider"
	"parley/internal/errs"
	"parley/internal/oauth"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// signInLife is how long a person may take to sign in at the provider.
	signInLife = 10 * time.Minute
	// answerTime is how long the providers' answers to one request may take together.
	answerTime = 15 * time.Second
	// CallbackPath is where the provider of the server's settings sends browsers back. Each
	// other one has an address of its own below it, so that no provider can end a sign-in
	// that was begun at another (RFC 9700, 4.4.2).
	CallbackPath = "/auth/callback"
	// LinkPath is where sign-in links lead.
	LinkPath = "/auth/link"
)

// Options say how sign-in reaches the world.
type Options struct {
	// PublicURL is the server's address, with which links begin.
	PublicURL string
	// OAuth speaks to providers.
	OAuth *oauth.Client
	// Timeout bounds the providers' answers to one request, if that is shorter than usual; 0: as usual.
	Timeout time.Duration
	// Post mails a text with the transaction; nil: no mail goes out.
	Post func(tx *store.Tx, to, subject, text string)
	Log  *slog.Logger
}

// Service has the use cases. It is safe for concurrent use.
type Service struct {
	store *store.Store
	keys  *secret.Keyring
	o     Options
	// tries are of links, begins of sign-ins at providers.
	tries, begins tries
}

// New returns the use cases on a store.
func New(s *store.Store, keys *secret.Keyring, o Options) *Service {
	o.PublicURL = strings.TrimSuffix(o.PublicURL, "/")
	if o.Timeout <= 0 || o.Timeout > answerTime {
		o.Timeout = answerTime
	}
	return &Service{store: s, keys: keys, o: o}
}

// Choices are the ways in that an account has.
type Choices struct {
	AccountID, Name string
	Providers       []Choice
	// Links: one may ask for a link by mail.
	Links bool
}

// Choice is a provider to sign in at.
type Choice struct{ ID, Name string }

// Choices returns the ways into an account; "": the first one. It needs no viewer.
// Errors: NOT_FOUND.
func (s *Service) Choices(ctx context.Context, accountID string) (Choices, error) {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
	client := s.store.Client(ctx)
	which := account.Number(1)
	if accountID != "" {
		which = account.ID(accountID)
	}
	a, err := client.Account.Query().Where(which).Only(ctx)
	if ent.IsNotFound(err) {
		return Choices{}, errs.New(errs.NotFound, "There is no such account.")
	}
	if err != nil {
		return Choices{}, err
	}
	found, err := client.IdentityProvider.Query().Where(identityprovider.AccountID(a.ID), identityprovider.Enabled(true)).
		Order(identityprovider.ByName(), identityprovider.ByID()).All(ctx)
	if err != nil {
		return Choices{}, err
	}
	c := Choices{AccountID: a.ID, Name: a.Name, Links: s.o.Post != nil && (a.SignInLinks || len(found) == 0)}
	for _, p := range found {
		c.Providers = append(c.Providers, Choice{p.ID, p.Name})
	}
	return c, nil
}

// MaxPath is the most characters of a page to go to after signing in.
const MaxPath = 4000

// LocalPath returns a page of this server, to which a browser goes after it has signed in;
// "/" for what is no path of it.
func LocalPath(to string) string {
	if len(to) > MaxPath || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) {
		return "/"
	}
	return to
}

// bounded returns a context for one request's talk with a provider.
func (s *Service) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, s.o.Timeout)
}
