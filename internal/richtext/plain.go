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
		return "", errs.New(errs.Invalid, "The text is not valid UTF-8; send it in UTF-8 without cut or foreign characters.").On(path...)
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

func unwanted(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }

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
			return cut(line, most-1) + "…"
		}
	}
	return string(line)
}

// cut returns at most n runes of the line, which is longer: up to the last
// word's end if that keeps more than half, and never between a character and
// its accents.
func cut(line []rune, n int) string {
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
