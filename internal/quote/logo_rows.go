package quote

import (
	"context"

	"parley/ent"
	"parley/ent/predicate"
	entlogo "parley/ent/quotelogo"
	"parley/internal/id"
	"parley/internal/store"
)

// removeLogos removes rows, and notes their files, which go once nothing else has them.
func removeLogos(ctx context.Context, tx *store.Tx, where ...predicate.QuoteLogo) (int, error) {
	found, err := tx.Client.QuoteLogo.Query().Where(where...).All(ctx)
	if err != nil {
		return 0, err
	}
	for _, l := range found {
		if _, err := tx.Client.QuoteLogo.Delete().Where(entlogo.ID(l.ID)).Exec(ctx); err != nil {
			return 0, err
		}
		if err := tx.Client.ForgottenBlob.Create().SetID(id.New("blob")).SetAccountID(l.AccountID).SetBlobKey(l.BlobKey).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// keepPublished notes that a version has the logo that a quote has now.
func keepPublished(ctx context.Context, tx *store.Tx, q *ent.Quote) error {
	if q.Content.SenderLogo == nil {
		return nil
	}
	return tx.Client.QuoteLogo.Update().Where(entlogo.QuoteID(q.ID), entlogo.FileID(q.Content.SenderLogo.ID)).SetPublished(true).Exec(ctx)
}
