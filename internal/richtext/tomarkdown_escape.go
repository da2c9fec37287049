package richtext

import (
	"strings"
	"unicode"
)

// escapeMarks returns a word with a backslash before what Markdown would read as a
// mark. Addresses and underscores between letters stay as they are.
func escapeMarks(word string) string {
	if !strings.ContainsAny(word, "\\`*_[]<>~|&") || plainAddress(word) {
		return word
	}
	var b strings.Builder
	for i, r := range word {
		if marks(word, i, r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// plainAddress reports whether a word is an address that becomes a link by itself.
func plainAddress(word string) bool {
	return (strings.HasPrefix(word, "http://") || strings.HasPrefix(word, "https://")) && !strings.ContainsAny(word, "\\`*[]<>~|")
}

func marks(word string, i int, r rune) bool {
	switch r {
	case '\\', '`', '*', '[', ']', '<', '>', '~', '|':
		return true
	case '_':
		return i == 0 || i == len(word)-1 || !alphanumeric(word[i-1]) || !alphanumeric(word[i+1])
	case '&':
		end := strings.IndexByte(word[i:], ';')
		return end > 1 && !strings.ContainsFunc(word[i+1:i+end], func(r rune) bool { return r != '#' && !alphanumeric(byte(min(r, 0x80))) })
	}
	return false
}

func alphanumeric(c byte) bool {
	return c < 0x80 && (unicode.IsLetter(rune(c)) || unicode.IsDigit(rune(c)))
}

// escapeLineStart escapes the word that a line begins with, where it would make
// the line a heading, an item, a rule or a table.
func escapeLineStart(word string) string {
	switch word[0] {
	case '#', '+', '-', '=', ':':
		return `\` + word
	}
	digits := strings.TrimLeft(word, "0123456789")
	if digits != "" && len(digits) < len(word) && (digits[0] == '.' || digits[0] == ')') {
		return word[:len(word)-len(digits)] + `\` + digits
	}
	return word
}
