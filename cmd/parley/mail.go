package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"

	"parley/internal/account"
	"parley/internal/mail"
	"parley/internal/store"
)

// checkMail refuses a server or a sender that cannot work, one by one.
func (s *serverSettings) checkMail() error {
	const sender = "parley@example.com"
	if _, err := mail.New(mail.Options{From: sender, URL: s.SMTPURL}); err != nil {
		return wrong("PARLEY_SMTP_URL", "cannot be used: "+err.Error(), "smtp://user:password@mail.example.com:587, or nothing for files in the data folder")
	}
	if _, err := mail.New(mail.Options{From: s.MailFrom}); s.MailFrom != "" && err != nil {
		return wrong("PARLEY_MAIL_FROM", fmt.Sprintf("is %q, which is not an address", s.MailFrom), "an address such as Parley <parley@example.com>")
	}
	return nil
}

// inviting says how invitations reach people: by mail where a server takes it, and by
// the link that admins see.
func (s *serverSettings) inviting() account.Inviting {
	i := account.Inviting{PublicURL: s.PublicURL}
	if s.SMTPURL != "" {
		i.Post = func(tx *store.Tx, to, subject, text string) {
			mail.Post(tx, mail.Notice{To: to, Subject: subject, Text: text})
		}
	}
	return i
}

// mailer returns what delivers mail: to the server, or into the data folder.
func (s *serverSettings) mailer(dataDir string, log *slog.Logger) (*mail.Mailer, error) {
	from := s.MailFrom
	if from == "" {
		from = "Parley <parley@" + mailHost(s.PublicURL) + ">"
	}
	return mail.New(mail.Options{URL: s.SMTPURL, From: from, Folder: filepath.Join(dataDir, "outbox"), Log: log})
}

// mailHost returns the host that mail comes from where no sender is set.
func mailHost(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil {
		return "localhost"
	}
	return u.Hostname()
}
