package attachment

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
	"golang.org/x/text/unicode/norm"

	"parley/internal/richtext"
)

// longestName is in characters.
const longestName = 200

// cleanName makes a name of one that a sender chose: the last part of a path,
// without characters that are unseen, turn the order of reading, or mean
// something to a file system; never one that Windows keeps for devices. A name
// of nothing becomes "file" with the ending of the content type.
func cleanName(name, contentType string) string {
	name = strings.ToValidUTF8(name, "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(fit, norm.NFC.String(name))
	name = richtext.Name(name)
	name = strings.TrimRight(name, ". ") // which Windows drops: "x.exe."
	if strings.Trim(name, "._ ") == "" {
		name = "file" + extensionOf(contentType)
	}
	if reserved[strings.ToUpper(strings.TrimSpace(stem(name)))] {
		name = "_" + name
	}
	return shorten(name)
}

// fit keeps a character that is fit for a name.
func fit(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs):
		return -1
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	}
	return r
}

// shorten cuts a long name before its ending.
func shorten(name string) string {
	if utf8.RuneCountInString(name) <= longestName {
		return name
	}
	const longestEnding = 20
	ending := []rune(path.Ext(name))
	if len(ending) > longestEnding {
		ending = nil
	}
	begin := []rune(name)[:longestName-len(ending)]
	return strings.TrimRight(string(begin), ". ") + string(ending)
}

// stem is a name up to its first dot, by which Windows knows its devices.
func stem(name string) string {
	before, _, _ := strings.Cut(name, ".")
	return before
}

var reserved = func() map[string]bool {
	names := map[string]bool{"CON": true, "PRN": true, "AUX": true, "NUL": true, "CONIN$": true, "CONOUT$": true}
	for _, n := range "0123456789¹²³" {
		names["COM"+string(n)], names["LPT"+string(n)] = true, true
	}
	return names
}()

// extensionOf returns the ending that a content type has, with its dot; "": none.
func extensionOf(contentType string) string {
	if m := mimetype.Lookup(contentType); m != nil {
		return m.Extension()
	}
	return ""
}

// Describe reports under which name and as which type a mail's file would be kept.
func Describe(fileName string, content []byte) (name, contentType string) {
	contentType = typeOf(content[:min(len(content), sniffed)])
	return cleanName(fileName, contentType), contentType
}
