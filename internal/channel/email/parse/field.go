package parse

import (
	"bytes"
	"net/textproto"
	"slices"
	"strings"
)

// field is one header field as it came: folded, undecoded. It shares memory
// with the raw mail.
type field struct {
	name  string // canonical
	value []byte
}

const (
	// mostFields bounds a header: the longest ones in the wild have some 300.
	mostFields = 2000
	// mostHeader is the length of a header in bytes from which fields are left
	// out. Mail servers refuse far smaller ones.
	mostHeader = 1 << 20
	// mostValue is the length in bytes from which a field is cut.
	mostValue = 64 << 10
)

// header is the fields of a mail or a part.
type header []field

// get returns the first field of that canonical name, undecoded.
func (h header) get(name string) []byte {
	for _, f := range h {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

// all returns the fields of that canonical name in order, undecoded.
func (h header) all(name string) [][]byte {
	var values [][]byte
	for _, f := range h {
		if f.name == name {
			values = append(values, f.value)
		}
	}
	return values
}

// readMailHeader is readHeader for a whole mail, which has a From, a Subject and a Date:
// lines that are no fields end its header only if none of those follows. A header that is
// nothing but the trace of servers is the one that they put above an empty line.
func readMailHeader(raw []byte) (h header, body []byte, problem string) {
	h, body, problem = splitHeader(raw, true)
	if len(h) == 0 || h.has(required...) || h.has("To", "Cc", "Message-Id", "Content-Type") {
		return h, body, problem
	}
	below, rest, _ := splitHeader(skipEnvelope(body), true)
	if found := below.count(append([]string{"To", "Message-Id", "Mime-Version", "Content-Type"}, required...)); found < 2 {
		return h, body, problem
	}
	return append(h, below...), rest, "an empty line stands within the header"
}

// readHeader splits a part of a mail into its header and its body. Only an empty line ends
// a header: one of white space goes on with its field (RFC 5322, 4.2). Lines that are
// no fields are taken as unindented continuations if another field follows, and as the
// beginning of the body if not. The problem reports what was odd, "" if nothing was.
func readHeader(raw []byte) (h header, body []byte, problem string) { return splitHeader(raw, false) }

// splitHeader splits off a header, of a mail or of a part of one.
func splitHeader(raw []byte, mail bool) (h header, body []byte, problem string) {
	whole, needed := raw, -1 // where the last field that is missing begins; -1: not looked for
	for len(raw) > 0 {
		text, rest := cutLine(raw)
		at := len(whole) - len(raw)
		switch name, value, ok := cutField(text); {
		case isEmpty(text):
			return h, rest, problem
		case len(h) >= mostFields || at > mostHeader:
			problem = "the header is too long, or has too many fields"
		case len(h) > 0 && (text[0] == ' ' || text[0] == '\t'):
			if isBlank(text) && !continued(rest) {
				return h, rest, "no empty line ends the header"
			}
			h.extendLastField(raw, rest)
		case ok:
			h = append(h, field{name, value[:min(len(value), mostValue)]})
		case len(h) > 0 && fieldFollows(rest):
			h.extendLastField(raw, rest)
			problem = "a line of the header is not indented"
		case len(h) > 0 && mail:
			if needed < 0 {
				needed = h.lastMissing(whole)
			}
			if at < needed {
				h.extendLastField(raw, rest)
				problem = "lines of the header are not indented"
				break
			}
			fallthrough
		default:
			return h, raw, "no empty line ends the header"
		}
		raw = rest
	}
	return h, nil, problem
}

// required are the fields that each mail has.
var required = []string{"From", "Subject", "Date"}

// lastMissing is where the last of the required fields begins that the header does not
// have yet; 0 if none of them stands before the first empty line.
func (h header) lastMissing(whole []byte) int {
	last := 0
	for raw := whole[:min(len(whole), mostHeader)]; len(raw) > 0; {
		text, rest := cutLine(raw)
		if isEmpty(text) {
			break
		}
		if name, _, ok := cutField(text); ok && slices.Contains(required, name) && !h.has(name) {
			last = len(whole[:min(len(whole), mostHeader)]) - len(raw)
		}
		raw = rest
	}
	return last
}

// has reports whether the header has one of the fields.
func (h header) has(names ...string) bool { return h.count(names) > 0 }

// count is how many of the names the header has a field of.
func (h header) count(names []string) int {
	n := 0
	for _, name := range names {
		if slices.ContainsFunc(h, func(f field) bool { return f.name == name }) {
			n++
		}
	}
	return n
}

// isEmpty reports whether a line is the empty one that ends a header. Some servers write
// another CR into it.
func isEmpty(text []byte) bool { return len(bytes.Trim(text, "\r\n")) == 0 }

// isBlank reports whether a line is nothing but white space.
func isBlank(text []byte) bool { return len(bytes.TrimSpace(text)) == 0 }

// continued reports whether the header goes on behind a line of white space: with more of
// the field, with another one, or with the empty line.
func continued(raw []byte) bool {
	text, _ := cutLine(raw)
	if isEmpty(text) {
		return len(text) > 0
	}
	return text[0] == ' ' || text[0] == '\t' || fieldFollows(raw)
}

// extendLastField makes the last field reach to where rest begins. Fields and
// lines are slices of one array, so that nothing is copied.
func (h header) extendLastField(raw, rest []byte) {
	last := &h[len(h)-1]
	length := len(raw) - len(rest)
	end := cap(last.value) - cap(raw) + length
	if end <= mostValue && end <= cap(last.value) {
		last.value = last.value[:end]
	}
}

// fieldFollows reports whether the next line is a field.
func fieldFollows(raw []byte) bool {
	text, _ := cutLine(raw)
	_, _, ok := cutField(text)
	return ok
}

// cutLine returns the first line with its end.
func cutLine(raw []byte) (first, rest []byte) {
	if end := bytes.IndexByte(raw, '\n'); end >= 0 {
		return raw[:end+1], raw[end+1:]
	}
	return raw, nil
}

// cutField splits "Name: value". White space before the colon is obsolete syntax.
func cutField(text []byte) (name string, value []byte, ok bool) {
	colon := bytes.IndexByte(text[:min(len(text), 200)], ':')
	if colon <= 0 {
		return "", nil, false
	}
	label := bytes.TrimRight(text[:colon], " \t")
	for _, b := range label {
		if b <= ' ' || b > '~' {
			return "", nil, false
		}
	}
	return textproto.CanonicalMIMEHeaderKey(string(label)), text[colon+1:], len(label) > 0
}

// skipEnvelope leaves out what stands before the header of some stored mails: a
// byte order mark, empty lines, white space, the "From " line of mbox.
func skipEnvelope(raw []byte) []byte {
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	raw = bytes.TrimLeft(raw, " \t\r\n")
	for bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		_, raw = cutLine(raw)
	}
	return raw
}

// decoded returns the header as Mail shows it.
func (h header) decoded(charset string) map[string][]string {
	fields := make(map[string][]string, len(h))
	for _, f := range h {
		fields[f.name] = append(fields[f.name], clip(decodeField(f.value, charset), mostValue))
	}
	return fields
}

// clip cuts s to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
