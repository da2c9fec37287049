package listener

import (
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"

	"parley/internal/clock"
)

// helloName is what of a client's name is worth writing down; the rest could
// say anything.
var helloName = regexp.MustCompile(`^[A-Za-z0-9._:\[\]-]{1,255}$`)

// trace is what a mail's last station puts on its top (RFC 5321, 4.4). The
// recipient is named if there is one: several need not know of each other.
func (s *session) trace(mail envelope) string {
	returnPath := "<>"
	if mail.from != "" {
		returnPath = angled(mail.from)
	}
	helo := s.helo
	if !helloName.MatchString(helo) {
		helo = "unknown"
	}
	recipient := ""
	if len(mail.recipients) == 1 {
		recipient = "\r\n\tfor " + angled(mail.recipients[0])
	}
	address := s.guest.remote.String()
	if s.guest.remote.Is6() {
		address = "IPv6:" + address
	}
	return fmt.Sprintf("Return-Path: %s\r\nReceived: from %s ([%s])\r\n\tby %s with %s%s;\r\n\t%s\r\n",
		returnPath, helo, address, s.backend.options.Hostname, s.protocol(mail), recipient, clock.System{}.Now().Format(time.RFC1123Z))
}

func (s *session) protocol(mail envelope) string {
	name := "ESMTP"
	if mail.utf8 {
		name = "UTF8SMTP"
	}
	if s.encrypted {
		name += "S"
	}
	return name
}

// angled quotes the local part where it must be.
func angled(address string) string {
	return strings.TrimSpace((&netmail.Address{Address: address}).String())
}
