package transfer

import (
	"context"
	"encoding/json"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entimport "parley/ent/contactimport"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Of returns the import of each task; nil where the task is another.
func (s *Service) Of(ctx context.Context, tasks []*ent.Task) ([]*ent.ContactImport, error) {
	list := make([]*ent.ContactImport, len(tasks))
	var ids []string
	for _, t := range tasks {
		if t.Kind == vocab.TaskImportContacts {
			ids = append(ids, t.ID)
		}
	}
	if len(ids) == 0 {
		return list, nil
	}
	found, err := s.store.Client(ctx).ContactImport.Query().Where(entimport.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for i, t := range tasks {
		for _, f := range found {
			if f.ID == t.ID {
				list[i] = f
			}
		}
	}
	return list, nil
}

// ColumnsOf are the columns of an import's file, as they were taken.
func ColumnsOf(i *ent.ContactImport) (list []*Column, err error) {
	err = json.Unmarshal(i.Columns, &list)
	return list, err
}

// Row is what became of a row.
type Row struct {
	Number    int
	Outcome   vocab.ContactImportOutcome
	ContactID string
	// Problem is why it was refused, and Cells what it had; nil otherwise.
	Problem *Problem
	Cells   []string
}

// Problem is why a row was refused. Column is the one that it is about; nil: no single
// one.
type Problem struct {
	Column  *string
	Code    string
	Message string
}

// Rows returns a page of the rows of each import whose turn has come, in the file's order:
// of some outcomes, or all.
func (s *Service) Rows(ctx context.Context, imports []*ent.ContactImport, outcomes []vocab.ContactImportOutcome, args paging.PageArgs) ([]*paging.Connection[*Row], error) {
	pages := make([]*paging.Connection[*Row], len(imports))
	for i, one := range imports {
		page, err := s.rowsOf(ctx, one, outcomes, args)
		if err != nil {
			return nil, err
		}
		pages[i] = page
	}
	return pages, nil
}

func (s *Service) rowsOf(ctx context.Context, of *ent.ContactImport, outcomes []vocab.ContactImportOutcome, args paging.PageArgs) (*paging.Connection[*Row], error) {
	page, err := args.Resolve(20)
	if err != nil {
		return nil, err
	}
	if len(outcomes) == 0 {
		outcomes = []vocab.ContactImportOutcome{vocab.ImportCreated, vocab.ImportUpdated, vocab.ImportUnchanged, vocab.ImportRefused}
	}
	outcomes = slices.Compact(slices.Sorted(slices.Values(outcomes)))
	parts := []string{"contact import rows", of.ID}
	for _, o := range outcomes {
		parts = append(parts, string(o))
	}
	fingerprint := paging.Fingerprint(parts...)
	key, given, err := page.Key(fingerprint, false, id.Task)
	if err != nil {
		return nil, err
	}
	than, order := " > ", ""
	if page.Backward() {
		than, order = " < ", " DESC"
	}
	q := &store.Statement{}
	q.WriteString("SELECT number, outcome, contact_id, column_name, code, message, cells FROM contact_import_rows WHERE task_id = " + q.Arg(of.ID) +
		" AND account_id = " + q.Arg(of.AccountID) + " AND outcome IN (" + store.List(q, outcomes) + ")")
	if given {
		q.WriteString(" AND number" + than + q.Arg(key.Value))
	}
	q.WriteString(" ORDER BY number" + order + " LIMIT " + q.Arg(page.Limit()+1))
	var rows []*Row
	err = store.ForEachRow(ctx, s.store, q.String(), q.Args, func(found sql.ColumnScanner) error {
		r, p, column, raw := &Row{}, &Problem{}, "", ""
		if err := found.Scan(&r.Number, &r.Outcome, &r.ContactID, &column, &p.Code, &p.Message, &raw); err != nil {
			return err
		}
		if column != "" {
			p.Column = &column
		}
		if r.Outcome == vocab.ImportRefused {
			r.Problem = p
		}
		rows = append(rows, r)
		return json.Unmarshal([]byte(raw), &r.Cells)
	})
	if err != nil {
		return nil, err
	}
	return paging.Build(rows, page, func(r *Row) string {
		return paging.EncodeCursor(fingerprint, false, paging.Key{Value: int64(r.Number), ID: of.ID})
	}), nil
}
