package parse

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"parley/internal/emailaddress"
	"parley/internal/richtext"
)

const (
	// mostAddresses bounds each list of addresses.
	mostAddresses = 1000
	// mostAddress is the length of the longest address in bytes: 64 + "@" + 255.
	mostAddress = 320
)

// parseAddresses reads an address list, however broken: quotes that are not
// closed, groups, comments, commas in names, missing commas and brackets.
// Encoded words are decoded only in names, so that no name turns into an
// address. What has no address is left out.
func parseAddresses(value string) []Address {
	list, _ := parseAuthors(value)
	return list
}

// Addresses reads a list of mailboxes as it stands in a text: "Ada <ada@example.com>".
func Addresses(text string) []Address {
	return appendNew(nil, parseAddresses(clip(text, mostValue))...)
}

// parseAuthors is parseAddresses, and returns the first name whose address is missing or
// none, too.
func parseAuthors(value string) (list []Address, nameless string) {
	p := &addressReader{rest: value}
	for p.rest != "" && len(p.found) < mostAddresses {
		p.readToken()
	}
	p.finishEntry(false)
	if plain := strings.NewReplacer("=?", "", `"`, "").Replace(decodeWords(value)); len(p.found) == 0 && plain != value {
		if found := parseAddresses(plain); len(found) > 0 { // all of it was quoted, or one encoded word
			return found, ""
		}
	}
	return p.found, p.lost
}

// addressReader gathers one entry of the list at a time.
type addressReader struct {
	rest     string
	found    []Address
	phrase   strings.Builder
	comment  strings.Builder
	angle    string
	isAngle  bool
	named    int    // length of the phrase before the angle
	before   string // a name's part before an unquoted comma
	lost     string // the first name without an address
	unclosed bool   // no further quote is closed
}

// readToken reads one token.
func (p *addressReader) readToken() {
	c := p.rest[0]
	switch c {
	case '"':
		if !p.unclosed {
			value, rest, ok := cutQuoted(p.rest[1:])
			if p.unclosed = !ok; ok {
				p.addQuoted(value, rest)
				return
			}
		}
	case '=':
		if end := wordEnd(p.rest); end > 0 {
			p.phrase.WriteString(p.rest[:end])
			p.rest = p.rest[end:]
			return
		}
	case '(':
		p.rest = cutComment(p.rest, &p.comment)
		return
	case '<':
		p.readBracketed()
		return
	case '[':
		if inside := squareBracketed(p.rest); inside != "" && !strings.HasSuffix(p.phrase.String(), "@") {
			p.rest = "<" + inside + ">" + p.rest[len(inside)+2:]
			p.readBracketed()
			return
		}
	case ',', ';':
		p.rest = p.rest[1:]
		p.finishEntry(c == ',')
		return
	case ':':
		if !p.isAngle && !strings.Contains(p.phrase.String(), "@") {
			p.phrase.Reset() // the name of a group, or mailto:
			p.rest = p.rest[1:]
			return
		}
	}
	end := 1 + strings.IndexAny(p.rest[1:], "\"(<,;:=[")
	if end == 0 {
		end = len(p.rest)
	}
	p.phrase.WriteString(p.rest[:end])
	p.rest = p.rest[end:]
}

// wordEnd is where an encoded word at the beginning ends, 0 if there is none. What is in it
// separates nothing: commas, semicolons and colons are part of the name.
func wordEnd(s string) int {
	if !strings.HasPrefix(s, "=?") {
		return 0
	}
	_, rest, ok := cutWord(s[:min(len(s), mostWord)])
	if !ok {
		return 0
	}
	end := min(len(s), mostWord) - len(rest)
	if strings.ContainsAny(s[2:end], "<>\r\n") || strings.Contains(s[2:end-2], "=?") {
		return 0 // the next word's end, since this one has none
	}
	return end
}

// mostWord is the most bytes of an encoded word. RFC 2047 has 75, which not all keep to.
const mostWord = 1000

// squareBracketed returns what is in square brackets at the beginning, if that may be an
// address: "[mailto:ada@example.com]".
func squareBracketed(s string) string {
	end := strings.IndexByte(s[:min(len(s), mostAddress+len("[mailto:]"))], ']')
	if end < 0 || strings.Count(s[:end], "@") != 1 || strings.ContainsAny(s[:end], "<>\",;") {
		return ""
	}
	return s[1:end]
}

// addQuoted takes a quoted string in: a name, or the local part of a bare address.
func (p *addressReader) addQuoted(value, rest string) {
	if strings.HasPrefix(rest, "@") && !p.isAngle {
		value = strings.ReplaceAll(value, " ", "\x00")
		p.phrase.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value) + `"`)
	} else {
		p.phrase.WriteString(" " + strings.ReplaceAll(value, "@", "\x01") + " ")
	}
	p.rest = rest
}

// readBracketed reads <address>. A second one in an entry lacks its comma.
func (p *addressReader) readBracketed() {
	if p.isAngle {
		own, next := p.phrase.String()[:p.named], p.phrase.String()[p.named:]
		p.phrase.Reset()
		p.phrase.WriteString(own)
		p.finishEntry(false)
		p.phrase.WriteString(next)
	}
	p.isAngle, p.named = true, p.phrase.Len()
	inside := strings.TrimLeft(p.rest[1:], "< ")
	end := closing(inside)
	p.angle = uncommented(inside[:end])
	p.rest = strings.TrimLeft(inside[end:], ">")
}

// closing returns where the address in brackets ends, though its bracket may be
// missing.
func closing(s string) int {
	if strings.HasPrefix(s, `"`) {
		if value, rest, ok := cutQuoted(s[1:]); ok && strings.HasPrefix(rest, "@") {
			skip := len(s) - len(rest)
			if end := strings.IndexAny(rest, ">,;<"); value != "" && end >= 0 {
				return skip + end
			}
			return len(s)
		}
	}
	if end := strings.IndexAny(s, ">"); end >= 0 && (end < mostAddress || !strings.ContainsAny(s[:end], ",;")) {
		return end
	}
	if end := strings.IndexAny(s, ",;"); end >= 0 {
		return end
	}
	return len(s)
}

// uncommented leaves out the comments within an address.
func uncommented(address string) string {
	for !strings.Contains(address, `"`) {
		open := strings.IndexByte(address, '(')
		if open < 0 {
			break
		}
		var dropped strings.Builder
		rest := cutComment(address[open:], &dropped)
		if dropped.Len() == 0 {
			break
		}
		address = address[:open] + rest
	}
	return address
}

// cutComment reads a comment with those nested in it.
func cutComment(s string, into *strings.Builder) (rest string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
			continue
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				into.WriteString(s[1:i] + " ")
				return s[i+1:]
			}
		}
	}
	return strings.ReplaceAll(s, "(", " ") // never closed: no comment
}

// finishEntry takes the entry into the list, and begins the next one.
func (p *addressReader) finishEntry(comma bool) {
	phrase, address := strings.TrimSpace(p.phrase.String()), p.angle
	if !p.isAngle {
		phrase, address = bareAddress(p.takeLeading(phrase))
	}
	address = cleanAddress(address)
	name := cleanName(phrase)
	if name == "" {
		name = cleanName(p.comment.String())
	}
	before := ""
	switch {
	case address != "":
		if p.isAngle && p.before != "" {
			name = strings.TrimSpace(p.before + ", " + name)
		}
		if strings.EqualFold(name, address) {
			name = ""
		}
		p.found = append(p.found, Address{Name: clip(name, 1000), Address: address})
	case comma && !p.isAngle:
		before = name
	}
	if address == "" && before == "" && p.lost == "" && !strings.Contains(name, "@") {
		p.lost = clip(strings.Trim(p.before+", "+name, ", "), 1000)
	}
	*p = addressReader{rest: p.rest, found: p.found, before: before, lost: p.lost, unclosed: p.unclosed}
}

// takeLeading takes all addresses but the last off a phrase that has several, with nothing
// but space between them: the commas are missing.
func (p *addressReader) takeLeading(phrase string) string {
	words := strings.Fields(phrase)
	for len(p.found) < mostAddresses {
		first := slices.IndexFunc(words, loneAddress)
		if first < 0 || !slices.ContainsFunc(words[first+1:], loneAddress) {
			break
		}
		p.found = append(p.found, Address{Name: clip(cleanName(strings.Join(words[:first], " ")), 1000), Address: cleanAddress(words[first])})
		words = words[first+1:]
	}
	return strings.Join(words, " ")
}

// loneAddress reports whether a word is an address.
func loneAddress(word string) bool {
	return strings.Count(word, "@") == 1 && !strings.HasPrefix(word, "@") && !strings.HasSuffix(word, "@") && cleanAddress(word) != ""
}

// bareAddress finds the address among words, whether or not there are spaces
// around its @. The rest is the name.
func bareAddress(phrase string) (rest, address string) {
	words := strings.Fields(phrase)
	for i, w := range words {
		from, to := i, i+1
		if !strings.Contains(w, "@") {
			continue
		}
		if strings.HasPrefix(w, "@") && from > 0 {
			from--
		}
		if strings.HasSuffix(w, "@") && to < len(words) {
			to++
		}
		address = strings.Join(words[from:to], "")
		return strings.Join(append(words[:from:from], words[to:]...), " "), address
	}
	return phrase, ""
}

// cleanName decodes a display name, and takes the quotes off that some put
// around it.
func cleanName(phrase string) string {
	name := cleanLine(decodeWords(strings.ReplaceAll(phrase, "\x01", "@")))
	name = richtext.Name(strings.ReplaceAll(name, "\x00", " "))
	if len(name) > 1 && (name[0] == '\'' || name[0] == '"') && name[len(name)-1] == name[0] {
		name = name[1 : len(name)-1]
	}
	return richtext.Name(name)
}

// cleanAddress returns the bare address with its domain in lower-case ASCII, ""
// if there is none.
func cleanAddress(s string) string {
	s = cleanLine(strings.ReplaceAll(strings.Trim(strings.TrimSpace(s), "<>'`"), "\x00", " "))
	if len(s) > len(mailto) && strings.EqualFold(s[:len(mailto)], mailto) {
		s, _, _ = strings.Cut(s[len(mailto):], "?")
	}
	if strings.HasPrefix(s, "@") { // an obsolete route: @a,@b:local@domain
		s = s[strings.LastIndexByte(s, ':')+1:]
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 || len(s) > mostAddress {
		return ""
	}
	local, domain := strings.TrimSpace(s[:at]), asciiDomain(strings.TrimSpace(s[at+1:]))
	if domain == "" || local == "" || strings.ContainsAny(domain, " <>,;:\"()@") && domain[0] != '[' {
		return ""
	}
	if bare := unquoteLocal(local); bare != "" {
		return bare + "@" + domain
	}
	if !strings.HasPrefix(local, `"`) && strings.ContainsAny(local, " <>,;\"()") {
		return ""
	}
	return local + "@" + domain
}

const mailto = "mailto:"

// unquoteLocal takes the quotes off a local part, "" where it has none, or means something
// else without them.
func unquoteLocal(local string) string {
	if !strings.HasPrefix(local, `"`) {
		return ""
	}
	bare, rest, ok := cutQuoted(local[1:])
	if !ok || rest != "" || !emailaddress.Valid(bare+"@x.example") {
		return ""
	}
	return bare
}

// lookup is how browsers and mail servers read international domains.
var lookup = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

func asciiDomain(domain string) string {
	domain = strings.TrimSuffix(domain, ".")
	if isASCII([]byte(domain)) {
		return strings.ToLower(domain)
	}
	if ascii, err := lookup.ToASCII(domain); err == nil && utf8.ValidString(ascii) {
		return ascii
	}
	return domain
}

// appendNew appends what is not in the list yet, by address.
func appendNew(list []Address, more ...Address) []Address {
	seen := make(map[string]bool, len(list)+len(more))
	for _, a := range list {
		seen[strings.ToLower(a.Address)] = true
	}
	for _, a := range more {
		if key := strings.ToLower(a.Address); !seen[key] && len(list) < mostAddresses {
			seen[key] = true
			list = append(list, a)
		}
	}
	return list
}
