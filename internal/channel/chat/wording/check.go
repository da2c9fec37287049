package wording

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

const (
	// MaxText is the most characters of a text that an admin chose.
	MaxText = 500
	// MaxLocales is in how many languages an admin may choose texts.
	MaxLocales = 50
)

// Choice is a text that an admin chooses. An empty one takes an earlier choice
// back.
type Choice struct {
	Locale string
	Key    string
	Text   string
}

// Chosen returns the texts after a choice. Errors are on locale, key and text.
func Chosen(t vocab.WidgetTexts, c Choice) (vocab.WidgetTexts, error) {
	locale, err := CleanLocale(c.Locale, "locale")
	if err != nil {
		return t, err
	}
	normal, known := builtIn[Default][c.Key]
	if !known {
		return t, errs.New(errs.Invalid, "The widget has no text %q.", errs.Clip(c.Key)).On("key")
	}
	text, err := clean(c.Text, normal)
	if err != nil {
		return t, err
	}
	return withText(t, locale, c.Key, text)
}

// CleanLocale returns a BCP 47 tag in its usual form, "de-at" as "de-AT".
// Errors blame the field: INVALID.
func CleanLocale(locale string, field ...string) (string, error) {
	tag, err := Parse(locale)
	if err != nil {
		return "", errs.New(errs.Invalid, "%q is not a language tag such as \"en\" or \"de-AT\".", errs.Clip(locale)).On(field...)
	}
	return tag.String(), nil
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// clean returns a text as it is kept, if its placeholders are among those that
// the widget fills in there.
func clean(text, normal string) (string, error) {
	text, err := richtext.Clean(text, "text")
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n > MaxText {
		return "", errs.Exceeds(MaxText, "The text has %d characters; at most %d are allowed.", n, MaxText).On("text")
	}
	filled := placeholder.FindAllString(normal, -1)
	for _, p := range placeholder.FindAllString(text, -1) {
		if !slices.Contains(filled, p) {
			return "", errs.New(errs.Invalid, "%s cannot be used in this text; it may contain: %s.", errs.Clip(p), orNothing(filled)).On("text")
		}
	}
	return text, nil
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing to fill in"
	}
	return strings.Join(names, ", ")
}

// withText returns a copy of the texts with one set, or removed where it is empty.
func withText(t vocab.WidgetTexts, locale, key, text string) (vocab.WidgetTexts, error) {
	all, changed := map[string]map[string]string{}, map[string]string{}
	maps.Copy(all, t.Locales)
	maps.Copy(changed, all[locale])
	if changed[key] = text; text == "" {
		delete(changed, key)
	}
	if all[locale] = changed; len(changed) == 0 {
		delete(all, locale)
	}
	if len(all) > MaxLocales {
		return t, errs.Exceeds(MaxLocales, "There would be texts in %d languages; at most %d are allowed.", len(all), MaxLocales).On("locale")
	}
	t.Locales = all
	return t, nil
}

// Custom lists the texts that an admin chose, by language and key.
func Custom(t vocab.WidgetTexts) []Text {
	list := []Text{}
	for _, locale := range slices.Sorted(maps.Keys(t.Locales)) {
		for _, key := range slices.Sorted(maps.Keys(t.Locales[locale])) {
			list = append(list, Text{Key: key, Text: t.Locales[locale][key], Locale: locale, Custom: true})
		}
	}
	return list
}
