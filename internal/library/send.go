package library

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	entfile "parley/ent/libraryfile"
	entitem "parley/ent/libraryitem"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	// MaxCards is the most items, and the most links, of a message.
	MaxCards = 10
	// maxLinkTitle is the most characters of a link's title.
	maxLinkTitle = 200
)

// Sent is what a message has of the library: cards, and files of texts.
type Sent struct {
	Cards []vocab.MessageCard
	Files []*ent.LibraryFile
}

// Send takes items for a message of the occasion's conversation, in the transaction that
// makes it: their use is counted, and what is tracked gets a link of its own. Errors are on
// libraryItemIds and the place in it: NOT_FOUND, and INVALID for one that is archived or
// listed twice.
func (s *Service) Send(ctx context.Context, tx *store.Tx, of Occasion, messageID string, ids []string) (*Sent, error) {
	if len(ids) == 0 {
		return &Sent{}, nil
	}
	items, err := s.itemsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	sent := &Sent{}
	var texts []string
	for _, item := range items {
		if item.Kind.IsText() {
			texts = append(texts, item.ID)
			continue
		}
		c, err := s.cardOf(ctx, item, of)
		if err != nil {
			return nil, err
		}
		if isShared(item) {
			if c.URL, err = s.share(ctx, tx, of, messageID, item, c.URL); err != nil {
				return nil, err
			}
		}
		if item.Kind == vocab.ArticleItem && item.Content.Article.Audience == vocab.ArticleContacts {
			link, err := s.share(ctx, tx, of, messageID, item, c.URL)
			if err != nil {
				return nil, err
			}
			token := "?t=" + strings.TrimPrefix(link, s.publicURL+SharePath)
			if c.URL += token; c.ImageURL != "" {
				c.ImageURL += token
			}
		}
		sent.Cards = append(sent.Cards, *c)
	}
	if len(texts) > 0 {
		if sent.Files, err = tx.Client.LibraryFile.Query().Where(entfile.ItemIDIn(texts...)).Order(entfile.ByItemID(), entfile.ByPosition()).All(ctx); err != nil {
			return nil, err
		}
	}
	return sent, countUse(ctx, tx, items)
}

// itemsOf loads items by their ids, in that order.
func (s *Service) itemsOf(ctx context.Context, ids []string) ([]*ent.LibraryItem, error) {
	if len(ids) > MaxCards {
		return nil, errs.Exceeds(MaxCards, "A message may have at most %d items of the library.", MaxCards).On("libraryItemIds")
	}
	found, err := s.store.Client(ctx).LibraryItem.Query().Where(entitem.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	items := make([]*ent.LibraryItem, len(ids))
	for i, itemID := range ids {
		path := []string{"libraryItemIds", strconv.Itoa(i)}
		at := slices.IndexFunc(found, func(item *ent.LibraryItem) bool { return item.ID == itemID })
		switch {
		case at < 0:
			return nil, errs.New(errs.NotFound, "There is no library item %q that you may see.", errs.Clip(itemID)).On(path...)
		case slices.Contains(ids[:i], itemID):
			return nil, errs.New(errs.Invalid, "The item is listed twice; list it once.").On(path...)
		}
		if err := usable(found[at], path...); err != nil {
			return nil, err
		}
		items[i] = found[at]
	}
	return items, nil
}

// countUse counts that items were sent. Neither their revision nor the log has it.
func countUse(ctx context.Context, tx *store.Tx, items []*ent.LibraryItem) error {
	ids := make([]string, len(items))
	for i, item := range items {
		ids[i] = item.ID
	}
	slices.Sort(ids)
	s := &store.Statement{}
	s.WriteString("UPDATE library_items SET usage_count = usage_count + 1, last_used_at = " + s.Arg(int64(tx.Now())) +
		" WHERE account_id = " + s.Arg(items[0].AccountID) + " AND id IN (" + store.List(s, ids) + ")")
	_, err := tx.Exec(ctx, s.String(), s.Args...)
	return err
}

// cardOf is the card of an item on an occasion.
func (s *Service) cardOf(ctx context.Context, item *ent.LibraryItem, of Occasion) (*vocab.MessageCard, error) {
	if item.Kind == vocab.ArticleItem {
		return s.articleCard(ctx, item, of)
	}
	c := &vocab.MessageCard{
		Kind: item.Kind, LibraryItemID: item.ID, Title: item.Name, Description: item.Content.Description, URL: item.Content.URL, ButtonText: "Open",
		ImageURL: s.PictureURL(item), Seconds: item.Content.Seconds,
	}
	switch item.Kind {
	case vocab.DocumentItem, vocab.VideoItem:
		c.ButtonText = map[vocab.LibraryItemKind]string{vocab.DocumentItem: "View", vocab.VideoItem: "Watch"}[item.Kind]
		if isShared(item) { // its link is made when it is sent
			c.URL = s.publicURL + SharePath
		}
		return c, nil
	case vocab.MeetingLinkItem:
	default:
		return c, nil
	}
	address, booked, err := s.meetingAddress(ctx, item, of)
	if err != nil {
		return nil, err
	}
	said, err := s.saidTo(ctx, item, of)
	c.URL = address
	describeMeeting(c, said, item.Content.Minutes, booked)
	return c, err
}

// LinkCards are the cards of links that are no items. Errors are on links and the place in
// it.
func LinkCards(links []MessageLinkInput) ([]vocab.MessageCard, error) {
	if len(links) > MaxCards {
		return nil, errs.Exceeds(MaxCards, "A message may have at most %d links.", MaxCards).On("links")
	}
	var cards []vocab.MessageCard
	for i, link := range links {
		path := func(field string) []string { return []string{"links", strconv.Itoa(i), field} }
		page, err := url.Parse(link.URL)
		if err != nil || len(link.URL) > MaxURL || !isWebPage(link.URL, false) {
			return nil, errs.New(errs.Invalid, "%q is not the address of a page: it begins with https:// or http://, and has no user name.", errs.Clip(link.URL)).On(path("url")...)
		}
		title := page.Host
		if !richtext.Blank(value(link.Title)) {
			if title, err = richtext.OneLine(*link.Title, maxLinkTitle, path("title")...); err != nil {
				return nil, err
			}
		}
		cards = append(cards, vocab.MessageCard{Kind: vocab.LinkItem, Title: title, URL: link.URL, ButtonText: "Open"})
	}
	return cards, nil
}
