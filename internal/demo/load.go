package demo

import (
	"context"
	"fmt"
	"strings"

	"parley/internal/clock"
	"parley/internal/store"
)

// loader writes a set into one kind of database, fast.
type loader interface {
	// load writes a batch in one transaction, its events under the next
	// numbers of the account's sequence.
	load(ctx context.Context, b *batch) error
	// touch sets last_seen_at of contacts or visitors.
	touch(ctx context.Context, table int, seen []sighting) error
	// finish leaves the indexes compact and the planner's statistics new.
	finish(ctx context.Context) error
	close(ctx context.Context) error
}

// sighting is when a contact or visitor was last there.
type sighting struct {
	id string
	at clock.Micros
}

func newLoader(ctx context.Context, s *store.Store) (loader, error) {
	if s.Postgres() {
		return &postgres{pool: s.Pool()}, nil
	}
	return openSQLite(ctx, s.Writer())
}

// takeNumbers raises the account's sequence and returns its new value. The row
// stays locked until the transaction ends.
const takeNumbers = "UPDATE account_sequences SET sequence = sequence + $1 WHERE id = $2 RETURNING sequence"

// indexed are the tables of which a set writes many rows.
var indexed = []string{"contacts", "contact_emails", "visitors", "conversations", "read_positions", "messages", "message_revisions", "events", "search_documents"}

// write calls rows for each table of the batch that has rows.
func (b *batch) write(rows func(t table, values []any) error) error {
	for i, values := range b.values {
		if len(values) == 0 {
			continue
		}
		if err := rows(tables[i], values); err != nil {
			return fmt.Errorf("write %s: %w", tables[i].name, err)
		}
	}
	return nil
}

func (t table) columnList() string { return strings.Join(t.columns, ", ") }
