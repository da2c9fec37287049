package thread

import (
	"strings"

	"golang.org/x/net/idna"
)

// Address returns an e-mail address in the form in which addresses compare:
// lower case, the domain in ASCII. Dots and plus signs count: only the
// receiving server knows whether they make a difference.
func Address(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndex(s, "@")
	if domain, err := idna.Lookup.ToASCII(s[at+1:]); at >= 0 && err == nil {
		return s[:at+1] + domain
	}
	return s
}
