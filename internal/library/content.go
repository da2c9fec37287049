package library

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/ent"
	entuser "parley/ent/user"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/library/placeholder"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// applyContent puts what an item is to say into it.
func (s *Service) applyContent(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, f ItemFacts) error {
	c := &item.Content
	opt.Set(&c.Markdown, f.Markdown)
	opt.Set(&c.HTML, f.HTML)
	opt.Set(&c.Language, f.Language)
	opt.Set(&c.Subject, f.Subject)
	opt.Set(&c.URL, f.URL)
	opt.Set(&c.Minutes, f.DurationMinutes)
	if f.Markdown.IsSet() && !f.HTML.IsSet() && c.Markdown != "" { // one takes the place of the other
		c.HTML = ""
	}
	if f.HTML.IsSet() && !f.Markdown.IsSet() && c.HTML != "" {
		c.Markdown = ""
	}
	description, err := optionalLine(c.Description, f.Description, MaxDescription, "description")
	c.Description = description
	err = errors.Join(err, setCc(c, f.Cc))
	if list, ok := f.Variants.ValueOK(); ok {
		c.Variants = nil
		for _, v := range list {
			c.Variants = append(c.Variants, vocab.LibraryVariant{
				Language: v.Language, Name: value(v.Name), Description: value(v.Description), Subject: value(v.Subject), Markdown: value(v.Markdown), HTML: value(v.HTML),
			})
		}
	}
	if item.Kind.IsText() {
		return errors.Join(err, s.checkTexts(ctx, item))
	}
	if err := errors.Join(err, s.applyMedia(ctx, tx, item, f)); err != nil || item.Kind.HasVersions() {
		return err
	}
	if item.Kind == vocab.ArticleItem || item.Kind == vocab.MeetingLinkItem {
		if err := checkLanguages(item); err != nil {
			return err
		}
	}
	if item.Kind == vocab.ArticleItem {
		return s.applyArticle(ctx, tx, item, f.Article)
	}
	return s.checkLink(ctx, tx, item, f.UserLinks)
}

// checkTexts cleans the texts of a snippet or template, in each language.
func (s *Service) checkTexts(ctx context.Context, item *ent.LibraryItem) error {
	c := &item.Content
	if n := len(c.Variants); n > MaxVariants {
		return errs.Exceeds(MaxVariants, "There are %d languages; at most %d are allowed.", n, MaxVariants).On("variants")
	}
	if len(c.Variants) > 0 && c.Language == "" {
		return errs.New(errs.Required, "Say in which language the text is to which there are variants.").On("language")
	}
	first := vocab.LibraryVariant{Language: c.Language, Subject: c.Subject, Markdown: c.Markdown, HTML: c.HTML}
	err := s.checkText(ctx, item.Kind, &first)
	c.Language, c.Subject, c.Markdown, c.HTML = first.Language, first.Subject, first.Markdown, first.HTML
	faults, seen := []error{err}, []string{c.Language}
	for i := range c.Variants {
		v, path := &c.Variants[i], []string{"variants", strconv.Itoa(i)}
		err := s.checkText(ctx, item.Kind, v, path...)
		if err == nil && (v.Language == "" || slices.Contains(seen, v.Language)) {
			err = errs.New(errs.Invalid, "Each language is listed once, and has a name such as \"de\".").On(append(path, "language")...)
		}
		seen = append(seen, v.Language)
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// checkText cleans a text in one language. Errors are on its fields below the path.
func (s *Service) checkText(ctx context.Context, kind vocab.LibraryItemKind, v *vocab.LibraryVariant, path ...string) error {
	at := func(field string) []string { return append(slices.Clone(path), field) }
	most := MaxSnippet
	if kind == vocab.TemplateItem {
		most = MaxTemplate
	}
	switch {
	case v.Name != "" || v.Description != "":
		return errs.New(errs.Invalid, "A text in another language has neither a name nor a description.").On(path...)
	case kind == vocab.SnippetItem && (v.HTML != "" || v.Subject != ""):
		return errs.New(errs.Invalid, "A snippet has Markdown, and neither HTML nor a subject.").On(path...)
	case v.Markdown != "" && v.HTML != "":
		return errs.New(errs.Invalid, "Pass markdown or html; both were given.").On(at("markdown")...)
	case v.HTML == "" && richtext.Blank(v.Markdown):
		return errs.New(errs.Required, "Enter a text.").On(at("markdown")...)
	}
	if n := utf8.RuneCountInString(v.Markdown); n > most {
		return errs.Exceeds(most, "The Markdown has %d characters; at most %d are allowed.", n, most).On(at("markdown")...)
	}
	if n := utf8.RuneCountInString(v.HTML); n > MaxHTML {
		return errs.Exceeds(MaxHTML, "The HTML has %d characters; at most %d are allowed.", n, MaxHTML).On(at("html")...)
	}
	var err error
	if v.Markdown, err = richtext.Clean(v.Markdown, at("markdown")...); err != nil {
		return err
	}
	if v.HTML, err = cleanHTML(v.HTML, at("html")...); err != nil {
		return err
	}
	if v.Language, err = cleanLanguage(v.Language, at("language")...); err != nil {
		return err
	}
	if v.Subject != "" {
		if v.Subject, err = richtext.OneLine(v.Subject, MaxSubject, at("subject")...); err != nil {
			return err
		}
	}
	return errors.Join(
		s.checkPlaceholders(ctx, placeholder.Markdown(v.Markdown), at("markdown")...),
		s.checkPlaceholders(ctx, placeholder.HTML(v.HTML), at("html")...),
		s.checkPlaceholders(ctx, placeholder.Plain(v.Subject), at("subject")...),
	)
}

func cleanHTML(text string, path ...string) (string, error) {
	if text == "" {
		return "", nil
	}
	if !utf8.ValidString(text) {
		return "", errs.New(errs.Invalid, "The HTML is not valid UTF-8.").On(path...)
	}
	clean := richtext.Sanitize(text)
	if clean == "" {
		return "", errs.New(errs.Required, "The HTML shows nothing.").On(path...)
	}
	return clean, nil
}

// cleanLanguage is a tag of BCP 47 as it is kept; "": none.
func cleanLanguage(tag string, path ...string) (string, error) {
	if tag == "" {
		return "", nil
	}
	parsed, err := language.Parse(tag)
	if err != nil || len(tag) > 35 {
		return "", errs.New(errs.Invalid, "%q is not a language: give a tag of BCP 47, such as \"de\" or \"pt-BR\".", errs.Clip(tag)).On(path...)
	}
	return parsed.String(), nil
}

func setCc(c *vocab.LibraryContent, to opt.Value[[]string]) error {
	list, ok := to.ValueOK()
	if !ok {
		return nil
	}
	c.Cc = nil
	if len(list) > MaxCc {
		return errs.Exceeds(MaxCc, "There are %d addresses; at most %d are allowed.", len(list), MaxCc).On("cc")
	}
	var faults []error
	for i, address := range list {
		clean, err := account.CleanEmail(address, "cc")
		if e := errs.Of(err); e != nil {
			err = e.On("cc", strconv.Itoa(i))
		}
		faults = append(faults, err)
		if err == nil && !slices.Contains(c.Cc, clean) {
			c.Cc = append(c.Cc, clean)
		}
	}
	return errors.Join(faults...)
}

// checkLink cleans the addresses of a link, or of a meeting link and of the users whom it
// leads to.
func (s *Service) checkLink(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, to opt.Value[[]LibraryUserLinkInput]) error {
	c := &item.Content
	if c.Minutes < 0 || c.Minutes > MaxMinutes {
		return errs.New(errs.Invalid, "A meeting takes 1 to %d minutes.", MaxMinutes).On("durationMinutes")
	}
	if list, ok := to.ValueOK(); ok {
		c.UserLinks = nil
		if len(list) > MaxUserLinks {
			return errs.Exceeds(MaxUserLinks, "There are %d links; at most %d are allowed.", len(list), MaxUserLinks).On("userLinks")
		}
		for _, one := range list {
			c.UserLinks = append(c.UserLinks, vocab.LibraryUserLink{UserID: one.UserID, URL: one.URL})
		}
		if err := s.checkUserLinks(ctx, tx, c.UserLinks); err != nil {
			return err
		}
	}
	if c.URL == "" && len(c.UserLinks) > 0 {
		return nil
	}
	clean, err := s.cleanURL(ctx, c.URL, item.Kind == vocab.MeetingLinkItem, "url")
	c.URL = clean
	return err
}

func (s *Service) checkUserLinks(ctx context.Context, tx *store.Tx, links []vocab.LibraryUserLink) error {
	ids := make([]string, len(links))
	for i := range links {
		ids[i] = links[i].UserID
	}
	active, err := tx.Client.User.Query().Where(entuser.IDIn(ids...), entuser.DeactivatedAt(0)).IDs(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for i := range links {
		path := func(field string) []string { return []string{"userLinks", strconv.Itoa(i), field} }
		if !slices.Contains(active, ids[i]) || slices.Contains(ids[:i], ids[i]) {
			faults = append(faults, errs.New(errs.NotFound, "There is no active user %q, or they are listed twice.", errs.Clip(ids[i])).On(path("userId")...))
		}
		clean, err := s.cleanURL(ctx, links[i].URL, true, path("url")...)
		links[i].URL = clean
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}
