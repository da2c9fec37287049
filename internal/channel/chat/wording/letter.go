package wording

import (
	"embed"
	"encoding/json"
	"path"
	"strings"

	"parley/internal/vocab"
)

// Language is what a letter is written in.
type Language struct {
	// Tag is the language's code, "de".
	Tag string
	// Direction is "ltr" or "rtl".
	Direction string
}

// Letters are the words of a letter, by language.
type Letters[W any] map[string]W

// ReadLetters reads texts/*.json of a package: one file each language, English among
// them. It panics on a file that does not read: they are embedded.
func ReadLetters[W any](files embed.FS) Letters[W] {
	found, err := files.ReadDir("texts")
	if err != nil {
		panic(err)
	}
	list := Letters[W]{}
	for _, f := range found {
		raw, err := files.ReadFile(path.Join("texts", f.Name()))
		if err != nil {
			panic(err)
		}
		var w W
		if err := json.Unmarshal(raw, &w); err != nil {
			panic(f.Name() + ": " + err.Error())
		}
		list[strings.TrimSuffix(f.Name(), ".json")] = w
	}
	return list
}

// In returns the words in a locale's language; in English where it has none.
func (l Letters[W]) In(locale string) (W, Language) {
	tag, _, _ := strings.Cut(locale, "-")
	w, known := l[tag]
	if !known {
		tag = Default
		w = l[tag]
	}
	return w, Language{tag, directionOf(tag)}
}

func directionOf(tag string) string {
	if direction(tag) == vocab.RightToLeft {
		return "rtl"
	}
	return "ltr"
}

// Fill puts a value in the place of a text's {name}.
func Fill(text, name, value string) string { return strings.ReplaceAll(text, "{"+name+"}", value) }
