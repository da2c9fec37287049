package mail

import (
	"strings"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/mail/smtp"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Notice is a mail to one address. It is the arguments of the job that delivers
// it.
type Notice struct {
	// ID is given by Post. It makes the Message-ID, the same at every attempt.
	ID string `json:"id"`
	// WrittenAt is given by Post.
	WrittenAt clock.Micros `json:"writtenAt"`
	// To is a bare address, already cleaned.
	To string `json:"to"`
	// AccountID and ChannelID are the e-mail channel that it is from; empty: it is from
	// Parley itself.
	AccountID string `json:"accountId,omitempty"`
	ChannelID string `json:"channelId,omitempty"`
	// ReplyTo is a bare address; empty: answers go to the sender.
	ReplyTo string `json:"replyTo,omitempty"`
	// InternetID is the Message-ID that answers name, without brackets; empty: one of ID.
	InternetID string `json:"internetId,omitempty"`
	// References is an id that answers refer to as well; empty: none.
	References string `json:"references,omitempty"`
	// Unsubscribe is an address at which one click, by POST, keeps such mails away
	// (RFC 8058); empty: there is none.
	Unsubscribe string `json:"unsubscribe,omitempty"`
	// About is whose words or data it has; nil: nobody's of an account's contacts.
	About *About `json:"about,omitempty"`
	// Abouts are others whose words or data it has: once one of them is erased, it is not sent.
	Abouts []About `json:"abouts,omitempty"`
	// Subject is one line.
	Subject string `json:"subject"`
	// Text is plain, its lines ended by "\n".
	Text string `json:"text"`
	// HTML says the same with markup; empty: there is none.
	HTML string `json:"html,omitempty"`
}

// About is the visitor or contact of an account whom a notice is about. Once they are
// erased, a notice that waits is withdrawn (CR-5).
type About struct {
	AccountID string `json:"accountId"`
	ContactID string `json:"contactId,omitempty"`
	VisitorID string `json:"visitorId,omitempty"`
}

// Kind names the job.
func (Notice) Kind() string { return "send-mail" }

// KindAliases are names of such jobs that may be queued still.
func (Notice) KindAliases() []string { return []string{"send_mail"} }

// Post queues a notice with the transaction.
func Post(tx *store.Tx, l Notice) {
	l.ID, l.WrittenAt = id.New("mail"), tx.Now()
	tx.Enqueue(store.Job{Args: l})
}

// compose returns the notice as it goes out. It says that a machine wrote it, and
// that no machine is to answer (RFC 3834).
func (l Notice) compose(from smtp.Address) ([]byte, error) {
	internetID := l.InternetID
	if internetID == "" {
		internetID = l.ID + from.Address[strings.LastIndexByte(from.Address, '@'):]
	}
	o := smtp.Outgoing{
		MessageID: internetID, Date: l.WrittenAt.Time(), From: from,
		To: []smtp.Address{{Address: l.To}}, Subject: oneLine.Replace(l.Subject), Text: l.Text, HTML: l.HTML,
		Automatic: true, Headers: map[string]string{vocab.LoopHeader: l.ID},
	}
	if l.Unsubscribe != "" {
		o.Headers["List-Unsubscribe"], o.Headers["List-Unsubscribe-Post"] = "<"+l.Unsubscribe+">", "List-Unsubscribe=One-Click"
	}
	if l.References != "" {
		o.References = []string{l.References}
	}
	if l.ReplyTo != "" {
		o.ReplyTo = []smtp.Address{{Address: l.ReplyTo}}
	}
	return smtp.Compose(o)
}

// oneLine keeps a subject with a second line from being refused.
var oneLine = strings.NewReplacer("\r\n", " ", "\r", " ", "\n", " ", "\x00", " ")
