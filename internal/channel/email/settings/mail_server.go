package settings

import (
	"strings"
	"unicode"

	"parley/internal/errs"
	"parley/internal/oauth"
	"parley/internal/vocab"
)

func (m *MailServerInput) stored() *vocab.MailServer {
	if m == nil {
		return nil
	}
	server := &vocab.MailServer{Host: strings.TrimSpace(m.Host), Port: m.Port, Security: m.Security}
	if m.Username != nil {
		server.Username = *m.Username
	}
	return server
}

func serverOf(o oauth.Server) vocab.MailServer {
	return vocab.MailServer{Host: o.Host, Port: o.Port, Security: vocab.MailSecurity(o.Security)}
}

func setServer(into *vocab.MailServer, from *MailServerInput) error {
	if from != nil {
		*into = *from.stored()
	}
	return nil
}

func checkServer(m *MailServerInput, field string) error {
	switch {
	case m == nil:
		return errs.New(errs.Required, "An IMAP mailbox requires its servers: imap and smtp.").On(field)
	case strings.TrimSpace(m.Host) == "" || len(m.Host) > 253 || strings.ContainsFunc(m.Host, unicode.IsControl) ||
		strings.ContainsAny(m.Host, " /@:") && !strings.Contains(m.Host, "::"):
		return errs.New(errs.Invalid, "This is not a host name; write only the name, such as imap.example.com.").On(field, "host")
	case m.Port < 1 || m.Port > 65535:
		return errs.New(errs.Invalid, "A port must be a number from 1 to 65535, such as 993 for IMAP and 465 or 587 for SMTP.").On(field, "port")
	case m.Username != nil && (len(*m.Username) > 320 || strings.ContainsFunc(*m.Username, unicode.IsControl)):
		return errs.New(errs.Invalid, "The user name is too long or contains line breaks.").On(field, "username")
	}
	return nil
}

func checkPassword(password string) error {
	if password == "" || len(password) > 1000 {
		return errs.New(errs.Invalid, "A password must have 1 to 1,000 characters.").On("password")
	}
	return nil
}
