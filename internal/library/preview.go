package library

import (
	"context"
	"strings"

	"parley/ent"
	entuser "parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library/card"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// ReplyPreview is what a message would become.
type ReplyPreview struct {
	Markdown *string
	// HTML and Text are what a chat shows, beside the cards.
	HTML, Text string
	// EmailHTML and EmailText are what a mail says, cards included.
	EmailHTML, EmailText string
	Cards                []*vocab.MessageCard
	// Missing are the placeholders without a value.
	Missing []string
}

// QuoteCards gives a message in a conversation the cards of quotes. Errors blame quoteIds.
type QuoteCards func(ctx context.Context, c *ent.Conversation, ids []string) ([]vocab.MessageCard, error)

// Preview returns what a message would become if it were sent now (CO-2). It writes
// nothing. Errors are those of the fields, as sendMessage has them.
func (s *Service) Preview(ctx context.Context, in PreviewReplyInput, quotes QuoteCards) (*ReplyPreview, error) {
	of, err := s.occasion(ctx, &in.ConversationID, nil)
	if err != nil {
		return nil, err
	}
	if of.Conversation == nil {
		return nil, errs.New(errs.Required, "Name the conversation.").On("conversationId")
	}
	if author := value(in.OnBehalfOfUserID); author != "" {
		users, err := s.store.Client(ctx).User.Query().Where(entuser.ID(author)).Count(ctx)
		if err != nil {
			return nil, err
		}
		if !id.Is(author, id.User) || users == 0 {
			return nil, errs.New(errs.NotFound, "There is no user %q.", errs.Clip(author)).On("onBehalfOfUserId")
		}
		of.AuthorID = author
	}
	if value(in.Markdown) != "" && value(in.HTML) != "" {
		return nil, errs.New(errs.Invalid, "Pass markdown or html; both were given.").On("markdown")
	}
	for field, text := range map[string]*string{"markdown": in.Markdown, "html": in.HTML} {
		if n := len([]rune(value(text))); n > MaxHTML {
			return nil, errs.Exceeds(MaxHTML, "The text has %d characters; at most %d are allowed.", n, MaxHTML).On(field)
		}
	}
	filled, missing, err := s.Fill(ctx, of, Text{Markdown: in.Markdown, HTML: in.HTML})
	if err != nil {
		return nil, err
	}
	cards, err := s.previewCards(ctx, of, in, quotes)
	if err != nil {
		return nil, err
	}
	return render(filled, cards, missing), nil
}

func (s *Service) previewCards(ctx context.Context, of Occasion, in PreviewReplyInput, quotes QuoteCards) ([]vocab.MessageCard, error) {
	items, err := s.itemsOf(ctx, in.LibraryItemIDs)
	if err != nil {
		return nil, err
	}
	cards := []vocab.MessageCard{}
	for _, item := range items {
		if item.Kind.IsText() {
			continue
		}
		c, err := s.cardOf(ctx, item, of)
		if err != nil {
			return nil, err
		}
		cards = append(cards, *c)
	}
	if len(in.QuoteIDs) > 0 {
		offers, err := quotes(ctx, of.Conversation, in.QuoteIDs)
		if err != nil {
			return nil, err
		}
		cards = append(cards, offers...)
	}
	links, err := LinkCards(in.Links)
	return append(cards, links...), err
}

func render(t Text, cards []vocab.MessageCard, missing []string) *ReplyPreview {
	p := &ReplyPreview{Markdown: t.Markdown, Missing: append([]string{}, missing...), Cards: []*vocab.MessageCard{}}
	switch {
	case value(t.Markdown) != "":
		p.HTML = richtext.FromMarkdown(strings.ToValidUTF8(*t.Markdown, "\uFFFD"))
	case value(t.HTML) != "":
		p.HTML = richtext.Sanitize(*t.HTML)
		p.Markdown = orNil(richtext.ToMarkdown(p.HTML))
	}
	p.Text = richtext.Text(p.HTML)
	p.EmailHTML, p.EmailText = p.HTML+card.HTML(cards), card.With(p.Text, cards)
	for i := range cards {
		p.Cards = append(p.Cards, &cards[i])
	}
	return p
}
