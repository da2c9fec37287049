package conversation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/library"
	"parley/internal/library/card"
	"parley/internal/library/placeholder"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// extras are what a message has beside its text and the files of its author (CO-6).
type extras struct {
	itemIDs  []string
	links    []vocab.MessageCard
	quoteIDs []string
}

func newExtras(itemIDs []string, links []library.MessageLinkInput) (extras, error) {
	cards, err := library.LinkCards(links)
	return extras{itemIDs: itemIDs, links: cards}, err
}

func (e extras) count() int { return len(e.itemIDs) + len(e.links) + len(e.quoteIDs) }

// refuse refuses extras where no contact gets the message.
func (e extras) refuse() error {
	switch {
	case len(e.itemIDs) > 0:
		return errs.New(errs.Invalid, "Only a message to the contact can have items of the library.").On("libraryItemIds")
	case len(e.quoteIDs) > 0:
		return errs.New(errs.Invalid, "Only a message to the contact can have quotes.").On("quoteIds")
	case len(e.links) > 0:
		return errs.New(errs.Invalid, "Only a message to the contact can have cards.").On("links")
	}
	return nil
}

// occasion is what a text of the conversation is filled for.
func (ch *change) occasion(by author) library.Occasion {
	return library.Occasion{Conversation: ch.c, AuthorID: by.id}
}

// fill fills the placeholders of what is sent to the contact (CO-2); at most so many
// characters come of it. What bots write goes out as it is: they repeat what others wrote.
func (s *Service) fill(ctx context.Context, ch *change, by author, in written, subject *string, most, files int) (what *content, filled *string, err error) {
	if by.kind == viewer.Bot || !in.mayHavePlaceholders(subject) {
		return nil, subject, nil
	}
	text, err := s.deps.Library.Complete(ctx, ch.occasion(by), library.Text{Text: in.text, HTML: in.html, Markdown: in.markdown, Subject: subject})
	if err != nil {
		return nil, nil, err
	}
	c, err := composeContent(written{text.Text, text.HTML, text.Markdown}, most, files)
	return &c, text.Subject, err
}

func (in written) mayHavePlaceholders(more ...*string) bool {
	for _, text := range append(more, in.html, in.markdown) {
		if text != nil && placeholder.MayHave(*text) {
			return true
		}
	}
	return false
}

// takeExtras gives a new message its items of the library, and returns the files that
// came with them. One that has neither text nor files nor cards is REQUIRED on text.
func (s *Service) takeExtras(ctx context.Context, ch *change, d *draft, e extras, files int) ([]*ent.LibraryFile, error) {
	if e.count() == 0 {
		return nil, nil
	}
	sent := &library.Sent{}
	if len(e.itemIDs) > 0 {
		var err error
		if sent, err = s.deps.Library.Send(ctx, ch.tx, ch.occasion(d.by), d.id, e.itemIDs); err != nil {
			return nil, err
		}
	}
	var quotes []vocab.MessageCard
	if len(e.quoteIDs) > 0 {
		var err error
		if quotes, err = s.deps.Quotes.Cards(ctx, ch.tx, ch.c, e.quoteIDs); err != nil {
			return nil, err
		}
	}
	d.cards = slices.Concat(sent.Cards, quotes, e.links)
	if d.what.empty() && files+len(sent.Files)+len(d.cards) == 0 {
		return nil, errs.New(errs.Required, "A message requires text or a file: put what insertLibraryItem returns into the text.").On("text")
	}
	return sent.Files, nil
}

// preview is what a list's row shows of a message.
func (d *draft) preview() string {
	text := d.what.text
	if strings.TrimSpace(text) == "" {
		text = strings.Join(card.Titles(d.cards), ", ")
	}
	return richtext.Preview(text, previewLength)
}
