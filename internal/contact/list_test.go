package contact_test

import (
	"slices"
	"strings"
	"testing"

	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// walk reads a list page by page, forward or backward, and returns the names in list
// order.
func (w *world) walk(filter contact.ContactFilter, order vocab.ContactOrder, size int, backward bool) string {
	w.t.Helper()
	var names []string
	args := paging.PageArgs{First: &size}
	if backward {
		args = paging.PageArgs{Last: &size}
	}
	for {
		page, err := w.List(w.Agent(0), filter, order, args)
		if err != nil {
			w.t.Fatal(err)
		}
		var some []string
		for _, c := range page.Nodes() {
			some = append(some, c.Name)
		}
		if backward {
			names = append(some, names...)
			args.Before = page.PageInfo.StartCursor
		} else {
			names = append(names, some...)
			args.After = page.PageInfo.EndCursor
		}
		if more := page.PageInfo.HasNextPage; !backward && !more || backward && !page.PageInfo.HasPreviousPage {
			return strings.Join(names, " ")
		}
	}
}

// API-4, CR-10: contacts are listed in each order, in both directions, narrowed and
// counted.
func TestOrdersAndFilters(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ids := map[string]string{}
		for _, name := range []string{"Cid", "Ann", "Bob"} {
			ids[name] = w.create(name, strings.ToLower(name)+"@example.com").ID
			if _, _, err := w.Upsert(w.Admin, contact.UpsertContactInput{By: contact.ContactKey{ID: new(ids[name])}, ContactFacts: contact.ContactFacts{ExternalID: opt.Of("crm " + name)}}); err != nil {
				w.t.Fatal(err)
			}
		}
		l, err := w.CreateList(w.Admin, contact.CreateContactListInput{Name: "L"})
		if err != nil {
			w.t.Fatal(err)
		}
		if _, err := w.AddToList(w.Admin, contact.AddContactsToListInput{ContactListID: l.ID, ContactIDs: []string{ids["Ann"], ids["Cid"]}}); err != nil {
			w.t.Fatal(err)
		}
		bob := w.must(w.By(w.Admin, contact.ContactKey{ID: new(ids["Bob"])}))
		stranger := testkit.Account(w.t, w.Store)
		for name, tc := range map[string]struct {
			filter contact.ContactFilter
			order  vocab.ContactOrder
			want   string
			count  any
		}{
			"newest":       {contact.ContactFilter{}, "", "Bob Ann Cid Dora Contact", 4},
			"by name":      {contact.ContactFilter{}, vocab.ContactsByName, "Ann Bob Cid Dora Contact", 4},
			"query":        {contact.ContactFilter{Query: new("example com")}, vocab.ContactsByName, "Ann Bob Cid", nil},
			"address":      {contact.ContactFilter{Query: new("ann@ex")}, vocab.ContactsByName, "Ann", nil},
			"list":         {contact.ContactFilter{ContactListID: &l.ID}, vocab.ContactsByName, "Ann Cid", 2},
			"unknown list": {contact.ContactFilter{ContactListID: new(id.New(id.ContactList))}, "", "", 0},
			"addresses":    {contact.ContactFilter{Emails: []string{"BOB@example.com ", "x"}}, "", "Bob", 1},
			"no address":   {contact.ContactFilter{Emails: []string{}}, "", "", 0},
			"external":     {contact.ContactFilter{ExternalIDs: []string{"crm Cid", "crm Bob", "x"}}, "", "Bob Cid", 2},
			"since":        {contact.ContactFilter{CreatedAfter: &bob.CreatedAt}, "", "Bob", 1},
			"until":        {contact.ContactFilter{CreatedBefore: &bob.CreatedAt, ContactListID: new("")}, "", "Ann Cid Dora Contact", 3},
			"both":         {contact.ContactFilter{ContactListID: &l.ID, Query: new("cid")}, "", "Cid", nil},
		} {
			for _, size := range []int{1, 2, 100} {
				for _, backward := range []bool{false, true} {
					if got := w.walk(tc.filter, tc.order, size, backward); got != tc.want {
						w.t.Errorf("%s, %d a page, backward %v: got %s, want %s", name, size, backward, got, tc.want)
					}
				}
			}
			page := check.Must(w.List(w.Admin, tc.filter, tc.order, paging.PageArgs{}))(w.t)
			n, err := page.TotalCount(w.Admin)
			var count any
			if n != nil {
				count = *n
			}
			check.Same(w.t, []any{name, count, err}, []any{name, tc.count, nil})
		}
		check.Same(w.t, len(strings.Fields(w.walk(contact.ContactFilter{}, vocab.ContactsLastSeen, 2, false))), 5)
		page := check.Must(w.List(stranger.Admin, contact.ContactFilter{Emails: []string{"bob@example.com"}}, "", paging.PageArgs{}))(w.t)
		if n, err := page.TotalCount(stranger.Admin); len(page.Edges) != 0 || err != nil || *n != 0 {
			w.t.Errorf("a stranger sees %d contacts, counts %v (%v)", len(page.Edges), n, err)
		}
		for field, bad := range map[string]contact.ContactFilter{
			"contactListId": {ContactListID: &w.AdminID},
			"emails":        {Emails: slices.Repeat([]string{"x"}, 101)},
			"externalIds.1": {ExternalIDs: []string{"a", "\x00"}},
			"createdBefore": {CreatedAfter: &bob.CreatedAt, CreatedBefore: new(bob.CreatedAt - 1)},
		} {
			_, err := w.List(w.Admin, bad, "", paging.PageArgs{})
			code := errs.Invalid
			if field == "emails" {
				code = errs.TooLong
			}
			w.fails(err, code, "filter."+field)
		}
		first := check.Must(w.List(w.Admin, contact.ContactFilter{}, "", paging.PageArgs{First: new(1)}))(w.t)
		_, err = w.List(w.Admin, contact.ContactFilter{}, vocab.ContactsByName, paging.PageArgs{After: first.PageInfo.EndCursor})
		w.fails(err, errs.BadUserInput, "after")
	})
}

// CR-1: a contact has at most 100 addresses.
func TestAddressesAreBounded(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		c := w.create("Eve", "")
		for i := range 101 {
			_, err := w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Email: opt.Of(strings.Repeat("e", i+1) + "@example.com")}})
			if i < 100 && err != nil {
				w.t.Fatal(err)
			}
			if i == 100 {
				w.fails(err, errs.TooLong, "email")
			}
		}
		w.must(w.Update(w.Admin, contact.UpdateContactInput{ContactID: c.ID, ContactFacts: contact.ContactFacts{Email: opt.Of("e@example.com")}}))
	})
}
