package parse

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"parley/internal/richtext"
)

// decodeCharset returns data as UTF-8. The label is what the mail says of its
// charset, "" if nothing; a label that the data belies is not believed. The
// second result reports what was odd, "" if nothing was.
func decodeCharset(data []byte, label string) (string, string) {
	label = cleanLabel(label)
	if text, ok := byMark(data); ok {
		return text, ""
	}
	switch label {
	case "utf-7", "unicode-1-1-utf-7", "csunicode11utf7":
		return decodeUTF7(data), ""
	case "iso-2022-kr", "csiso2022kr":
		return decodeISO2022KR(data), ""
	case "utf-16", "utf16":
		return decodeUTF16(data), ""
	}
	if bytes.Contains(data, []byte("\x1b$")) {
		label = "iso-2022-jp"
	}
	found := byLabel(label)
	if found == japanese.ISO2022JP && !isASCII(data) && !utf8.Valid(data) {
		if text, ok := decodeJapanese(data); ok {
			return text, ""
		}
	}
	if utf8.Valid(data) && (found == nil || !isASCII(data) && !escapes(found)) {
		return string(data), problemIf(found == nil && !isPlain(label), "the charset "+quoted(label)+" is unknown")
	}
	if found == nil {
		return guessCharset(data, label)
	}
	return decodeAs(data, label, found)
}

// decodeJapanese reads 8-bit text, which ISO-2022-JP has none of, as Shift_JIS or EUC-JP.
// Both read much of each other's without an error: but what is EUC-JP is nothing but
// half-width kana in Shift_JIS.
func decodeJapanese(data []byte) (string, bool) {
	best, fewest := "", -1
	for _, as := range []encoding.Encoding{japanese.ShiftJIS, japanese.EUCJP} {
		text, err := as.NewDecoder().Bytes(data)
		if err != nil || bytes.Contains(text, []byte("\uFFFD")) {
			continue
		}
		narrow := 0
		for _, r := range string(text) {
			if r >= '\uFF61' && r <= '\uFF9F' {
				narrow++
			}
		}
		if fewest < 0 || narrow < fewest {
			best, fewest = string(text), narrow
		}
	}
	return best, fewest >= 0
}

// decodeAs believes the label, unless much of the data contradicts it.
func decodeAs(data []byte, label string, as encoding.Encoding) (string, string) {
	if single, ok := as.(*charmap.Charmap); ok {
		return decodeBytes(data, single), ""
	}
	text, err := as.NewDecoder().Bytes(data)
	if err != nil {
		return guessCharset(data, label)
	}
	if wrong := bytes.Count(text, []byte("\uFFFD")); wrong > 2 && wrong*20 > utf8.RuneCount(text) {
		return guessCharset(data, label)
	}
	return string(text), ""
}

// decodeBytes reads a charset of single bytes. Where ISO-8859 has control
// characters, Windows has quotation marks and dashes: mail that says iso-8859-2
// means those.
func decodeBytes(data []byte, as *charmap.Charmap) string {
	var out strings.Builder
	out.Grow(len(data))
	for _, b := range data {
		r := as.DecodeByte(b)
		if b >= 0x80 && b < 0xa0 && (r == utf8.RuneError || r < 0xa0) {
			r = charmap.Windows1252.DecodeByte(b)
		}
		out.WriteRune(r)
	}
	return out.String()
}

// guessCharset reads data whose label is missing, unknown or wrong: as UTF-8 if it is
// mostly that, else as what it looks like, else as windows-1252, in which
// nothing is illegal.
func guessCharset(data []byte, label string) (string, string) {
	if mostlyUTF8(data) {
		return strings.ToValidUTF8(string(data), "\uFFFD"), "the text is damaged UTF-8"
	}
	name, as := detectCharset(data)
	text, err := as.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD"), "the charset " + quoted(label) + " does not fit"
	}
	return string(text), "the charset " + quoted(label) + " does not fit; read as " + name
}

// leastDetected is the length in bytes below which detection is a lottery.
const leastDetected = 24

// detectCharset returns what the data looks like, windows-1252 if nothing else.
func detectCharset(data []byte) (string, encoding.Encoding) {
	if len(data) >= leastDetected {
		best, err := chardet.NewTextDetector().DetectBest(data[:min(len(data), 8<<10)])
		if err == nil && best.Confidence >= 50 {
			if as := byLabel(cleanLabel(best.Charset)); as != nil {
				return best.Charset, as
			}
		}
	}
	return "windows-1252", charmap.Windows1252
}

// mostlyUTF8 reports whether runes of several bytes outnumber damaged ones: a
// text that was cut within a rune is not read as something else for it.
func mostlyUTF8(data []byte) bool {
	good, bad := 0, 0
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			bad++
		} else if size > 1 {
			good++
		}
		data = data[size:]
	}
	return good > bad
}

// byMark reads what begins with a byte order mark.
func byMark(data []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return strings.ToValidUTF8(string(data[3:]), "\uFFFD"), true
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data), true
	}
	return "", false
}

// decodeUTF16 goes by the mark, else by where the zero bytes of Latin text are,
// else big-endian as RFC 2781 has it.
func decodeUTF16(data []byte) string {
	order, odd, even := unicode.BigEndian, 0, 0
	for i, b := range data[:min(len(data), 1000)] {
		if b == 0 && i%2 == 1 {
			odd++
		} else if b == 0 {
			even++
		}
	}
	if odd > even {
		order = unicode.LittleEndian
	}
	text, _ := unicode.UTF16(order, unicode.UseBOM).NewDecoder().Bytes(data)
	return string(text)
}

// cleanLabel makes a label findable: "charset=UTF-8;" and "'cp1252'" have been seen.
func cleanLabel(label string) string {
	label = strings.ToLower(strings.Trim(cleanLine(label), " \"'`;,<>"))
	label = strings.TrimPrefix(strings.TrimPrefix(label, "charset="), "x-unknown-")
	if name, _, found := strings.Cut(label, "*"); found { // RFC 2231's language
		label = name
	}
	if more, is := strings.CutPrefix(label, "cp-"); is {
		label = "cp" + more
	}
	return label
}

// aliases are names that the indexes do not know, or read too narrowly: mail
// that says GB2312 is written with the larger GB18030.
var aliases = map[string]encoding.Encoding{
	"gb2312": simplifiedchinese.GB18030, "gbk": simplifiedchinese.GB18030, "gb_2312-80": simplifiedchinese.GB18030,
	"cp936": simplifiedchinese.GB18030, "x-gbk": simplifiedchinese.GB18030, "chinese": simplifiedchinese.GB18030,
	"hz-gb-2312": simplifiedchinese.HZGB2312, "cp850": charmap.CodePage850, "cp437": charmap.CodePage437,
	"cp858": charmap.CodePage858, "cp852": charmap.CodePage852, "cp865": charmap.CodePage865,
	"8859-1": charmap.Windows1252, "iso-8859-1-windows-1252": charmap.Windows1252,
}

// otherNames are spellings of labels that are known.
var otherNames = map[string]string{
	"cp932": "shift_jis", "windows-932": "shift_jis", "iso-2022-jp-2": "iso-2022-jp", "iso-2022-jp-ms": "iso-2022-jp",
	"cp50220": "iso-2022-jp", "cp50221": "iso-2022-jp", "cp949": "euc-kr", "ms949": "euc-kr", "cp950": "big5",
	"cp1250": "windows-1250", "cp1251": "windows-1251", "cp1253": "windows-1253", "cp1254": "windows-1254",
	"cp1255": "windows-1255", "cp1256": "windows-1256", "cp1257": "windows-1257", "cp1258": "windows-1258",
	"cp874": "windows-874", "gb-18030": "gb18030", "koi8r": "koi8-r", "koi8u": "koi8-u",
}

// byLabel returns nil for UTF-8, US-ASCII and what is unknown: all of them are
// read as UTF-8 if they can be.
func byLabel(label string) encoding.Encoding {
	if other, ok := otherNames[label]; ok {
		label = other
	}
	if as, ok := aliases[label]; ok {
		return as
	}
	if isPlain(label) {
		return nil
	}
	as, err := htmlindex.Get(label)
	if err == nil && as != encoding.Replacement {
		return as
	}
	if as, err = ianaindex.MIME.Encoding(label); err == nil {
		return as
	}
	return nil
}

// isPlain reports whether the label says nothing that UTF-8 does not cover.
func isPlain(label string) bool {
	switch label {
	case "", "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown", "utf8mb4":
		return true
	}
	return false
}

// escapes reports whether the encoding writes other characters with ASCII bytes.
func escapes(as encoding.Encoding) bool {
	const sample = "a\x1b$B$\"\x1b(B~{VP~}"
	plain, err := as.NewDecoder().String(sample)
	return err != nil || plain != sample
}

func isASCII(data []byte) bool {
	for _, b := range data {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}charset\s*=\s*["']?\s*([a-z0-9_:.-]{2,40})`)

// htmlCharset is what an HTML page says of its own charset, "" if nothing.
func htmlCharset(page []byte) string {
	if m := metaCharset.FindSubmatch(page[:min(len(page), 4<<10)]); m != nil {
		return string(m[1])
	}
	return ""
}

// cleanText returns s as it is kept: valid UTF-8 in NFC, \n as line end, no NUL or
// other control characters but tabs.
func cleanText(s string) string {
	clean, err := richtext.Clean(strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		return ""
	}
	return clean
}

// cleanLine returns s like text, as one line without white space around it. No
// foreign line end can make two headers of one.
func cleanLine(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, s)
	return strings.TrimSpace(cleanText(s))
}

// problemIf is the problem if it is one.
func problemIf(is bool, problem string) string {
	if is {
		return problem
	}
	return ""
}

// quoted clips a value of the mail for a problem.
func quoted(s string) string { return `"` + richtext.Preview(cleanLine(s), 60) + `"` }
