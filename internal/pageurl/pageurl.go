// Package pageurl compares the addresses of pages with what rules say of them
// (TM-3). It is a leaf.
package pageurl

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// URL is a page's address, or what a rule says of one, in the form in which
// they compare (TM-3): scheme and host in lower case, the host in Unicode, the
// scheme's own port left out, percent-encodings undone where that changes
// nothing, no user. Of a rule, scheme and host may be empty: any.
type URL struct {
	scheme string
	// host has the port, unless it is the scheme's own.
	host, path, query, fragment string
	// asks: there is a "?", so that the query compares.
	asks bool
	// hashed: there is a "#", so that the fragment compares.
	hashed bool
	// below: the path ended in "/*", which takes in everything below; belowFragment: the
	// fragment did.
	below, belowFragment bool
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// ownPorts are the ports that an address need not say.
var ownPorts = map[string]string{"http": ":80", "https": ":443"}

// ParsePage reads the address of a page.
func ParsePage(page string) URL {
	a := parse(page)
	if a.path == "" {
		a.host, a.path = strings.TrimSuffix(a.host, "."), "/"
	}
	return a
}

// ParseRule reads a rule's value. One that begins with "/" is a path on any
// host, one without scheme takes any.
func ParseRule(value string) URL {
	a := parse(strings.TrimSpace(value))
	a.path, a.below = strings.CutSuffix(a.path, "/*")
	a.fragment, a.belowFragment = strings.CutSuffix(a.fragment, "/*")
	return a
}

func parse(text string) URL {
	var a URL
	text, a.fragment, a.hashed = strings.Cut(text, "#")
	text, a.query, a.asks = strings.Cut(text, "?")
	a.query, a.fragment = canonical(a.query), canonical(a.fragment)
	if s := scheme.FindString(text); s != "" {
		a.scheme, text = strings.ToLower(strings.TrimSuffix(s, "://")), text[len(s):]
	} else {
		text = strings.TrimPrefix(text, "//")
	}
	slash := strings.IndexByte(text, '/')
	if slash < 0 {
		slash = len(text)
	}
	a.host, a.path = readHost(text[:slash], a.scheme), canonical(text[slash:])
	if a.path != "" { // else it may be the beginning of a longer one
		a.host = strings.TrimSuffix(a.host, ".")
	}
	return a
}

func readHost(text, scheme string) string {
	text = text[strings.LastIndexByte(text, '@')+1:]
	name, port := text, ""
	if colon := strings.LastIndexByte(text, ':'); colon >= 0 && !strings.Contains(text[colon:], "]") {
		name, port = text[:colon], text[colon:]
	}
	if port == ":" || port != "" && port == ownPorts[scheme] {
		port = ""
	}
	if decoded, err := url.PathUnescape(name); err == nil {
		name = decoded
	}
	if unicode, err := idna.Lookup.ToUnicode(name); err == nil {
		name = unicode
	}
	return strings.ToLower(name) + port
}

const (
	unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
	reserved   = ":/?#[]@!$&'()*+,;="
	upperHex   = "0123456789ABCDEF"
)

// canonical writes equal paths and queries alike: letters, digits, -._~ and what
// is not ASCII stand for themselves, all else that is not reserved is encoded.
// What is encoded and reserved stays so: %2F is no slash.
func canonical(text string) string {
	var out strings.Builder
	plain := make([]byte, 0, len(text)) // may turn out to be no UTF-8
	flush := func() {
		for len(plain) > 0 {
			r, size := utf8.DecodeRune(plain)
			if r == utf8.RuneError && size == 1 {
				encode(&out, plain[0])
			} else {
				out.Write(plain[:size])
			}
			plain = plain[size:]
		}
	}
	for i := 0; i < len(text); i++ {
		b, encoded := text[i], false
		if b == '%' && i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			b, encoded = unhex(text[i+1])<<4|unhex(text[i+2]), true
			i += 2
		}
		if b >= utf8.RuneSelf {
			plain = append(plain, b)
			continue
		}
		flush()
		if strings.IndexByte(unreserved, b) >= 0 || !encoded && strings.IndexByte(reserved, b) >= 0 {
			out.WriteByte(b)
		} else {
			encode(&out, b)
		}
	}
	flush()
	return out.String()
}

func encode(out *strings.Builder, b byte) {
	out.WriteByte('%')
	out.WriteByte(upperHex[b>>4])
	out.WriteByte(upperHex[b&15])
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

func unhex(b byte) byte {
	switch {
	case b >= 'a':
		return b - 'a' + 10
	case b >= 'A':
		return b - 'A' + 10
	}
	return b - '0'
}

// text is the address as one string, with scheme, host, query and fragment as far as
// asked for. Nothing behind a "?" or "#" is as none.
func (a URL) text(withScheme, withHost, withQuery, withFragment bool) string {
	var out strings.Builder
	if withScheme {
		out.WriteString(a.scheme + "://")
	}
	if withHost {
		out.WriteString(a.host)
	}
	out.WriteString(a.path)
	if withQuery {
		out.WriteString("?" + a.query)
	}
	if withFragment {
		out.WriteString("#" + a.fragment)
	}
	return out.String()
}

// Is reports whether the page is the rule's, or below it.
func (a URL) Is(rule URL) bool {
	return a.onHost(rule) && a.hasQuery(rule) && a.hasFragment(rule) && (rule.anyPath() || isOrBelow(a.path, rule.path, rule.below) || rule.path == "" && a.path == "/")
}

// hasQuery reports whether the query is the rule's, if that has one.
func (a URL) hasQuery(rule URL) bool { return !rule.asks || a.query == rule.query }

// hasFragment reports whether the fragment is the rule's or below it, if that has one.
func (a URL) hasFragment(rule URL) bool {
	return !rule.hashed || isOrBelow(a.fragment, rule.fragment, rule.belowFragment)
}

// anyPath reports whether the rule is about a fragment only.
func (a URL) anyPath() bool { return a.hashed && !a.below && a.host+a.path == "" && !a.asks }

func isOrBelow(path, of string, below bool) bool {
	return path == of || below && strings.HasPrefix(path, of+"/")
}

// onHost reports whether scheme and host are the rule's. A rule without scheme
// may name the port that the page's scheme has anyway.
func (a URL) onHost(rule URL) bool {
	if rule.scheme != "" && rule.scheme != a.scheme {
		return false
	}
	return rule.host == "" || rule.host == a.host || rule.host == a.host+ownPorts[a.scheme]
}

// BeginsWith reports whether the page's address begins with the rule's.
func (a URL) BeginsWith(rule URL) bool {
	if rule.below || rule.belowFragment {
		return a.Is(rule)
	}
	if rule.anyPath() {
		return strings.HasPrefix(a.fragment, rule.fragment)
	}
	mine := a.text(rule.scheme != "", rule.scheme != "" || rule.host != "", rule.asks, rule.hashed)
	return strings.HasPrefix(mine, rule.text(rule.scheme != "", true, rule.asks, rule.hashed))
}

// Contains reports whether a text occurs in the page's address, with its query, and with
// its fragment if the text has a "#"; what begins within scheme and host compares in
// lower case. A trailing "/*" asks that the address, or a part of it, ends there.
func (a URL) Contains(text string) bool {
	text = strings.TrimSpace(text)
	below := !strings.ContainsAny(text, "?#") && strings.HasSuffix(text, "/*")
	text = canonical(strings.TrimSuffix(text, map[bool]string{true: "/*"}[below]))
	mine := a.text(true, true, a.asks, a.hashed && strings.Contains(text, "#"))
	if occurs(mine, text, below, len(mine)) {
		return true
	}
	return occurs(mine, lowerHost(text), below, len(a.scheme)+len("://")+len(a.host))
}

// occurs reports whether part begins in whole before limit.
func occurs(whole, part string, below bool, limit int) bool {
	for from := 0; from <= len(whole); {
		i := strings.Index(whole[from:], part)
		if i < 0 || from+i >= limit && limit < len(whole) {
			return false
		}
		end := from + i + len(part)
		if !below || end == len(whole) || whole[end] == '/' || whole[end] == '?' {
			return true
		}
		from += i + 1
	}
	return false
}

// lowerHost writes the part before the path in lower case, and its host in
// Unicode.
func lowerHost(text string) string {
	start := len(scheme.FindString(text))
	end := strings.IndexAny(text[start:], "/?#")
	if end < 0 {
		end = len(text) - start
	}
	host := strings.ToLower(text[start : start+end])
	if unicode, err := idna.Lookup.ToUnicode(host); err == nil && host != "" {
		host = unicode
	}
	return strings.ToLower(text[:start]) + host + text[start+end:]
}

// HasParameter reports whether a parameter of the page's query has the value,
// decoded, in any of its occurrences.
func HasParameter(page, name, value string) bool {
	page, _, _ = strings.Cut(page, "#")
	_, query, _ := strings.Cut(page, "?")
	for pair := range strings.SplitSeq(query, "&") {
		key, of, _ := strings.Cut(pair, "=")
		if decoded(key) == name && decoded(of) == value {
			return true
		}
	}
	return false
}

// decoded undoes the encoding of forms; what is broken stays as it is.
func decoded(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// Names reports whether a rule's value stands for one page, of the same scheme
// and host as another's.
func (a URL) Names(other URL) bool {
	return !a.below && !a.belowFragment && a.scheme == other.scheme && a.host == other.host
}

// Narrows reports whether what begins with one rule's value surely begins with
// another's.
func (a URL) Narrows(wider URL) bool {
	return !a.below && !wider.below && !wider.asks && !wider.hashed && a.scheme == wider.scheme && (a.host == "") == (wider.host == "") &&
		strings.HasPrefix(a.text(true, true, false, false), wider.text(true, true, false, false))
}
