package smtp

import (
	"fmt"
	netmail "net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a mailbox and the name to show with it, which may be empty.
type Address struct {
	Name string
	// Address is bare: its local part is as it is, without quotes.
	Address string
}

var (
	// domainName is loose about underscores, which some mail domains have.
	domainName    = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	domainLiteral = regexp.MustCompile(`^\[[A-Za-z0-9.:]+\]$`)
)

// maxAddress is the most bytes that an address may have (RFC 5321, 4.5.3.1.3).
const maxAddress = 254

// mailbox returns the address as it stands between < and >: its domain in
// ASCII, its local part quoted where it must be.
func mailbox(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || len(address) > maxAddress || !utf8.ValidString(address) || strings.ContainsFunc(address, unicode.IsControl) {
		return "", fmt.Errorf("%w: %q is not an address", ErrMalformed, address)
	}
	local, domain := address[:at], address[at+1:]
	if !ascii(domain) {
		converted, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return "", fmt.Errorf("%w: the domain of %q: %w", ErrMalformed, address, err)
		}
		domain = converted
	}
	if !domainName.MatchString(domain) && !domainLiteral.MatchString(domain) {
		return "", fmt.Errorf("%w: %q has no domain", ErrMalformed, address)
	}
	if strings.ContainsAny(local, "@<>,;") { // two addresses, far more likely than one with quotes
		return "", fmt.Errorf("%w: %q is more than an address", ErrMalformed, address)
	}
	quoted := (&netmail.Address{Address: local + "@" + domain}).String()
	return quoted[1 : len(quoted)-1], nil
}

// field returns the address as a header has it.
func (a Address) field() (string, error) {
	box, err := mailbox(a.Address)
	if err != nil {
		return "", err
	}
	name := strings.TrimSpace(a.Name)
	switch {
	case strings.ContainsAny(name, newLine):
		return "", fmt.Errorf("%w: the name %q has more than one line", ErrMalformed, name)
	case name == "":
		return "<" + box + ">", nil
	case plain(name):
		quoted := (&netmail.Address{Name: name, Address: "x@y"}).String()
		return strings.TrimSuffix(quoted, "<x@y>") + "<" + box + ">", nil
	default:
		return encodedWords(name) + " <" + box + ">", nil
	}
}

// fields returns the addresses as a header has them, "" if there are none.
func fields(addresses []Address) (string, error) {
	written := make([]string, 0, len(addresses))
	for _, a := range addresses {
		field, err := a.field()
		if err != nil {
			return "", err
		}
		written = append(written, field)
	}
	return strings.Join(written, ", "), nil
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func localPart(address string) string { return address[:max(0, strings.LastIndexByte(address, '@'))] }
