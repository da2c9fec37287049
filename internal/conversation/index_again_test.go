package conversation_test

import (
	"context"
	"testing"

	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/testkit/check"
)

// IN-5: what an earlier version indexed is found by today's rules once it is
// indexed again, a message as well as a header; the rest stays as it is.
func TestIndexOutdated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		c := d.StartChat(0, "Mr O'Brien of +47 123 45 678 👍").ID
		other := d.StartChat(0, "nothing of that").ID
		d.Write(d.System, func(ctx context.Context, tx *store.Tx) error {
			number := check.Must(tx.AccountNumber(ctx, d.AccountID))(t)
			doc := search.Document(number, "Mr O Brien of +47 x 123 y 45 z 678")
			query, terms := "UPDATE search_documents SET words = 1, terms = $1::text::tsvector WHERE conversation_id = $2", doc.TSVector
			if !tx.Postgres() {
				check.Must(tx.Exec(ctx, "UPDATE search_documents SET words = 1 WHERE conversation_id = $1", c))(t)
				query, terms = "UPDATE search_index SET terms = $1 WHERE docid IN (SELECT id FROM search_documents WHERE conversation_id = $2)", doc.FTS4
			}
			_, err := tx.Exec(ctx, query, terms, c)
			return err
		})
		found := func() [][]string {
			return [][]string{d.Found(me, "obrien"), d.Found(me, "12345678"), d.Found(me, "👍"), d.Found(me, "nothing")}
		}
		check.Same(t, found(), [][]string{{}, {}, {}, {other}})
		for range 2 {
			if err := d.IndexOutdated(t.Context()); err != nil {
				t.Fatal(err)
			}
			check.Same(t, found(), [][]string{{c}, {c}, {c}, {other}})
		}
		check.Same(t, d.Found(me, "x"), []string{})
	})
}
