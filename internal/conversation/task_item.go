package conversation

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// itemBatch is how many conversations are put on a task's list, or read from it, at once.
const itemBatch = 1000

// item is a conversation on a task's list: what a bulk change changes is fixed when it
// begins, so that no change of the list's own conversations alters what comes next (IN-6).
type item struct {
	number         int64
	conversationID string
}

// cursor is the task's when the item is done with.
func (i item) cursor() string { return strconv.FormatInt(i.number, 10) }

// insertItems puts conversations on a task's list, behind a number.
func insertItems(ctx context.Context, tx *store.Tx, task *ent.Task, after int64, ids []string) error {
	for from := 0; from < len(ids); from += itemBatch {
		s := &store.Statement{}
		s.WriteString("INSERT INTO task_items (account_id, task_id, number, conversation_id) VALUES ")
		for n, conversationID := range ids[from:min(len(ids), from+itemBatch)] {
			if n > 0 {
				s.WriteString(", ")
			}
			after++
			s.WriteString("(" + s.Arg(task.AccountID) + ", " + s.Arg(task.ID) + ", " + s.Arg(after) + ", " + s.Arg(conversationID) + ")")
		}
		if _, err := tx.Exec(ctx, s.String(), s.Args...); err != nil {
			return err
		}
	}
	return nil
}

// fixItems puts the view's conversations on the task's list and begins the task: more
// reports that the slice was over before. It goes on where it was after a restart.
func (r *bulkRun) fixItems(until time.Time) (more bool, err error) {
	for last := false; !last; {
		if last, err = r.fixSome(); err != nil {
			return false, err
		}
		if !last && r.s.store.Clock().Now().After(until) {
			return true, nil
		}
	}
	return false, nil
}

// fixSome puts the next conversations of the view on the list, and reports whether they
// are the last; with them the task begins.
func (r *bulkRun) fixSome() (last bool, err error) {
	ids, cursor := r.params.IDs, ""
	if r.params.Selection != nil {
		p, err := r.plan()
		if err != nil {
			return false, err
		}
		from, err := parseCursor(r.task.Cursor)
		if err != nil {
			return false, err
		}
		found, next, err := r.s.views.NextPlaces(r.asker, p, from, itemBatch)
		if err != nil {
			return false, err
		}
		ids = ids[:0:0]
		for _, place := range found {
			ids = append(ids, place.ID)
		}
		if next != nil {
			cursor = strconv.FormatInt(next.Value, 10) + " " + next.ID
		}
	}
	err = r.s.store.WithTx(r.system, func(ctx context.Context, tx *store.Tx) error {
		moved, err := tx.Exec(ctx, "UPDATE tasks SET cursor = $1 WHERE id = $2 AND cursor = $3 AND state = 'QUEUED'", cursor, r.task.ID, r.task.Cursor)
		if err != nil || moved == 0 {
			return orStopped(err)
		}
		listed, err := tx.Number(ctx, "SELECT COALESCE(MAX(number), 0) FROM task_items WHERE task_id = $1", r.task.ID)
		if err != nil {
			return err
		}
		if r.params.Selection != nil || listed == 0 { // a selection's are there since it was made
			if err := insertItems(ctx, tx, r.task, listed, ids); err != nil {
				return err
			}
		}
		if cursor != "" {
			return nil
		}
		_, err = tx.Exec(ctx, "UPDATE tasks SET state = 'RUNNING', total = (SELECT COUNT(*) FROM task_items WHERE task_id = $1) WHERE id = $1", r.task.ID)
		return err
	})
	if err == nil {
		r.task.Cursor = cursor
	}
	return cursor == "", err
}

// orStopped is the error, or that the task is not this run's any more.
func orStopped(err error) error {
	if err != nil {
		return err
	}
	return errStopped
}

func parseCursor(cursor string) (*paging.Key, error) {
	if cursor == "" {
		return nil, nil
	}
	value, conversationID, _ := strings.Cut(cursor, " ")
	key, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("task cursor %q: %w", cursor, err)
	}
	return &paging.Key{Value: key, ID: conversationID}, nil
}

// nextItems returns the next conversations of the list behind the task's cursor.
func (r *bulkRun) nextItems() ([]item, error) {
	from, err := parseCursor(r.task.Cursor)
	if err != nil {
		return nil, err
	}
	if from == nil {
		from = &paging.Key{}
	}
	var items []item
	err = store.ForEachRow(r.system, r.s.store, "SELECT number, conversation_id FROM task_items WHERE task_id = $1 AND number > $2 ORDER BY number LIMIT 200",
		[]any{r.task.ID, from.Value}, func(rows entsql.ColumnScanner) error {
			var i item
			err := rows.Scan(&i.number, &i.conversationID)
			items = append(items, i)
			return err
		})
	return items, err
}

// Skips returns a page of the conversations that each task skipped, in the order in
// which they came (IN-6). The tasks are ones that the viewer sees.
func (s *Service) Skips(ctx context.Context, tasks []*ent.Task, args paging.PageArgs) ([]*paging.Connection[*vocab.TaskProblem], error) {
	pages := make([]*paging.Connection[*vocab.TaskProblem], len(tasks))
	for i, task := range tasks {
		page, err := s.skipsOf(ctx, task, args)
		if err != nil {
			return nil, err
		}
		pages[i] = page
	}
	return pages, nil
}

func (s *Service) skipsOf(ctx context.Context, task *ent.Task, args paging.PageArgs) (*paging.Connection[*vocab.TaskProblem], error) {
	page, err := args.Resolve(20)
	if err != nil {
		return nil, err
	}
	fingerprint := paging.Fingerprint("skips", task.ID)
	key, given, err := page.Key(fingerprint, false, id.Conversation)
	if err != nil {
		return nil, err
	}
	q := &store.Statement{}
	q.WriteString("SELECT number, conversation_id, code, message FROM task_items WHERE task_id = " + q.Arg(task.ID) + " AND code <> ''")
	than, order := " > ", ""
	if page.Backward() {
		than, order = " < ", " DESC"
	}
	if given {
		q.WriteString(" AND number" + than + q.Arg(key.Value))
	}
	q.WriteString(" ORDER BY number" + order + " LIMIT " + q.Arg(page.Limit()+1))
	numbers := map[*vocab.TaskProblem]int64{}
	var rows []*vocab.TaskProblem
	err = store.ForEachRow(ctx, s.store, q.String(), q.Args, func(row entsql.ColumnScanner) error {
		var number int64
		p := &vocab.TaskProblem{}
		err := row.Scan(&number, &p.ConversationID, &p.Code, &p.Message)
		rows, numbers[p] = append(rows, p), number
		return err
	})
	if err != nil {
		return nil, err
	}
	return paging.Build(rows, page, func(p *vocab.TaskProblem) string {
		return paging.EncodeCursor(fingerprint, false, paging.Key{Value: numbers[p], ID: p.ConversationID})
	}), nil
}
