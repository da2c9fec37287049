package settings

import (
	"context"
	"time"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/mail/smtp"
	"parley/internal/vocab"
)

// tryServers refuses servers and credentials that do not work.
func (s *Service) tryServers(ctx context.Context, c *ent.EmailChannel) error {
	ctx, cancel := context.WithTimeout(ctx, 25*time.Second)
	defer cancel()
	config, _, err := s.Mailbox(c)
	if err != nil {
		return err
	}
	if err := markMailbox(ctx, c, config); err != nil {
		return serverUnusable("imap", err)
	}
	server, _, err := s.Submission(c)
	if err == nil && server != nil {
		err = smtp.Check(ctx, *server)
	}
	if err != nil {
		return serverUnusable("smtp", err)
	}
	return nil
}

func serverUnusable(field string, err error) error {
	reason, detail := Diagnose(err)
	path := []string{field}
	switch reason {
	case vocab.EmailAuthenticationFailed:
		path = []string{"password"}
	case vocab.EmailHostRefused:
		path = append(path, "host")
	case vocab.EmailTLSFailed:
		path = append(path, "security")
	}
	return errs.New(errs.Invalid, "The server cannot be used: %s", detail).On(path...)
}
