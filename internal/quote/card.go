package quote

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	entquote "parley/ent/quote"
	entversion "parley/ent/quoteversion"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxCards is the most quotes of a message.
const MaxCards = 10

// Cards are the cards of quotes for a message in a conversation (CO-6). Errors are on quoteIds
// and the place in it: NOT_FOUND, and INVALID for one that cannot be accepted now, is for
// another contact or is listed twice.
func (s *Service) Cards(ctx context.Context, tx *store.Tx, c *ent.Conversation, ids []string) ([]vocab.MessageCard, error) {
	return s.cardsAt(ctx, tx.Client, tx.Now(), c, ids)
}

// CardsNow is Cards, for a message that is not sent.
func (s *Service) CardsNow(ctx context.Context, c *ent.Conversation, ids []string) ([]vocab.MessageCard, error) {
	return s.cardsAt(ctx, s.store.Client(ctx), s.store.Now(), c, ids)
}

func (s *Service) cardsAt(ctx context.Context, client *ent.Client, now clock.Micros, c *ent.Conversation, ids []string) ([]vocab.MessageCard, error) {
	if len(ids) > MaxCards {
		return nil, errs.Exceeds(MaxCards, "A message may have at most %d quotes.", MaxCards).On("quoteIds")
	}
	found, err := client.Quote.Query().Where(entquote.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	cards := make([]vocab.MessageCard, len(ids))
	for i, quoteID := range ids {
		path := []string{"quoteIds", strconv.Itoa(i)}
		at := slices.IndexFunc(found, func(q *ent.Quote) bool { return q.ID == quoteID })
		switch {
		case at < 0:
			return nil, errs.New(errs.NotFound, "There is no quote %q that you may see.", errs.Clip(quoteID)).On(path...)
		case slices.Contains(ids[:i], quoteID):
			return nil, errs.New(errs.Invalid, "The quote is listed twice; list it once.").On(path...)
		case found[at].State != vocab.QuotePublished || expired(found[at], now):
			return nil, errs.New(errs.Invalid, "The quote is not published, or can no longer be accepted: publish it first.").On(path...)
		case found[at].ContactID != "" && found[at].ContactID != c.ContactID:
			return nil, errs.New(errs.Invalid, "The quote is for another contact than the conversation's.").On(path...)
		case found[at].ContactID == "" && found[at].ConversationID != nil && *found[at].ConversationID != c.ID:
			return nil, errs.New(errs.Invalid, "The quote was created for another conversation, of someone who is not known.").On(path...)
		}
		if cards[i], err = s.cardOf(ctx, client, found[at]); err != nil {
			return nil, err
		}
	}
	return cards, nil
}

// cardOf is the card of a published quote: its title, what it comes to and until when it is
// valid.
func (s *Service) cardOf(ctx context.Context, client *ent.Client, q *ent.Quote) (vocab.MessageCard, error) {
	card := vocab.MessageCard{Kind: vocab.QuoteItem, QuoteID: q.ID, URL: s.urlOf(q), ButtonText: "View quote"}
	v, err := client.QuoteVersion.Query().Where(entversion.QuoteID(q.ID), entversion.Number(q.Version)).Only(ctx)
	if err != nil {
		return card, err
	}
	shown, err := ContentOfVersion(v)
	if err != nil {
		return card, err
	}
	card.Title = shown.Title
	var parts []string
	for _, total := range shown.Totals {
		suffix := map[vocab.QuoteInterval]string{vocab.QuoteMonthly: " a month", vocab.QuoteYearly: " a year"}[total.Interval]
		parts = append(parts, total.Total.Value+" "+total.Total.Currency+suffix)
	}
	card.Description = strings.Join(parts, " + ")
	if shown.ValidUntil.IsSet() {
		account, err := client.Account.Get(ctx, q.AccountID)
		if err != nil {
			return card, err
		}
		card.Description += ", valid until " + shown.ValidUntil.Time().In(zoneOf(account)).Format("2006-01-02 15:04 MST")
	}
	return card, nil
}

func (s *Service) urlOf(q *ent.Quote) string { return s.publicURL + PagePath + value(q.Token) }

// URLOf is where the page of a quote lies; "": it was never published.
func (s *Service) URLOf(q *ent.Quote) string {
	if q.Token == nil {
		return ""
	}
	return s.urlOf(q)
}

// States are how far quotes have come, "" for one that is gone. Whoever sees a card of a
// quote may see it, also a visitor.
func (s *Service) States(ctx context.Context, ids []string) ([]vocab.QuoteState, error) {
	states := make([]vocab.QuoteState, len(ids))
	wanted := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(ids))), func(quoteID string) bool { return quoteID == "" })
	if len(wanted) == 0 {
		return states, nil
	}
	ctx = viewer.AsSystem(ctx, "quotes")
	found, err := s.store.Client(ctx).Quote.Query().Where(entquote.IDIn(wanted...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID, now := map[string]vocab.QuoteState{}, s.store.Now()
	for _, q := range found {
		if byID[q.ID] = q.State; expired(q, now) {
			byID[q.ID] = vocab.QuoteExpired
		}
	}
	for i, quoteID := range ids {
		states[i] = byID[quoteID]
	}
	return states, nil
}
