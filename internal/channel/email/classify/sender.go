package classify

import (
	"net/mail"
	"strings"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
)

// Sender returns who wrote a mail. That is its From, unless that is one of own,
// the addresses of the account's channels: then a web form or a group wrote it
// in somebody's name, and that one is in Reply-To or X-Original-From. If those
// name nobody else either it is From.
func Sender(m *parse.Mail, own []string) parse.Address { return sender(m, set(own)) }

func sender(m *parse.Mail, own map[string]bool) parse.Address {
	if !own[thread.Address(m.From.Address)] {
		return m.From
	}
	for _, a := range append(m.ReplyTo[:len(m.ReplyTo):len(m.ReplyTo)], original(m)...) {
		if strings.Contains(a.Address, "@") && !own[thread.Address(a.Address)] {
			return a
		}
	}
	return m.From
}

// original is the author whom a group replaced because of DMARC.
func original(m *parse.Mail) []parse.Address {
	var all []parse.Address
	for _, key := range []string{"X-Original-From", "X-Original-Sender"} {
		for _, value := range m.Header[key] {
			if a, err := mail.ParseAddress(value); err == nil {
				all = append(all, parse.Address{Name: a.Name, Address: a.Address})
			}
		}
	}
	return all
}
