package conversation

import (
	"context"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// outdatedDocuments finds documents that were indexed by the first rules of
	// words; a partial index has them.
	outdatedDocuments = "SELECT id, conversation_id, account_id, message_id FROM search_documents WHERE words = 1 AND id > $1 ORDER BY id LIMIT 200"
	// indexingSlice is how long a turn of the work takes: less than a periodic job may.
	indexingSlice = 40 * time.Second
)

// outdated is a document that an earlier version indexed.
type outdated struct {
	owned
	number    int64
	messageID string
}

// IndexOutdated indexes again what was indexed by earlier rules of words, in short
// transactions, until nothing is left or its time is over (IN-5). Until then such
// documents are found by the earlier rules.
func (s *Service) IndexOutdated(ctx context.Context) error {
	slice, cancel := context.WithTimeout(ctx, indexingSlice)
	defer cancel()
	for last := int64(0); slice.Err() == nil; {
		documents, err := s.findOutdated(ctx, last)
		if err != nil || len(documents) == 0 {
			return err
		}
		for _, d := range documents {
			if slice.Err() != nil {
				return ctx.Err()
			}
			if err := s.indexOutdated(ctx, d); err != nil {
				return err
			}
			last = d.number
		}
	}
	return ctx.Err()
}

func (s *Service) findOutdated(ctx context.Context, after int64) ([]outdated, error) {
	var found []outdated
	err := store.ForEachRow(ctx, s.store, outdatedDocuments, []any{after}, func(rows entsql.ColumnScanner) error {
		var d outdated
		err := rows.Scan(&d.number, &d.id, &d.account, &d.messageID)
		found = append(found, d)
		return err
	})
	return found, err
}

func (s *Service) indexOutdated(ctx context.Context, d outdated) error {
	ctx = viewer.NewContext(ctx, viewer.System("search", d.account))
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ch, err := loadChange(ctx, tx, d.id)
		if err != nil {
			return err
		}
		if d.messageID == "" {
			return ch.indexHeader(ctx)
		}
		m, err := tx.Client.Message.Get(ctx, d.messageID)
		if err != nil {
			return err
		}
		return ch.indexMessage(ctx, m.ID, m.Text)
	})
	return ignorePurged(err)
}
