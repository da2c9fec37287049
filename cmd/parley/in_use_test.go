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
		archivedTeam(t, a, site, team, deleted)
		if got := deleted("ContactList", used, true) + deleted("ContactList", free, true) + deleted("ContactSubscriptionType", kind, false); got != done+done+done {
			t.Errorf("got %s", got)
		}
		named := a.codes(adminToken, "createTargetedMessage", "CreateTargetedMessageInput", "channelId", site.channelID, "name", "New", "welcomeMessage", "Hi",
			"audience", "LISTS", "includeListIds", []string{used})
		if again := a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown, "includeListIds", []string{used}); named != "INVALID" || again != "" {
			t.Errorf("an archived list gives %q where it is new, %q where it was named", named, again)
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

// archivedTeam archives a team that a targeted message routes to: it stays there and in the
// inbox, and can be named nowhere new.
func archivedTeam(t *testing.T, a *api, site *channel, team string, deleted func(object, objectID string, archive bool) string) {
	t.Helper()
	for range 2 {
		if got := deleted("Team", team, true); got != "<nil> <nil> <nil>" {
			t.Errorf("archiving gives %s", got)
		}
	}
	shown := a.do(adminToken, `query($team: ID!, $inbox: ID!) { teams { nodes { id } } all: teams(includeArchived: true) { nodes { id archivedAt } } team: node(id: $team) { id }
		inbox(id: $inbox) { teams { nodes { id } } } }`, map[string]any{"team": team, "inbox": site.inboxID})
	if at(shown, "teams", "nodes", 0) != nil || at(shown, "all", "nodes", 0, "archivedAt") == nil || shown["team"] == nil || at(shown, "inbox", "teams", "nodes", 0, "id") != team {
		t.Errorf("an archived team: %v", shown)
	}
	rules := map[string]any{"rules": []any{map[string]any{"target": "TEAMS", "teamIds": []string{team}}}}
	chat := site.chat("Hello") // the rule still gives it to the team
	a.codes(adminToken, "assignConversation", "AssignConversationInput", "conversationId", chat.conversationID, "userId", nil, "teamId", nil)
	made := a.do(adminToken, `mutation($in: CreateTargetedMessageInput!) { createTargetedMessage(input: $in) { targetedMessage { id } userErrors { message } } }`,
		input("channelId", site.channelID, "name", "Another", "welcomeMessage", "Hi"))
	other := text(made, "createTargetedMessage", "targetedMessage", "id")
	for what, got := range map[string]string{
		"createInbox":        a.codes(adminToken, "createInbox", "CreateInboxInput", "name", "Elsewhere", "teamIds", []string{team}),
		"routing":            a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", other, "routing", rules),
		"heading":            a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", other, "heading", map[string]any{"kind": "TEAM", "teamId": team}),
		"assignConversation": a.codes(adminToken, "assignConversation", "AssignConversationInput", "conversationId", chat.conversationID, "teamId", team),
	} {
		if got != "INVALID" {
			t.Errorf("%s with an archived team gives %q", what, got)
		}
	}
	if got := a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown, "name", "Renamed", "routing", rules); got != "" {
		t.Errorf("what named it already cannot be edited: %s", got)
	}
}

// RT-2: a rule that names a team which was deleted, as versions before IB-7 let happen, shows
// it as gone, routes past it, and stands in no other change's way.
func TestRuleOfADeletedTeam(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		team := text(a.do(adminToken, `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } } }`, input("name", "Sales")), "createTeam", "team", "id")
		a.codes(adminToken, "updateInboxMembers", "UpdateInboxMembersInput", "inboxId", site.inboxID, "addTeamIds", []string{team})
		rules := map[string]any{"rules": []any{map[string]any{"target": "TEAMS", "teamIds": []string{team}}}}
		if got := a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown, "routing", rules); got != "" {
			t.Fatal(got)
		}
		for _, statement := range []string{"DELETE FROM inbox_teams WHERE team_id = $1", "DELETE FROM teams WHERE id = $1"} {
			if _, err := a.store.Writer().Exec(statement, team); err != nil {
				t.Fatal(err)
			}
		}
		shown := a.do(adminToken, `query($id: ID!) { node(id: $id) { ... on TargetedMessage { routing { rules { teams { id } gone { id deleted } } } } } }`, map[string]any{"id": site.shown})
		if got, want := fmt.Sprint(at(shown, "node", "routing", "rules", 0)), "map[gone:[map[deleted:true id:"+team+"]] teams:[]]"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := a.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown, "name", "Renamed", "routing", rules); got != "" {
			t.Errorf("another change gives %q", got)
		}
		site.chat("Hello")
	})
}
