package webpush

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"net"
	"net/url"
	"strings"

	"parley/internal/egress"
	"parley/internal/errs"
)

const (
	// maxEndpoint is the longest address of a browser.
	maxEndpoint = 2000
	// authSize is the length of a browser's secret.
	authSize = 16
)

// Browser is where a browser is reached, and the keys for it.
type Browser struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"`
	Auth     string `json:"auth"`
}

// Read checks what a browser's PushSubscription has, and returns it with its push service's
// host. Errors: INVALID and TOO_LONG on endpoint, p256dh and auth.
func Read(endpoint, p256dh, auth string) (b Browser, host string, err error) {
	if len(endpoint) > maxEndpoint {
		return b, "", errs.Exceeds(maxEndpoint, "The address has %d bytes; at most %d are allowed.", len(endpoint), maxEndpoint).On("endpoint")
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return b, "", errs.New(errs.Invalid, "The address of a browser begins with https://, and has neither a name and password nor a fragment.").On("endpoint")
	}
	point, err := decode(p256dh)
	if err == nil {
		_, err = ecdh.P256().NewPublicKey(point)
	}
	if err != nil {
		return b, "", errs.New(errs.Invalid, "The public key is wrong: it must be a point of P-256, uncompressed, in base64url, such as a browser's keys.p256dh.").On("p256dh")
	}
	if secret, err := decode(auth); err != nil || len(secret) != authSize {
		return b, "", errs.New(errs.Invalid, "The secret is wrong: it must be %d bytes in base64url, such as a browser's keys.auth.", authSize).On("auth")
	}
	return Browser{Endpoint: u.String(), P256dh: p256dh, Auth: auth}, u.Hostname(), nil
}

// decode reads base64url, with or without padding.
func decode(text string) ([]byte, error) {
	return base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
}

// Check refuses an address that leads into the operator's network, or nowhere: INVALID on
// endpoint.
func (s *Sender) Check(ctx context.Context, b Browser) error {
	u, err := url.Parse(b.Endpoint)
	if err != nil {
		return err
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	err = s.guard.CheckWeb(ctx, net.JoinHostPort(u.Hostname(), port))
	if err == nil {
		return nil
	}
	if refused := (*egress.Error)(nil); errors.As(err, &refused) {
		return errs.New(errs.Invalid, "The address may not be connected to: push services are on the public internet, on port 443.").On("endpoint")
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errs.New(errs.Invalid, "The host %q cannot be found.", errs.Clip(u.Hostname())).On("endpoint")
}
