package contact_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// Pitfall 12: an index has contacts in each order, and leads to those with an address or
// external id: nothing is scanned or sorted. SQLite's plans do not depend on what is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		s := db.Open(t, clock.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), asked.Trace)
		f := testkit.Account(t, s)
		contacts := contact.New(s)
		list := func(filter contact.ContactFilter, order vocab.ContactOrder, args paging.PageArgs) []string {
			return asked.Of(func() { check.Must(contacts.List(f.Admin, filter, order, args))(t) })
		}
		external := contact.ContactFilter{ExternalIDs: []string{"a"}}
		for want, statements := range map[string][]string{
			"contacts_account_created_at":   list(contact.ContactFilter{}, "", paging.PageArgs{}),
			"contacts_account_name":         list(contact.ContactFilter{}, vocab.ContactsByName, paging.PageArgs{Last: new(5)}),
			"contacts_account_last_seen_at": list(contact.ContactFilter{}, vocab.ContactsLastSeen, paging.PageArgs{}),
			"contacts_account_contacted_at": list(contact.ContactFilter{}, vocab.ContactsLastContacted, paging.PageArgs{}),
			"contacts_external_id":          list(external, "", paging.PageArgs{}),
		} {
			for _, query := range statements {
				if plan := planOf(t, s, f, query); !strings.Contains(plan, want+" ") || want != "contacts_external_id" && unsorted.MatchString(plan) {
					t.Errorf("%s\n%s\nwant %s", query, plan, want)
				}
			}
		}
		owned := contact.UpdateContactInput{ContactID: f.ContactID}
		owned.OwnerID = opt.Of(f.AgentIDs[0])
		check.Must(contacts.Update(f.Admin, owned))(t)
		for _, order := range []vocab.ContactOrder{vocab.ContactsNewest, vocab.ContactsByName, vocab.ContactsLastSeen, vocab.ContactsLastContacted} {
			asked := list(contact.ContactFilter{OwnerIDs: f.AgentIDs[:1]}, order, paging.PageArgs{})
			if plan := planOf(t, s, f, asked[len(asked)-1]); !strings.Contains(plan, "id=?") && !strings.Contains(plan, "owner_id=?") {
				t.Errorf("%s: %s", order, plan)
			}
		}
		// Of an owner, or a stage, with more contacts than a list starts from.
		for column, want := range map[string]string{"owner_id": "contacts_owner_created_at", "lifecycle_stage": "contacts_lifecycle_created_at", "company_id": "contacts_company_created_at"} {
			query := "SELECT * FROM contacts WHERE " + column + " IN (?) AND account_id = ? ORDER BY created_at DESC, id DESC LIMIT 51"
			if plan := planOf(t, s, f, query); !strings.Contains(plan, want+" ") || unsorted.MatchString(plan) {
				t.Errorf("%s\n%s\nwant %s", query, plan, want)
			}
		}
	})
}

// CR-1: a list of an owner's few contacts is read from them, in any order.
func TestListOfFew(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		contacts := contact.New(s)
		var made [3]string
		for i, name := range []string{"Cleo", "Ada", "Ben"} {
			made[i] = check.Must(contacts.Create(f.Admin, contact.CreateContactInput{Name: new(name), OwnerID: &f.AgentIDs[0], Email: new(name + "@few.example")}))(t).ID
		}
		for _, filter := range []contact.ContactFilter{
			{OwnerIDs: f.AgentIDs[:1]}, {OwnerIDs: []string{f.AgentIDs[0], ""}, CreatedAfter: new(clock.Micros(0))},
			{Emails: []string{"ada@few.example", "ben@few.example", "cleo@few.example", "no@few.example"}},
		} {
			for order, want := range map[vocab.ContactOrder][]string{vocab.ContactsByName: {made[1], made[2], made[0]}, vocab.ContactsNewest: {made[2], made[1], made[0]}} {
				var got []string
				for after := ""; ; {
					page := check.Must(contacts.List(f.Admin, filter, order, paging.PageArgs{First: new(2), After: &after}))(t)
					for _, e := range page.Edges {
						got = append(got, e.Node.ID)
					}
					if !page.PageInfo.HasNextPage {
						break
					}
					after = *page.PageInfo.EndCursor
				}
				check.Same(t, got, want)
			}
		}
		none := check.Must(contacts.List(f.Admin, contact.ContactFilter{OwnerIDs: f.AgentIDs[1:2]}, "", paging.PageArgs{}))(t)
		check.Same(t, []any{len(none.Edges), *check.Must(none.TotalCount(f.Admin))(t)}, []any{0, 0})
	})
}

var unsorted = regexp.MustCompile(`SCAN contacts|TEMP B-TREE`)

// planOf is how SQLite runs a statement, whatever its arguments.
func planOf(t *testing.T, s *store.Store, f *testkit.Fixture, query string) string {
	t.Helper()
	rows := check.Must(s.Query(f.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...))(t)
	defer func() { _ = rows.Close() }()
	plan := ""
	for rows.Next() {
		var node, parent, unused int
		var detail string
		if err := rows.Scan(&node, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan += detail + "\n"
	}
	return plan
}
