// Package wording has the words of the chat widget in the languages that Parley
// knows, and puts them together with those that an admin chose (CH-1).
//
// Each language is a file in texts/ with the same keys; {names} in braces are
// filled in by the widget. A key that a language lacks falls back to its parent
// (de-AT to de), then to the channel's default language, then to English, so
// that no text is ever missing.
package wording

import (
	"embed"
	"encoding/json"
	"errors"
	"maps"
	"path"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"parley/internal/vocab"
)

// Default is the language of a caller that asks for none, on a channel that has none.
const Default = "en"

//go:embed texts/*.json
var files embed.FS

// builtIn has Parley's own texts by language and key.
var builtIn = readTexts()

func readTexts() map[string]map[string]string {
	found, err := files.ReadDir("texts")
	if err != nil {
		panic(err) // embedded
	}
	all := make(map[string]map[string]string, len(found))
	for _, f := range found {
		raw, err := files.ReadFile(path.Join("texts", f.Name()))
		if err != nil {
			panic(err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			panic(f.Name() + ": " + err.Error())
		}
		all[strings.TrimSuffix(f.Name(), ".json")] = texts
	}
	return all
}

// Keys returns the keys of all texts, sorted.
func Keys() []string { return slices.Sorted(maps.Keys(builtIn[Default])) }

// Languages returns the languages that Parley has texts in, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(builtIn)) }

// Text is what the widget says at one place.
type Text struct {
	Key, Text string
	// Locale is the language that it was found in.
	Locale string
	// Custom says that an admin chose it.
	Custom bool
}

// Words are all texts of a widget.
type Words struct {
	// Locale is the language that was chosen, as a BCP 47 tag.
	Locale    string
	Direction vocab.TextDirection
	// Texts has every key, sorted.
	Texts []Text
}

// Get returns a text by its key; empty: there is no such key.
func (w Words) Get(key string) string {
	i, found := slices.BinarySearchFunc(w.Texts, key, func(t Text, key string) int { return strings.Compare(t.Key, key) })
	if !found {
		return ""
	}
	return w.Texts[i].Text
}

// For returns a channel's words for a caller that asks for a locale, a BCP 47 tag
// such as "de-AT". What is no tag, or a language that no one has words in, gets
// the channel's default.
func For(t vocab.WidgetTexts, locale string) Words {
	chosen := chooseLanguage(t, locale)
	from := sources(t, chosen)
	w := Words{Locale: chosen, Direction: direction(chosen)}
	for _, key := range Keys() {
		for _, s := range from {
			if text := s.texts[key]; text != "" {
				w.Texts = append(w.Texts, Text{Key: key, Text: text, Locale: s.locale, Custom: s.custom})
				break
			}
		}
	}
	return w
}

// chooseLanguage returns the language with words that comes nearest to a locale.
func chooseLanguage(t vocab.WidgetTexts, locale string) string {
	normal := t.DefaultLocale
	if normal == "" {
		normal = Default
	}
	wanted, err := Parse(locale)
	if err != nil {
		return normal
	}
	known := []string{normal}
	for _, l := range append(slices.Sorted(maps.Keys(t.Locales)), Languages()...) {
		if !slices.Contains(known, l) {
			known = append(known, l)
		}
	}
	tags := make([]language.Tag, len(known))
	for i, l := range known {
		tags[i] = language.Make(l)
	}
	_, i, confidence := language.NewMatcher(tags).Match(wanted)
	// What is merely understood by many, such as Danish for Norwegians, is no
	// better than what the channel's admin chose.
	if confidence < language.High {
		return normal
	}
	return known[i]
}

type textSource struct {
	locale string
	custom bool
	texts  map[string]string
}

// sources returns where to look for a text, in order.
func sources(t vocab.WidgetTexts, chosen string) []textSource {
	var list []textSource
	seen := map[string]bool{}
	for _, l := range []string{chosen, t.DefaultLocale, Default} {
		for tag := language.Make(l); tag != language.Und; tag = tag.Parent() {
			if name := tag.String(); !seen[name] {
				seen[name] = true
				list = append(list, textSource{name, true, t.Locales[name]}, textSource{name, false, builtIn[name]})
			}
		}
	}
	return list
}

// maxTag is the length of the longest tag that makes sense.
const maxTag = 35

var errNoTag = errors.New("no language tag")

// Parse returns the language that a BCP 47 tag names; the error says that it is
// none.
func Parse(tag string) (language.Tag, error) {
	if len(tag) > maxTag || tag == "" {
		return language.Und, errNoTag
	}
	return language.Parse(tag)
}

// rightToLeft are the scripts that run so.
var rightToLeft = []string{"Arab", "Hebr", "Syrc", "Thaa", "Nkoo", "Adlm", "Rohg", "Samr", "Mand"}

func direction(locale string) vocab.TextDirection {
	script, _ := language.Make(locale).Script()
	if slices.Contains(rightToLeft, script.String()) {
		return vocab.RightToLeft
	}
	return vocab.LeftToRight
}
