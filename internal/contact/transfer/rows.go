package transfer

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"entgo.io/ent/dialect/sql"

	"parley/internal/store"
	"parley/internal/viewer"
)

// keptRows is how many rows are written at once.
const keptRows = 500

// keepRows reads the rows of a file again, from its beginning, and keeps them for a task
// that begins then.
func (s *Service) keepRows(ctx context.Context, taskID string, file io.ReadSeeker) (int, error) {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	t, err := openTable(file)
	if err != nil {
		return 0, err
	}
	accountID := viewer.FromContext(ctx).AccountID
	var batch *store.Statement
	some := 0
	write := func() error {
		if some == 0 {
			return nil
		}
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, batch.String(), batch.Args...)
			return err
		})
		some = 0
		return err
	}
	n, err := t.eachRow(func(number int, cells []string) error {
		raw, err := json.Marshal(cells)
		if err != nil {
			return err
		}
		if some == 0 {
			batch = &store.Statement{}
			batch.WriteString("INSERT INTO contact_import_rows (account_id, task_id, number, cells, kept_at) VALUES ")
		} else {
			batch.WriteString(", ")
		}
		batch.WriteString("(" + batch.Arg(accountID) + ", " + batch.Arg(taskID) + ", " + batch.Arg(number) + ", " + batch.Arg(string(raw)) + ", " +
			batch.Arg(int64(s.store.Now())) + ")")
		if some++; some == keptRows {
			return write()
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	return n, write()
}

// dropRows removes the rows of an import that did not begin.
func (s *Service) dropRows(ctx context.Context, taskID string) error {
	return s.store.WithTx(context.WithoutCancel(ctx), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM contact_import_rows WHERE task_id = $1", taskID)
		return err
	})
}

// waiting is a row whose turn comes.
type waiting struct {
	number int
	cells  []string
}

// nextRows are the next rows of a task behind a number.
func (s *Service) nextRows(ctx context.Context, taskID string, after int64) ([]waiting, error) {
	var list []waiting
	err := store.ForEachRow(ctx, s.store, "SELECT number, cells FROM contact_import_rows WHERE task_id = $1 AND number > $2 ORDER BY number LIMIT 200",
		[]any{taskID, after}, func(rows sql.ColumnScanner) error {
			w, raw := waiting{}, ""
			if err := rows.Scan(&w.number, &raw); err != nil {
				return err
			}
			list = append(list, w)
			return json.Unmarshal([]byte(raw), &list[len(list)-1].cells)
		})
	return list, err
}

// Kept is for how long the report of an import is kept: its rows have what the file said
// of people.
const Kept = 30 * 24 * time.Hour

// forgotten is how many rows are removed at once.
const forgotten = 5_000

// Forget removes the rows of imports that are older than Kept, and those whose import
// never began. The system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("imports"))
	now := s.store.Now()
	for _, q := range []struct {
		where string
		until int64
	}{
		{"kept_at < $1", int64(now.Add(-Kept))},
		{"kept_at < $1 AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.id = r.task_id)", int64(now.Add(-24 * time.Hour))},
	} {
		for more := true; more; {
			err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				n, err := tx.Exec(ctx, `DELETE FROM contact_import_rows WHERE (task_id, number) IN
					(SELECT r.task_id, r.number FROM contact_import_rows r WHERE `+q.where+` LIMIT $2)`, q.until, forgotten)
				more = n == forgotten
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "DELETE FROM contact_exports WHERE created_at < $1", int64(now.Add(-24*time.Hour)))
		return err
	})
}
