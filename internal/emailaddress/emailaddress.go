// Package emailaddress says what an e-mail address is, and how one is written.
//
// An address is kept bare: its local part is as it is, without the quotes that it needs in
// places where it stands among other text. Any local part that can be written quoted is
// valid (RFC 5321, 4.1.2), so also one with two dots in a row, which some providers once
// gave out. Exceptions are the characters that separate addresses: who writes those means
// two addresses far more often than one.
package emailaddress

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// separators are never part of an address here.
	separators = "@<>,;"
	// specials stand in a local part only between quotes.
	specials = " ()<>[]:;@\\,\""
)

// Valid reports whether an address is one, bare.
func Valid(address string) bool {
	at := strings.LastIndexByte(address, '@')
	return at > 0 && validLocal(address[:at]) && validDomain(address[at+1:])
}

func validLocal(local string) bool {
	return utf8.ValidString(local) && !strings.ContainsAny(local, separators) && !strings.ContainsFunc(local, unicode.IsControl) &&
		local == strings.TrimSpace(local)
}

func validDomain(domain string) bool {
	a, err := mail.ParseAddress("x@" + domain)
	return err == nil && a.Address == "x@"+domain && utf8.ValidString(domain)
}

// Write returns a bare address as it stands among other text: its local part in quotes if
// it cannot be read without them.
func Write(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 0 || !strings.ContainsAny(address[:at], specials) {
		return address
	}
	if strings.HasPrefix(address, `"`) && strings.HasSuffix(address[:at], `"`) && !Valid(address) {
		return address // it kept its quotes, since it would be another one without them
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(address[:at]) + `"` + address[at:]
}

// Parse reads an address as people write it: with or without a name, as in
// "Ada <ada@example.com>", its local part in quotes if that has specials in it.
func Parse(text string) (name, address string, ok bool) {
	text = strings.TrimSpace(text)
	if a, err := mail.ParseAddress(text); err == nil {
		return a.Name, a.Address, Valid(a.Address)
	}
	// The library has no local parts that could be written quoted, and are not.
	address = text
	if inside, found := strings.CutSuffix(text, ">"); found {
		open := strings.LastIndexByte(inside, '<')
		if open < 0 {
			return "", "", false
		}
		address = inside[open+1:]
		if open > 0 {
			a, err := mail.ParseAddress(text[:open] + "<x@y.example>")
			if err != nil {
				return "", "", false
			}
			name = a.Name
		}
	}
	at := strings.LastIndexByte(address, '@')
	return name, address, at > 0 && !strings.ContainsAny(address[:at], specials) && Valid(address)
}
