package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	netmail "net/mail"
	"time"

	gomail "github.com/wneessen/go-mail"

	"parley/internal/job"
)

// Options say how mail leaves.
type Options struct {
	// URL is the server's, as Server parses it. Empty: letters go to Folder.
	URL string
	// From is the sender, such as "Parley <parley@example.com>".
	From string
	// Folder keeps the letters of a Mailer without a server. It is made when the
	// first one is written.
	Folder string
	// Log hears of letters that are given up.
	Log *slog.Logger
}

// Mailer delivers letters. It is safe for concurrent use.
type Mailer struct {
	from *netmail.Address
	via  carrier
	log  *slog.Logger
}

// carrier takes a composed letter away. Errors that trying again cannot mend
// are errRefused.
type carrier interface {
	carry(ctx context.Context, letterID string, m *gomail.Msg) error
}

var errRefused = errors.New("refused")

// Attempts and pauses add up to more than four days, as RFC 5321 asks.
const (
	maxAttempts = 18
	timeout     = 2 * time.Minute
)

// New returns a mailer. Errors tell what is wrong with the URL or the sender;
// no server is asked yet.
func New(o Options) (*Mailer, error) {
	from, err := netmail.ParseAddress(o.From)
	if err != nil {
		return nil, fmt.Errorf("the sender %q is no address: %w", o.From, err)
	}
	m := &Mailer{from: from, via: folder(o.Folder), log: o.Log}
	if o.URL != "" {
		if m.via, err = parseServer(o.URL); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// Register has the queue deliver letters. It is called before the queue starts.
func (m *Mailer) Register(q *job.Queue) {
	job.Register(q, m.Deliver, job.Options{MaxAttempts: maxAttempts, Timeout: timeout})
}

// Deliver makes one attempt. It is the queue's worker: an error asks for another
// attempt, unless the server refused the letter or it was the last one, which is
// logged.
func (m *Mailer) Deliver(ctx context.Context, l Letter) error {
	composed, err := l.compose(m.from)
	if err != nil {
		err = fmt.Errorf("%w: %w", errRefused, err)
	} else {
		err = m.via.carry(ctx, l.ID, composed)
	}
	refused := errors.Is(err, errRefused)
	if refused || err != nil && job.LastAttempt(ctx) {
		m.log.ErrorContext(ctx, "a letter was given up", "letter", l.ID, "error", err)
	}
	if refused {
		return job.GiveUp(err)
	}
	return err
}
