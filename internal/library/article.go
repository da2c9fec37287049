package library

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// MaxArticle bounds an article's text, in characters.
	MaxArticle = 100_000
	// MaxSlug bounds its slug, in characters.
	MaxSlug = 100
)

// ArticleInput says who reads an article, and where. What is left out stays.
type ArticleInput struct {
	Slug     opt.Value[*string]                `json:",omitzero"`
	Audience opt.Value[*vocab.ArticleAudience] `json:",omitzero"`
	State    opt.Value[*vocab.ArticleState]    `json:",omitzero"`
}

// applyArticle puts what an article is to say into it, and who reads it (CO-11). Its text
// has no placeholders: everyone reads the same.
func (s *Service) applyArticle(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, given opt.Value[*ArticleInput]) error {
	c := &item.Content
	a := vocab.ArticleContent{Audience: vocab.ArticlePublic, State: vocab.ArticleDraft}
	if c.Article != nil {
		a = *c.Article
		if _, err := opt.NotNull(given, "article"); err != nil {
			return err
		}
	}
	in := given.Value()
	if in == nil {
		in = &ArticleInput{}
	}
	opt.SetOr(&a.Audience, in.Audience, vocab.ArticlePublic)
	opt.SetOr(&a.State, in.State, vocab.ArticleDraft)
	c.Article = &a
	var err error
	if c.Markdown, err = cleanArticle(c.Markdown, "markdown"); err != nil {
		return err
	}
	if a.State == vocab.ArticlePublished && item.UsableBy != vocab.LibraryEveryone {
		return errs.New(errs.Invalid, "An article that is published is usable by everyone: set usableBy to EVERYONE.").On("article", "state")
	}
	wanted, named := in.Slug.ValueOK()
	switch {
	case named && wanted != nil:
		a.Slug, err = s.takeSlug(ctx, tx, item, *wanted)
	case named || a.Slug == "":
		a.Slug, err = s.newSlug(ctx, tx, item)
	}
	return err
}

// takeSlug is a slug that was asked for, unless another article has it now.
func (s *Service) takeSlug(ctx context.Context, tx *store.Tx, item *ent.LibraryItem, wanted string) (string, error) {
	slug := strings.ToLower(norm.NFC.String(wanted))
	if n := utf8.RuneCountInString(slug); n > MaxSlug {
		return "", errs.Exceeds(MaxSlug, "The slug has %d characters; at most %d are allowed.", n, MaxSlug).On("article", "slug")
	}
	if slug == "" || slug != slugOf(slug) && slug != strings.Trim(slug, "-") || strings.ContainsFunc(slug, notInSlug) {
		return "", errs.New(errs.Invalid, "%q is not a slug: it has letters, digits and hyphens between them, such as opening-hours.", errs.Clip(wanted)).On("article", "slug")
	}
	holder, err := slugHolder(ctx, tx, slug)
	if err == nil && holder != "" && holder != item.ID {
		err = errs.New(errs.AlreadyExists, "Another article has the slug %q.", slug).On("article", "slug")
	}
	return slug, err
}

// newSlug is a free slug made of the name.
func (s *Service) newSlug(ctx context.Context, tx *store.Tx, item *ent.LibraryItem) (string, error) {
	base := slugOf(item.Name)
	if base == "" {
		base = "article"
	}
	for n := 1; ; n++ {
		slug := base
		if n > 1 {
			slug += "-" + strconv.Itoa(n)
		}
		holder, err := slugHolder(ctx, tx, slug)
		if err != nil || holder == "" || holder == item.ID {
			return slug, err
		}
	}
}

// slugHolder is the article that has a slug now; "": none, though one may have had it.
func slugHolder(ctx context.Context, tx *store.Tx, slug string) (string, error) {
	found, err := tx.Strings(ctx, "SELECT a.id FROM article_slugs s JOIN articles a ON a.id = s.article_id WHERE s.account_id = $1 AND s.slug = $2 AND a.slug = s.slug",
		viewer.FromContext(ctx).AccountID, slug)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

func notInSlug(r rune) bool {
	return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// slugOf is the slug that a name makes: its letters and digits in lower case, of Latin ones
// without accents, with hyphens where others stood.
func slugOf(name string) string {
	var out strings.Builder
	runes := 0
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case r >= '\u0300' && r <= '\u036f': // accents
			continue
		case notInSlug(r) || r == '-':
			if runes > 0 && !strings.HasSuffix(out.String(), "-") {
				out.WriteByte('-')
				runes++
			}
		default:
			out.WriteRune(r)
			runes++
		}
		if runes >= MaxSlug-10 {
			break
		}
	}
	return norm.NFC.String(strings.Trim(out.String(), "-"))
}

// isSendable refuses to send an article that its reader could not read.
func isSendable(item *ent.LibraryItem, field ...string) error {
	if item.Kind != vocab.ArticleItem {
		return nil
	}
	switch a := item.Content.Article; {
	case a.State != vocab.ArticlePublished:
		return errs.New(errs.Invalid, "The article %q is a draft. Publish it first.", item.Name).On(field...)
	case a.Audience == vocab.ArticleStaff:
		return errs.New(errs.Invalid, "The article %q is for staff only.", item.Name).On(field...)
	}
	return nil
}

// excerpt is what a card and a list show of a text, on one line.
func excerpt(markdown string) string {
	return richtext.Preview(richtext.Text(richtext.FromMarkdown(markdown)), 200)
}

// articleCard is the card of an article. The link of one for contacts is made when it is
// sent.
func (s *Service) articleCard(ctx context.Context, item *ent.LibraryItem, of Occasion) (*vocab.MessageCard, error) {
	if err := isSendable(item, "libraryItemId"); err != nil {
		return nil, err
	}
	k, err := s.KnowledgeBase(ctx)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return nil, fmt.Errorf("the article %s has no knowledge base", item.ID)
	}
	said, err := s.saidTo(ctx, item, of)
	if err != nil {
		return nil, err
	}
	slug := item.Content.Article.Slug
	card := &vocab.MessageCard{
		Kind: item.Kind, LibraryItemID: item.ID, Title: said.Name, Description: excerpt(said.Markdown), URL: k.pageOf(slug), ButtonText: "Read",
	}
	if pictures := picturesIn([]vocab.LibraryVariant{said}); len(pictures) > 0 {
		card.ImageURL = s.publicURL + k.pictureOf(slug, pictures[0], "")
	}
	return card, nil
}
