package richtext

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/internal/errs"
)

// Clean returns plain text of a user's making in the one form that is kept:
// NFC, lines ended by "\n", no control characters but "\n" and "\t". Text that
// is not UTF-8 is INVALID on the field at path.
func Clean(text string, path ...string) (string, error) {
	if !utf8.ValidString(text) {
		return "", errs.New(errs.Invalid, "The text is not valid UTF-8; send it as UTF-8 without truncated characters.").On(path...)
	}
	if strings.ContainsRune(text, '\r') {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	if strings.ContainsFunc(text, unwanted) {
		text = strings.Map(func(r rune) rune {
			if unwanted(r) {
				return -1
			}
			return r
		}, text)
	}
	return norm.NFC.String(text), nil
}

// unwanted are control characters, and overrides of the direction in which a text
// runs: they make a text look like another one.
func unwanted(r rune) bool {
	return r != '\n' && r != '\t' && unicode.IsControl(r) || r == '\u202d' || r == '\u202e'
}

// Blank reports whether a text shows nothing: white space, and characters without
// width or ink.
func Blank(text string) bool { return !strings.ContainsFunc(text, seen) }

func seen(r rune) bool {
	switch r {
	case '\u00ad', '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0':
		return false
	}
	return !unicode.IsSpace(r) && !unicode.Is(unicode.Cf, r) && !unicode.Is(unicode.Variation_Selector, r) && !unicode.IsControl(r)
}

// Name returns a clean text as a name may be: on one line, without characters that
// turn the direction of what stands around it; "" for one that shows nothing.
func Name(clean string) string {
	clean = strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, clean)
	if Blank(clean) {
		return ""
	}
	return strings.Join(strings.Fields(clean), " ")
}

// Preview returns the beginning of text as one line of at most most characters:
// white space collapsed, cut between words where one ends not far off, and
// "…" where something is left out. Text longer than needed costs nothing.
func Preview(text string, most int) string {
	if most <= 0 {
		return ""
	}
	line := make([]rune, 0, min(most, len(text))+1)
	space := false
	for _, r := range text {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			space = len(line) > 0
			continue
		}
		if space {
			line = append(line, ' ')
			space = false
		}
		if line = append(line, r); len(line) > most {
			return cutLine(line, most-1) + "…"
		}
	}
	return string(line)
}

// cutLine returns at most n runes of the line, which is longer: up to the last
// word's end if that keeps more than half, and never between a character and
// its accents.
func cutLine(line []rune, n int) string {
	end := n
	for end > n/2 && line[end] != ' ' {
		end--
	}
	if end <= n/2 {
		end = n
		for end > 0 && (unicode.IsMark(line[end]) || line[end] == '\u200d' || line[end-1] == '\u200d') {
			end--
		}
		if end == 0 {
			end = n
		}
	}
	return strings.TrimRight(string(line[:end]), " ")
}

// Clip cuts text to at most most characters, without space around it, and ends it
// with "…" where something is left out.
func Clip(text string, most int) string {
	text = strings.TrimSpace(text)
	if len(text) <= most || utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most]) + "…"
}

// Escape makes plain text safe within HTML.
func Escape(text string) string { return escaper.Replace(text) }

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;")
