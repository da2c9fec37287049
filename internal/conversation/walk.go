package conversation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	entsql "entgo.io/ent/dialect/sql"

	"parley/internal/relay"
	"parley/internal/store"
)

// limits bound what a list costs.
type limits struct {
	// rows of a view's index that one query tests for conditions that no index
	// serves. The list then returns a short page with a cursor to go on from.
	rows int
	// arms: SQLite takes 500 terms.
	arms int
	// count is the most that a list counts.
	count int
	// spare is how many rows behind its window a live view knows, so that most
	// rows that leave are followed by one that is at hand.
	spare int
}

var defaultLimits = limits{rows: 5000, arms: 400, count: 10_000, spare: 10}

// hitLimit is how many documents, newest first, a text filter looks at.
const hitLimit = 5000

// place is a conversation's place in a list.
type place struct {
	id  string
	key int64
}

// walk goes along a list, or back from its end, for up to limit rows behind a
// place.
type walk struct {
	*plan
	from     *relay.Key
	backward bool
	limit    int
	limits   limits
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
func (w walk) beyond(s *statement) string {
	if w.from == nil {
		return ""
	}
	than := " > "
	if w.down() {
		than = " < "
	}
	return " AND (c." + w.key + ", c.id)" + than + "(" + s.arg(w.from.Value) + ", " + s.arg(w.from.ID) + ")"
}

// places returns up to limit places in walking order, and, when conditions cut
// the walk short, the place where it stopped.
func (w walk) places(ctx context.Context, db *store.Store) (found []place, stopped *place, err error) {
	if w.empty {
		return nil, nil, nil
	}
	if w.driven() {
		found, err = w.drive(ctx, db)
		return found, nil, err
	}
	if len(w.conditions) == 0 {
		found, err = w.seek(ctx, db)
		return found, nil, err
	}
	return w.sift(ctx, db)
}

// seek reads the arms' indexes, merged, and no row.
func (w walk) seek(ctx context.Context, db *store.Store) ([]place, error) {
	var merged []place
	arms := w.arms()
	for len(arms) > 0 {
		n := min(w.limits.arms, len(arms))
		s := &statement{}
		w.seekSQL(s, arms[:n], db.Postgres())
		found, err := readPlaces(ctx, db, s)
		if err != nil {
			return nil, err
		}
		merged = w.merge(merged, found, w.limit)
		arms = arms[n:]
	}
	return merged, nil
}

func (w walk) seekSQL(s *statement, arms []arm, postgres bool) {
	w.union(s, arms, "c.id, c."+w.key, w.limit, postgres)
}

// union writes the arms, each in order by its index, as one ordered list of at
// most limit rows. SQLite merges arms by itself. PostgreSQL does so, rather than
// sort them all, where each arm says how little is wanted of it; the numbers
// stand in the text, so that a plan made for any arguments knows them too.
func (w walk) union(s *statement, arms []arm, columns string, limit int, postgres bool) {
	most := w.order() + " LIMIT " + strconv.Itoa(limit)
	for i, a := range arms {
		if i > 0 {
			s.WriteString(" UNION ALL ")
		}
		text := "SELECT " + columns + " FROM conversations c WHERE " + a.where(s) + w.beyond(s)
		if postgres && len(arms) > 1 {
			text = "(" + text + most + ")"
		}
		s.WriteString(text)
	}
	s.WriteString(most)
}

func (w walk) merge(a, b []place, limit int) []place {
	if len(a) == 0 {
		return b
	}
	merged := make([]place, 0, min(limit, len(a)+len(b)))
	for len(merged) < limit && len(a)+len(b) > 0 {
		if len(b) == 0 || len(a) > 0 && w.before(a[0], b[0]) {
			merged, a = append(merged, a[0]), a[1:]
		} else {
			merged, b = append(merged, b[0]), b[1:]
		}
	}
	return merged
}

// before reports whether a walk comes by a before b.
func (w walk) before(a, b place) bool {
	if w.down() {
		a, b = b, a
	}
	return a.key < b.key || a.key == b.key && a.id < b.id
}

// sift tests rows for the conditions: few at first, since most conditions are
// met soon, then more. It tells where it stopped when it tested as many as it
// may before the page was full.
func (w walk) sift(ctx context.Context, db *store.Store) (found []place, stopped *place, err error) {
	left := w.limits.rows
	for chunk := max(1, left/20); ; chunk *= 4 {
		w.limits.rows = min(chunk, left)
		left -= w.limits.rows
		some, stop, err := w.siftSome(ctx, db)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, some...)
		if stop == nil || left == 0 {
			return found, stop, nil
		}
		w.from, w.limit = &relay.Key{Value: stop.key, ID: stop.id}, w.limit-len(some)
	}
}

// siftSome tests the next rows of the arms, and tells where it stopped when it
// ran out of them before the page was full.
func (w walk) siftSome(ctx context.Context, db *store.Store) (found []place, stopped *place, err error) {
	arms := w.arms()
	for len(arms) > 0 {
		n := min(w.limits.arms, len(arms))
		some, stop, err := w.siftArms(ctx, db, arms[:n])
		if err != nil {
			return nil, nil, err
		}
		found = w.merge(found, some, w.limit)
		if stop != nil && (stopped == nil || w.before(*stop, *stopped)) {
			stopped = stop
		}
		arms = arms[n:]
	}
	if stopped != nil {
		found = slices.DeleteFunc(found, func(p place) bool { return w.before(*stopped, p) })
	}
	if len(found) == w.limit {
		return found, nil, nil
	}
	return found, stopped, nil
}

// siftArms asks for the rows that pass and for the last row walked, in one
// statement, so that both tell of the same moment.
func (w walk) siftArms(ctx context.Context, db *store.Store, arms []arm) (found []place, stopped *place, err error) {
	s := &statement{}
	w.siftSQL(s, arms, db.Postgres())
	err = read(ctx, db, s.String(), s.args, func(rows entsql.ColumnScanner) error {
		var p place
		var walked bool
		if err := rows.Scan(&p.id, &p.key, &walked); err != nil {
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

// tested are the columns that orders and conditions read.
const tested = "c.id, c.last_message_at, c.opened_at, c.waiting_since, c.kind, c.contact_id, c.assignee_id, c.assigned_team_id, c.priority, c.tags, c.filtered, c.snoozed_until, c.last_incoming_number"

func (w walk) siftSQL(s *statement, arms []arm, postgres bool) {
	s.WriteString("WITH seen AS (")
	w.union(s, arms, tested, w.limits.rows, postgres)
	s.WriteString(") SELECT passed.*, false FROM (SELECT c.id, c." + w.key + " FROM seen c WHERE 1 = 1")
	w.test(s, postgres)
	s.WriteString(" ORDER BY c." + w.key + w.downward() + ", c.id" + w.downward() + " LIMIT " + strconv.Itoa(w.limit) + ") passed")
	s.WriteString(" UNION ALL SELECT walked.*, true FROM (SELECT id, " + w.key + " FROM seen" + w.order() + " LIMIT 1 OFFSET " + strconv.Itoa(w.limits.rows-1) + ") walked")
	s.WriteString(" ORDER BY 3, 2" + w.downward() + ", 1" + w.downward())
}

func (w walk) test(s *statement, postgres bool) {
	for _, c := range w.conditions {
		s.WriteString(" AND " + c.sql(s, postgres))
	}
}

// driven reports whether a contact or words lead to few conversations, so that
// the list starts there and not at the view.
func (w walk) driven() bool { return len(w.words) > 0 || len(w.contacts) > 0 }

func (w walk) drive(ctx context.Context, db *store.Store) ([]place, error) {
	s := &statement{}
	if err := w.driveSQL(ctx, db, s); err != nil {
		return nil, err
	}
	if len(w.words) > 0 {
		return readPlacesWith(ctx, db, s.String(), planned(db, s.args))
	}
	return readPlaces(ctx, db, s)
}

// driveSQL goes from what the words or contacts lead to: CROSS JOIN keeps
// SQLite, which knows little of the numbers, from walking the view instead.
func (w walk) driveSQL(ctx context.Context, db *store.Store, s *statement) error {
	var found string
	if len(w.words) > 0 {
		hits, err := hitsSQL(ctx, db, s, w.words[0], w.account, w.inboxes)
		if err != nil {
			return err
		}
		found = "SELECT DISTINCT conversation_id AS id FROM (" + hits + ") hit"
	} else {
		found = "SELECT id FROM conversations WHERE contact_id IN (" + list(s, w.contacts) + ")"
	}
	s.WriteString("SELECT c.id, c." + w.key + " FROM (" + found + ") found CROSS JOIN conversations c WHERE c.id = found.id AND " + w.scope(s) + w.beyond(s))
	w.test(s, db.Postgres())
	for _, words := range w.words[min(1, len(w.words)):] {
		hits, err := hitsSQL(ctx, db, s, words, w.account, w.inboxes)
		if err != nil {
			return err
		}
		s.WriteString(" AND c.id IN (SELECT conversation_id FROM (" + hits + ") hit)")
	}
	s.WriteString(" ORDER BY c." + w.key + w.downward() + ", c.id" + w.downward() + " LIMIT " + strconv.Itoa(w.limit))
	return nil
}

// scope is what the arms say together, as one condition.
func (w walk) scope(s *statement) string {
	parts := []string{
		"c.inbox_id IN (" + list(s, w.inboxes) + ")",
		"c.kind IN (" + list(s, w.kinds) + ")",
		"c.status IN (" + list(s, w.statuses) + ")",
	}
	if w.bots {
		parts = append(parts, "c.in_bots")
	} else {
		parts = append(parts, "c.folder IN ("+list(s, w.folders)+")")
	}
	if w.assignees != nil {
		parts = append(parts, "c.assignee_id IN ("+list(s, w.assignees)+")")
	}
	return strings.Join(parts, " AND ")
}

func readPlaces(ctx context.Context, db *store.Store, s *statement) ([]place, error) {
	return readPlacesWith(ctx, db, s.String(), s.args)
}

func readPlacesWith(ctx context.Context, db *store.Store, query string, args []any) (found []place, err error) {
	err = read(ctx, db, query, args, func(rows entsql.ColumnScanner) error {
		var p place
		err := rows.Scan(&p.id, &p.key)
		found = append(found, p)
		return err
	})
	return found, err
}

// read runs a hand-written query and gives scan each row.
func read(ctx context.Context, db *store.Store, query string, args []any, scan func(entsql.ColumnScanner) error) error {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("list conversations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
