package view

import (
	"context"
	"slices"
	"strconv"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/paging"
	"parley/internal/store"
)

// Limits bound what a list costs.
type Limits struct {
	// Rows of a view's index that one query tests for conditions that no index
	// serves. The list then returns a short page with a cursor to go on from.
	Rows int
	// Seeks that one statement makes: SQLite takes 500 terms.
	Seeks int
	// Hits are the documents of a text that a page starts from at most: where more have
	// its words, the view is walked and each row asked for them.
	Hits int
	// CountedHits are the same for a count, which reads them once.
	CountedHits int
	// CountedPages are the pages of rows that a count walks for a text at most.
	CountedPages int
	// Count is the most that a list counts.
	Count int
}

var defaultLimits = Limits{Rows: 5000, Seeks: 400, Hits: 5000, CountedHits: 100_000, CountedPages: 20, Count: 10_000}

// Place is a conversation's place in a list.
type Place struct {
	ID  string
	Key int64
}

// walk goes along a list, or back from its end, for up to limit rows behind a
// place.
type walk struct {
	*Plan
	from     *paging.Key
	backward bool
	limit    int
	limits   Limits
	// number is the account's, with which its words are indexed.
	number int64
}

// down reports whether the walk goes down in the order's column.
func (w walk) down() bool { return w.desc != w.backward }

func (w walk) downward() string {
	if w.down() {
		return " DESC"
	}
	return ""
}

func (w walk) order() string {
	return " ORDER BY " + w.key + w.downward() + ", id" + w.downward()
}

// beyond is the condition that a row lies behind the walk's start.
func (w walk) beyond(s *store.Statement) string {
	if w.from == nil {
		return ""
	}
	than := " > "
	if w.down() {
		than = " < "
	}
	return " AND (c." + w.key + ", c.id)" + than + "(" + s.Arg(w.from.Value) + ", " + s.Arg(w.from.ID) + ")"
}

// findPlaces returns up to limit places in walking order, and, when conditions cut
// the walk short, the place where it stopped.
func (w walk) findPlaces(ctx context.Context, db *store.Store) (found []Place, stopped *Place, err error) {
	if w.Empty {
		return nil, nil, nil
	}
	start, err := w.chooseStart(ctx, db)
	if err != nil {
		return nil, nil, err
	}
	if start.from != fromView {
		found, err = w.drive(ctx, db, start)
		return found, nil, err
	}
	if len(w.conditions)+len(w.Words) == 0 {
		found, err = w.seekIndexes(ctx, db)
		return found, nil, err
	}
	return w.siftRows(ctx, db)
}

// seekIndexes reads the seeks' indexes, merged, and no row.
func (w walk) seekIndexes(ctx context.Context, db *store.Store) ([]Place, error) {
	var merged []Place
	seeks := w.indexSeeks()
	for len(seeks) > 0 {
		n := min(w.limits.Seeks, len(seeks))
		s := &store.Statement{}
		w.seekSQL(s, seeks[:n], db.Postgres())
		found, err := readPlaces(ctx, db, s)
		if err != nil {
			return nil, err
		}
		merged = w.mergePlaces(merged, found, w.limit)
		seeks = seeks[n:]
	}
	return merged, nil
}

func (w walk) seekSQL(s *store.Statement, seeks []indexSeek, postgres bool) {
	w.writeUnion(s, seeks, "c.id, c."+w.key, w.limit, postgres)
}

// writeUnion writes the seeks, each in order by its index, as one ordered list of at
// most limit rows. SQLite merges seeks by itself. PostgreSQL does so, rather than
// sort them all, where each seek says how little is wanted of it; the numbers
// stand in the text, so that a plan made for any arguments knows them too.
func (w walk) writeUnion(s *store.Statement, seeks []indexSeek, columns string, limit int, postgres bool) {
	most := w.order() + " LIMIT " + strconv.Itoa(limit)
	for i, a := range seeks {
		if i > 0 {
			s.WriteString(" UNION ALL ")
		}
		text := "SELECT " + columns + " FROM conversations c WHERE " + a.writeWhere(s) + w.beyond(s)
		if postgres && len(seeks) > 1 {
			text = "(" + text + most + ")"
		}
		s.WriteString(text)
	}
	s.WriteString(most)
}

func (w walk) mergePlaces(a, b []Place, limit int) []Place {
	if len(a) == 0 {
		return b
	}
	merged := make([]Place, 0, min(limit, len(a)+len(b)))
	for len(merged) < limit && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && w.before(a[0], b[0]) {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return merged
}

// Before reports whether the list has a before b.
func (p *Plan) Before(a, b Place) bool { return walk{Plan: p}.before(a, b) }

// before reports whether a walk comes by a before b.
func (w walk) before(a, b Place) bool {
	if w.down() {
		a, b = b, a
	}
	return a.Key < b.Key || a.Key == b.Key && a.ID < b.ID
}

// siftRows tests rows for the conditions: few at first, since most conditions are
// met soon, then more. It reports where it stopped when it tested as many as it
// may before the page was full.
func (w walk) siftRows(ctx context.Context, db *store.Store) (found []Place, stopped *Place, err error) {
	left := w.limits.Rows
	for chunk := max(1, left/20); ; chunk *= 4 {
		w.limits.Rows = min(chunk, left)
		left -= w.limits.Rows
		some, stop, err := w.siftSome(ctx, db)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, some...)
		if stop == nil || left == 0 {
			return found, stop, nil
		}
		w.from, w.limit = &paging.Key{Value: stop.Key, ID: stop.ID}, w.limit-len(some)
	}
}

// siftSome tests the next rows of the seeks, and reports where it stopped when it
// ran out of them before the page was full.
func (w walk) siftSome(ctx context.Context, db *store.Store) (found []Place, stopped *Place, err error) {
	seeks := w.indexSeeks()
	for len(seeks) > 0 {
		n := min(w.limits.Seeks, len(seeks))
		some, stop, err := w.siftSeeks(ctx, db, seeks[:n])
		if err != nil {
			return nil, nil, err
		}
		found = w.mergePlaces(found, some, w.limit)
		if stop != nil && (stopped == nil || w.before(*stop, *stopped)) {
			stopped = stop
		}
		seeks = seeks[n:]
	}
	if stopped != nil {
		found = slices.DeleteFunc(found, func(p Place) bool { return w.before(*stopped, p) })
	}
	if len(found) == w.limit {
		return found, nil, nil
	}
	return found, stopped, nil
}

// siftSeeks asks for the rows that pass and for the last row walked, in one
// statement, so that both describe the same moment.
func (w walk) siftSeeks(ctx context.Context, db *store.Store, seeks []indexSeek) (found []Place, stopped *Place, err error) {
	s := &store.Statement{}
	w.siftSQL(s, seeks, db.Postgres())
	err = store.ForEachRow(ctx, db, s.String(), w.arguments(db, s), func(rows entsql.ColumnScanner) error {
		var p Place
		var walked bool
		if err := rows.Scan(&p.ID, &p.Key, &walked); err != nil {
			return err
		}
		if walked {
			stopped = &p
		} else {
			found = append(found, p)
		}
		return nil
	})
	if len(found) == w.limit {
		stopped = nil
	}
	return found, stopped, err
}

func (w walk) siftSQL(s *store.Statement, seeks []indexSeek, postgres bool) {
	s.WriteString("WITH seen AS (")
	w.writeUnion(s, seeks, tested, w.limits.Rows, postgres)
	s.WriteString(") SELECT passed.*, false FROM (SELECT c.id, c." + w.key + " FROM seen c WHERE 1 = 1")
	w.writeTests(s, postgres, nowhere)
	s.WriteString(" ORDER BY c." + w.key + w.downward() + ", c.id" + w.downward() + " LIMIT " + strconv.Itoa(w.limit) + ") passed")
	s.WriteString(" UNION ALL SELECT walked.*, true FROM (SELECT id, " + w.key + " FROM seen" + w.order() + " LIMIT 1 OFFSET " + strconv.Itoa(w.limits.Rows-1) + ") walked")
	s.WriteString(" ORDER BY 3, 2" + w.downward() + ", 1" + w.downward())
}

func readPlaces(ctx context.Context, db *store.Store, s *store.Statement) ([]Place, error) {
	return readPlacesWith(ctx, db, s.String(), s.Args)
}

func readPlacesWith(ctx context.Context, db *store.Store, query string, args []any) (found []Place, err error) {
	err = store.ForEachRow(ctx, db, query, args, func(rows entsql.ColumnScanner) error {
		var p Place
		err := rows.Scan(&p.ID, &p.Key)
		found = append(found, p)
		return err
	})
	return found, err
}
