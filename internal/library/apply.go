package library

import (
	"context"
	"errors"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// fieldsOf are the fields that items of a kind have beside those of every item.
var fieldsOf = map[vocab.LibraryItemKind][]string{
	vocab.SnippetItem:     {"shortcut", "markdown", "language", "variants", "attachmentIds"},
	vocab.TemplateItem:    {"shortcut", "subject", "cc", "markdown", "html", "language", "variants", "attachmentIds"},
	vocab.LinkItem:        {"url", "description", "imageAttachmentId"},
	vocab.MeetingLinkItem: {"url", "description", "imageAttachmentId", "durationMinutes", "userLinks", "language", "variants"},
	vocab.DocumentItem:    {"url", "description", "imageAttachmentId", "attachmentIds", "asksForEmail", "linkExpiresAfterDays"},
	vocab.VideoItem:       {"url", "description", "imageAttachmentId", "attachmentIds", "durationSeconds"},
	vocab.ArticleItem:     {"markdown", "language", "variants", "article", "attachmentIds"},
}

// given says which fields of a kind the caller names.
func (f ItemFacts) given() map[string]bool {
	return map[string]bool{
		"shortcut": isGiven(f.Shortcut), "subject": isGiven(f.Subject), "cc": len(f.Cc.Value()) > 0, "markdown": isGiven(f.Markdown),
		"html": isGiven(f.HTML), "language": isGiven(f.Language), "variants": len(f.Variants.Value()) > 0, "url": isGiven(f.URL),
		"description": isGiven(f.Description), "durationMinutes": f.DurationMinutes.Value() != nil, "userLinks": len(f.UserLinks.Value()) > 0,
		"attachmentIds": len(f.AttachmentIDs.Value()) > 0, "article": f.Article.Value() != nil,
		"asksForEmail": value(f.AsksForEmail.Value()), "linkExpiresAfterDays": f.LinkExpiresAfterDays.Value() != nil,
		"durationSeconds": f.DurationSeconds.Value() != nil, "imageAttachmentId": isGiven(f.ImageAttachmentID),
	}
}

// isGiven reports whether a field says something: null and "" of what an item does not
// have are as if left out.
func isGiven(v opt.Value[*string]) bool { return value(v.Value()) != "" }

// checkFields refuses fields that items of a kind do not have.
func (f ItemFacts) checkFields(kind vocab.LibraryItemKind) error {
	has := map[string]bool{}
	for _, field := range fieldsOf[kind] {
		has[field] = true
	}
	var faults []error
	for field, given := range f.given() {
		if given && !has[field] {
			faults = append(faults, errs.New(errs.Invalid, "A library item of kind %s has no %s.", kind, field).On(field))
		}
	}
	return errors.Join(faults...)
}

// apply puts what is given into an item.
func (s *Service) apply(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, name opt.Value[*string], f ItemFacts) error {
	if err := f.checkFields(item.Kind); err != nil {
		return err
	}
	err := errors.Join(applyName(item, name), applyFolder(item, f.Folder), applyShortcut(item, f.Shortcut), applyAudience(ctx, tx, item, f))
	if err := errors.Join(err, s.applyContent(ctx, tx, item, f)); err != nil {
		return err
	}
	return freeShortcut(ctx, tx, item, "shortcut")
}

func applyName(item *ent.LibraryItem, to opt.Value[*string]) error {
	wanted, err := opt.NotNull(to, "name")
	if wanted == nil {
		return err
	}
	name, err := richtext.OneLine(*wanted, MaxName, "name")
	item.Name, item.NameKey = name, richtext.Caseless(name)
	return err
}

func applyFolder(item *ent.LibraryItem, to opt.Value[*string]) error {
	folder, err := optionalLine(item.Folder, to, MaxFolder, "folder")
	item.Folder = folder
	return err
}

// optionalLine is a text on one line that may be empty, after what is given.
func optionalLine(before string, to opt.Value[*string], most int, field ...string) (string, error) {
	if !to.IsSet() {
		return before, nil
	}
	text := value(to.Value())
	if richtext.Blank(text) {
		return "", nil
	}
	return richtext.OneLine(text, most, field...)
}

// applyShortcut puts a shortcut into an item: without "#", which stands before it where it
// is typed.
func applyShortcut(item *ent.LibraryItem, to opt.Value[*string]) error {
	if !to.IsSet() {
		return nil
	}
	word := strings.TrimPrefix(strings.TrimSpace(value(to.Value())), "#")
	if word == "" {
		item.Shortcut = ""
		return nil
	}
	clean, err := richtext.OneLine(word, MaxShortcut, "shortcut")
	if err == nil && strings.ContainsAny(clean, " #") {
		err = errs.New(errs.Invalid, "A shortcut is one word, such as #hours.").On("shortcut")
	}
	item.Shortcut = richtext.Caseless(clean)
	return err
}
