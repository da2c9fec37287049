package view

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// pageOfContact is how many of a contact's conversations a page has when no one asks
// for another number.
const pageOfContact = 20

// ofContacts are a contact's conversations, latest start first.
var ofContacts = store.Listing[ent.Conversation]{
	Name: "contact", Kind: id.Conversation, Column: entconversation.FieldOpenedAt, Desc: true,
	Number: func(c *ent.Conversation) int64 { return int64(c.OpenedAt) }, ID: func(c *ent.Conversation) string { return c.ID },
}

// OfContacts returns a page of each contact's conversations that the viewer may see,
// without those in Trash.
func (s *Service) OfContacts(ctx context.Context, contacts []*ent.Contact, args paging.PageArgs) ([]*Page, error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	found, err := ofContacts.Pages(args, pageOfContact, ids, store.Of(entconversation.FieldContactID), func(narrow func(*sql.Selector)) ([]*ent.Conversation, error) {
		q := s.store.Client(ctx).Conversation.Query().Where(entconversation.DeletedAt(clock.Micros(0)))
		q.Modify(narrow)
		return q.All(ctx)
	})
	if err != nil {
		return nil, err
	}
	pages := make([]*Page, len(found))
	for i, page := range found {
		pages[i] = &Page{Connection: *page, Count: func(ctx context.Context) (*int, error) { return s.countOfContact(ctx, ids[i]) }}
	}
	return pages, nil
}

func (s *Service) countOfContact(ctx context.Context, contactID string) (*int, error) {
	n, err := s.store.Client(ctx).Conversation.Query().
		Where(entconversation.ContactID(contactID), entconversation.DeletedAt(clock.Micros(0))).Count(ctx)
	if err != nil || n > s.Limits.Count {
		return nil, err
	}
	return &n, nil
}
