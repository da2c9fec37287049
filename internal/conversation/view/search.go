package view

import (
	"context"
	"fmt"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

// hit is a document that a search found.
type hit struct {
	document       int64
	conversationID string
	messageID      string
}

// Search finds messages, and the headers of conversations, that contain all
// words of the query (IN-5): open and closed, notes, Bots, Filtered and snoozed
// ones, whatever the viewer may see but Trash. The filter narrows by
// conversation; its text and snoozed are not used. A query without words, as it
// is while someone types, finds nothing.
func (s *Service) Search(ctx context.Context, query string, filter Filter, order vocab.SearchOrder, args paging.PageArgs) (*SearchPage, error) {
	page, err := args.Resolve(20)
	if err != nil {
		return nil, err
	}
	words, err := search.Parse(query)
	if errs.Is(err, errs.Invalid) {
		return &SearchPage{Connection: *paging.Build[*SearchHit](nil, page, nil)}, nil
	}
	if err != nil {
		return nil, err
	}
	filter.Text, filter.Snoozed = nil, vocab.SnoozedInclude
	sel, err := s.Resolve(ctx, Selection{Filter: filter})
	if err != nil {
		return nil, err
	}
	p, err := sel.Plan(ctx)
	if err != nil || p.Empty {
		return &SearchPage{Connection: *paging.Build[*SearchHit](nil, page, nil)}, err
	}
	q := searching{service: s, words: words, plan: p, page: page, order: order}
	q.fingerprint = paging.Fingerprint("search", query, fmt.Sprint(p.Fingerprint), string(order))
	from, given, err := page.Key(q.fingerprint, true, id.Conversation)
	if err != nil {
		return nil, err
	}
	if given {
		q.from = &from.Value
	}
	if order == vocab.SearchRelevance {
		return q.ranked(ctx)
	}
	return q.newest(ctx)
}

// searching is one search on its way to a page.
type searching struct {
	service     *Service
	words       search.Query
	plan        *Plan
	page        paging.Page
	order       vocab.SearchOrder
	fingerprint uint32
	// from is where the page begins: a document's number, or a hit's rank.
	from *int64
}

// newest makes a page in the order of the documents' numbers.
func (q *searching) newest(ctx context.Context) (*SearchPage, error) {
	hits, err := q.findHits(ctx, q.from, q.page.Limit()+1)
	if err != nil {
		return nil, err
	}
	more := len(hits) > q.page.Limit()
	if more {
		hits = hits[:q.page.Limit()]
	}
	shown, err := q.service.loadHits(ctx, hits)
	if err != nil {
		return nil, err
	}
	found := q.build(shown)
	if more {
		last := hits[len(hits)-1]
		GoOnAt(&found.PageInfo, q.page, q.cursor(last.document, last.conversationID))
	}
	return found, nil
}

// build makes a page of hits, in walking order.
func (q *searching) build(shown []*SearchHit) *SearchPage {
	for _, h := range shown {
		h.Excerpt = h.excerpt(q.words)
	}
	return &SearchPage{Connection: *paging.Build(shown, q.page, func(h *SearchHit) string { return q.cursor(h.rank, h.Conversation.ID) })}
}

func (q *searching) cursor(rank int64, conversationID string) string {
	return paging.EncodeCursor(q.fingerprint, true, paging.Key{Value: rank, ID: conversationID})
}

// findHits returns the next documents, from a number on in the page's direction.
func (q *searching) findHits(ctx context.Context, from *int64, limit int) ([]hit, error) {
	statement := &store.Statement{}
	if err := q.service.searchSQL(ctx, statement, q.words, q.plan, span{from, q.page.Backward()}, limit); err != nil {
		return nil, err
	}
	var found []hit
	err := store.ForEachRow(ctx, q.service.store, statement.String(), planned(q.service.store, statement.Args), func(rows entsql.ColumnScanner) error {
		var h hit
		err := rows.Scan(&h.document, &h.conversationID, &h.messageID)
		found = append(found, h)
		return err
	})
	return found, err
}

// span is which documents are walked: those below a number from the newest on,
// or those above it from the oldest on; nil: all.
type span struct {
	from     *int64
	backward bool
}

func (s *Service) searchSQL(ctx context.Context, statement *store.Statement, words search.Query, p *Plan, over span, limit int) error {
	documents, err := documentsSQL(ctx, s.store, statement, words, p.Account, p.Inboxes, over)
	if err != nil {
		return err
	}
	statement.WriteString("SELECT d.id, d.conversation_id, d.message_id FROM " + documents + " AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = d.conversation_id")
	p.writeSearchable(statement, s.store.Postgres())
	statement.WriteString(")" + over.order(s.store) + " LIMIT " + statement.Arg(limit))
	return nil
}

// writeSearchable writes what a found conversation must be: not in Trash, and as the
// filter says.
func (p *Plan) writeSearchable(s *store.Statement, postgres bool) {
	s.WriteString(" AND c.deleted_at = 0 AND c.kind IN (" + store.List(s, p.kinds) + ") AND c.status IN (" + store.List(s, p.statuses) + ")")
	if p.assignees != nil {
		s.WriteString(" AND c.assignee_id IN (" + store.List(s, p.assignees) + ")")
	}
	for _, c := range p.conditions {
		s.WriteString(" AND " + c.sql(s, postgres))
	}
}

// planned makes PostgreSQL plan a search for its very words: a generic plan,
// made after five runs, would walk all documents.
func planned(db *store.Store, args []any) []any {
	if !db.Postgres() {
		return args
	}
	return append([]any{pgx.QueryExecModeExec}, args...)
}

// documentsSQL writes the documents d of a span that contain the words, in the
// given inboxes.
func documentsSQL(ctx context.Context, db *store.Store, s *store.Statement, words search.Query, account string, inboxes []string, over span) (string, error) {
	number, err := db.AccountNumber(ctx, account)
	if err != nil {
		return "", err
	}
	if db.Postgres() {
		text := "search_documents d WHERE d.terms @@ " + s.Arg(words.TSQuery(number)) + "::text::tsquery AND d.inbox_id IN (" + store.List(s, inboxes) + ")"
		return text + over.condition(s, "d.id"), nil
	}
	text := "search_index i JOIN search_documents d ON d.id = i.docid WHERE i.terms MATCH " + s.Arg(words.FTS4(number))
	return text + over.condition(s, "i.docid") + " AND d.inbox_id IN (" + store.List(s, inboxes) + ")", nil
}

func (o span) condition(s *store.Statement, number string) string {
	switch {
	case o.from == nil:
		return ""
	case o.backward:
		return " AND " + number + " > " + s.Arg(*o.from)
	}
	return " AND " + number + " < " + s.Arg(*o.from)
}

// order orders documents in the span's direction. On SQLite the FTS4 table has them
// from the newest on, so that a page of a common word reads a page.
func (o span) order(db *store.Store) string {
	number, direction := " ORDER BY i.docid", " DESC"
	if db.Postgres() {
		number = " ORDER BY d.id"
	}
	if o.backward {
		direction = " ASC"
	}
	return number + direction
}
