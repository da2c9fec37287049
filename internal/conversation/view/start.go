package view

import (
	"context"
	"strconv"
	"strings"

	"parley/internal/search"
	"parley/internal/store"
)

// origin is where a list starts.
type origin int

const (
	fromView origin = iota
	fromExternals
	fromWords
	fromContacts
	fromRatings
	fromProperties
)

// start is where a list starts, and with fromWords and fromProperties at which of the
// plan's.
type start struct {
	from  origin
	place int
}

var nowhere = start{from: fromView}

// chooseStart chooses the narrowest way into a list: a contact, external ids, ratings,
// values of properties or words lead to their conversations if those are few, which are
// then all read; otherwise the view is walked. So no bound is taken before the other conditions (IN-3).
func (w *walk) chooseStart(ctx context.Context, db *store.Store) (start, error) {
	if len(w.Words) > 0 {
		number, err := db.AccountNumber(ctx, w.Account)
		if err != nil {
			return nowhere, err
		}
		w.number = number
	}
	if len(w.externals) > 0 {
		return start{from: fromExternals}, nil
	}
	best, fewest := nowhere, w.limits.Hits+1
	for i, words := range w.Words {
		n, err := w.countHits(ctx, db, words, fewest)
		if err != nil {
			return nowhere, err
		}
		if n < fewest {
			best, fewest = start{fromWords, i}, n
		}
	}
	if best == nowhere && len(w.contacts) > 0 {
		return start{from: fromContacts}, nil
	}
	if len(w.ratings) > 0 {
		n, err := w.countRated(ctx, db, fewest)
		if err != nil {
			return nowhere, err
		}
		if n < fewest {
			best, fewest = start{from: fromRatings}, n
		}
	}
	for i, t := range w.tests {
		n, err := w.countTested(ctx, db, t, fewest)
		if err != nil {
			return nowhere, err
		}
		if n < fewest {
			best, fewest = start{fromProperties, i}, n
		}
	}
	return best, nil
}

// countHits counts the documents that contain the words, up to a number.
func (w *walk) countHits(ctx context.Context, db *store.Store, words search.Query, most int) (int, error) {
	s := &store.Statement{}
	s.WriteString("SELECT COUNT(*) FROM (SELECT 1 FROM ")
	if db.Postgres() {
		s.WriteString("search_documents d WHERE d.terms @@ " + s.Arg(words.TSQuery(w.number)) + "::text::tsquery AND d.inbox_id IN (" + store.List(s, w.Inboxes) + ")")
	} else {
		s.WriteString("search_index WHERE terms MATCH " + s.Arg(words.FTS4(w.number)))
	}
	s.WriteString(" LIMIT " + strconv.Itoa(most) + ") hit")
	return readNumber(ctx, db, s)
}

// countRated counts the conversations with the wanted ratings, up to a number.
func (w *walk) countRated(ctx context.Context, db *store.Store, most int) (int, error) {
	s := &store.Statement{}
	s.WriteString("SELECT COUNT(*) FROM (" + w.ratedSQL(s) + " LIMIT " + strconv.Itoa(most) + ") hit")
	return readNumber(ctx, db, s)
}

// countTested counts the conversations that have what a test asks for, up to a number.
func (w *walk) countTested(ctx context.Context, db *store.Store, t propertyTest, most int) (int, error) {
	s := &store.Statement{}
	s.WriteString("SELECT COUNT(*) FROM (" + t.writeConversations(s) + " LIMIT " + strconv.Itoa(most) + ") hit")
	return readNumber(ctx, db, s)
}

// ratedSQL writes which conversations have the wanted ratings; the partial index has those
// with any.
func (w walk) ratedSQL(s *store.Statement) string {
	return "SELECT id FROM conversations WHERE rating > 0 AND rating IN (" + scoreList(s, w.ratings) + ") AND inbox_id IN (" + store.List(s, w.Inboxes) + ")"
}

// drive reads what the start leads to.
func (w walk) drive(ctx context.Context, db *store.Store, at start) ([]Place, error) {
	s := &store.Statement{}
	w.driveSQL(s, db.Postgres(), at)
	return readPlacesWith(ctx, db, s.String(), w.arguments(db, s))
}

// arguments are a statement's as the driver gets them.
func (w walk) arguments(db *store.Store, s *store.Statement) []any {
	if len(w.Words) > 0 {
		return planned(db, s.Args)
	}
	return s.Args
}

func (w walk) driveSQL(s *store.Statement, postgres bool, at start) {
	s.WriteString("SELECT c.id, c." + w.key)
	w.writeDriven(s, postgres, at)
	s.WriteString(" ORDER BY c." + w.key + w.downward() + ", c.id" + w.downward() + " LIMIT " + strconv.Itoa(w.limit))
}

// writeDriven goes from what words, external ids or contacts lead to: CROSS JOIN keeps
// SQLite, which knows little of the numbers, from walking the view instead.
func (w walk) writeDriven(s *store.Statement, postgres bool, at start) {
	s.WriteString(" FROM (")
	switch at.from {
	case fromWords:
		s.WriteString("SELECT DISTINCT d.conversation_id AS id FROM ")
		w.writeDocuments(s, postgres, w.Words[at.place])
	case fromExternals:
		s.WriteString("SELECT id FROM conversations WHERE account_id = " + s.Arg(w.Account) + " AND external_id IS NOT NULL AND external_id IN (" + store.List(s, w.externals) + ")")
	case fromRatings:
		s.WriteString(w.ratedSQL(s))
	case fromProperties:
		s.WriteString(w.tests[at.place].writeConversations(s))
	default:
		s.WriteString("SELECT id FROM conversations WHERE contact_id IN (" + store.List(s, w.contacts) + ")")
	}
	s.WriteString(") found CROSS JOIN conversations c WHERE c.id = found.id AND " + w.writeScope(s) + w.beyond(s))
	w.writeTests(s, postgres, at)
}

// writeDocuments writes the documents d that contain the words, in the plan's inboxes.
func (w walk) writeDocuments(s *store.Statement, postgres bool, words search.Query) {
	if postgres {
		s.WriteString("search_documents d WHERE d.terms @@ " + s.Arg(words.TSQuery(w.number)) + "::text::tsquery")
	} else {
		s.WriteString("search_index i JOIN search_documents d ON d.id = i.docid WHERE i.terms MATCH " + s.Arg(words.FTS4(w.number)))
	}
	s.WriteString(" AND d.inbox_id IN (" + store.List(s, w.Inboxes) + ")")
}

// writeTests writes the conditions, and that the words are found which the start did
// not lead from.
func (w walk) writeTests(s *store.Statement, postgres bool, at start) {
	for _, c := range w.conditions {
		s.WriteString(" AND " + c.sql(s, postgres))
	}
	for i, words := range w.Words {
		if at.from == fromWords && at.place == i {
			continue
		}
		w.writeFound(s, postgres, words)
	}
}

// writeFound writes that a document of conversation c contains the words. PostgreSQL
// reads the conversation's documents; SQLite, which cannot ask one document, goes once
// through the numbers of all that contain the words.
func (w walk) writeFound(s *store.Statement, postgres bool, words search.Query) {
	if postgres {
		s.WriteString(" AND EXISTS (SELECT 1 FROM (SELECT terms FROM search_documents WHERE conversation_id = c.id OFFSET 0) d WHERE d.terms @@ " +
			s.Arg(words.TSQuery(w.number)) + "::text::tsquery)")
		return
	}
	s.WriteString(" AND EXISTS (SELECT 1 FROM search_documents d WHERE d.conversation_id = c.id AND +d.id IN (SELECT docid FROM search_index WHERE terms MATCH " +
		s.Arg(words.FTS4(w.number)) + "))")
}

// writeScope is what the seeks say together, as one condition.
func (w walk) writeScope(s *store.Statement) string {
	parts := []string{
		"c.inbox_id IN (" + store.List(s, w.Inboxes) + ")",
		"c.kind IN (" + store.List(s, w.kinds) + ")",
		"c.status IN (" + store.List(s, w.statuses) + ")",
	}
	if w.bots {
		parts = append(parts, "c.in_bots")
	} else {
		parts = append(parts, "c.folder IN ("+store.List(s, w.folders)+")")
	}
	if w.assignees != nil {
		parts = append(parts, "c.assignee_id IN ("+store.List(s, w.assignees)+")")
	}
	return strings.Join(parts, " AND ")
}
