package main

import (
	"fmt"
	"testing"

	"parley/internal/clock"
)

// IB-7, CR-4: what is used cannot vanish: deleting it says what uses it, or archives it; a
// list's members can be read, and names are unique.
func TestWhatIsUsedCannotVanish(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		list := func(name string) string {
			return text(a.do(adminToken, `mutation($in: CreateContactListInput!) { createContactList(input: $in) { contactList { id } userErrors { message } } }`,
				input("name", name)), "createContactList", "contactList", "id")
		}
		used, free := list("Used"), list("Free")
		if got := a.codes(adminToken, "updateContactList", "UpdateContactListInput", "contactListId", free, "name", "USED"); got != "ALREADY_EXISTS" {
			t.Errorf("a name that is taken gives %q", got)
		}
		if got := a.codes(adminToken, "updateContactList", "UpdateContactListInput", "contactListId", free, "name", "free"); got != "" {
			t.Error(got)
		}
		var contacts []string
		for i := range 3 {
			made := a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } } }`, input("name", fmt.Sprint("Person ", i)))
			contacts = append(contacts, text(made, "createContact", "contact", "id"))
		}
		a.codes(adminToken, "addContactsToList", "AddContactsToListInput", "contactListId", used, "contactIds", contacts)
		const members = `query($id: ID!, $after: String) { node(id: $id) { ... on ContactList { members(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`
		first := a.do(adminToken, members, map[string]any{"id": used})
		second := a.do(adminToken, members, map[string]any{"id": used, "after": at(first, "node", "members", "pageInfo", "endCursor")})
		got := fmt.Sprint(at(first, "node", "members", "nodes", 0, "id"), at(first, "node", "members", "nodes", 1, "id"), at(second, "node", "members", "nodes", 0, "id"),
			at(first, "node", "members", "pageInfo", "hasNextPage"), at(second, "node", "members", "pageInfo", "hasNextPage"))
		if want := fmt.Sprint(contacts[0], contacts[1], contacts[2], true, false); got != want {
			t.Errorf("members: got %s, want %s", got, want)
		}

		team := text(a.do(adminToken, `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { message } } }`, input("name", "Sales")), "createTeam", "team", "id")
		a.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", site.inboxID, "addTeamIds", []string{team}))
		kind := text(a.do(adminToken, `mutation($in: CreateContactSubscriptionTypeInput!) { createContactSubscriptionType(input: $in) { contactSubscriptionType { id } } }`,
			input("name", "News")), "createContactSubscriptionType", "contactSubscriptionType", "id")
		if got := a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown, "audience", "LISTS", "includeListIds", []string{used},
			"routing", map[string]any{"rules": []any{map[string]any{"target": "TEAMS", "teamIds": []string{team}}}}); got != "" {
			t.Fatal(got)
		}
		deleted := func(object, objectID string, archive bool) string {
			key := map[string]string{"ContactList": "contactListId", "Team": "teamId", "ContactSubscriptionType": "contactSubscriptionTypeId"}[object]
			pairs := []any{key, objectID}
			if archive {
				pairs = append(pairs, "archive", true)
			}
			done := a.ask(adminToken, `mutation($in: Delete`+object+`Input!) { done: delete`+object+`(input: $in) { usedBy { kind id name } userErrors { code } } }`, input(pairs...)).Data
			return fmt.Sprint(at(done, "done", "userErrors", 0, "code"), " ", at(done, "done", "usedBy", 0, "kind"), " ", at(done, "done", "usedBy", 0, "id"))
		}
		inUse := "IN_USE TARGETED_MESSAGE " + site.shown
		for object, objectID := range map[string]string{"ContactList": used, "Team": team} {
			if got := deleted(object, objectID, false); got != inUse {
				t.Errorf("%s: got %s, want %s", object, got, inUse)
			}
		}
		const done = "<nil> <nil> <nil>"
		if got := deleted("ContactList", used, true) + deleted("ContactList", free, true) + deleted("ContactSubscriptionType", kind, false); got != done+done+done {
			t.Errorf("got %s", got)
		}
		left := a.do(adminToken, `query($used: ID!, $free: ID!, $kind: ID!) { contactLists { nodes { id } } all: contactLists(includeArchived: true) { nodes { id archivedAt } }
			used: node(id: $used) { id } free: node(id: $free) { id } kind: node(id: $kind) { id } }`, map[string]any{"used": used, "free": free, "kind": kind})
		shown, _ := at(left, "contactLists", "nodes").([]any)
		all, _ := at(left, "all", "nodes").([]any)
		if len(shown) != 0 || len(all) != 1 || left["used"] == nil || left["free"] != nil || left["kind"] != nil {
			t.Errorf("left: %v", left)
		}
	})
}
