package graph_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// CR-7, CR-9: a ticket and a deal show all their contacts, the main one first, page by page,
// and are on the list of each; those of many tickets are read at once.
func TestContactsOfTicketsAndDeals(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		ids := regexp.MustCompile(`(?:contact|ticket|deal)_[0-9a-z]{26}`)
		run := func(document string, args ...any) string {
			t.Helper()
			got := m.as(m.Admin, fmt.Sprintf(document, args...), nil)
			if strings.Contains(got, `"errors"`) {
				t.Fatal(got)
			}
			return got
		}
		person := func(name string) string {
			return ids.FindString(run(`mutation { createContact(input: {name: %q}) { contact { id } } }`, name))
		}
		ada, ben := person("Ada"), person("Ben")
		ticket := ids.FindString(run(`mutation { createTicket(input: {subject: "Lamp", contactId: %q, addContactIds: [%q]}) { ticket { id } } }`, ada, ben))
		deal := ids.FindString(run(`mutation { createDeal(input: {name: "Lamps", contactId: %q, addContactIds: [%q]}) { deal { id } } }`, ada, ben))
		for _, field := range []string{fmt.Sprintf("ticket(id: %q)", ticket), fmt.Sprintf("deal(id: %q)", deal)} {
			check.Same(t, ids.FindAllString(run(`{ %s { contacts { totalCount nodes { id } } } }`, field), -1), []string{ada, ben})
			check.Same(t, ids.FindAllString(run(`{ %s { contacts(last: 1) { nodes { id } } } }`, field), -1), []string{ben})
		}
		check.Same(t, ids.FindAllString(run(`{ contact(by: {id: %q}) { tickets { nodes { id } } deals { nodes { id } } } }`, ben), -1), []string{ticket, deal})
		refused := run(`mutation { updateTicket(input: {ticketId: %q, removeContactIds: [%q]}) { userErrors { code field } } }`, ticket, ada)
		check.Same(t, strings.Contains(refused, `"code":"INVALID","field":["removeContactIds","0"]`), true)
		run(`mutation { updateDeal(input: {dealId: %q, removeContactIds: [%q]}) { deal { id } userErrors { code } } }`, deal, ben)
		check.Same(t, ids.FindAllString(run(`{ deal(id: %q) { contacts { nodes { id } } } }`, deal), -1), []string{ada})

		ask := func() []string {
			return asked.Of(func() { run(`{ tickets(first: 50) { nodes { contacts { nodes { name } } } } }`) })
		}
		few := ask()
		for range 3 {
			run(`mutation { createTicket(input: {subject: "More", addContactIds: [%q, %q]}) { ticket { id } } }`, ada, ben)
		}
		if more := ask(); len(more) != len(few) {
			t.Errorf("%d statements for 4 tickets, %d for 1:\n%s", len(more), len(few), strings.Join(more, "\n"))
		}
	})
}
