package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	"github.com/google/go-cmp/cmp"

	"parley/ent/migrate"
	"parley/internal/clock"
	"parley/internal/store"
	"parley/internal/testkit"
)

// readSchema has, for each dialect, a query for "table column class null" and one
// for "table unique columns condition" of every index.
var readSchema = map[bool][2]string{
	false: {
		`SELECT m.name || ' ' || c.name || ' ' || c.type || CASE WHEN c."notnull" THEN '' ELSE ' null' END
			FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'`,
		`SELECT m.name || ' ' || i."unique" || ' ' || (SELECT group_concat(name) FROM pragma_index_info(i.name)) || ' ' ||
				coalesce((SELECT substr(x.sql, instr(x.sql, ' WHERE ')) FROM sqlite_master x WHERE x.name = i.name AND x.sql LIKE '% WHERE %'), '')
			FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table'`,
	},
	true: {
		`SELECT table_name || ' ' || column_name || ' ' || data_type || CASE is_nullable WHEN 'YES' THEN ' null' ELSE '' END
			FROM information_schema.columns WHERE table_schema = current_schema()`,
		`SELECT i.indrelid::regclass || ' ' || i.indisunique::int || ' ' ||
				(SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey) WITH ORDINALITY AS k (attnum, n)
					JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum) || ' ' ||
				coalesce(pg_get_expr(i.indpred, i.indrelid), '')
			FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = current_schema()::regnamespace`,
	},
}

// classes of column types, as ent, SQLite and PostgreSQL call them.
var classes = map[string]string{
	"TEXT": "text", "text": "text", "INTEGER": "int", "bigint": "int", "integer": "int",
	"BOOLEAN": "bool", "boolean": "bool", "JSON": "json", "jsonb": "json", "BLOB": "bytes", "bytea": "bytes",
	"REAL": "real", "double": "real",
}

func classOf(c *schema.Column) string {
	switch {
	case c.Type == field.TypeBool:
		return "bool"
	case c.Type == field.TypeJSON:
		return "json"
	case c.Type == field.TypeBytes:
		return "bytes"
	case c.Type.Float():
		return "real"
	case c.Type.Integer():
		return "int"
	}
	return "text"
}

// The migrations make what ent expects, on both databases: tables, columns and
// whether they may be null, indexes, and no uniqueness that the schema lacks.
func TestSchemaMatchesEnt(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		columns, indexes := map[string][]string{}, map[string][]string{}
		queries := readSchema[s.Postgres()]
		for i, into := range []map[string][]string{columns, indexes} {
			lines, err := s.Strings(t.Context(), queries[i])
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range lines {
				table, rest, _ := strings.Cut(line, " ")
				into[table] = append(into[table], rest)
			}
		}
		for _, table := range migrate.Tables {
			checkColumns(t, table, columns[table.Name])
			checkIndexes(t, table, indexes[table.Name])
		}
	})
}

func checkColumns(t *testing.T, table *schema.Table, got []string) {
	var want, have []string
	for _, c := range table.Columns {
		null := ""
		if c.Nullable {
			null = " null"
		}
		want = append(want, c.Name+" "+classOf(c)+null)
	}
	for _, column := range got {
		name, rest, _ := strings.Cut(column, " ")
		class, null, nullable := strings.Cut(strings.Replace(rest, "double precision", "double", 1), " ")
		if nullable {
			null = " " + null
		}
		have = append(have, name+" "+classes[class]+null)
	}
	slices.Sort(want)
	slices.Sort(have)
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("columns of %s (-ent +database):\n%s", table.Name, diff)
	}
}

// extra are uniquenesses that only the database knows: what foreign keys refer
// to, the accounts' numbers, and that one run of a conversation is open, of each kind.
var extra = []string{"quote_logos:account_id", "id", "account_id,id", "accounts:number", "agent_runs:conversation_id", "flow_runs:conversation_id", "conversations:account_id,external_id", "conversations:channel_id,external_id"}

func checkIndexes(t *testing.T, table *schema.Table, got []string) {
	wanted := map[string]bool{}
	for _, index := range table.Indexes {
		found := false
		for _, line := range got {
			unique, rest, _ := strings.Cut(line, " ")
			columns, condition, _ := strings.Cut(rest, " ")
			var keys []string
			for _, c := range index.Columns {
				if !strings.Contains(condition, c.Name) || strings.Contains(condition, c.Name+" IS NOT NULL") {
					keys = append(keys, c.Name)
				}
			}
			wanted[strings.Join(keys, ",")] = wanted[strings.Join(keys, ",")] || index.Unique
			found = found || columns == strings.Join(keys, ",") && (unique == "1") == index.Unique
		}
		if !found {
			t.Errorf("%s: no index for ent's %s", table.Name, index.Name)
		}
	}
	for _, c := range table.Columns {
		if c.Unique {
			wanted[c.Name] = true
		}
	}
	for _, line := range got {
		columns, isUnique := strings.CutPrefix(line, "1 ")
		columns, _, _ = strings.Cut(columns, " ")
		if isUnique && !wanted[columns] && !slices.Contains(extra, columns) && !slices.Contains(extra, table.Name+":"+columns) {
			t.Errorf("%s: the database keeps %s unique, which ent does not know", table.Name, columns)
		}
	}
}

// Opening a database again changes nothing, and all rows refer to rows.
func TestOpenAgain(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		dir := t.TempDir()
		f := testkit.Account(t, opened(t, db, dir, time.Second))
		furnish(t, f)
		again := opened(t, db, dir, time.Second)
		n, err := again.Client(f.System).Message.Query().Count(f.System)
		if err != nil || n != 10 {
			t.Errorf("%d messages after the second start, want 10 (%v)", n, err)
		}
		if again.Postgres() {
			return
		}
		broken, err := again.Strings(t.Context(), "SELECT \"table\" FROM pragma_foreign_key_check")
		if err != nil || len(broken) != 0 {
			t.Errorf("rows of %v refer to nothing (%v)", broken, err)
		}
	})
}

// OP-2: nodes that start at once on an empty database migrate it once.
func TestNodesStartAtOnce(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() == "" {
			t.Skip("a SQLite database has one node")
		}
		address := strings.Replace(db.URL(), "&pool_max_conns=8", "", 1)
		empty, err := sql.Open("pgx", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = empty.Close() }()
		if _, err := empty.Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for node := range 3 {
			group.Go(func() {
				s, err := store.Open(context.Background(), db.Options(""))
				if err != nil {
					t.Errorf("node %d: %v", node, err)
					return
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		s := opened(t, db, "", time.Second)
		versions, err := s.Numbers(t.Context(), "SELECT version_id FROM goose_db_version ORDER BY 1")
		if err != nil || !slices.Equal(versions, slices.Compact(slices.Clone(versions))) {
			t.Errorf("migrations were recorded as %v (%v)", versions, err)
		}
		testkit.Account(t, s)
	})
}

// A database that cannot be opened says which and why.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options store.Options
		says    string
	}{
		"NoFolder":   {store.Options{File: t.TempDir() + "/missing/parley.db"}, "missing/parley.db"},
		"NoDatabase": {store.Options{URL: "mysql://example"}, "PARLEY_DATABASE_URL"},
		"NoServer":   {store.Options{URL: "postgres://app@127.0.0.1:1/none?sslmode=disable"}, "ask the database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), c.options)
			if err == nil {
				t.Fatal(fmt.Sprint("opened ", s))
			}
			if !strings.Contains(err.Error(), c.says) {
				t.Errorf("the error %q does not say %q", err, c.says)
			}
		})
	}
}
