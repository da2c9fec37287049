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

// Answers. What a stranger is answered says nothing of what went wrong inside.
var (
	unknownRecipient = smtpAnswer(550, 5, 1, 1, "No such recipient here")
	tooManyUnknown   = smtpAnswer(421, 4, 7, 0, "Too many unknown recipients")
	notNow           = smtpAnswer(451, 4, 3, 0, "Try again later")
	badSender        = smtpAnswer(553, 5, 1, 7, "This is not an address")
	badRecipient     = smtpAnswer(553, 5, 1, 3, "This is not an address")
	comeAgain        = smtpAnswer(452, 4, 5, 3, "Send it to this recipient by itself")
	lineTooLong      = smtpAnswer(554, 5, 6, 0, "A line is too long")
)

func smtpAnswer(code, class, subject, detail int, text string) *gosmtp.SMTPError {
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
	utf8, postmaster       bool
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
	if s.isPostmaster(to) {
		return s.addPostmaster(to)
	}
	channelID, err := s.recipient(to)
	switch {
	case errors.Is(err, ErrUnknown):
		return s.countGuess()
	case err != nil:
		s.backend.options.Log.ErrorContext(s.backend.ctx, "a recipient of mail could not be looked up", "error", err)
		return notNow
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mail.postmaster {
		return comeAgain
	}
	s.mail.recipients = append(s.mail.recipients, to)
	if !slices.Contains(s.mail.channelIDs, channelID) {
		s.mail.channelIDs = append(s.mail.channelIDs, channelID)
	}
	return nil
}

// isPostmaster reports whether an address is the one of who runs this server.
func (s *session) isPostmaster(to string) bool {
	return s.backend.options.Postmaster != nil && strings.EqualFold(to, "postmaster@"+s.backend.options.Hostname)
}

// addPostmaster takes the postmaster, who gets no mail together with others.
func (s *session) addPostmaster(to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mail.recipients) > 0 {
		return comeAgain
	}
	s.mail.recipients, s.mail.postmaster = []string{to}, true
	return nil
}

func (s *session) recipient(to string) (string, error) {
	if !s.backend.work.beginCall() {
		return "", context.Canceled
	}
	defer s.backend.work.calls.Done()
	return s.backend.options.Recipient(s.backend.ctx, to)
}

func (s *session) countGuess() error {
	if s.unknown++; s.unknown < maxUnknown {
		return unknownRecipient
	}
	s.guest.endAfterAnswer()
	return tooManyUnknown
}

// sound reports whether an address can be written into a header.
func sound(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return len(address) <= 320 && utf8.ValidString(address) && at > 0 &&
		!strings.ContainsFunc(address, unicode.IsControl) && !strings.ContainsAny(address[at:], "<>()\", ")
}

// Data delivers the mail.
func (s *session) Data(r io.Reader) error {
	if !s.backend.work.beginCall() {
		return notNow
	}
	defer s.backend.work.calls.Done()
	if lines := takeDataLines(r, s.backend.options.MaxBytes); lines != nil {
		defer lines.drain()
		r = lines
	}
	contents := &watched{from: r}
	mail, ok := s.claimEnvelope()
	defer s.releaseEnvelope(contents)
	if !ok {
		return notNow
	}
	err := s.deliverMail(mail, contents)
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

// claimEnvelope returns the envelope, unless its mail was given up before.
func (s *session) claimEnvelope() (envelope, bool) {
	s.guest.setHandingOver(true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running++
	return s.mail, len(s.mail.recipients) > 0
}

func (s *session) releaseEnvelope(contents *watched) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	s.guest.setHandingOver(false)
	if errors.Is(contents.err, gosmtp.ErrDataReset) {
		s.guest.endAfterAnswer()
	}
}

func (s *session) deliverMail(mail envelope, contents io.Reader) error {
	d := Delivery{
		ChannelIDs: mail.channelIDs, From: mail.from, Recipients: mail.recipients,
		Remote: s.guest.remote, HELO: s.helo, TLS: s.encrypted,
	}
	d.Raw = io.MultiReader(strings.NewReader(s.trace(mail)), contents)
	if mail.postmaster {
		return s.backend.options.Postmaster(s.backend.ctx, d)
	}
	return s.backend.options.Deliver(s.backend.ctx, d)
}

// Reset forgets the mail. If it was coming in chunks and is given up, the
// connection ends: the server could give its outcome for the next mail's.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mail = envelope{}
	if s.running > 0 {
		s.guest.setHandingOver(false)
		s.guest.endAfterAnswer()
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
