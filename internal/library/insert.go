package library

import (
	"context"

	"parley/ent"
	entfile "parley/ent/libraryfile"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library/card"
	"parley/internal/richtext"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Inserted is what an editor puts at the cursor.
type Inserted struct {
	Markdown string
	// HTML is set for a template that is HTML.
	HTML    *string
	Subject *string
	Cc      []string
	Card    *vocab.MessageCard
	Files   []*ent.LibraryFile
	Missing []string
}

// Insert returns what an item becomes in a reply (CO-1): the text of a snippet or template
// in the contact's language and filled, or a card, which is sent by the item's id. It
// writes nothing.
func (s *Service) Insert(ctx context.Context, in InsertLibraryItemInput) (*Inserted, error) {
	of, err := s.occasion(ctx, in.ConversationID, in.ContactID)
	if err != nil {
		return nil, err
	}
	item, err := find(ctx, s.store.Client(ctx), in.LibraryItemID, unlocked, "libraryItemId")
	if err != nil {
		return nil, err
	}
	if err := usable(item, "libraryItemId"); err != nil {
		return nil, err
	}
	if !item.Kind.IsText() {
		c, err := s.cardOf(ctx, item, of)
		if err != nil {
			return nil, err
		}
		inserted := &Inserted{Card: c, Missing: []string{}}
		if item.Kind == vocab.LinkItem { // the links of others are made when they are sent
			inserted.Markdown = card.Markdown(*c)
		}
		return inserted, nil
	}
	return s.insertText(ctx, item, of, in)
}

func (s *Service) insertText(ctx context.Context, item *ent.LibraryItem, of Occasion, in InsertLibraryItemInput) (*Inserted, error) {
	language, err := s.languageOf(ctx, of, in.Language)
	if err != nil {
		return nil, err
	}
	v := variantFor(item.Content, language)
	text := Text{Markdown: orNil(v.Markdown), HTML: orNil(v.HTML)}
	if of.Conversation == nil { // an answer keeps the subject of what it answers
		text.Subject = orNil(v.Subject)
	}
	filled, missing, err := s.Fill(ctx, of, text)
	if err != nil {
		return nil, err
	}
	files, err := s.store.Client(ctx).LibraryFile.Query().Where(entfile.ItemID(item.ID)).Order(entfile.ByPosition()).All(ctx)
	if err != nil {
		return nil, err
	}
	inserted := &Inserted{Markdown: value(filled.Markdown), HTML: filled.HTML, Subject: filled.Subject, Files: files, Missing: append([]string{}, missing...), Cc: item.Content.Cc}
	if filled.HTML != nil {
		inserted.Markdown = richtext.ToMarkdown(*filled.HTML)
	}
	return inserted, nil
}

func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// occasion is that of a conversation, or of a contact to whom a first mail is written.
func (s *Service) occasion(ctx context.Context, conversationID, contactID *string) (Occasion, error) {
	of := Occasion{AuthorID: viewer.FromContext(ctx).Actor().ActorID}
	client := s.store.Client(ctx)
	switch {
	case value(conversationID) != "" && value(contactID) != "":
		return of, errs.New(errs.Invalid, "Name a conversation or a contact, not both.").On("contactId")
	case value(conversationID) != "":
		unknown := errs.New(errs.NotFound, "There is no conversation %q that you may see.", errs.Clip(*conversationID)).On("conversationId")
		if !id.Is(*conversationID, id.Conversation) {
			return of, unknown
		}
		c, err := client.Conversation.Get(ctx, *conversationID)
		if ent.IsNotFound(err) {
			return of, unknown
		}
		of.Conversation = c
		return of, err
	case value(contactID) != "":
		unknown := errs.New(errs.NotFound, "There is no contact %q that you may see.", errs.Clip(*contactID)).On("contactId")
		if !id.Is(*contactID, id.Contact) {
			return of, unknown
		}
		_, err := client.Contact.Get(ctx, *contactID)
		if ent.IsNotFound(err) {
			return of, unknown
		}
		of.ContactID = *contactID
		return of, err
	}
	return of, nil
}

// languageOf is the language that was asked for, or else that of whom the text is for.
func (s *Service) languageOf(ctx context.Context, of Occasion, asked *string) (string, error) {
	if value(asked) != "" {
		return cleanLanguage(*asked, "language")
	}
	values, err := s.values(ctx, of, []string{"contact.language"})
	return values["contact.language"], err
}

// variantFor is a text in a language, in the same language elsewhere, or else the first.
func variantFor(c vocab.LibraryContent, language string) vocab.LibraryVariant {
	all := saidIn(&ent.LibraryItem{Content: c})
	return all[pickLanguage(languagesOf(all), language)]
}

// usable refuses archived items where they are newly used (IB-7).
func usable(item *ent.LibraryItem, path ...string) error {
	if item.ArchivedAt.IsSet() {
		return errs.New(errs.Invalid, "The library item %q is archived: it can no longer be inserted.", item.Name).On(path...)
	}
	return nil
}
