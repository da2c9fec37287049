package contact_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/contact"
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
			"contacts_external_id":          list(external, "", paging.PageArgs{}),
		} {
			for _, query := range statements {
				if plan := planOf(t, s, f, query); !strings.Contains(plan, want+" ") || want != "contacts_external_id" && unsorted.MatchString(plan) {
					t.Errorf("%s\n%s\nwant %s", query, plan, want)
				}
			}
		}
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
