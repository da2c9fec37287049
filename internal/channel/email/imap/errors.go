package imap

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"

	goimap "github.com/emersion/go-imap/v2"
)

// What an administrator has to fix. Every other error is temporary: the same
// may work later.
var (
	// ErrAuthentication says that the server does not take the password or token.
	ErrAuthentication = errors.New("the server does not accept the user name or password, or the access that was granted")
	// ErrTLS says that there is no connection that can be trusted: a certificate
	// of someone else, or no TLS where it is asked for.
	ErrTLS = errors.New("no secure connection")
	// ErrRefused says that the server works, but not with Parley: no way to log in
	// that both know, or no INBOX.
	ErrRefused = errors.New("the server refuses")
)

var errGone = errors.New("the server has closed the connection")

// failure is an error of this package. Its text may be shown to administrators:
// it names no secret.
type failure struct {
	op   string
	kind error // one of the above, or nil
	text string
	err  error // of the context or of the caller, or nil
}

// Error implements error.
func (f *failure) Error() string {
	text := "imap: " + f.op
	if f.kind != nil {
		text += ": " + f.kind.Error()
	}
	if f.text != "" {
		text += ": " + f.text
	}
	return text
}

// Unwrap returns what errors.Is looks for.
func (f *failure) Unwrap() []error {
	return slices.DeleteFunc([]error{f.kind, f.err}, func(err error) bool { return err == nil })
}

// failOperation makes err the failure of an operation: that of its context or of
// a silent server if that ended it, else what the server or the network says.
func (c *Conn) failOperation(op string, kind, err error) error {
	f := &failure{op: op, kind: kind, text: c.redact(err.Error())}
	if cause := c.wire.cause(); cause != nil {
		f.kind, f.text, f.err = nil, cause.Error(), cause
	}
	return f
}

// redact returns the text's first line, shortened and without the secrets that a
// server might repeat.
func (c *Conn) redact(text string) string {
	for _, secret := range c.secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text, _, _ = strings.Cut(text, "\n")
	if len(text) > 300 {
		text = strings.ToValidUTF8(text[:300], "") + "..."
	}
	return text
}

// statusOf returns the server's NO, BAD or BYE, or nil if err is none.
func statusOf(err error) *goimap.Error {
	var status *goimap.Error
	if errors.As(err, &status) {
		return status
	}
	return nil
}

// passing reports whether a server that says this may think otherwise later.
// Gmail reports with one code, ALERT, bad passwords and of too many connections.
func passing(status *goimap.Error) bool {
	switch status.Code {
	case goimap.ResponseCodeUnavailable, goimap.ResponseCodeInUse, goimap.ResponseCodeLimit,
		goimap.ResponseCodeServerBug, goimap.ResponseCodeOverQuota, "THROTTLED":
		return true
	case goimap.ResponseCodeAuthenticationFailed, goimap.ResponseCodeAuthorizationFailed, goimap.ResponseCodeExpired:
		return false
	}
	text := strings.ToLower(status.Text)
	return slices.ContainsFunc([]string{"too many", "exceeded", "temporar", "try again", "later", "not connected"}, func(sign string) bool {
		return strings.Contains(text, sign)
	})
}

// untrusted reports whether err is of TLS itself, not of the network beneath it.
func untrusted(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert *net.OpError // "remote error: tls: handshake failure"
	return errors.As(err, &certificate) || errors.As(err, &record) ||
		errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error")
}

// ended returns the context's error as this package's, or nil.
func ended(ctx context.Context, op string) error {
	if err := ctx.Err(); err != nil {
		return &failure{op: op, text: err.Error(), err: err}
	}
	return nil
}
