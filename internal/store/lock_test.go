package store_test

import (
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/internal/store"
)

func TestForUpdateLocksWhereRowsAreLocked(t *testing.T) {
	t.Parallel()
	for name, locks := range map[string]bool{dialect.Postgres: true, dialect.SQLite: false} {
		s := sql.Dialect(name).Select("id").From(sql.Table("contacts"))
		store.ForUpdate(s)
		statement, _ := s.Query()
		if got := strings.HasSuffix(statement, " FOR UPDATE"); got != locks {
			t.Errorf("%s: got %q, want it to lock: %v", name, statement, locks)
		}
	}
}
