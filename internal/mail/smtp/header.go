package smtp

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// header is the head of a mail as it is written.
type header struct{ bytes.Buffer }

const (
	// lineLength is where a header is folded; RFC 5322 asks for at most 78.
	lineLength = 76
	// maxWord is the longest run without a space that goes out as it is, so that
	// a folded line stays far below the 998 bytes that servers take.
	maxWord = 70
	// maxToken is the same for what may not be encoded, such as an address.
	maxToken = 900
	// wordBytes is how much of a text is in one encoded word, which may have 75
	// characters.
	wordBytes = 45
	// newLine are the bytes that end a line somewhere, or a text.
	newLine = "\r\n\x00"
)

var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,60}$`)

// add writes a field, folded. A value that would begin another line is refused.
func (h *header) add(name, value string) error {
	if strings.ContainsAny(value, newLine) {
		return fmt.Errorf("%w: %s has more than one line", ErrMalformed, name)
	}
	h.WriteString(name)
	h.WriteByte(':')
	length := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if i > 0 && word != "" && length+1+len(word) > lineLength {
			h.WriteString("\r\n")
			length = 0
		}
		h.WriteByte(' ')
		h.WriteString(word)
		length += 1 + len(word)
	}
	h.WriteString("\r\n")
	return nil
}

// addText writes a field of any text, in any language; an empty one is left out.
func (h *header) addText(name, value string) error {
	if value == "" {
		return nil
	}
	if strings.ContainsAny(value, newLine) {
		return fmt.Errorf("%w: %s has more than one line", ErrMalformed, name)
	}
	if !plain(value) {
		value = encodedWords(value)
	}
	return h.add(name, value)
}

// addVerbatim writes a field whose syntax is not known here: as it is, if it is
// ASCII in lines that servers take.
func (h *header) addVerbatim(name, value string) error {
	for _, word := range strings.Split(value, " ") {
		if len(word) > maxToken || !printable(word) {
			return h.addText(name, value)
		}
	}
	return h.add(name, value)
}

// plain reports whether a text can stand in a header as it is: printable ASCII,
// in words that can be folded, none of which would be decoded.
func plain(text string) bool {
	for _, word := range strings.Split(text, " ") {
		if len(word) > maxWord {
			return false
		}
	}
	return printable(text) && text == strings.TrimSpace(text) && !strings.Contains(text, "=?")
}

func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// encodedWords writes a text by RFC 2047; no rune is cut in two.
func encodedWords(text string) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	var words []string
	for text != "" {
		end := min(wordBytes, len(text))
		for !utf8.ValidString(text[:end]) {
			end--
		}
		words = append(words, "=?utf-8?b?"+base64.StdEncoding.EncodeToString([]byte(text[:end]))+"?=")
		text = text[end:]
	}
	return strings.Join(words, " ")
}

// internetID is what may stand between the < and > of a Message-ID here; the
// ids of other people's mail are looser than RFC 5322 allows.
var internetID = regexp.MustCompile(`^[!-;=?-~]{1,900}$`)

// addIDs writes a list of Message-IDs. Those that cannot be written, which come
// from other people's mail, are left out, and so is an empty list.
func (h *header) addIDs(name string, list ...string) error {
	var written []string
	for _, id := range list {
		if internetID.MatchString(id) {
			written = append(written, "<"+id+">")
		}
	}
	if len(written) == 0 {
		return nil
	}
	return h.add(name, strings.Join(written, " "))
}
