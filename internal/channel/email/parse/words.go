package parse

import (
	"strings"
	"unicode/utf8"
)

// decodeField returns the value of a header field as UTF-8: unfolded, 8-bit
// characters read as charset (what the mail says of its body), encoded words
// decoded.
func decodeField(raw []byte, charset string) string {
	return cleanLine(decodeWords(unfoldField(raw, charset)))
}

// unfoldField is decodeField but for the encoded words, for fields whose
// structure must be read first.
func unfoldField(raw []byte, charset string) string {
	raw = unfold(raw)
	if isASCII(raw) && !strings.Contains(string(raw), "\x1b$") {
		return string(raw)
	}
	if utf8.Valid(raw) && !isASCII(raw) {
		return string(raw)
	}
	value, _ := decodeCharset(raw, charset)
	return value
}

// unfold takes line ends out. A line that was broken without indenting the next
// gets a space in their place.
func unfold(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for i, b := range raw {
		switch {
		case b == 0:
		case b != '\r' && b != '\n':
			out = append(out, b)
		case i+1 < len(raw) && raw[i+1] != ' ' && raw[i+1] != '\t' && raw[i+1] != '\n':
			out = append(out, ' ')
		}
	}
	return out
}

// decodeWords decodes RFC 2047's encoded words wherever they are. Words of one
// charset that follow each other are decoded as one, so that a character may
// lie across two of them; white space between them is no part of the text. Words
// beyond the first 100 places stay as they are.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var out strings.Builder
	var open run
	for runs := 0; runs < mostRuns; {
		start := strings.Index(s, "=?")
		if start < 0 {
			break
		}
		word, rest, ok := cutWord(s[start:])
		if !ok {
			out.WriteString(open.flush())
			out.WriteString(s[:start+2])
			s = s[start+2:]
			continue
		}
		if before := s[:start]; !open.is || strings.Trim(before, " \t") != "" {
			out.WriteString(open.flush())
			out.WriteString(before)
			runs++
		}
		done := open.addWord(word)
		if done != "" {
			runs++
		}
		out.WriteString(done)
		s = rest
	}
	out.WriteString(open.flush())
	out.WriteString(s)
	return out.String()
}

// mostRuns bounds how often the charset of one field is looked into.
const mostRuns = 100

// word is one encoded word, still encoded.
type word struct {
	charset string
	base64  bool
	text    string
}

// cutWord reads "=?charset?B?text?=" at the start of s.
func cutWord(s string) (word, string, bool) {
	charset, more, ok := strings.Cut(s[2:min(len(s), 80)], "?")
	if !ok || len(more) < 2 || more[1] != '?' || strings.ContainsAny(charset, " \t=") {
		return word{}, "", false
	}
	var w word
	switch more[0] {
	case 'B', 'b':
		w.base64 = true
	case 'Q', 'q':
	default:
		return word{}, "", false
	}
	w.charset = cleanLabel(charset)
	text, rest, ok := strings.Cut(s[2+len(charset)+3:], "?=")
	if !ok {
		return word{}, "", false
	}
	w.text = text
	return w, rest, true
}

// run gathers encoded words that follow each other.
type run struct {
	is      bool
	charset string
	bytes   []byte
	base64  string // encoded characters of a group that goes on in the next word
}

// addWord takes a word in, and returns the text before it if that is complete.
func (r *run) addWord(w word) string {
	done := ""
	if r.is && r.charset != w.charset {
		done = r.flush()
	}
	r.is, r.charset = true, w.charset
	if !w.base64 {
		r.decodeRun(len(r.base64))
		r.bytes = append(r.bytes, decodeQ(w.text)...)
		return done
	}
	r.base64 += strings.Map(notBlank, w.text)
	whole := len(r.base64) &^ 3
	if strings.HasSuffix(r.base64, "=") || r.complete() {
		whole = len(r.base64)
	}
	r.decodeRun(whole)
	return done
}

// complete reports whether the base64 is whole, though its padding is missing.
func (r *run) complete() bool {
	if r.charset != "utf-8" || len(r.base64) > 100 || len(r.base64)%4 == 1 {
		return false
	}
	decoded, _ := decodeBase64([]byte(r.base64))
	return utf8.Valid(decoded)
}

// decodeRun takes in the first n characters of the base64 that is open.
func (r *run) decodeRun(n int) {
	decoded, _ := decodeBase64([]byte(r.base64[:n]))
	r.bytes, r.base64 = append(r.bytes, decoded...), r.base64[n:]
}

func notBlank(c rune) rune {
	if c == ' ' || c == '\t' {
		return -1
	}
	return c
}

func (r *run) flush() string {
	if !r.is {
		return ""
	}
	r.decodeRun(len(r.base64))
	text, _ := decodeCharset(r.bytes, r.charset)
	*r = run{}
	return text
}

// decodeQ reads the Q encoding: quoted-printable with "_" for a space.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '_':
			out = append(out, ' ')
		case s[i] == '=' && i+2 < len(s):
			high, ok := nibble(s[i+1])
			low, isHex := nibble(s[i+2])
			if ok && isHex {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
			out = append(out, '=')
		default:
			out = append(out, s[i])
		}
	}
	return out
}
