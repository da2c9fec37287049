package tag_test

import (
	"strings"
	"testing"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
)

// IN-31: completion walks an index in the order of names, with one statement.
func TestCompletionWalksAnIndex(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		d.NewTag("vip")
		statements := asked.Of(func() { check.Must(d.Tags().Tags(d.Agent(0), check.Ptr("vi"), false, paging.PageArgs{}))(t) })
		check.Same(t, len(statements), 1)
		if d.Store.Postgres() {
			return // so few rows are read without an index
		}
		query := statements[0]
		plan := ""
		check.NoError(t, store.ForEachRow(d.System, d.Store, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")), func(rows entsql.ColumnScanner) error {
			var id, parent, unused int
			var detail string
			err := rows.Scan(&id, &parent, &unused, &detail)
			plan += detail + "\n"
			return err
		}))
		if !strings.Contains(plan, "SEARCH tags USING INDEX tags_account_") || !strings.Contains(plan, "folded>? AND folded<?") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\nruns as\n%s", query, plan)
		}
	})
}
