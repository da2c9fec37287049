package conversation

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"parley/ent"
	"parley/ent/contact"
	entconversation "parley/ent/conversation"
	entmessage "parley/ent/message"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

// excerptLength is the most characters of a hit's excerpt.
const excerptLength = 200

// hit is a document that a search found.
type hit struct {
	document       int64
	conversationID string
	messageID      string
}

// Search finds messages, and the headers of conversations, that contain all
// words of the query, newest first (IN-5): open and closed, notes, Bots,
// Filtered and snoozed ones, whatever the viewer may see but Trash. The filter
// narrows by conversation; its text and snoozed are not used.
func (s *Service) Search(ctx context.Context, query string, filter Filter, args relay.PageArgs) (*relay.Connection[*SearchHit], error) {
	words, err := search.Parse(query)
	if err != nil {
		return nil, err
	}
	page, err := args.Resolve(20)
	if err != nil {
		return nil, err
	}
	filter.Text, filter.Snoozed = nil, vocab.SnoozedInclude
	p, err := Selection{Filter: filter}.plan(ctx)
	if err != nil || p.empty {
		return relay.Build[*SearchHit](nil, page, nil), err
	}
	fingerprint := relay.Fingerprint("search", query, fmt.Sprint(p.fingerprint))
	from, given, err := page.Key(fingerprint, true, id.Conversation)
	if err != nil {
		return nil, err
	}
	if !given {
		from.Value = 0
	}
	hits, err := s.hits(ctx, words, p, from.Value, page.Limit()+1)
	if err != nil {
		return nil, err
	}
	cursor := func(document int64, conversationID string) string {
		return relay.EncodeCursor(fingerprint, true, relay.Key{Value: document, ID: conversationID})
	}
	more := len(hits) > page.Limit()
	if more {
		hits = hits[:page.Limit()]
	}
	shown, err := s.show(ctx, words, hits)
	if err != nil {
		return nil, err
	}
	found := relay.Build(shown, page, func(h *SearchHit) string { return cursor(h.document, h.Conversation.ID) })
	if more {
		last := hits[len(hits)-1]
		goOn(&found.PageInfo, page, cursor(last.document, last.conversationID))
	}
	return found, nil
}

// hits returns the next documents below a number, newest first.
func (s *Service) hits(ctx context.Context, words search.Query, p *plan, below int64, limit int) ([]hit, error) {
	statement := &statement{}
	if err := s.searchSQL(ctx, statement, words, p, below, limit); err != nil {
		return nil, err
	}
	rows, err := s.store.Query(ctx, statement.String(), planned(s.store, statement.args)...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []hit
	for rows.Next() {
		var h hit
		if err := rows.Scan(&h.document, &h.conversationID, &h.messageID); err != nil {
			return nil, err
		}
		found = append(found, h)
	}
	return found, rows.Err()
}

func (s *Service) searchSQL(ctx context.Context, statement *statement, words search.Query, p *plan, below int64, limit int) error {
	documents, err := documentsSQL(ctx, s.store, statement, words, p.account, p.inboxes, below)
	if err != nil {
		return err
	}
	statement.WriteString("SELECT d.id, d.conversation_id, d.message_id FROM " + documents + " AND EXISTS (SELECT 1 FROM conversations c WHERE c.id = d.conversation_id")
	p.searchable(statement, s.store.Postgres())
	statement.WriteString(")" + newest(s.store) + " LIMIT " + statement.arg(limit))
	return nil
}

// searchable writes what a found conversation must be: not in Trash, and as the
// filter says.
func (p *plan) searchable(s *statement, postgres bool) {
	s.WriteString(" AND c.deleted_at = 0 AND c.kind IN (" + list(s, p.kinds) + ") AND c.status IN (" + list(s, p.statuses) + ")")
	if p.assignees != nil {
		s.WriteString(" AND c.assignee_id IN (" + list(s, p.assignees) + ")")
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

// documentsSQL writes the documents d that contain the words, in the given
// inboxes, below a number (0: all).
func documentsSQL(ctx context.Context, db *store.Store, s *statement, words search.Query, account string, inboxes []string, below int64) (string, error) {
	number, err := db.AccountNumber(ctx, account)
	if err != nil {
		return "", err
	}
	if db.Postgres() {
		text := "search_documents d WHERE d.terms @@ " + s.arg(words.TSQuery(number)) + "::text::tsquery AND d.inbox_id IN (" + list(s, inboxes) + ")"
		if below > 0 {
			text += " AND d.id < " + s.arg(below)
		}
		return text, nil
	}
	text := "search_index i JOIN search_documents d ON d.id = i.docid WHERE i.terms MATCH " + s.arg(words.FTS4(number))
	if below > 0 {
		text += " AND i.docid < " + s.arg(below)
	}
	return text + " AND d.inbox_id IN (" + list(s, inboxes) + ")", nil
}

// hitsSQL writes the conversations of the newest documents that contain the words.
func hitsSQL(ctx context.Context, db *store.Store, s *statement, words search.Query, account string, inboxes []string) (string, error) {
	documents, err := documentsSQL(ctx, db, s, words, account, inboxes, 0)
	if err != nil {
		return "", err
	}
	return "SELECT d.conversation_id FROM " + documents + newest(db) + " LIMIT " + s.arg(hitLimit), nil
}

// newest orders documents from the newest on. On SQLite the FTS4 table has them
// in that order, so that a page of a common word reads a page.
func newest(db *store.Store) string {
	if db.Postgres() {
		return " ORDER BY d.id DESC"
	}
	return " ORDER BY i.docid DESC"
}

// show loads what was found and makes the excerpts.
func (s *Service) show(ctx context.Context, words search.Query, hits []hit) ([]*SearchHit, error) {
	var conversationIDs, messageIDs []string
	for _, h := range hits {
		conversationIDs = append(conversationIDs, h.conversationID)
		if h.messageID != "" {
			messageIDs = append(messageIDs, h.messageID)
		}
	}
	client := s.store.Client(ctx)
	conversations, err := client.Conversation.Query().Where(entconversation.IDIn(conversationIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	messages, err := client.Message.Query().Where(entmessage.IDIn(messageIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	contacts, err := s.contactsOf(ctx, conversations)
	if err != nil {
		return nil, err
	}
	byID := map[string]*ent.Conversation{}
	for _, c := range conversations {
		byID[c.ID] = c
	}
	said := map[string]*ent.Message{}
	for _, m := range messages {
		said[m.ID] = m
	}
	shown := make([]*SearchHit, 0, len(hits))
	for _, h := range hits {
		c, m := byID[h.conversationID], said[h.messageID]
		if c == nil || m == nil && h.messageID != "" {
			continue
		}
		shown = append(shown, &SearchHit{document: h.document, Conversation: c, Message: m, Excerpt: excerpt(words, c, m, contacts[c.ContactID])})
	}
	return shown, nil
}

// excerpt marks the words in the message, or in what of the header has them.
func excerpt(words search.Query, c *ent.Conversation, m *ent.Message, with *ent.Contact) string {
	texts := []string{c.Subject}
	if m != nil {
		texts = []string{m.Text}
	} else if with != nil {
		texts = append(texts, with.Name, with.Email)
	}
	for _, text := range texts {
		if marked, ok := words.Excerpt(text, excerptLength); ok {
			return marked
		}
	}
	return ""
}

func (s *Service) contactsOf(ctx context.Context, list []*ent.Conversation) (map[string]*ent.Contact, error) {
	ids := make([]string, 0, len(list))
	for _, c := range list {
		if c.ContactID != "" {
			ids = append(ids, c.ContactID)
		}
	}
	contacts, err := s.store.Client(ctx).Contact.Query().Where(contact.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*ent.Contact, len(contacts))
	for _, c := range contacts {
		byID[c.ID] = c
	}
	return byID, nil
}
