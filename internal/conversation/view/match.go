package view

import (
	"context"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/readposition"
	"parley/internal/search"
	"parley/internal/store"
)

// PlaceOf is a row's place in the plan's list.
func (p *Plan) PlaceOf(c *ent.Conversation) Place { return Place{ID: c.ID, Key: p.keyOf(c)} }

func (p *Plan) keyOf(c *ent.Conversation) int64 {
	switch p.key {
	case "opened_at":
		return int64(c.OpenedAt)
	case "waiting_since":
		return int64(c.WaitingSince)
	case "priority_rank":
		return int64(c.PriorityRank)
	}
	return int64(c.ActivityAt)
}

// Admits reports whether the plan shows a row as far as the row says: the same
// as its seeks and conditions say in SQL. read is how far the plan's user read
// the conversation; it is called only where that matters.
func (p *Plan) Admits(c *ent.Conversation, read func() Position) bool {
	return !p.Empty && slices.Contains(p.Inboxes, c.InboxID) && slices.Contains(p.kinds, c.Kind) &&
		slices.Contains(p.statuses, c.Status) && p.isFiledIn(c) &&
		(p.assignees == nil || slices.Contains(p.assignees, c.AssigneeID)) &&
		!slices.ContainsFunc(p.conditions, func(cond condition) bool { return cond.match != nil && !cond.match(c, read) })
}

// isFiledIn reports whether the conversation is filed where the plan looks.
func (p *Plan) isFiledIn(c *ent.Conversation) bool {
	if p.bots {
		return c.InBots
	}
	return slices.Contains(p.folders, c.Folder)
}

// NeedsQuery reports whether the row does not say all: the database is asked too.
func (p *Plan) NeedsQuery() bool {
	return len(p.Words) > 0 || slices.ContainsFunc(p.conditions, func(c condition) bool { return c.match == nil })
}

// Mixed reports whether what the database is asked for may change with the row, and
// not only with what was written.
func (p *Plan) Mixed() bool {
	return slices.ContainsFunc(p.conditions, func(c condition) bool { return c.mixed })
}

// Lists reports whether one conversation passes what its row does not say.
func (s *Service) Lists(ctx context.Context, p *Plan, conversationID string) (found bool, err error) {
	q := &store.Statement{}
	q.WriteString("SELECT c.id FROM conversations c WHERE c.id = " + q.Arg(conversationID) + " AND c.account_id = " + q.Arg(p.Account))
	for _, c := range p.conditions {
		if c.match == nil {
			q.WriteString(" AND " + c.sql(q, s.store.Postgres()))
		}
	}
	for _, words := range p.Words {
		has, err := s.hasWords(ctx, q, p, words, conversationID)
		if err != nil {
			return false, err
		}
		q.WriteString(" AND " + has)
	}
	err = store.ForEachRow(ctx, s.store, q.String(), planned(s.store, q.Args), func(rows entsql.ColumnScanner) error {
		found = true
		var same string
		return rows.Scan(&same)
	})
	return found, err
}

// Matches reports whether the plan of a selection shows a row, asking the
// database only for what the row does not say.
func (s *Service) Matches(ctx context.Context, sel Selection, c *ent.Conversation) (bool, error) {
	sel, err := s.Resolve(ctx, sel)
	if err != nil {
		return false, err
	}
	p, err := sel.Plan(ctx)
	if err != nil {
		return false, err
	}
	var failed error
	read := func() Position {
		position, err := s.PositionIn(ctx, c.ID, p.User)
		failed = err
		return position
	}
	if !p.Admits(c, read) || failed != nil {
		return false, failed
	}
	if !p.NeedsQuery() {
		return true, nil
	}
	return s.Lists(ctx, p, c.ID)
}

// hasWords writes that a document of the conversation contains the words. On
// SQLite the words lead to documents, of which the range of the conversation's
// own is walked alone.
func (s *Service) hasWords(ctx context.Context, q *store.Statement, p *Plan, words search.Query, conversationID string) (string, error) {
	documents, err := documentsSQL(ctx, s.store, q, words, p.Account, p.Inboxes, span{})
	if err != nil {
		return "", err
	}
	own := q.Arg(conversationID)
	text := "EXISTS (SELECT 1 FROM " + documents + " AND d.conversation_id = " + own
	if !s.store.Postgres() {
		text += " AND i.docid BETWEEN (SELECT MIN(id) FROM search_documents WHERE conversation_id = " + own + ")" +
			" AND (SELECT MAX(id) FROM search_documents WHERE conversation_id = " + own + ")"
	}
	return text + ")", nil
}

// PositionIn is how far a user read a conversation.
func (s *Service) PositionIn(ctx context.Context, conversationID, userID string) (Position, error) {
	p, err := s.store.Client(ctx).ReadPosition.Query().
		Where(readposition.ConversationID(conversationID), readposition.UserID(userID)).Only(ctx)
	if ent.IsNotFound(err) {
		return Position{}, nil
	}
	if err != nil {
		return Position{}, err
	}
	return PositionOf(p), nil
}
