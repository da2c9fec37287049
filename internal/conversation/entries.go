package conversation

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entevent "parley/ent/event"
	entmessage "parley/ent/message"
	"parley/internal/conversation/view"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Entry is what a conversation's history consists of: *ent.Message or *ent.Event
// (API-6).
type Entry interface{}

// EntryPage is one page of a conversation's history.
type EntryPage = paging.Connection[Entry]

// entries are the events that a conversation's history has, in the order of the
// log. A cursor is a number of the log, so that it means the same in each
// conversation.
var entries = store.Listing[ent.Event]{
	Name: "entries", Kind: id.Event, Column: entevent.FieldSequence, Unique: true,
	Number: func(e *ent.Event) int64 { return e.Sequence }, ID: func(e *ent.Event) string { return e.ID },
}

// Entries returns a page of each conversation's history in the order of the log:
// the first 50 unless asked otherwise; kinds narrows it, nil: all. Who sees a
// conversation, which the caller has loaded under the fence, sees all of it,
// whichever inbox it was in when an entry was made.
func (s *Service) Entries(ctx context.Context, list []*ent.Conversation, kinds []vocab.EntryKind, args paging.PageArgs) ([]*EntryPage, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("entries", list[0].AccountID))
	found, err := s.entryPages(ctx, list, kinds, args)
	if err != nil {
		return nil, err
	}
	messages, err := s.messagesOf(ctx, found)
	if err != nil {
		return nil, err
	}
	pages := make([]*EntryPage, len(found))
	for i, rows := range found {
		pages[i] = &EntryPage{Edges: entryEdges(rows.Edges, messages), PageInfo: rows.PageInfo}
	}
	return pages, nil
}

// entryPages reads the events of a page of each conversation's history.
func (s *Service) entryPages(ctx context.Context, list []*ent.Conversation, kinds []vocab.EntryKind, args paging.PageArgs) ([]*paging.Connection[*ent.Event], error) {
	return entries.Pages(args, view.DefaultPage, idsOf(list), store.Of(entevent.FieldConversationID),
		func(narrow func(*sql.Selector)) ([]*ent.Event, error) {
			query := entryQuery(s.store.Client(ctx), kinds)
			query.Modify(narrow)
			return query.All(ctx)
		})
}

// entryQuery reads the events that a history has.
func entryQuery(client *ent.Client, kinds []vocab.EntryKind) *ent.EventQuery {
	if kinds == nil {
		kinds = []vocab.EntryKind{vocab.EntryMessage, vocab.EntryEvent}
	}
	query := client.Event.Query().Where(entevent.TypeNotIn(vocab.NoEntries(kinds)...), entevent.UserID(""))
	if !slices.Contains(kinds, vocab.EntryEvent) { // not even of types that only a later version knows
		query.Where(entevent.TypeEQ(vocab.MessageCreated))
	}
	return query
}

// messagesOf loads the messages that the events of some pages began with.
func (s *Service) messagesOf(ctx context.Context, pages []*paging.Connection[*ent.Event]) (map[string]*ent.Message, error) {
	var ids []string
	for _, page := range pages {
		for _, edge := range page.Edges {
			if edge.Node.Type.Entry() == vocab.EntryMessage {
				ids = append(ids, edge.Node.MessageID)
			}
		}
	}
	byID := make(map[string]*ent.Message, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	rows, err := s.store.Client(ctx).Message.Query().Where(entmessage.IDIn(ids...)).All(ctx)
	for _, m := range rows {
		byID[m.ID] = m
	}
	return byID, err
}

// entryEdges puts messages in the places of the events that they began with. One
// that was removed after the events were read is left out.
func entryEdges(rows []*paging.Edge[*ent.Event], messages map[string]*ent.Message) []*paging.Edge[Entry] {
	edges := make([]*paging.Edge[Entry], 0, len(rows))
	for _, row := range rows {
		entry := Entry(row.Node)
		if row.Node.Type.Entry() == vocab.EntryMessage {
			m := messages[row.Node.MessageID]
			if m == nil || m.ConversationID != row.Node.ConversationID {
				continue
			}
			entry = m
		}
		edges = append(edges, &paging.Edge[Entry]{Cursor: row.Cursor, Node: entry})
	}
	return edges
}
