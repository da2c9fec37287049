package graph_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// CR-10, IN-10: a contact shows its conversations, lists, tickets and blocks, as far as
// the caller may see them.
func TestContactEdges(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		list := o.run(o.Admin, t, `mutation { createContactList(input: {name: "Customers"}) { contactList { id } userErrors { code } } }`)
		listID := regexp.MustCompile(`list_[0-9a-z]{26}`).FindString(list)
		o.run(o.Admin, t, fmt.Sprintf(`mutation { addContactsToList(input: {contactListId: %q, contactIds: [%q]}) { userErrors { code } } }`, listID, o.ContactID))
		o.run(o.Admin, t, fmt.Sprintf(`mutation { createTicket(input: {subject: "Broken", contactId: %q, externalId: "t1"}) { userErrors { code } } }`, o.ContactID))
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			for i := range 2 {
				err := tx.Client.Block.Create().SetID(id.New(id.Block)).SetInboxID(o.InboxIDs[i]).SetChannelID(o.ChannelIDs[i]).SetKind(vocab.Chat).
					SetSender([]string{o.ContactID, "dora@example.net"}[i]).SetBlockedBy(o.AdminID).SetCreatedAt(tx.Now()).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		})
		document := fmt.Sprintf(`{ contact(by: {id: %q}) { blocked lists { nodes { name } } tickets { nodes { subject externalId } }
			conversations { totalCount nodes { id } } blocks { nodes { channel { id } contact { id } visitor { id } email blockedBy { __typename } } } } }`, o.ContactID)
		want := fmt.Sprintf(`{"data":{"contact":{"blocked":true,"lists":{"nodes":[{"name":"Customers"}]},"tickets":{"nodes":[{"subject":"Broken","externalId":"t1"}]},`+
			`"conversations":{"totalCount":%%d,"nodes":[%%s]},"blocks":{"nodes":[{"channel":{"id":%q},"contact":{"id":%q},"visitor":null,"email":null,"blockedBy":{"__typename":"User"}}]}}}}`, o.ChannelIDs[0], o.ContactID)
		rows := []string{}
		found, err := o.Store.Client(o.System).Conversation.Query().All(o.System)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range found {
			if c.ContactID == o.ContactID && c.InboxID == o.InboxIDs[0] {
				rows = append([]string{fmt.Sprintf(`{"id":%q}`, c.ID)}, rows...)
			}
		}
		if got, want := o.run(o.Agent(0), t, document), fmt.Sprintf(want, len(rows), strings.Join(rows, ",")); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		senders := o.run(o.Agent(1), t, fmt.Sprintf(`{ channel(id: %q) { ... on ChatChannel { blockedSenders { nodes { email contact { id } } } } } }`, o.ChannelIDs[1]))
		if want := `{"data":{"channel":{"blockedSenders":{"nodes":[{"email":"dora@example.net","contact":null}]}}}}`; senders != want {
			t.Errorf("got %s, want %s", senders, want)
		}
	})
}

// Pitfall 12: what belongs to contacts is read for all of a page at once.
func TestStatementsOfContacts(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		asked := &testkit.Statements{}
		m := mailroomOn(t, db.Open(t, clock.System{}, asked.Trace))
		ask := func() []string {
			return asked.Of(func() {
				got := m.as(m.Agent(0), `{ contacts(orderBy: NAME_ASC) { nodes { id emails blocked lists { nodes { id } } tickets { nodes { id } } conversations { nodes { id } } blocks { nodes { channel { id } } } } } }`, nil)
				if strings.Contains(got, `"errors"`) {
					t.Fatal(got)
				}
			})
		}
		few := ask()
		m.Write(m.System, func(ctx context.Context, tx *store.Tx) error {
			for range 5 {
				if err := tx.Client.Contact.Create().SetID(id.New(id.Contact)).SetName("n").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if more := ask(); len(more) != len(few) {
			t.Errorf("%d statements for 6 contacts, %d for 1:\n%s", len(more), len(few), strings.Join(more, "\n"))
		}
	})
}
