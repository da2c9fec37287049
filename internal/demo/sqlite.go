package demo

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// sqlite loads through the store's one writing connection, with statements of
// many rows. Its contexts cannot be canceled: that would roll SQLite's whole
// transaction back.
type sqlite struct {
	db    *sql.DB
	cache int
}

// rowsPerInsert keeps a statement below SQLite's limit of 32,766 parameters
// for every table.
const rowsPerInsert = 100

// loadCache is the page cache while loading, in KiB: the inner pages of all
// indexes stay in memory.
const loadCache = 256 << 10

func openSQLite(ctx context.Context, db *sql.DB) (*sqlite, error) {
	s := &sqlite{db: db}
	if err := db.QueryRowContext(ctx, "PRAGMA cache_size").Scan(&s.cache); err != nil {
		return nil, err
	}
	return s, s.execStatement(fmt.Sprintf("PRAGMA cache_size = -%d", loadCache))
}

func (s *sqlite) execStatement(statement string) error {
	_, err := s.db.ExecContext(context.Background(), statement)
	return err
}

func (s *sqlite) close(context.Context) error {
	return s.execStatement(fmt.Sprintf("PRAGMA cache_size = %d", s.cache))
}

// within runs f in a transaction.
func (s *sqlite) within(ctx context.Context, f func(ctx context.Context, tx *sql.Tx) error) error {
	ctx = context.WithoutCancel(ctx)
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

func (s *sqlite) load(ctx context.Context, b *batch) error {
	return s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := b.write(func(t table, values []any) error { return insertRows(ctx, tx, t, values) })
		if err != nil {
			return err
		}
		if err := indexDocuments(ctx, tx, b); err != nil {
			return fmt.Errorf("index: %w", err)
		}
		var head int64
		if err := tx.QueryRowContext(ctx, takeNumbers, len(b.entries), b.accountID).Scan(&head); err != nil {
			return fmt.Errorf("take %d sequence numbers: %w", len(b.entries), err)
		}
		values, err := numbered(b.accountID, b.entries, head-int64(len(b.entries)))
		if err != nil {
			return err
		}
		return insertRows(ctx, tx, eventTable, values)
	})
}

// indexDocuments writes the documents, numbered on from the last one, and their
// terms.
func indexDocuments(ctx context.Context, tx *sql.Tx, b *batch) error {
	var last int64
	if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM search_documents").Scan(&last); err != nil {
		return err
	}
	documents := make([]any, 0, 6*len(b.documents))
	terms := make([]any, 0, 2*len(b.documents))
	for _, d := range b.documents {
		last++
		documents = append(documents, last, b.accountID, d.inboxID, d.conversationID, d.messageID, wordsVersion)
		terms = append(terms, last, d.FTS4)
	}
	t := table{"search_documents", []string{"id", "account_id", "inbox_id", "conversation_id", "message_id", "words"}}
	if err := insertRows(ctx, tx, t, documents); err != nil {
		return err
	}
	return insertRows(ctx, tx, table{"search_index", []string{"docid", "terms"}}, terms)
}

// insertRows writes rows with as few statements as may be.
func insertRows(ctx context.Context, tx *sql.Tx, t table, values []any) error {
	width := len(t.columns)
	full, err := tx.PrepareContext(ctx, t.insertSQL(rowsPerInsert))
	if err != nil {
		return err
	}
	defer func() { _ = full.Close() }()
	for rows := range slices.Chunk(values, rowsPerInsert*width) {
		if len(rows) == rowsPerInsert*width {
			_, err = full.ExecContext(ctx, rows...)
		} else {
			_, err = tx.ExecContext(ctx, t.insertSQL(len(rows)/width), rows...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t table) insertSQL(rows int) string {
	row := "(?" + strings.Repeat(",?", len(t.columns)-1) + ")"
	return "INSERT INTO " + t.name + " (" + t.columnList() + ") VALUES " + row + strings.Repeat(","+row, rows-1)
}

func (s *sqlite) touch(ctx context.Context, table int, seen []sighting) error {
	return s.within(ctx, func(ctx context.Context, tx *sql.Tx) error {
		update, err := tx.PrepareContext(ctx, "UPDATE "+tables[table].name+" SET last_seen_at = ? WHERE id = ?")
		if err != nil {
			return err
		}
		defer func() { _ = update.Close() }()
		for _, one := range seen {
			if _, err := update.ExecContext(ctx, int64(one.at), one.id); err != nil {
				return err
			}
		}
		return nil
	})
}

// analysisLimit is about how many rows ANALYZE reads of each index.
const analysisLimit = 1000

func (s *sqlite) finish(context.Context) error {
	statements := []string{
		"INSERT INTO search_index(search_index) VALUES('optimize')",
		fmt.Sprintf("PRAGMA analysis_limit = %d", analysisLimit),
	}
	for _, t := range indexed {
		statements = append(statements, "ANALYZE "+t)
	}
	for _, statement := range statements {
		if err := s.execStatement(statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}
