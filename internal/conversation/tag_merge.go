package conversation

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	enttask "parley/ent/task"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/viewer"
	"parley/internal/vocab"
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
	tasks, err := s.beginRewriting(ctx, accountID)
	if err != nil {
		return err
	}
	for last, done := "", 0; ; {
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
		done += readAtOnce
		if err := s.progressRewriting(ctx, tasks, done); err != nil {
			return err
		}
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return errors.Join(tag.SetRewritten(ctx, tx, merged), s.endRewriting(ctx, tx, tasks))
	})
}

// beginRewriting has the tasks of merges that wait run: all of them end with this walk.
func (s *Service) beginRewriting(ctx context.Context, accountID string) ([]string, error) {
	tasks, err := s.store.Client(ctx).Task.Query().Where(enttask.KindEQ(vocab.TaskMergeTags), enttask.StateIn(vocab.TaskQueued, vocab.TaskRunning)).
		Order(enttask.ByID()).IDs(ctx)
	if err != nil || len(tasks) == 0 {
		return tasks, err
	}
	total, err := s.store.Numbers(ctx, "SELECT COUNT(*) FROM conversations WHERE account_id = $1", accountID)
	if err != nil {
		return nil, err
	}
	return tasks, s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Task.Update().Where(enttask.IDIn(tasks...)).SetState(vocab.TaskRunning).SetTotal(int(total[0])).SetDone(0).Exec(ctx)
	})
}

func (s *Service) progressRewriting(ctx context.Context, tasks []string, done int) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Task.Update().Where(enttask.IDIn(tasks...), enttask.TotalGTE(done)).SetDone(done).Exec(ctx)
	})
}

func (s *Service) endRewriting(ctx context.Context, tx *store.Tx, tasks []string) error {
	for _, taskID := range tasks {
		if _, err := tx.Exec(ctx, "UPDATE tasks SET done = total WHERE id = $1", taskID); err != nil {
			return err
		}
		if err := s.endTask(ctx, taskID, vocab.TaskDone, ""); err != nil {
			return err
		}
	}
	return nil
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
