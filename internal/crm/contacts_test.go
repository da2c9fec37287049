package crm_test

import (
	"context"
	"slices"
	"testing"

	"parley/ent"
	"parley/internal/contact"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/testkit/check"
)

// person makes a contact.
func (w *world) person(name string) string {
	w.t.Helper()
	return check.Must(contact.New(w.Store).Create(w.Admin, contact.CreateContactInput{Name: &name}))(w.t).ID
}

// contactsOf are the contacts of a ticket or deal.
func (w *world) contactsOf(ctx context.Context, recordID, main string) []string {
	w.t.Helper()
	return check.Must(w.ContactsOf(ctx, []string{recordID}, []string{main}))(w.t)[0]
}

// ticketsWith are the tickets that list each contact: by its own list, and by the filter.
func (w *world) ticketsWith(contactID string) []string {
	w.t.Helper()
	own := check.Must(w.TicketsOfContacts(w.Admin, []*ent.Contact{{ID: contactID}, {ID: id.New(id.Contact)}}, paging.PageArgs{}))(w.t)
	filtered := check.Must(w.Tickets(w.Admin, crm.TicketFilter{ContactID: &contactID}, "", paging.PageArgs{}))(w.t)
	var ids, others []string
	for _, t := range own[0].Nodes() {
		ids = append(ids, t.ID)
	}
	for _, t := range filtered.Nodes() {
		others = append(others, t.ID)
	}
	slices.Sort(ids)
	slices.Sort(others)
	check.Same(w.t, others, ids)
	for _, page := range []*crm.TicketPage{own[0], filtered} {
		if n := check.Must(page.TotalCount(w.Admin))(w.t); n == nil || *n != len(ids) {
			w.t.Errorf("totalCount is %v of %d", n, len(ids))
		}
	}
	return ids
}

// CR-7, CR-9: a ticket has several contacts, of whom one is the main one; it is on the
// lists of each.
func TestContactsOfRecords(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		ada, ben, cleo := w.person("Ada"), w.person("Ben"), w.person("Cleo")
		made := w.ticket(w.Agent(0), func(in *crm.CreateTicketInput) {
			in.ContactID, in.AddContactIDs = set(ada), opt.List(ben, ada, ben)
		})
		check.Same(t, w.contactsOf(w.Agent(0), made.ID, ada), []string{ada, ben})
		check.Same(t, [][]string{w.ticketsWith(ada), w.ticketsWith(ben), w.ticketsWith(cleo)}, [][]string{{made.ID}, {made.ID}, nil})

		update := func(change func(*crm.UpdateTicketInput)) (*ent.Ticket, error) {
			in := crm.UpdateTicketInput{TicketID: made.ID}
			change(&in)
			return w.UpdateTicket(w.Agent(0), in)
		}
		changed := check.Must(update(func(in *crm.UpdateTicketInput) {
			in.AddContactIDs, in.RemoveContactIDs = opt.List(cleo), opt.List(ben)
		}))(t)
		check.Same(t, []any{changed.Revision, w.contactsOf(w.Admin, made.ID, ada)}, []any{made.Revision + 1, []string{ada, cleo}})
		same := check.Must(update(func(in *crm.UpdateTicketInput) {
			in.AddContactIDs, in.RemoveContactIDs = opt.List(cleo), opt.List(ben)
		}))(t)
		check.Same(t, same.Revision, changed.Revision) // it was so already

		// Whoever becomes the main one is not there twice; the one before is off.
		check.Must(update(func(in *crm.UpdateTicketInput) { in.ContactID = set(cleo) }))(t)
		check.Same(t, w.contactsOf(w.Admin, made.ID, cleo), []string{cleo})
		check.Same(t, [][]string{w.ticketsWith(ada), w.ticketsWith(cleo)}, [][]string{nil, {made.ID}})

		for _, tc := range []struct {
			change func(*crm.UpdateTicketInput)
			code   errs.Code
			path   []string
		}{
			{func(in *crm.UpdateTicketInput) { in.AddContactIDs = opt.List(ben, "x") }, errs.NotFound, []string{"addContactIds", "1"}},
			{func(in *crm.UpdateTicketInput) { in.AddContactIDs = opt.List(id.New(id.Contact)) }, errs.NotFound, []string{"addContactIds", "0"}},
			{func(in *crm.UpdateTicketInput) { in.RemoveContactIDs = opt.List(cleo) }, errs.Invalid, []string{"removeContactIds", "0"}},
			{func(in *crm.UpdateTicketInput) { in.AddContactIDs = opt.List(make([]string, 51)...) }, errs.TooLong, []string{"addContactIds"}},
		} {
			_, err := update(tc.change)
			check.Refused(t, err, tc.code, tc.path...)
		}
		check.Same(t, w.contactsOf(w.Admin, made.ID, cleo), []string{cleo})

		deal := check.Must(w.CreateDeal(w.Agent(0), crm.CreateDealInput{DealFacts: crm.DealFacts{Name: set("Lamps"), AddContactIDs: opt.List(ada)}}))(t)
		check.Same(t, w.contactsOf(w.Agent(0), deal.ID, ""), []string{ada})
		of := check.Must(w.DealsOfContacts(w.Admin, []*ent.Contact{{ID: ada}}, paging.PageArgs{}))(t)[0]
		check.Same(t, of.Nodes()[0].ID, deal.ID)
		check.Must(w.UpdateDeal(w.Agent(0), crm.UpdateDealInput{DealID: deal.ID, RemoveContactIDs: opt.List(ada)}))(t)
		check.Same(t, w.contactsOf(w.Agent(0), deal.ID, ""), []string{})
	})
}

// CR-6, CR-7: contacts of tickets follow a merge and its undoing, and go with the contact
// and with the ticket.
func TestContactsOfRecordsFollow(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		contacts := contact.New(w.Store)
		ada, ben, cleo := w.person("Ada"), w.person("Ben"), w.person("Cleo")
		both := w.ticket(w.Admin, func(in *crm.CreateTicketInput) { in.ContactID, in.AddContactIDs = set(ada), opt.List(ben, cleo) })
		one := w.ticket(w.Admin, func(in *crm.CreateTicketInput) { in.AddContactIDs = opt.List(ben) })
		check.Must(contacts.Merge(w.Admin, contact.MergeContactsInput{IntoContactID: ada, ContactIDs: []string{ben}}))(t)
		check.Same(t, w.contactsOf(w.Admin, both.ID, ada), []string{ada, cleo})
		check.Same(t, w.contactsOf(w.Admin, one.ID, ""), []string{ada})
		check.Same(t, len(w.ticketsWith(ada)), 2)
		check.Must(contacts.UndoMerge(w.Admin, contact.UndoMergeContactsInput{ContactID: ben}))(t)
		check.Same(t, w.contactsOf(w.Admin, both.ID, ada), []string{ada, ben, cleo})
		check.Same(t, w.contactsOf(w.Admin, one.ID, ""), []string{ben})
		check.NoError(t, contacts.Delete(w.Admin, contact.DeleteContactInput{ContactID: ben}))
		check.Same(t, w.contactsOf(w.Admin, both.ID, ada), []string{ada, cleo})
		check.NoError(t, w.DeleteTicket(w.Admin, crm.DeleteTicketInput{TicketID: both.ID}))
		check.Same(t, check.Must(w.Store.Client(w.System).RecordContact.Query().Count(w.System))(t), 0)
	})
}
