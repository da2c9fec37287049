package parse

import (
	"bytes"
	"net/textproto"
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

// readHeader splits a mail, or a part of one, into its header and its body.
// Lines that are no fields are taken as unindented continuations if another
// field follows, and as the beginning of the body if not. The problem tells what
// was odd, "" if nothing was.
func readHeader(raw []byte) (h header, body []byte, problem string) {
	for start := len(raw); len(raw) > 0; {
		text, rest := cutLine(raw)
		switch name, value, ok := cutField(text); {
		case len(bytes.TrimRight(text, " \t\r\n")) == 0:
			return h, rest, problem
		case len(h) >= mostFields || start-len(raw) > mostHeader:
			problem = "the header is too long, or has too many fields"
		case len(h) > 0 && (text[0] == ' ' || text[0] == '\t'):
			h.extend(raw, rest)
		case ok:
			h = append(h, field{name, value[:min(len(value), mostValue)]})
		case len(h) > 0 && fieldFollows(rest):
			h.extend(raw, rest)
			problem = "a line of the header is not indented"
		default:
			return h, raw, "no empty line ends the header"
		}
		raw = rest
	}
	return h, nil, problem
}

// extend makes the last field reach to where rest begins. Fields and lines are
// slices of one array, so that nothing is copied.
func (h header) extend(raw, rest []byte) {
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
