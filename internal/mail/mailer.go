package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"parley/internal/job"
	"parley/internal/mail/smtp"
	"parley/internal/secret"
)

// Options say how mail leaves.
type Options struct {
	// URL is the server's, as smtp.ParseURL reads it. Empty: notices go to Folder.
	URL string
	// From is the sender, such as "Parley <parley@example.com>".
	From string
	// Folder keeps the notices of a Mailer without a server. It is made when the
	// first one is written.
	Folder string
	// Log hears of notices that are given up.
	Log *slog.Logger
}

// Mailer delivers notices. It is safe for concurrent use.
type Mailer struct {
	from   smtp.Address
	server *smtp.Server // nil: notices go to the folder
	folder string
	log    *slog.Logger
	// senders finds channels that notices are from; nil: all are from the mailer.
	senders Senders
	// people says who was erased; nil: no one was.
	people People
}

// People knows whom notices are about. Package privacy implements it.
type People interface {
	// IsErased reports whether the contact or visitor was erased, or is being erased.
	IsErased(ctx context.Context, about About) (bool, error)
}

// errRefused is what trying again cannot fix.
var errRefused = errors.New("refused")

// Attempts and pauses add up to more than four days, as RFC 5321 asks.
const (
	maxAttempts = 18
	timeout     = 2 * time.Minute
)

// New returns a mailer. Errors say what is wrong with the URL or the sender;
// no server is asked yet.
func New(o Options) (*Mailer, error) {
	from, err := parseSender(o.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is not an address: %w", o.From, err)
	}
	m := &Mailer{from: from, folder: o.Folder, log: o.Log}
	if o.URL != "" {
		if m.server, err = smtp.ParseURL(o.URL); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// parseSender reads an address, with its domain in ASCII: Message-IDs end in it.
func parseSender(text string) (smtp.Address, error) {
	a, err := netmail.ParseAddress(text)
	if err != nil {
		return smtp.Address{}, err
	}
	at := strings.LastIndexByte(a.Address, '@') + 1
	domain := a.Address[at:]
	if strings.ContainsFunc(domain, func(r rune) bool { return r >= utf8.RuneSelf }) {
		domain, err = idna.Lookup.ToASCII(domain)
	}
	return smtp.Address{Name: a.Name, Address: a.Address[:at] + domain}, err
}

// Register has the queue deliver notices, which wait sealed with the keys, from the
// channels that senders finds; nil: from the mailer. It is called before the queue starts.
func (m *Mailer) Register(q *job.Queue, keys *secret.Keyring, senders Senders, people People) {
	m.senders, m.people = senders, people
	job.Register(q, m.Deliver, job.Options{MaxAttempts: maxAttempts, Timeout: timeout, Keys: keys})
}

// Deliver makes one attempt. It is the queue's worker: an error asks for another
// attempt, unless the server refused the notice or it was the last one, which is
// logged.
func (m *Mailer) Deliver(ctx context.Context, l Notice) error {
	err := m.attempt(ctx, l)
	refused := errors.Is(err, errRefused)
	if refused || err != nil && job.LastAttempt(ctx) {
		m.log.ErrorContext(ctx, "an e-mail was given up", "notice", l.ID, "error", err)
	}
	if refused {
		return job.GiveUp(err)
	}
	return err
}

// isWithdrawn reports whether someone whom the notice is about was erased while it waited.
func (m *Mailer) isWithdrawn(ctx context.Context, l Notice) (bool, error) {
	if m.people == nil {
		return false, nil
	}
	abouts := l.Abouts
	if l.About != nil {
		abouts = append(abouts[:len(abouts):len(abouts)], *l.About)
	}
	for _, about := range abouts {
		erased, err := m.people.IsErased(ctx, about)
		if err != nil {
			return false, fmt.Errorf("ask whom the notice is about: %w", err)
		}
		if erased {
			return true, nil
		}
	}
	return false, nil
}

// attempt composes the letter and hands it over. Errors that trying again cannot
// mend are errRefused.
func (m *Mailer) attempt(ctx context.Context, l Notice) error {
	if withdrawn, err := m.isWithdrawn(ctx, l); err != nil || withdrawn {
		return err
	}
	s, err := m.senderOf(ctx, l)
	if err != nil {
		return fmt.Errorf("find the notice's sender: %w", err)
	}
	raw, err := s.compose(l)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	if s.Server == nil {
		return WriteToFolder(m.folder, l.ID, raw)
	}
	err = s.send(ctx, l.To, raw)
	if failed := (*smtp.Error)(nil); errors.As(err, &failed) && failed.Kind == smtp.Permanent {
		return fmt.Errorf("%w by the mail server: %w", errRefused, err)
	}
	if err != nil {
		return fmt.Errorf("hand the letter to the mail server: %w", err)
	}
	return nil
}
