package contact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	entevent "parley/ent/event"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// CR-4: contacts come onto a static list and go off it, once, and the log tells
// each.
func TestLists(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f, stranger := testkit.Account(t, s), testkit.Account(t, s)
		contacts := contact.New(s)
		list, err := contacts.CreateList(f.Agent(0), contact.CreateContactListInput{Name: " Customers "})
		if err != nil || list.Name != "Customers" {
			t.Fatal(list, err)
		}
		size := func(want int) {
			t.Helper()
			fresh := check.Must(contacts.ListsByID(f.Admin, []string{list.ID}))(t)
			if sizes, err := contacts.Sizes(f.Admin, fresh); err != nil || sizes[0] != want {
				t.Errorf("%v contacts, %v", sizes, err)
			}
		}
		in := contact.AddContactsToListInput{ContactListID: list.ID, ContactIDs: []string{f.ContactID, stranger.ContactID}}
		if _, err := contacts.AddToList(f.Agent(0), in); !errs.Is(err, errs.NotFound) {
			t.Error(err)
		}
		size(0)
		for range 2 {
			in.ContactIDs = []string{f.ContactID, f.ContactID}
			if _, err := contacts.AddToList(f.Agent(0), in); err != nil {
				t.Fatal(err)
			}
			size(1)
		}
		for range 2 {
			if _, err := contacts.RemoveFromList(f.Agent(0), contact.RemoveContactsFromListInput(in)); err != nil {
				t.Fatal(err)
			}
			size(0)
		}
		for _, listID := range []string{"x", id.New(id.ContactList)} {
			if _, err := contacts.AddToList(f.Admin, contact.AddContactsToListInput{ContactListID: listID}); !errs.Is(err, errs.NotFound) {
				t.Error(err)
			}
		}
		if _, err := contacts.AddToList(f.Visitor(0), in); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
		events, err := s.Client(f.System).Event.Query().Order(entevent.BySequence()).All(f.System)
		var types []vocab.EventType
		for _, e := range events {
			types = append(types, e.Type)
		}
		want := []vocab.EventType{vocab.ContactListCreated, vocab.ListEntered, vocab.ListLeft}
		if diff := cmp.Diff(want, types); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}
