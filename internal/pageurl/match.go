package pageurl

import (
	"regexp"
	"strings"

	"golang.org/x/net/idna"
)

// anyScheme may stand before a pattern, and means as much as no scheme.
const anyScheme = "*://"

// ParsePattern reads a rule's value in which "*" stands for any characters within a label
// of the host, or a segment of path or fragment. A host "*" is any.
func ParsePattern(value string) URL {
	a := ParseRule(strings.TrimPrefix(strings.TrimSpace(value), anyScheme))
	if a.host == "*" {
		a.host = ""
		if a.path == "" && !a.below {
			a.path = "/"
		}
	}
	labels := strings.Split(a.host, ".")
	for i, label := range labels {
		if unicode, err := idna.Lookup.ToUnicode(label); err == nil && label != "" {
			labels[i] = unicode
		}
	}
	a.host = strings.Join(labels, ".")
	return a
}

// Matches reports whether the page is one of the pattern's, or below one.
func (a URL) Matches(pattern URL) bool {
	if pattern.scheme != "" && pattern.scheme != a.scheme || !a.hasQuery(pattern) {
		return false
	}
	host := pattern.host == "" || like(a.host, pattern.host, ".", false) || like(a.host+ownPorts[a.scheme], pattern.host, ".", false)
	path := pattern.anyPath() || like(a.path, pattern.path, "/", pattern.below) || pattern.path == "" && a.path == "/"
	return host && path && (!pattern.hashed || like(a.fragment, pattern.fragment, "/", pattern.belowFragment))
}

// like compares texts part by part; below: more parts may follow.
func like(text, pattern, separator string, below bool) bool {
	parts, wanted := strings.Split(text, separator), strings.Split(pattern, separator)
	if len(parts) < len(wanted) || len(parts) > len(wanted) && !below {
		return false
	}
	for i, part := range wanted {
		if !glob(parts[i], part) {
			return false
		}
	}
	return true
}

// glob compares a part, in which "*" stands for any characters: by itself for at least
// one.
func glob(text, pattern string) bool {
	if strings.Trim(pattern, "*") == "" && pattern != "" {
		return text != ""
	}
	pieces := strings.Split(pattern, "*")
	if len(pieces) == 1 {
		return text == pattern
	}
	first, last := pieces[0], pieces[len(pieces)-1]
	if len(text) < len(first)+len(last) || !strings.HasPrefix(text, first) || !strings.HasSuffix(text, last) {
		return false
	}
	text = text[len(first) : len(text)-len(last)]
	for _, piece := range pieces[1 : len(pieces)-1] {
		i := strings.Index(text, piece)
		if i < 0 {
			return false
		}
		text = text[i+len(piece):]
	}
	return true
}

var (
	// hostText is what a host, or the beginning of one, is written with.
	hostText = regexp.MustCompile(`^(\[[0-9a-f:.]*\]?|[\p{L}\p{N}\p{M}*_-]+(\.[\p{L}\p{N}\p{M}*_-]+)*\.?)?(:[0-9]{1,5})?$`)
	// anyAddress is what every address begins with.
	anyAddress = regexp.MustCompile(`^(?i)https?:?/{0,2}$`)
)

// Impossible says why no page can have the address of a rule's value, as the end of a
// sentence; "": one could. Stars are those of a pattern.
func Impossible(value string, pattern bool) string {
	a := ParseRule(value)
	if pattern {
		a = ParsePattern(value)
	}
	switch {
	case a.scheme != "" && ownPorts[a.scheme] == "":
		return "pages are on http:// or https://, not on " + a.scheme + "://"
	case a.host == "" && a.path == "" && !a.asks && !a.below && !a.hashed:
		return "start it with http://, https://, a host or a /"
	case !hostText.MatchString(a.host):
		return "no host is named " + strings.TrimSpace(a.host)
	case !pattern && strings.Contains(a.host, "*"):
		return "no host has a * in its name; the operator MATCHES takes * for any characters"
	}
	return ""
}

// Doubtful says what is odd about a rule's value that could hold, as a sentence; "":
// nothing is.
func Doubtful(value string, pattern bool) string {
	a := ParseRule(value)
	switch {
	case anyAddress.MatchString(strings.TrimSpace(value)):
		return "Every address begins with http:// or https://: as a value it holds everywhere, or nowhere."
	case !pattern && strings.Contains(a.path+a.fragment, "*"):
		return "The * is compared as it is; the operator MATCHES takes * for any characters."
	case a.scheme == "" && a.host != "" && a.host != "*" && a.host != "localhost" && !strings.ContainsAny(a.host, ".:"):
		return "It is compared with the host, such as www.example.com: to compare the path, start it with a /."
	case pattern && strings.TrimSpace(value) == "*":
		return "It holds only on the first page of each host; write /* for all pages."
	}
	return ""
}

// DoubtfulPart is Doubtful of a value that may be any part of an address.
func DoubtfulPart(value string) string {
	value = strings.TrimSpace(value)
	switch {
	case anyAddress.MatchString(value):
		return "Every address contains http:// or https://."
	case strings.Contains(strings.TrimSuffix(value, "/*"), "*"):
		return "The * is compared as it is; the operator MATCHES takes * for any characters."
	}
	return ""
}
