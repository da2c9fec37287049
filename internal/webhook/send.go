package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/egress"
	"parley/internal/vocab"
)

const (
	// maxAnswer is how many bytes of an answer are read.
	maxAnswer = 1 << 10
	// maxExcerpt is how many characters of it are kept.
	maxExcerpt = 1000
	userAgent  = "Parley-Webhooks/1"
)

// clientOf is what requests are sent by: it follows no redirect, and waits for an answer
// three quarters of the time.
func clientOf(o Options) *http.Client {
	client := o.Guard.HTTPClient()
	client.Timeout = o.Timeout
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if t, ok := client.Transport.(*http.Transport); ok {
		t.ResponseHeaderTimeout = o.Timeout * 3 / 4
		t.MaxIdleConnsPerHost = endpointRequests
		t.DisableCompression = true
	}
	return client
}

// outcome is how a request ended, or why none was sent.
type outcome struct {
	delivery *ent.WebhookDelivery
	at       clock.Micros
	took     time.Duration
	status   int
	failure  vocab.WebhookFailure // "": it succeeded
	excerpt  string
	// after is how long the endpoint asks to be left in peace.
	after time.Duration
	// canceled: no request was sent, and none is to be.
	canceled bool
	// unread: no request was sent, since what it should have carried could not be read now.
	unread bool
	// problem is what is wrong with the document; nil: none was run.
	problem *string
}

// post sends a body and returns how that ended. An error means that it is not known: the
// context has ended.
func (s *Service) post(ctx context.Context, e *ent.WebhookEndpoint, secrets []string, d *ent.WebhookDelivery, text []byte) (*outcome, error) {
	o := &outcome{delivery: d, at: s.store.Now()}
	request, err := s.request(ctx, e.URL, secrets, d, text, o.at.Time())
	if err != nil {
		return nil, err
	}
	began := s.store.Clock().Now()
	response, err := s.client.Do(request)
	if err == nil {
		o.status = response.StatusCode
		err = o.readAnswer(response)
		_ = response.Body.Close()
	}
	o.took = s.store.Clock().Now().Sub(began)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch {
	case err != nil && o.status == 0, err != nil && failureOf(err) == vocab.WebhookTimeoutFailure:
		o.failure = failureOf(err)
	case o.status == http.StatusSwitchingProtocols:
		o.failure = vocab.WebhookProtocolFailure
	case o.status >= 300 && o.status < 400:
		o.failure = vocab.WebhookRedirectFailure
	case o.status < 200 || o.status > 299:
		o.failure = vocab.WebhookStatusFailure
	}
	return o, nil
}

// request is a signed request, by the convention of Standard Webhooks.
func (s *Service) request(ctx context.Context, url string, secrets []string, d *ent.WebhookDelivery, text []byte, at time.Time) (*http.Request, error) {
	request, err := NewRequest(ctx, url, secrets, d.ID, text, at)
	if errors.Is(err, errSecret) {
		return nil, fmt.Errorf("a secret of %s cannot be used", d.EndpointID)
	}
	return request, err
}

// errSecret is of a secret that signs nothing.
var errSecret = errors.New("the secret is none: want whsec_ and base64")

// CheckSecret returns an error if a secret signs nothing.
func CheckSecret(text string) error {
	key, ok := strings.CutPrefix(text, secretPrefix)
	if raw, err := base64.StdEncoding.DecodeString(key); !ok || err != nil || len(raw) == 0 {
		return errSecret
	}
	return nil
}

// NewRequest is a request with a body, signed with each of the secrets, under the id of its
// delivery, by the convention of Standard Webhooks.
func NewRequest(ctx context.Context, url string, secrets []string, deliveryID string, text []byte, at time.Time) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	signatures := make([]string, len(secrets))
	for i, key := range secrets {
		signer, err := standardwebhooks.NewWebhook(key)
		if err != nil {
			return nil, errSecret
		}
		if signatures[i], err = signer.Sign(deliveryID, at, text); err != nil {
			return nil, err
		}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	request.Header.Set(standardwebhooks.HeaderWebhookID, deliveryID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return request, nil
}

// readAnswer takes the beginning of an answer, and drops the rest with the connection.
func (o *outcome) readAnswer(response *http.Response) error {
	if o.status == http.StatusSwitchingProtocols {
		return nil // the body is the connection itself, which no time-out ends
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	o.excerpt = clean(text)
	switch o.status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		o.after = retryAfter(response.Header.Get("Retry-After"), o.at.Time())
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		o.excerpt = clean([]byte("Redirect to " + response.Header.Get("Location")))
	}
	return err
}

// retryAfter reads the header: seconds or a date, a day at most.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil {
		wait = time.Duration(min(max(seconds, 0), int64(maxRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// clean is what an answer says, as plain text.
func clean(answer []byte) string {
	text := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r) || r == unicode.ReplacementChar || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(string(answer), ""))
	if runes := []rune(text); len(runes) > maxExcerpt {
		text = string(runes[:maxExcerpt])
	}
	return strings.TrimSpace(text)
}

// failureOf says why there was no answer.
func failureOf(err error) vocab.WebhookFailure {
	var (
		refused  *egress.Error
		name     *net.DNSError
		timeout  net.Error
		verify   *tls.CertificateVerificationError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		unknown  x509.UnknownAuthorityError
		hostname x509.HostnameError
	)
	switch {
	case errors.As(err, &refused):
		return vocab.WebhookAddressFailure
	case errors.As(err, &name):
		return vocab.WebhookNameFailure
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &unknown), errors.As(err, &hostname):
		return vocab.WebhookTLSFailure
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return vocab.WebhookTimeoutFailure
	case strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "unsupported protocol") || strings.Contains(err.Error(), "server gave HTTP response"):
		return vocab.WebhookProtocolFailure
	}
	return vocab.WebhookConnectionFailure
}
