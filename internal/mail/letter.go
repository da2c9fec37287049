package mail

import (
	"fmt"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"parley/internal/channel/email/classify"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
)

// Letter is a mail to one address. It is the arguments of the job that delivers
// it.
type Letter struct {
	// ID is given by Post. It makes the Message-ID, the same at every attempt.
	ID string `json:"id"`
	// WrittenAt is given by Post.
	WrittenAt clock.Micros `json:"writtenAt"`
	// To is a bare address, already cleaned.
	To string `json:"to"`
	// ReplyTo is a bare address; empty: answers go to the sender.
	ReplyTo string `json:"replyTo,omitempty"`
	// Subject is one line.
	Subject string `json:"subject"`
	// Text is plain, its lines ended by "\n".
	Text string `json:"text"`
	// HTML says the same with markup; empty: there is none.
	HTML string `json:"html,omitempty"`
}

// Kind names the job.
func (Letter) Kind() string { return "send_mail" }

// Post queues a letter with the transaction.
func Post(tx *store.Tx, l Letter) {
	l.ID, l.WrittenAt = id.New("mail"), tx.Now()
	tx.Enqueue(store.Job{Args: l})
}

// compose returns the letter as it goes out. It says that a machine wrote it, and
// that no machine is to answer (RFC 3834).
func (l Letter) compose(from *netmail.Address) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(from)
	if err := m.To(l.To); err != nil {
		return nil, fmt.Errorf("the letter's address: %w", err)
	}
	if l.ReplyTo != "" {
		if err := m.ReplyTo(l.ReplyTo); err != nil {
			return nil, fmt.Errorf("the letter's address for answers: %w", err)
		}
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	m.SetMessageIDWithValue(l.ID + "@" + domain)
	m.SetDateWithValue(l.WrittenAt.Time())
	m.Subject(l.Subject)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetGenHeader("X-Auto-Response-Suppress", "All") // Exchange hears this alone
	m.SetGenHeader(classify.LoopHeader, l.ID)
	m.SetBodyString(gomail.TypeTextPlain, strings.ReplaceAll(l.Text, "\n", "\r\n"))
	if l.HTML != "" {
		m.AddAlternativeString(gomail.TypeTextHTML, strings.ReplaceAll(l.HTML, "\n", "\r\n"))
	}
	return m, nil
}
