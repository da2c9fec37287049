package listener

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	gosmtp "github.com/emersion/go-smtp"
)

// maxUnknown are the unknown recipients that a client may name; then it is
// taken to be guessing.
const maxUnknown = 10

// Answers. What a stranger is told says nothing of what went wrong inside.
var (
	unknownRecipient = answer(550, 5, 1, 1, "No such recipient here")
	tooManyUnknown   = answer(421, 4, 7, 0, "Too many unknown recipients")
	notNow           = answer(451, 4, 3, 0, "Try again later")
	badSender        = answer(553, 5, 1, 7, "This is no address")
	badRecipient     = answer(553, 5, 1, 3, "This is no address")
	lineTooLong      = answer(554, 5, 6, 0, "A line is too long")
)

func answer(code, class, subject, detail int, text string) *gosmtp.SMTPError {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{class, subject, detail}, Message: text}
}

// session is a conversation with one client.
type session struct {
	backend   *backend
	guest     *guest
	helo      string
	encrypted bool
	unknown   int

	// mu: a mail that comes in chunks (BDAT) is delivered beside further commands.
	mu      sync.Mutex
	mail    envelope
	running int // calls of Data
}

// envelope is what is known of a mail before it comes.
type envelope struct {
	from                   string
	utf8                   bool
	channelIDs, recipients []string
}

// Mail begins a mail.
func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	if from != "" && !sound(from) {
		return badSender
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = envelope{from: from, utf8: o.UTF8}
	return nil
}

// Rcpt takes a recipient who is Parley's.
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if !sound(to) {
		return badRecipient
	}
	channelID, err := s.recipient(to)
	switch {
	case errors.Is(err, ErrUnknown):
		return s.guessed()
	case err != nil:
		s.backend.options.Log.ErrorContext(s.backend.ctx, "a recipient of mail could not be looked up", "error", err)
		return notNow
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail.recipients = append(s.mail.recipients, to)
	if !slices.Contains(s.mail.channelIDs, channelID) {
		s.mail.channelIDs = append(s.mail.channelIDs, channelID)
	}
	return nil
}

func (s *session) recipient(to string) (string, error) {
	if !s.backend.work.begin() {
		return "", context.Canceled
	}
	defer s.backend.work.calls.Done()
	return s.backend.options.Recipient(s.backend.ctx, to)
}

func (s *session) guessed() error {
	if s.unknown++; s.unknown < maxUnknown {
		return unknownRecipient
	}
	s.guest.leave()
	return tooManyUnknown
}

// sound tells whether an address can be written into a header.
func sound(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return len(address) <= 320 && utf8.ValidString(address) && at > 0 &&
		!strings.ContainsFunc(address, unicode.IsControl) && !strings.ContainsAny(address[at:], "<>()\", ")
}

// Data delivers the mail.
func (s *session) Data(r io.Reader) error {
	if !s.backend.work.begin() {
		return notNow
	}
	defer s.backend.work.calls.Done()
	contents := &watched{from: r}
	mail, ok := s.begin()
	defer s.end(contents)
	if !ok {
		return notNow
	}
	err := s.deliver(mail, contents)
	switch {
	case errors.Is(contents.err, gosmtp.ErrDataTooLarge):
		return gosmtp.ErrDataTooLarge
	case errors.Is(contents.err, gosmtp.ErrTooLongLine):
		return lineTooLong
	case err == nil && contents.ended():
		return nil
	case contents.err == nil || contents.ended(): // else the client broke off, and it is its own fault
		s.backend.options.Log.ErrorContext(s.backend.ctx, "a mail could not be stored", "error", err, "read", contents.ended())
	}
	return notNow
}

// begin returns the envelope, unless its mail was given up before.
func (s *session) begin() (envelope, bool) {
	s.guest.hand(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	return s.mail, len(s.mail.recipients) > 0
}

func (s *session) end(contents *watched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.guest.hand(false)
	if errors.Is(contents.err, gosmtp.ErrDataReset) {
		s.guest.leave()
	}
}

func (s *session) deliver(mail envelope, contents io.Reader) error {
	d := Delivery{
		ChannelIDs: mail.channelIDs, From: mail.from, Recipients: mail.recipients,
		Remote: s.guest.remote, HELO: s.helo, TLS: s.encrypted,
	}
	d.Raw = io.MultiReader(strings.NewReader(s.trace(mail)), contents)
	return s.backend.options.Deliver(s.backend.ctx, d)
}

// Reset forgets the mail. If it was coming in chunks and is given up, the
// connection ends: the server could give its outcome for the next mail's.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = envelope{}
	if s.running > 0 {
		s.guest.hand(false)
		s.guest.leave()
	}
}

// Logout has nothing to do.
func (s *session) Logout() error { return nil }

// watched remembers how reading ended: io.EOF if all was read.
type watched struct {
	from io.Reader
	err  error
}

func (w *watched) Read(b []byte) (int, error) {
	n, err := w.from.Read(b)
	if err != nil {
		w.err = err
	}
	return n, err
}

func (w *watched) ended() bool { return errors.Is(w.err, io.EOF) }
