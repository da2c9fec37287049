package smtp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	gosmtp "github.com/emersion/go-smtp"
)

// Outcome is what an attempt meant for one recipient.
type Outcome int

// Outcomes.
const (
	// Deferred: it was not taken now, and may be later (4xx, no connection).
	Deferred Outcome = iota
	// Accepted: the server answers for the mail from now on.
	Accepted
	// Refused: trying again cannot help (5xx).
	Refused
)

// Recipient is what became of one recipient.
type Recipient struct {
	// Address is as Send was given it.
	Address string
	Outcome Outcome
	// Code is the server's, such as 550; 0: it gave none.
	Code int
	// Text is why it was not accepted: one line, at most 500 bytes.
	Text string
}

func (r *Recipient) fail(e *Error) {
	r.Outcome, r.Code, r.Text = Deferred, e.Code, e.Text
	if e.Kind == Permanent {
		r.Outcome = Refused
	}
}

// Result is what became of the recipients, in the order of Send's.
type Result struct{ Recipients []Recipient }

// Kind says what an error of Send asks for.
type Kind int

// Kinds of errors.
const (
	// Temporary: try again later.
	Temporary Kind = iota
	// Permanent: this mail will never be taken.
	Permanent
	// Authentication: nothing will be taken until the channel's credentials, or
	// how they are sent, are corrected.
	Authentication
)

// Error is why no recipient was accepted.
type Error struct {
	Kind Kind
	// Code is the server's, such as 451; 0: it gave none.
	Code int
	// Text is one line, at most 500 bytes, without credentials.
	Text string
	// Uncertain: the whole mail was sent and no answer came, so that it may have
	// been taken. Kind is Temporary.
	Uncertain bool
	err       error
}

func (e *Error) Error() string {
	if e.Code != 0 {
		return fmt.Sprintf("mail server: %d %s", e.Code, e.Text)
	}
	return "mail server: " + e.Text
}

// Unwrap gives what led to it: an error of Server.Dial, of Server.Bearer, of
// TLS, of the context, or ErrUnencrypted.
func (e *Error) Unwrap() error { return e.err }

// ErrUnencrypted says that credentials would have gone unencrypted to another machine,
// or that the server does not offer the encryption that is asked for.
var ErrUnencrypted = errors.New("the connection is not encrypted")

// maxText is the most bytes of an answer that are kept.
const maxText = 500

// oneLine makes a server's answer fit to be stored and shown.
func oneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}

// failure reads an error of the client's: an answer of the server, by its code,
// or a connection that is no more.
func failure(ctx context.Context, err error) *Error {
	var answer *gosmtp.SMTPError
	if errors.As(err, &answer) {
		e := &Error{Code: answer.Code, Text: oneLine(answer.Message), err: err}
		if c := answer.EnhancedCode; c[0] > 0 {
			e.Text = fmt.Sprintf("%d.%d.%d %s", c[0], c[1], c[2], e.Text)
		}
		if answer.Code >= 500 {
			e.Kind = Permanent
		}
		return e
	}
	if ended := context.Cause(ctx); ended != nil {
		err = fmt.Errorf("%w: %w", ended, err)
	}
	return &Error{Text: oneLine(err.Error()), err: err}
}

// signIn is failure for answers that concern the credentials.
func signIn(ctx context.Context, err error) *Error {
	e := failure(ctx, err)
	if e.Kind == Permanent {
		e.Kind = Authentication
	}
	return e
}
