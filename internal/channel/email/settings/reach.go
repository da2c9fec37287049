package settings

import (
	"parley/ent"
	"parley/internal/channel/email/imap"
	"parley/internal/mail/smtp"
	"parley/internal/oauth"
	"parley/internal/vocab"
)

// Mailbox is how to reach a channel's mailbox.
func (s *Service) Mailbox(c *ent.EmailChannel) (imap.Config, *oauth.TokenSource, error) {
	config := s.mailboxServer(c)
	if c.Authentication == vocab.EmailOAuth {
		source, err := s.tokenSource(c)
		if err != nil {
			return config, nil, err
		}
		config.Token = source.Token
		return config, source, nil
	}
	opened, err := s.openCredentials(c)
	config.Password = opened.Password
	return config, nil, err
}

// mailboxServer is how to reach a channel's mailbox, but for credentials.
func (s *Service) mailboxServer(c *ent.EmailChannel) imap.Config {
	return imap.Config{
		Host: c.Imap.Host, Port: c.Imap.Port, Security: imap.Security(c.Imap.Security), Username: usernameOr(c.Imap.Username, c.Address), Dial: s.o.Dial,
	}
}

// Submission is how to reach the server that sends a channel's mail; nil: there
// is none, and mail goes to a folder.
func (s *Service) Submission(c *ent.EmailChannel) (*smtp.Server, *oauth.TokenSource, error) {
	if c.Provider == vocab.EmailForwarding {
		return s.o.Relay, nil, nil
	}
	server := &smtp.Server{
		Host: c.SMTP.Host, Port: c.SMTP.Port, Security: c.SMTP.Security, Username: usernameOr(c.SMTP.Username, c.Address), Dial: s.o.Dial,
	}
	if c.Authentication == vocab.EmailOAuth {
		source, err := s.tokenSource(c)
		if err != nil {
			return nil, nil, err
		}
		server.Bearer = source.Token
		return server, source, nil
	}
	opened, err := s.openCredentials(c)
	server.Password = opened.Password
	return server, nil, err
}

func usernameOr(name, address string) string {
	if name != "" {
		return name
	}
	return address
}
