package settings

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"

	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/egress"
	"parley/internal/mail/smtp"
	"parley/internal/oauth"
	"parley/internal/vocab"
)

// Diagnose says why a mailbox or server could not be used, in words for admins.
func Diagnose(err error) (vocab.EmailStateReason, string) {
	var refused *egress.Error
	var unknown *net.DNSError
	var sent *smtp.Error
	var untrusted *tls.CertificateVerificationError
	detail := strings.Join(strings.Fields(err.Error()), " ")
	switch {
	case errors.As(err, &refused):
		return vocab.EmailHostRefused, "Parley connects to this server only at a public address, and on a port that such servers use. Check the host's name; the operator may allow others."
	case errors.As(err, &unknown): // nothing of the resolver, nor which names exist inside
		return vocab.EmailConnectionFailed, "The server's name cannot be found. Check the host's name."
	case errors.Is(err, oauth.ErrRevoked):
		return vocab.EmailGrantRevoked, "The provider revoked the authorization. Reconnect the channel."
	case errors.Is(err, oauth.ErrTemporary):
		return vocab.EmailConnectionFailed, "The provider that gives access to the mailbox cannot be reached."
	case errors.Is(err, smtp.ErrUnencrypted), errors.As(err, &untrusted):
		return vocab.EmailTLSFailed, detail
	case errors.Is(err, imap.ErrAuthentication), errors.As(err, &sent) && sent.Kind == smtp.Authentication:
		return vocab.EmailAuthenticationFailed, detail
	case errors.Is(err, imap.ErrTLS):
		return vocab.EmailTLSFailed, detail
	case errors.Is(err, imap.ErrRefused):
		return vocab.EmailMailboxUnreadable, detail
	}
	return vocab.EmailConnectionFailed, detail
}

// Scrub takes a channel's password and tokens out of what servers say, since some
// repeat what they are sent.
func (s *Service) Scrub(c *ent.EmailChannel, detail string) string {
	var secrets []string
	if s.o.Relay != nil {
		secrets = append(secrets, s.o.Relay.Password)
	}
	if opened, err := s.openCredentials(c); err == nil {
		secrets = append(secrets, opened.Password)
		if opened.Token != nil {
			secrets = append(secrets, opened.Token.Access, opened.Token.Refresh)
		}
	}
	for _, secret := range secrets {
		if secret != "" {
			detail = strings.ReplaceAll(detail, secret, "***")
		}
	}
	return detail
}
