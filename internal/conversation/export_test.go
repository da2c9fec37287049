package conversation

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/conversation/view"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Sweeps are the queries of the system's rounds over all accounts.
var Sweeps = []string{dueBotChats, overdueTrash, dueSnoozes}

// LimitWalks has a query of a bulk change test at most so many rows and make so
// many seeks, so that few rows take several queries.
func (s *Service) LimitWalks(rows, seeks int) {
	s.views.Limits.Rows, s.views.Limits.Seeks = rows, seeks
}

// EntriesSQL returns the statement that reads a page of the histories of some
// conversations.
func (s *Service) EntriesSQL(ctx context.Context, conversationIDs []string, kinds []vocab.EntryKind, args paging.PageArgs) (string, []any, error) {
	var selector *sql.Selector
	_, err := entries.Pages(args, view.DefaultPage, conversationIDs, store.Of(entevent.FieldConversationID), func(narrow func(*sql.Selector)) ([]*ent.Event, error) {
		query := entryQuery(s.store.Client(ctx), kinds)
		query.Modify(func(s *sql.Selector) { narrow(s); selector = s })
		return query.All(ctx)
	})
	if err != nil {
		return "", nil, err
	}
	selector.SetTotal(0) // it numbered its parameters once
	text, values := selector.Query()
	return text, values, nil
}
