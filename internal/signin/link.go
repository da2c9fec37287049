package signin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"parley/ent"
	"parley/ent/identityprovider"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/job"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// LinkLife is how long a sign-in link works.
	LinkLife = 15 * time.Minute
	// linkPrefix begins the text of every sign-in link.
	linkPrefix = "signin_"
	// linksPerHour is how many links one user gets by mail within an hour for requests from
	// one site, and allLinksPerHour for those from all. Beyond those a site that had none gets
	// one, so that a stranger keeps no one out, up to mostLinksPerHour.
	linksPerHour, allLinksPerHour, mostLinksPerHour = 5, 20, 60
	// triesPerMinute is how often one network may ask for links, and try them.
	triesPerMinute = 20
	// beginsPerMinute is how often one network may begin to sign in at a provider.
	beginsPerMinute = 60
	// maxCallers is how many networks are counted within a minute.
	maxCallers = 100_000
)

// linksOpen reports whether the users of an account may sign in by links: not where they are
// switched off, while there is another way.
func linksOpen(ctx context.Context, client *ent.Client, a *ent.Account) (bool, error) {
	if a.SignInLinks {
		return true, nil
	}
	there, err := client.IdentityProvider.Query().Where(identityprovider.AccountID(a.ID), identityprovider.Enabled(true)).Exist(ctx)
	return !there, err
}

// LinkArgs ask that a link be mailed to the users who have an address.
type LinkArgs struct {
	Email    string `json:"email"`
	ReturnTo string `json:"returnTo"`
	// From names the site that asked, without saying which it is.
	From string `json:"from"`
	// Browser names the browser that asked; "": none did.
	Browser string `json:"browser"`
}

// Kind names the job.
func (LinkArgs) Kind() string { return "mail-sign-in-links" }

// Register has the queue mail links.
func (s *Service) Register(q *job.Queue) { job.Register(q, s.MailLinks, job.Options{Keys: s.keys}) }

// RequestLink has a link mailed to the users who have an address, in each account that lets
// them in so. It says nothing about whether there are any, and does the same whether there
// are: a job looks for them. browser is the secret of the browser that asks; "": none does.
// Errors: RATE_LIMITED for too many requests from one network (AC-16).
func (s *Service) RequestLink(ctx context.Context, in RequestSignInLinkInput, returnTo, browser string) error {
	if err := s.tries.count(ctx, s.store.Clock(), triesPerMinute); err != nil {
		return err
	}
	address, err := account.CleanEmail(in.Email, "email")
	if err != nil {
		return err
	}
	if s.o.Post == nil {
		return nil
	}
	from := hex.EncodeToString(s.keys.HMAC("sign-in-link", []byte(viewer.Site(ctx))))
	args := LinkArgs{Email: address, ReturnTo: LocalPath(returnTo), From: from, Browser: BrowserName(browser)}
	return s.store.WithTx(viewer.NewContext(ctx, viewer.Everywhere("sign-in")), func(_ context.Context, tx *store.Tx) error {
		tx.Enqueue(store.Job{Args: args})
		return nil
	})
}

// BrowserName names a browser by its secret, in the links that it asks for; "" for "".
func BrowserName(browser string) string {
	if browser == "" {
		return ""
	}
	return hex.EncodeToString(secret.HashToken(browser)[:16])
}

// MailLinks mails the links that a request asks for. It is the worker of LinkArgs.
func (s *Service) MailLinks(ctx context.Context, args LinkArgs) error {
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
	client := s.store.Client(everywhere)
	found, err := client.User.Query().Where(user.Email(args.Email), user.DeactivatedAt(0)).Order(user.ByID()).All(everywhere)
	if err != nil {
		return err
	}
	for _, u := range found {
		a, err := client.Account.Get(everywhere, u.AccountID)
		if err != nil {
			return err
		}
		open, err := linksOpen(everywhere, client, a)
		if err != nil {
			return err
		}
		if !open {
			continue
		}
		if err := s.mailLink(asSystem(ctx, a.ID), a, u, args); err != nil {
			return err
		}
	}
	return nil
}

// mailLink mails a link to a user, unless the site that asks, or all together, had enough
// of theirs. Those that were sent stay good.
func (s *Service) mailLink(ctx context.Context, a *ent.Account, u *ent.User, args LinkArgs) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		since := int64(tx.Now().Add(-time.Hour))
		had, err := tx.Number(ctx, "SELECT COUNT(*) FROM sign_in_links WHERE user_id = $1 AND created_at > $2 AND asked_from = $3", u.ID, since, args.From)
		if err != nil || had >= linksPerHour {
			return err
		}
		all, err := tx.Number(ctx, "SELECT COUNT(*) FROM sign_in_links WHERE user_id = $1 AND created_at > $2", u.ID, since)
		if err != nil || all >= mostLinksPerHour || all >= allLinksPerHour && had > 0 {
			return err
		}
		link, until, err := s.makeLink(ctx, tx, u, args)
		if err != nil {
			return err
		}
		s.o.Post(tx, u.Email, "Sign in to "+a.Name, fmt.Sprintf("Hello %s,\n\nopen this page to sign in to the inbox of %s:\n\n%s\n\n"+
			"The link is only for you. It works once, until %s. If you did not ask for it, you need do nothing.\n",
			u.Name, a.Name, link, until.Time().Format("2 January 2006, 15:04 UTC")))
		return nil
	})
}

// makeLink keeps a new link and returns it. args say who asked; an admin, if no site did.
func (s *Service) makeLink(ctx context.Context, tx *store.Tx, u *ent.User, args LinkArgs) (string, clock.Micros, error) {
	text, hash := secret.NewToken(linkPrefix)
	until := tx.Now().Add(LinkLife)
	_, err := tx.Exec(ctx, "INSERT INTO sign_in_links (hash, account_id, user_id, expires_at, created_at, asked_from) VALUES ($1, $2, $3, $4, $5, $6)",
		hash, u.AccountID, u.ID, int64(until), int64(tx.Now()), args.From)
	query := url.Values{"link": {text}}
	if args.ReturnTo != "/" {
		query.Set("return", args.ReturnTo)
		query.Set("for", args.Browser)
	}
	return s.o.PublicURL + LinkPath + "?" + query.Encode(), until, err
}

// Link is a sign-in link that an admin made. It is shown once: URL is empty when the
// mutation was repeated.
type Link struct {
	URL       string
	ExpiresAt clock.Micros
	User      *ent.User
}

// CreateLink makes a link for a user, which the admin gives them (AC-16). Errors: NOT_FOUND
// and NOT_ELIGIBLE on userId.
func (s *Service) CreateLink(ctx context.Context, in CreateSignInLinkInput) (Link, error) {
	made := Link{}
	if err := account.MayOpenSessions(ctx); err != nil {
		return Link{}, err
	}
	call := idempotency.Call{Mutation: "createSignInLink", Key: in.IdempotencyKey, Input: in, Result: in.UserID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		u, err := account.LoadUser(ctx, tx.Client, in.UserID, "userId")
		if err != nil {
			return err
		}
		a, err := tx.Client.Account.Get(ctx, u.AccountID)
		if err != nil {
			return err
		}
		open, err := linksOpen(ctx, tx.Client, a)
		switch {
		case err != nil:
			return err
		case u.DeactivatedAt.IsSet():
			return errs.New(errs.NotEligible, "%s is deactivated.", u.Name).On("userId")
		case !open:
			return errs.New(errs.NotEligible, "Sign-in links are switched off in this account: users sign in at its identity provider.").On("userId")
		}
		made.URL, made.ExpiresAt, err = s.makeLink(ctx, tx, u, LinkArgs{ReturnTo: "/"})
		if err == nil {
			s.notifyOfLink(ctx, tx, a, u)
		}
		return err
	})
	if err != nil {
		return Link{}, err
	}
	made.User, err = account.LoadUser(ctx, s.store.Client(ctx), in.UserID, "userId")
	return made, err
}

// notifyOfLink records that an admin made a link for a user, and tells that user: whoever has
// the link is taken for them (AC-13).
func (s *Service) notifyOfLink(ctx context.Context, tx *store.Tx, a *ent.Account, u *ent.User) {
	tx.Append(ctx, store.Event{Type: vocab.UserInvited, SubjectID: u.ID, UserID: u.ID, AuditAs: vocab.AuditSignInLinkCreated})
	if s.o.Post == nil || u.ID == viewer.FromContext(ctx).ActorID {
		return
	}
	s.o.Post(tx, u.Email, "A sign-in link was made for you", fmt.Sprintf("Hello %s,\n\nan admin of %s made a link that signs in with your name, once, within 15 minutes. "+
		"If you did not ask for it, ask them why; your sessions are listed where you sign in.\n", u.Name, a.Name))
}

// refusedLink answers alike for what was never a link, and for one that was used or has expired.
func refusedLink() error {
	return errs.New(errs.Invalid, "The link is wrong, was used already, or has expired (links work once, for 15 minutes). Ask for another one.")
}

// LinkUser is whom a link signs in.
type LinkUser struct{ ID, Name, Email, AccountName string }

// LinkUser returns whom a link signs in, who has not used it: whoever opens its page sees
// whose it is. Errors: INVALID.
func (s *Service) LinkUser(ctx context.Context, link string) (LinkUser, error) {
	found, err := s.store.Strings(ctx, "SELECT user_id FROM sign_in_links WHERE hash = $1 AND NOT used AND expires_at > $2", secret.HashToken(link), int64(s.store.Now()))
	if err != nil {
		return LinkUser{}, fmt.Errorf("look a link up: %w", err)
	}
	if len(found) == 0 {
		return LinkUser{}, refusedLink()
	}
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
	u, err := s.store.Client(everywhere).User.Get(everywhere, found[0])
	if err != nil {
		return LinkUser{}, err
	}
	a, err := s.store.Client(everywhere).Account.Get(everywhere, u.AccountID)
	if err != nil {
		return LinkUser{}, err
	}
	return LinkUser{u.ID, u.Name, u.Email, a.Name}, nil
}

// UseLink uses a link up, and begins a session of its user (AC-16). Errors: INVALID;
// RATE_LIMITED for too many tries from one network.
func (s *Service) UseLink(ctx context.Context, link, returnTo, userAgent string) (Opened, error) {
	if err := s.tries.count(ctx, s.store.Clock(), triesPerMinute); err != nil {
		return Opened{}, err
	}
	hash := secret.HashToken(link)
	found, err := s.store.Strings(ctx, "SELECT user_id FROM sign_in_links WHERE hash = $1", hash)
	if err != nil {
		return Opened{}, fmt.Errorf("look a link up: %w", err)
	}
	if len(found) == 0 {
		return Opened{}, refusedLink()
	}
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
	u, err := s.store.Client(everywhere).User.Get(everywhere, found[0])
	if err != nil {
		return Opened{}, err
	}
	made := Opened{ReturnTo: LocalPath(returnTo)}
	err = s.store.WithTx(asSystem(ctx, u.AccountID), func(ctx context.Context, tx *store.Tx) error {
		made.Opened, err = takeLink(ctx, tx, u.ID, hash, userAgent)
		return err
	})
	if errs.Is(err, errs.Invalid) {
		err = errors.Join(err, s.recordFailure(ctx, u, "LINK"))
	}
	return made, err
}

// takeLink begins the session of a link that holds. Of two who use it at once, one does.
func takeLink(ctx context.Context, tx *store.Tx, userID string, hash []byte, userAgent string) (account.Opened, error) {
	if err := account.Lock(ctx, tx); err != nil {
		return account.Opened{}, err
	}
	u, err := tx.Client.User.Get(ctx, userID)
	if err != nil {
		return account.Opened{}, err
	}
	a, err := tx.Client.Account.Get(ctx, u.AccountID)
	if err != nil {
		return account.Opened{}, err
	}
	open, err := linksOpen(ctx, tx.Client, a)
	if err != nil {
		return account.Opened{}, err
	}
	n, err := tx.Exec(ctx, "UPDATE sign_in_links SET used = TRUE WHERE hash = $1 AND NOT used AND expires_at > $2", hash, int64(tx.Now()))
	if err != nil {
		return account.Opened{}, fmt.Errorf("use a link: %w", err)
	}
	if n == 0 || !open || u.DeactivatedAt.IsSet() {
		return account.Opened{}, refusedLink()
	}
	return account.OpenSession(ctx, tx, account.NewSession{User: u, UserAgent: userAgent, Way: "LINK"})
}

// tries counts how often each network asks for links, tries them, or begins elsewhere, on
// this node. The zero value is ready.
type tries struct {
	mu      sync.Mutex
	since   time.Time
	callers map[string]int
}

// count counts a try, and refuses it with RATE_LIMITED after too many within a minute.
func (t *tries) count(ctx context.Context, c clock.Clock, most int) error {
	remote := viewer.Remote(ctx)
	if remote == "" {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now := c.Now()
	if t.callers == nil || !now.Before(t.since.Add(time.Minute)) || len(t.callers) >= maxCallers {
		t.since, t.callers = now, map[string]int{}
	}
	if t.callers[remote] >= most {
		return errs.RetryIn(t.since.Add(time.Minute).Sub(now), now, "Too many attempts to sign in from this address")
	}
	t.callers[remote]++
	return nil
}
