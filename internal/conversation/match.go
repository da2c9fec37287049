package conversation

import (
	"context"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/clock"
	"parley/internal/search"
	"parley/internal/vocab"
)

// placeOf is a row's place in the plan's list.
func (p *plan) placeOf(c *ent.Conversation) place { return place{id: c.ID, key: int64(p.keyOf(c))} }

func (p *plan) keyOf(c *ent.Conversation) clock.Micros {
	switch p.key {
	case "opened_at":
		return c.OpenedAt
	case "waiting_since":
		return c.WaitingSince
	}
	return c.LastMessageAt
}

// admits reports whether the plan shows a row as far as the row tells: the same
// as its arms and conditions say in SQL. read is how far the plan's user read
// the conversation; it is called only where that matters.
func (p *plan) admits(c *ent.Conversation, read func() int) bool {
	return !p.empty && slices.Contains(p.inboxes, c.InboxID) && slices.Contains(p.kinds, c.Kind) &&
		slices.Contains(p.statuses, c.Status) && p.files(c) &&
		(p.assignees == nil || slices.Contains(p.assignees, c.AssigneeID)) &&
		!slices.ContainsFunc(p.conditions, func(cond condition) bool { return cond.match != nil && !cond.match(c, read) })
}

// files reports whether the conversation is filed where the plan looks.
func (p *plan) files(c *ent.Conversation) bool {
	if p.bots {
		return c.InBots
	}
	return slices.Contains(p.folders, c.Folder)
}

// asksMore reports whether there is something that the row does not tell.
func (p *plan) asksMore() bool {
	return len(p.words) > 0 || slices.ContainsFunc(p.conditions, func(c condition) bool { return c.match == nil })
}

// telling are the events after which what a row does not tell may be another: what
// was written when, and the words of messages and headers.
var telling = []vocab.EventType{
	vocab.ConversationCreated, vocab.ConversationUpdated, vocab.MessageCreated, vocab.MessageUpdated, vocab.MessageDeleted,
	vocab.ContactLinked, vocab.ContactUnlinked,
}

// finds reports whether one conversation passes what its row does not tell.
func (s *Service) finds(ctx context.Context, p *plan, conversationID string) (found bool, err error) {
	q := &statement{}
	q.WriteString("SELECT c.id FROM conversations c WHERE c.id = " + q.arg(conversationID) + " AND c.account_id = " + q.arg(p.account))
	for _, c := range p.conditions {
		if c.match == nil {
			q.WriteString(" AND " + c.sql(q, s.store.Postgres()))
		}
	}
	for _, words := range p.words {
		has, err := s.hasWords(ctx, q, p, words, conversationID)
		if err != nil {
			return false, err
		}
		q.WriteString(" AND " + has)
	}
	err = read(ctx, s.store, q.String(), planned(s.store, q.args), func(rows entsql.ColumnScanner) error {
		found = true
		var same string
		return rows.Scan(&same)
	})
	return found, err
}

// hasWords writes that a document of the conversation contains the words. On
// SQLite the words lead to documents, of which the range of the conversation's
// own is walked alone.
func (s *Service) hasWords(ctx context.Context, q *statement, p *plan, words search.Query, conversationID string) (string, error) {
	documents, err := documentsSQL(ctx, s.store, q, words, p.account, p.inboxes, 0)
	if err != nil {
		return "", err
	}
	own := q.arg(conversationID)
	text := "EXISTS (SELECT 1 FROM " + documents + " AND d.conversation_id = " + own
	if !s.store.Postgres() {
		text += " AND i.docid BETWEEN (SELECT MIN(id) FROM search_documents WHERE conversation_id = " + own + ")" +
			" AND (SELECT MAX(id) FROM search_documents WHERE conversation_id = " + own + ")"
	}
	return text + ")", nil
}

// readNumber is how far a user read a conversation; 0: not at all.
func (s *Service) readNumber(ctx context.Context, conversationID, userID string) (int, error) {
	p, err := s.store.Client(ctx).ReadPosition.Query().
		Where(readposition.ConversationID(conversationID), readposition.UserID(userID)).Only(ctx)
	if ent.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return p.Number, nil
}
