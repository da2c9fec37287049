package main

import (
	"fmt"
	"testing"

	"parley/internal/clock"
)

// AC-14: with INBOXES staff see the contacts of their inboxes only, on every path, and
// integrations with inboxes too; changing the setting acts on open subscriptions.
func TestContactVisibility(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		one, two := a.channel(), a.channel()
		_, ben := a.agent("Ben", one.inboxID)
		make := func(email string, chat chat) string {
			made := a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }`,
				input("name", "Person", "email", email))
			contactID, _ := at(made, "createContact", "contact", "id").(string)
			a.do(adminToken, `mutation($in: LinkContactInput!) { linkContact(input: $in) { userErrors { message } } }`,
				input("conversationId", chat.conversationID, "contactId", contactID))
			return contactID
		}
		mine, hidden := make("mine@example.net", one.chat("Hello")), make("hidden@example.net", two.chat("Hello"))
		list, _ := at(a.do(adminToken, `mutation($in: CreateContactListInput!) { createContactList(input: $in) { contactList { id } } }`, input("name", "All")),
			"createContactList", "contactList", "id").(string)
		a.do(adminToken, `mutation($in: AddContactsToListInput!) { addContactsToList(input: $in) { userErrors { message } } }`,
			input("contactListId", list, "contactIds", []string{mine, hidden}))
		ticket, _ := at(a.do(adminToken, `mutation($in: CreateTicketInput!) { createTicket(input: $in) { ticket { id } userErrors { message } } }`,
			input("subject", "Secret", "contactId", hidden)), "createTicket", "ticket", "id").(string)
		program := func(inboxes ...string) string {
			token, _ := at(a.do(adminToken, `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`,
				input("name", fmt.Sprint("Program ", len(inboxes)), "scopes", []string{"read", "write"}, "inboxIds", inboxes)), "createApiToken", "token").(string)
			return token
		}
		limited, whole := program(one.inboxID), program()

		s := a.listen(ben, `subscription($after: Sequence, $types: [EventType!]) { events(after: $after, types: $types) { sequence subjectId subject { id } } }`,
			map[string]any{"after": a.head(), "types": []string{"CONTACT_UPDATED"}})
		renamed := func(contactID, name string) any { // the subject of what is told of it, not of what was indexed before
			from := a.head()
			a.do(adminToken, `mutation($in: UpdateContactInput!) { updateContact(input: $in) { userErrors { message } } }`, input("contactId", contactID, "name", name))
			for {
				heard := a.hear(s)
				if n, _ := at(heard, "events", "sequence").(float64); int(n) > from && at(heard, "events", "subjectId") == contactID {
					return at(heard, "events", "subject", "id")
				}
			}
		}
		if got := renamed(hidden, "First"); got != hidden {
			t.Errorf("with ACCOUNT the event's subject is %v, want %s", got, hidden)
		}
		setting := func(to string) {
			t.Helper()
			done := a.do(adminToken, `mutation($in: UpdateAccountInput!) { updateAccount(input: $in) { account { contactVisibility } userErrors { message } } }`,
				input("contactVisibility", to))
			if got := at(done, "updateAccount", "account", "contactVisibility"); got != to {
				t.Fatalf("got %v, want %s", done, to)
			}
		}
		setting("INBOXES")
		if got := renamed(hidden, "Second"); got != nil {
			t.Errorf("with INBOXES the event's subject is %v, want none", got)
		}
		if got := renamed(mine, "Mine"); got != mine {
			t.Errorf("the event's subject is %v, want %s", got, mine)
		}

		const everything = `query($hidden: ID!, $mine: ID!, $ticket: ID!, $list: ID!) {
			hidden: node(id: $hidden) { id } mine: node(id: $mine) { id } ticket: node(id: $ticket) { id }
			contact(by: {email: "hidden@example.net"}) { id }
			contacts { nodes { id } totalCount }
			search: contacts(filter: {query: "hidden@"}) { nodes { id } }
			oracle: contacts(filter: {emails: ["hidden@example.net"]}) { nodes { id } totalCount }
			list: node(id: $list) { ... on ContactList { size members { nodes { id } } } }
		}`
		sees := func(token string) string {
			got := a.do(token, everything, map[string]any{"hidden": hidden, "mine": mine, "ticket": ticket, "list": list})
			n := func(path ...any) int { l, _ := at(got, path...).([]any); return len(l) }
			return fmt.Sprint(got["hidden"] != nil, got["mine"] != nil, got["ticket"] != nil, got["contact"] != nil, n("contacts", "nodes"), at(got, "contacts", "totalCount"),
				n("search", "nodes"), n("oracle", "nodes"), at(got, "oracle", "totalCount"), at(got, "list", "size"), n("list", "members", "nodes"))
		}
		const all, part = "true true true true 2 2 1 1 1 2 2", "false true false false 1 1 0 0 0 1 1"
		for who, want := range map[string]string{ben: part, limited: part, adminToken: all, whole: all} {
			if got := sees(who); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
		if got := a.codes(ben, "addContactsToList", "AddContactsToListInput", "contactListId", list, "contactIds", []string{hidden}); got != "NOT_FOUND" {
			t.Errorf("putting a hidden contact on a list gives %q", got)
		}
		made := a.do(ben, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id email emails } userErrors { message } } }`,
			input("email", "new@example.net"))
		newcomer, _ := at(made, "createContact", "contact", "id").(string)
		if got := a.do(ben, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": newcomer}); got["node"] == nil {
			t.Error("Ben does not see the contact that he made")
		}
		setting("ACCOUNT")
		if got := sees(ben); got != "true true true true 3 3 1 1 1 2 2" {
			t.Errorf("with ACCOUNT again: got %s", got)
		}
	})
}
