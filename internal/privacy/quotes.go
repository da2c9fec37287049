package privacy

import (
	"context"
	"path"
	"strconv"

	"parley/ent"
	entquote "parley/ent/quote"
	entlogo "parley/ent/quotelogo"
	entversion "parley/ent/quoteversion"
	entview "parley/ent/quoteview"
	"parley/internal/conversation"
	"parley/internal/quote"
	"parley/internal/store"
	"parley/internal/vocab"
)

// eraseQuotes empties the quotes of the contact: their numbers, amounts, states and times stay,
// without a word and without the contact, and their links lead nowhere.
func (s *Service) eraseQuotes(ctx context.Context, tx *store.Tx, p conversation.Person, _ []string, counts conversation.Erased) (bool, error) {
	found, err := tx.Client.Quote.Query().Where(entquote.ContactID(p.ContactID)).Order(entquote.ByID()).Limit(recordsAtOnce).Modify(store.ForUpdate).All(ctx)
	if err != nil {
		return false, err
	}
	for _, q := range found {
		if err := eraseQuote(ctx, tx, counts, q); err != nil {
			return false, err
		}
	}
	counts.Add("quotes", int64(len(found)))
	return len(found) > 0, nil
}

func eraseQuote(ctx context.Context, tx *store.Tx, counts conversation.Erased, q *ent.Quote) error {
	if err := eraseRows(ctx, tx, counts, "quote_views", "quote_id = $1 AND account_id = $2", q.ID, q.AccountID); err != nil {
		return err
	}
	logos, err := quote.RemoveLogos(ctx, tx, q.ID)
	if err != nil {
		return err
	}
	counts.Add("quote_logos", int64(logos))
	versions, err := tx.Client.QuoteVersion.Query().Where(entversion.QuoteID(q.ID)).All(ctx)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if err := tx.Client.QuoteVersion.UpdateOneID(v.ID).SetContent(quote.Blank(v.Content)).SetAcceptedName("").SetDeclineReason("").Exec(ctx); err != nil {
			return err
		}
	}
	counts.Add("quote_versions", int64(len(versions)))
	event, state := vocab.QuoteUpdated, q.State
	if state == vocab.QuotePublished {
		event, state = vocab.QuoteRevokedEvent, vocab.QuoteRevoked
	}
	e := store.Event{Type: event, SubjectID: q.ID}
	if event == vocab.QuoteUpdated {
		e.Changes = store.NamedChanges("contact", "externalId", "content")
	}
	tx.Append(ctx, e)
	return tx.Client.Quote.UpdateOneID(q.ID).SetContent(quote.Blank(q.Content)).SetState(state).ClearToken().ClearExternalID().SetContactID("").
		SetRevision(q.Revision + 1).Exec(ctx)
}

// addQuotes adds the quotes that the contact got, as they were published and answered.
func (a *archive) addQuotes(about map[string]any) error {
	client := a.s.store.Client(a.ctx)
	quotes, err := client.Quote.Query().Where(entquote.ContactID(a.contact.ID)).Order(entquote.ByID()).All(a.ctx)
	if err != nil {
		return err
	}
	list := []map[string]any{}
	for _, q := range quotes {
		one := map[string]any{"id": q.ID, "number": q.Number, "state": q.State, "externalId": q.ExternalID, "createdAt": q.CreatedAt.Time().UTC()}
		if one["content"], err = quote.ContentOf(q); err != nil {
			return err
		}
		if one["versions"], err = a.versionsOf(q); err != nil {
			return err
		}
		views, err := client.QuoteView.Query().Where(entview.QuoteID(q.ID)).Order(entview.ByViewedAt(), entview.ByID()).All(a.ctx)
		if err != nil {
			return err
		}
		seen := []map[string]any{}
		for _, v := range views {
			seen = append(seen, map[string]any{"version": v.Version, "viewedAt": moment(v.ViewedAt), "visibleSeconds": v.Seconds, "downloadedAt": moment(v.DownloadedAt)})
		}
		one["views"] = seen
		if one["logos"], err = a.addLogos(q); err != nil {
			return err
		}
		list = append(list, one)
	}
	about["quotes"] = list
	return nil
}

func (a *archive) versionsOf(q *ent.Quote) ([]map[string]any, error) {
	rows, err := a.s.store.Client(a.ctx).QuoteVersion.Query().Where(entversion.QuoteID(q.ID)).Order(entversion.ByNumber()).All(a.ctx)
	if err != nil {
		return nil, err
	}
	list := []map[string]any{}
	for _, v := range rows {
		content, err := quote.ContentOfVersion(v)
		if err != nil {
			return nil, err
		}
		list = append(list, map[string]any{
			"number": v.Number, "content": content, "publishedAt": moment(v.PublishedAt), "acceptedAt": moment(v.AcceptedAt), "acceptedName": v.AcceptedName,
			"acceptedText": v.AcceptedText, "declinedAt": moment(v.DeclinedAt), "declineReason": v.DeclineReason,
		})
	}
	return list, nil
}

// addLogos adds the pictures that a quote shows or showed, and returns what they are called in
// the archive.
func (a *archive) addLogos(q *ent.Quote) ([]string, error) {
	rows, err := a.s.store.Client(a.ctx).QuoteLogo.Query().Where(entlogo.QuoteID(q.ID)).Order(entlogo.ByID()).All(a.ctx)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, l := range rows {
		name := "quotes/" + strconv.Itoa(q.Number) + "/" + l.FileID + " " + path.Base(l.FileName)
		if err := a.addBlob(name, l.BlobKey); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, nil
}
