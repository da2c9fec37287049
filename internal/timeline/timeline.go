// Package timeline shows what happened with a contact in one order: conversations, what
// was logged, tickets, deals, quotes, pages, consents, lists and opened documents (CR-3). Each kind is read under its
// own fence by an index in that order, so that a page costs one statement a kind, for up to
// a hundred contacts.
package timeline

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Service reads timelines. It is safe for concurrent use.
type Service struct{ store *store.Store }

// New returns the timelines of a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// pageOfRow is how many entries a page has when no one asks for another number.
const pageOfRow = 20

// Item is what an entry is about: *ent.Conversation, *ent.Engagement, *ent.Ticket, *ent.Deal,
// *ent.PageView, *ent.ConsentRecord, *ent.LibraryOpening, *ent.Quote or *ListChange.
type Item interface{}

// Entry is something that happened.
type Entry struct {
	Kind vocab.TimelineKind
	At   clock.Micros
	Item Item
	// uuid orders entries of the same time, whatever they are.
	uuid [16]byte
}

// ListChange is that a contact was put on a list, or taken off it.
type ListChange struct {
	List    *ent.ContactList
	Entered bool
	listID  string
}

// Page is one page of a timeline.
type Page = paging.Connection[*Entry]

// order is the order of one kind of entries among all: the latest first. Since the ids of
// all kinds are UUIDs, a cursor is a place among those of each kind.
func order[R any](kind, column string, at func(*R) clock.Micros, idOf func(*R) string) store.Listing[R] {
	return store.Listing[R]{
		Name: "timeline", Kind: kind, Column: column, Desc: true, Number: func(r *R) int64 { return int64(at(r)) }, ID: idOf,
	}
}

// few is order for entries to which several indexes lead.
func few[R any](kind, column string, at func(*R) clock.Micros, idOf func(*R) string) store.Listing[R] {
	l := order(kind, column, at, idOf)
	l.Few = true
	return l
}

// lane reads a page of one kind of entries for each contact.
type lane func(ctx context.Context, client *ent.Client, contactIDs []string, args paging.PageArgs) ([]*Page, error)

// read reads a page of the rows of one kind for each contact.
func read[R any](of store.Listing[R], kind vocab.TimelineKind, contactIDs []string, args paging.PageArgs, within func(*sql.Selector, string), load store.Narrowed[R], itemOf func(*R) any) ([]*Page, error) {
	found, err := of.Pages(args, pageOfRow, contactIDs, within, load)
	if err != nil {
		return nil, err
	}
	pages := make([]*Page, len(found))
	for i, page := range found {
		pages[i] = paging.Map(page, func(r *R) *Entry {
			uuid, _ := id.Bytes(of.ID(r)) // cursors would panic without
			return &Entry{Kind: kind, At: clock.Micros(of.Number(r)), Item: itemOf(r), uuid: uuid}
		})
	}
	return pages, nil
}

func asIs[R any](r *R) any { return r }

// OfContacts returns a page of each contact's timeline that the viewer may see, the latest
// first; kinds narrows it, nil: all. What is in Trash is left out.
func (s *Service) OfContacts(ctx context.Context, contacts []*ent.Contact, kinds []vocab.TimelineKind, args paging.PageArgs) ([]*Page, error) {
	page, err := args.Resolve(pageOfRow)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	client := s.store.Client(ctx)
	all := make([][]*Page, 0, len(lanes))
	for _, l := range lanes {
		if kinds != nil && !slices.Contains(kinds, l.kind) {
			continue
		}
		found, err := l.read(ctx, client, ids, args)
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	pages := make([]*Page, len(ids))
	for i := range ids {
		var some []*Page
		for _, found := range all {
			some = append(some, found[i])
		}
		pages[i] = merge(page, some)
	}
	return pages, errors.Join(loadQuotes(ctx, client, pages), loadLists(ctx, client, pages))
}

// merge makes one page of the pages of all kinds.
func merge(page paging.Page, pages []*Page) *Page {
	merged := &Page{Edges: []*paging.Edge[*Entry]{}}
	before, after := false, false
	for _, p := range pages {
		merged.Edges = append(merged.Edges, p.Edges...)
		before, after = before || p.PageInfo.HasPreviousPage, after || p.PageInfo.HasNextPage
	}
	slices.SortFunc(merged.Edges, func(a, b *paging.Edge[*Entry]) int {
		return cmp.Or(cmp.Compare(b.Node.At, a.Node.At), bytes.Compare(b.Node.uuid[:], a.Node.uuid[:]))
	})
	if n := len(merged.Edges) - page.Limit(); n > 0 && page.Backward() {
		merged.Edges, before = merged.Edges[n:], true
	} else if n > 0 {
		merged.Edges, after = merged.Edges[:page.Limit()], true
	}
	merged.PageInfo = paging.PageInfo{HasNextPage: after, HasPreviousPage: before}
	if len(merged.Edges) > 0 {
		merged.PageInfo.StartCursor, merged.PageInfo.EndCursor = &merged.Edges[0].Cursor, &merged.Edges[len(merged.Edges)-1].Cursor
	}
	return merged
}

// loadLists loads the lists of all changes of lists, with one query if there are any. The
// entries of lists that are gone stay, without their list.
func loadLists(ctx context.Context, client *ent.Client, pages []*Page) error {
	changes := map[string][]*ListChange{}
	for _, p := range pages {
		for _, e := range p.Edges {
			if c, ok := e.Node.Item.(*ListChange); ok && c.listID != "" {
				changes[c.listID] = append(changes[c.listID], c)
			}
		}
	}
	if len(changes) == 0 {
		return nil
	}
	ids := make([]string, 0, len(changes))
	for listID := range changes {
		ids = append(ids, listID)
	}
	return eachList(ctx, client, ids, func(l *ent.ContactList) {
		for _, c := range changes[l.ID] {
			c.List = l
		}
	})
}
