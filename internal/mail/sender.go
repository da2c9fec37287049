package mail

import (
	"context"
	"errors"

	"parley/internal/mail/smtp"
)

// Sender is who a notice is from, and how it leaves.
type Sender struct {
	From smtp.Address
	// Server takes the mail; nil: it goes to the mailer's folder.
	Server *smtp.Server
	// DKIM signs the mail; nil: the server does, or no one.
	DKIM *smtp.DKIM
	// OnRefused hears that the server refused the credentials; nil: no one does.
	OnRefused func(context.Context)
}

// Senders finds the e-mail channels that notices are from. Package
// channel/email/settings implements it.
type Senders interface {
	// NoticeSender returns a channel's; nil: it cannot send at the moment, and the mailer
	// sends in its place.
	NoticeSender(ctx context.Context, accountID, channelID string) (*Sender, error)
}

// senderOf is whom a notice is from at this attempt (CH-6).
func (m *Mailer) senderOf(ctx context.Context, l Notice) (*Sender, error) {
	if l.ChannelID != "" && m.senders != nil {
		if s, err := m.senders.NoticeSender(ctx, l.AccountID, l.ChannelID); s != nil || err != nil {
			return s, err
		}
	}
	return &Sender{From: m.from, Server: m.server}, nil
}

// send hands a composed notice over.
func (s *Sender) send(ctx context.Context, to string, raw []byte) error {
	_, err := smtp.SendAutomatic(ctx, *s.Server, s.From.Address, []string{to}, raw)
	if failed := (*smtp.Error)(nil); s.OnRefused != nil && errors.As(err, &failed) && failed.Kind == smtp.Authentication {
		s.OnRefused(ctx)
	}
	return err
}

// compose returns the notice as the sender sends it.
func (s *Sender) compose(l Notice) ([]byte, error) {
	raw, err := l.compose(s.From)
	if err != nil || s.DKIM == nil {
		return raw, err
	}
	return smtp.Sign(raw, *s.DKIM)
}
