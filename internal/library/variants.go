package library

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// maxArticles bounds the texts of an article in all languages, in characters.
const maxArticles = 400_000

// checkLanguages cleans what a meeting link or an article says in other languages.
func checkLanguages(item *ent.LibraryItem) error {
	c := &item.Content
	var err error
	if c.Language, err = cleanLanguage(c.Language, "language"); err != nil {
		return err
	}
	if n := len(c.Variants); n > MaxVariants {
		return errs.Exceeds(MaxVariants, "There are %d languages; at most %d are allowed.", n, MaxVariants).On("variants")
	}
	if len(c.Variants) > 0 && c.Language == "" {
		return errs.New(errs.Required, "Say in which language the text is to which there are variants.").On("language")
	}
	var faults []error
	seen, total := []string{c.Language}, utf8.RuneCountInString(c.Markdown)
	for i := range c.Variants {
		v, path := &c.Variants[i], []string{"variants", strconv.Itoa(i)}
		err := checkVariant(item.Kind, v, path...)
		if err == nil && (v.Language == "" || slices.Contains(seen, v.Language)) {
			err = errs.New(errs.Invalid, "Each language is listed once, and has a name such as \"de\".").On(append(path, "language")...)
		}
		seen, total = append(seen, v.Language), total+utf8.RuneCountInString(v.Markdown)
		faults = append(faults, err)
	}
	if total > maxArticles {
		faults = append(faults, errs.Exceeds(maxArticles, "The texts have %d characters in total; at most %d are allowed.", total, maxArticles).On("variants"))
	}
	return errors.Join(faults...)
}

// checkVariant cleans what an item says in one language. Errors are on its fields below the
// path.
func checkVariant(kind vocab.LibraryItemKind, v *vocab.LibraryVariant, path ...string) (err error) {
	at := func(field string) []string { return append(slices.Clone(path), field) }
	if v.Subject != "" || v.HTML != "" {
		return errs.New(errs.Invalid, "An item of kind %s has neither HTML nor a subject.", kind).On(path...)
	}
	if v.Language, err = cleanLanguage(v.Language, at("language")...); err != nil {
		return err
	}
	if v.Name, err = variantLine(v.Name, MaxName, at("name")...); err != nil {
		return err
	}
	if kind == vocab.MeetingLinkItem {
		if v.Markdown != "" {
			return errs.New(errs.Invalid, "A meeting link has a name and a description, and not a text.").On(at("markdown")...)
		}
		v.Description, err = variantLine(v.Description, MaxDescription, at("description")...)
		return err
	}
	if v.Description != "" {
		return errs.New(errs.Invalid, "An article has a name and a text, and not a description.").On(at("description")...)
	}
	v.Markdown, err = cleanArticle(v.Markdown, at("markdown")...)
	return err
}

func variantLine(text string, most int, path ...string) (string, error) {
	if richtext.Blank(text) {
		return "", nil
	}
	return richtext.OneLine(text, most, path...)
}

// cleanArticle is the text of an article as it is kept. Its pictures are named as those of
// messages are.
func cleanArticle(markdown string, path ...string) (string, error) {
	if n := utf8.RuneCountInString(markdown); n > MaxArticle {
		return "", errs.Exceeds(MaxArticle, "The Markdown has %d characters; at most %d are allowed.", n, MaxArticle).On(path...)
	}
	if richtext.Blank(markdown) {
		return "", errs.New(errs.Required, "Enter a text.").On(path...)
	}
	return richtext.Clean(strings.ReplaceAll(markdown, "](attachment:", "]("+pictureScheme), path...)
}

// saidIn is what an item says in each language, the first one first.
func saidIn(item *ent.LibraryItem) []vocab.LibraryVariant {
	c := item.Content
	all := append([]vocab.LibraryVariant{{
		Language: c.Language, Name: item.Name, Description: c.Description, Subject: c.Subject, Markdown: c.Markdown, HTML: c.HTML,
	}}, c.Variants...)
	for i := range all {
		if all[i].Name == "" {
			all[i].Name = item.Name
		}
	}
	return all
}

// saidTo is what an item says in the language of whom an occasion is for.
func (s *Service) saidTo(ctx context.Context, item *ent.LibraryItem, of Occasion) (vocab.LibraryVariant, error) {
	all := saidIn(item)
	if len(all) == 1 {
		return all[0], nil
	}
	language, err := s.languageOf(ctx, of, nil)
	return all[pickLanguage(languagesOf(all), language)], err
}

func languagesOf(all []vocab.LibraryVariant) []string {
	tags := make([]string, len(all))
	for i, v := range all {
		tags[i] = v.Language
	}
	return tags
}

// pickLanguage is the place of a language among tags: of the first wanted one that is there, or
// is there as spoken elsewhere; else 0.
func pickLanguage(tags []string, wanted ...string) int {
	base := func(tag string) string {
		tag, _, _ = strings.Cut(tag, "-")
		return strings.ToLower(tag)
	}
	for _, language := range wanted {
		for _, same := range []func(string) bool{
			func(tag string) bool { return strings.EqualFold(tag, language) },
			func(tag string) bool { return base(tag) == base(language) },
		} {
			if at := slices.IndexFunc(tags, func(tag string) bool { return language != "" && tag != "" && same(tag) }); at >= 0 {
				return at
			}
		}
	}
	return 0
}
