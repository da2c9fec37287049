package conversation

import (
	"context"
	"encoding/json"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/viewer"
)

// rewrittenAtOnce is how many conversations one transaction rewrites, readAtOnce how
// many are read to find them.
const (
	rewrittenAtOnce = 100
	readAtOnce      = 2000
)

// rewriteAfter gives conversations that have merged tags those that they became
// (IN-31). No one sees a difference: it changes neither revisions nor the log. All
// merged tags are done that are not yet, whichever event it was.
func (s *Service) rewriteAfter(ctx context.Context, _ *event.Entry) error {
	return s.rewriteMerged(ctx)
}

func (s *Service) rewriteMerged(ctx context.Context) error {
	accountID := viewer.FromContext(ctx).AccountID
	merged, err := tag.Unwritten(ctx, s.store.Client(ctx))
	if err != nil || len(merged) == 0 {
		return err
	}
	for last := ""; ; {
		found, next, err := s.taggedWith(ctx, accountID, merged, last)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(found, rewrittenAtOnce) {
			if err := s.rewriteTags(ctx, accountID, some); err != nil {
				return err
			}
		}
		if last = next; last == "" {
			break
		}
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error { return tag.SetRewritten(ctx, tx, merged) })
}

// taggedRow is a conversation and the tags that it has.
type taggedRow struct {
	id, tags string
}

// taggedWith returns those of the next conversations after an id that have one of
// the tags, and the id to go on from; "": there are no others.
func (s *Service) taggedWith(ctx context.Context, accountID string, tagIDs []string, after string) (found []taggedRow, next string, err error) {
	n := 0
	err = store.ForEachRow(ctx, s.store, "SELECT id, tags FROM conversations WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3",
		[]any{accountID, after, readAtOnce}, func(rows entsql.ColumnScanner) error {
			var row taggedRow
			if err := rows.Scan(&row.id, &row.tags); err != nil {
				return err
			}
			var tags []string
			if err := json.Unmarshal([]byte(row.tags), &tags); err != nil {
				return err
			}
			if slices.ContainsFunc(tags, func(t string) bool { return slices.Contains(tagIDs, t) }) {
				found = append(found, row)
			}
			next = row.id
			n++
			return nil
		})
	if n < readAtOnce {
		next = ""
	}
	return found, next, err
}

// rewriteTags gives conversations their current tags, unless they have others by now.
func (s *Service) rewriteTags(ctx context.Context, accountID string, rows []taggedRow) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, row := range rows {
			var tags []string
			if err := json.Unmarshal([]byte(row.tags), &tags); err != nil {
				return err
			}
			current, err := tag.Current(ctx, tx, tags)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE conversations SET tags = $1 WHERE id = $2 AND account_id = $3 AND tags = $4",
				tagsJSON(current), row.id, accountID, row.tags); err != nil {
				return err
			}
		}
		return nil
	})
}
