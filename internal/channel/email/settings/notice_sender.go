package settings

import (
	"context"
	"fmt"
	"strings"

	"parley/ent"
	"parley/internal/mail"
	"parley/internal/mail/smtp"
	"parley/internal/vocab"
)

// NoticeSender returns who Parley's letters from a channel are from, and how they leave
// (CH-6); nil: the channel is gone, or cannot send at the moment.
func (s *Service) NoticeSender(ctx context.Context, accountID, channelID string) (*mail.Sender, error) {
	ctx = InAccount(ctx, accountID)
	c, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
	if ent.IsNotFound(err) || err == nil && c.State != vocab.EmailConnected {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	server, source, err := s.Submission(c)
	if err != nil {
		return nil, fmt.Errorf("reach the channel's server: %w", err)
	}
	from := &mail.Sender{From: smtp.Address{Name: c.SenderName, Address: c.Address}, Server: server}
	if source != nil {
		from.OnRefused = func(ctx context.Context) { InvalidateToken(ctx, source) }
	}
	from.DKIM, err = s.Signer(c)
	return from, err
}

// Signer signs a channel's mail for its domain; nil: the channel has no key of its own.
func (s *Service) Signer(c *ent.EmailChannel) (*smtp.DKIM, error) {
	if c.DkimKey == "" {
		return nil, nil
	}
	key, err := s.signingKey(c)
	return &smtp.DKIM{Domain: c.Address[strings.LastIndexByte(c.Address, '@')+1:], Selector: c.DkimSelector, Key: key}, err
}
