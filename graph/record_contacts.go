package graph

import (
	"context"

	"parley/internal/contact"
	"parley/internal/paging"
)

// contactsOfRecords are pages of the contacts of tickets or deals whom the caller may see:
// two queries for all of them. main are the main ones.
func (r *Resolver) contactsOfRecords(ctx context.Context, recordIDs, main []string, args paging.PageArgs) ([]*contact.Page, error) {
	ids, err := r.Services.Records.ContactsOf(ctx, recordIDs, main)
	if err != nil {
		return nil, err
	}
	lists, err := pickAll(ctx, pointers(ids), func(list *[]string) []string { return *list }, r.Services.Nodes.Contacts)
	if err != nil {
		return nil, err
	}
	pages := make([]*contact.Page, len(lists))
	for i, list := range lists {
		if pages[i], err = contact.PageOf(list, args, "contacts of "+recordIDs[i]); err != nil {
			return nil, err
		}
	}
	return pages, nil
}
