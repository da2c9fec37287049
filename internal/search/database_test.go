package search_test

import (
	"context"
	"database/sql"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/mattn/go-sqlite3"
	"pgregory.net/rapid"

	"parley/internal/search"
)

// finder is a database that says which of some documents a query finds.
type finder func(docs []search.Doc, account int64, q search.Query) ([]bool, error)

// pieces make up small documents and queries in which hits are common and
// every rule of the normalisation takes part.
var pieces = rapid.SampledFrom([]string{
	"a", "b", "ab", "A", "é", "e", "e\u0301", "ß", "ss", "1", "12", "1xa", "x", "世", "界", "人", "ガ", "ｶﾞ", "カ", "한", "\u1112\u1161\u11ab", "ก", "ﬁ", "fi", "²", "\u00ad", "\u200b", "\u200d",
	" ", " ", " ", " ", ".", "@", "-", `"`, `"`, "*", "* ", "'", `\`, ":", "&", "|", "!", "(", ")", "^", "AND", "OR ", "NEAR", "NOT", " -", "-", "12345", "345", "345", " 45", "'", "o'b", "👍", "🏽", "\n", "\x00", "\xff", "👍",
})

func smallText(most int) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(pieces, 0, most).Draw(t, "pieces"), "")
	})
}

// checkEqual holds a database's answers equal to Match's. Each account finds
// its own documents alone (AC-2).
func checkEqual(t *testing.T, find finder) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			owners []int64
			texts  [][]string
			docs   []search.Doc
		)
		for range rapid.IntRange(1, 6).Draw(t, "documents") {
			owner := rapid.SampledFrom([]int64{1, 12, 121}).Draw(t, "owner")
			text := rapid.SliceOfN(smallText(12), 1, 3).Draw(t, "texts")
			owners, texts, docs = append(owners, owner), append(texts, text), append(docs, search.Document(owner, text...))
		}
		for range 8 {
			query := smallText(6).Draw(t, "query")
			q, err := search.Parse(query)
			if err != nil {
				continue
			}
			account := rapid.SampledFrom([]int64{1, 12}).Draw(t, "account")
			found, err := find(docs, account, q)
			if err != nil {
				t.Fatalf("%q: %v", query, err)
			}
			for i := range docs {
				if want := owners[i] == account && q.Match(texts[i]...); found[i] != want {
					t.Fatalf("query %q, account %d, document %q of %d: found %v, want %v\n%+v\n%s\n%s",
						query, account, texts[i], owners[i], found[i], want, docs[i], q.FTS4(account), q.TSQuery(account))
				}
			}
		}
	})
}

func sqliteFinder(t *testing.T) finder {
	t.Helper()
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE VIRTUAL TABLE docs USING fts4(body, tokenize=simple)`); err != nil {
		t.Fatal(err)
	}
	return func(docs []search.Doc, account int64, q search.Query) ([]bool, error) {
		if _, err := db.Exec(`DELETE FROM docs`); err != nil {
			return nil, err
		}
		for i, doc := range docs {
			if _, err := db.Exec(`INSERT INTO docs(docid, body) VALUES (?, ?)`, i+1, doc.FTS4); err != nil {
				return nil, err
			}
		}
		rows, err := db.Query(`SELECT docid FROM docs WHERE docs MATCH ?`, q.FTS4(account))
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		found := make([]bool, len(docs))
		for rows.Next() {
			var id int
			if err := rows.Scan(&id); err != nil {
				return nil, err
			}
			found[id-1] = true
		}
		return found, rows.Err()
	}
}

func postgresFinder(t *testing.T) finder {
	t.Helper()
	url := os.Getenv("PARLEY_TEST_POSTGRES_URL")
	if url == "" {
		t.Skip("PARLEY_TEST_POSTGRES_URL is not set: not compared with PostgreSQL")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(ctx) })
	return func(docs []search.Doc, account int64, q search.Query) ([]bool, error) {
		found := make([]bool, len(docs))
		for i, doc := range docs {
			err := conn.QueryRow(ctx, `SELECT $1::text::tsvector @@ $2::text::tsquery`, doc.TSVector, q.TSQuery(account)).Scan(&found[i])
			if err != nil {
				return nil, err
			}
		}
		return found, nil
	}
}

// IN-5: both databases and Match find the same.
func TestSQLiteFindsTheSame(t *testing.T) {
	t.Parallel()
	checkEqual(t, sqliteFinder(t))
}

func TestPostgreSQLFindsTheSame(t *testing.T) {
	t.Parallel()
	checkEqual(t, postgresFinder(t))
}

// The limits hold alike: a phrase at the 300th place of a word is found nowhere,
// and the largest documents are taken.
func TestDatabasesTakeTheLargest(t *testing.T) {
	t.Parallel()
	largest := []string{
		strings.Repeat("a ", 299) + "a b",
		strings.Repeat("a ", 200_000) + "b",
		strings.Repeat(strings.Repeat("ﷺ", 3)+" ", 20_000),
		distinctWords(40_000),
		distinctHan(80_000),
	}
	queries := []string{`"a b"`, "a", "b", `"a a a"`, "صلى", "w0*", "w1*", "w9000", "w15999", "w16000", "一", "一丁"}
	compare := func(t *testing.T, find finder) {
		docs := make([]search.Doc, len(largest))
		for i, text := range largest {
			docs[i] = search.Document(9_000_000_000, text)
		}
		for _, query := range queries {
			q := parse(t, query)
			found, err := find(docs, 9_000_000_000, q)
			if err != nil {
				t.Fatalf("%s: %v", query, err)
			}
			for i, text := range largest {
				if want := q.Match(text); found[i] != want {
					t.Errorf("%s in document %d: found %v, want %v", query, i, found[i], want)
				}
			}
		}
	}
	t.Run("SQLite", func(t *testing.T) { compare(t, sqliteFinder(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { compare(t, postgresFinder(t)) })
}
