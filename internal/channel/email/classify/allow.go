package classify

import (
	"strings"

	"parley/internal/channel/email/thread"
)

// allowed returns the first entry of the allow list that the sender matches,
// "" if none does. A mail that the account's own web form or group wrote also
// matches by that address.
func (j *judge) allowed() string {
	from := thread.Address(j.Mail.From.Address)
	for _, entry := range j.AllowList {
		if allows(entry, j.sender) || allows(entry, from) {
			return strings.TrimSpace(entry)
		}
	}
	return ""
}

// allows reports whether an entry of an allow list covers an address: the
// address itself, a domain (also written "@domain" and "*@domain"), or
// "*.domain".
func allows(entry, address string) bool {
	entry = strings.TrimPrefix(strings.TrimSpace(entry), "*@")
	if local, _, ok := cutLast(entry); ok && local != "" {
		return thread.Address(entry) == address
	}
	entry = strings.TrimPrefix(entry, "@")
	below, wild := strings.CutPrefix(entry, "*.")
	pattern := strings.TrimPrefix(thread.Address("@"+below), "@")
	if wild {
		pattern = "*." + pattern
	}
	_, domain, ok := cutLast(address)
	return ok && domain != "" && covers(pattern, domain)
}

// covers reports whether a domain is the pattern, or, of a pattern "*.domain",
// below it. Both are in lower case.
func covers(pattern, domain string) bool {
	if above, ok := strings.CutPrefix(pattern, "*."); ok {
		below, found := strings.CutSuffix(domain, "."+above)
		return found && above != "" && below != ""
	}
	return pattern == domain
}

// cutLast cuts an address at its last @.
func cutLast(address string) (local, domain string, ok bool) {
	at := strings.LastIndex(address, "@")
	if at < 0 {
		return "", address, false
	}
	return address[:at], address[at+1:], true
}
