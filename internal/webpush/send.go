package webpush

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/SherClockHolmes/webpush-go"

	"parley/internal/clock"
	"parley/internal/egress"
)

// timeout bounds one push.
const timeout = 8 * time.Second

// MaxPayload is the longest message.
const MaxPayload = 3 << 10

// Keys are the installation's, by which push services know it.
type Keys struct{ Public, Private string }

// NewKeys makes a pair.
func NewKeys() (Keys, error) {
	private, public, err := webpush.GenerateVAPIDKeys()
	return Keys{Public: public, Private: private}, err
}

// Message is what is pushed.
type Message struct {
	Payload []byte
	// Topic: a message with it takes the place of one that the push service still has.
	Topic string
	// TTL is how long the push service keeps it for a browser that is off.
	TTL    time.Duration
	Urgent bool
}

// Outcome is what became of a push.
type Outcome int

// Outcomes of a push.
const (
	// Taken: the push service has it.
	Taken Outcome = iota
	// Gone: it knows the browser no longer.
	Gone
	// Later: it has too much to do, or cannot be reached.
	Later
	// Refused: it does not take it from us.
	Refused
)

// Answer is a push service's.
type Answer struct {
	Outcome Outcome
	// Status is that of HTTP; 0: there was none.
	Status int
	// After is how long it wants to be left alone; 0: it does not say.
	After time.Duration
}

// Sender sends to browsers. It is safe for concurrent use.
type Sender struct {
	guard  *egress.Guard
	client *http.Client
	clock  clock.Clock
	// contact is whom push services write to about us: an https address, or one of e-mail.
	contact string
}

// New returns a sender that connects where the guard lets it. Certificates of trusted are
// trusted in place of the system's; nil: the system's.
func New(guard *egress.Guard, c clock.Clock, contact string, trusted *x509.CertPool) *Sender {
	client := guard.HTTPClient()
	client.Timeout = timeout
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if transport, ok := client.Transport.(*http.Transport); ok && trusted != nil {
		transport.TLSClientConfig = clientTLS(trusted)
	}
	return &Sender{guard: guard, client: client, clock: c, contact: contact}
}

// Send pushes a message to a browser. An error means that it cannot be made, whenever it is
// tried again.
func (s *Sender) Send(ctx context.Context, keys Keys, b Browser, m Message) (Answer, error) {
	if len(m.Payload) > MaxPayload {
		return Answer{}, errors.New("webpush: the message is too long")
	}
	urgency := webpush.UrgencyNormal
	if m.Urgent {
		urgency = webpush.UrgencyHigh
	}
	wire := &answering{client: s.client}
	res, err := webpush.SendNotificationWithContext(ctx, m.Payload, &webpush.Subscription{
		Endpoint: b.Endpoint, Keys: webpush.Keys{Auth: b.Auth, P256dh: b.P256dh},
	}, &webpush.Options{
		HTTPClient: wire, Subscriber: s.contact, Topic: m.Topic, TTL: int(m.TTL.Seconds()), Urgency: urgency,
		VAPIDPublicKey: keys.Public, VAPIDPrivateKey: keys.Private,
	})
	if err != nil {
		if ctx.Err() != nil {
			return Answer{}, context.Cause(ctx)
		}
		if refused := (*egress.Error)(nil); errors.As(err, &refused) {
			return Answer{Outcome: Refused}, nil
		}
		if wire.asked {
			return Answer{Outcome: Later}, nil
		}
		return Answer{}, errors.New("webpush: the message cannot be encrypted")
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return s.readAnswer(res), nil
}

// answering notes that the push service was asked, which is no fault of the message.
type answering struct {
	client *http.Client
	asked  bool
}

// Do sends a request.
func (a *answering) Do(r *http.Request) (*http.Response, error) {
	a.asked = true
	return a.client.Do(r)
}

func (s *Sender) readAnswer(res *http.Response) Answer {
	a := Answer{Status: res.StatusCode, Outcome: Refused}
	switch code := res.StatusCode; {
	case code >= 200 && code < 300:
		a.Outcome = Taken
	case code == http.StatusNotFound || code == http.StatusGone:
		a.Outcome = Gone
	case code == http.StatusTooManyRequests || code == http.StatusRequestTimeout || code >= 500:
		a.Outcome, a.After = Later, s.retryAfter(res.Header.Get("Retry-After"))
	}
	return a
}

// retryAfter reads the header: seconds, or a date.
func (s *Sender) retryAfter(text string) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 && seconds < 1<<20 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(s.clock.Now()))
	}
	return 0
}
