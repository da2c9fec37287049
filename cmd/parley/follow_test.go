package main

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
)

// CR-4, IN-11, IN-31, OP-3: the members of a list and what is new in Filtered come live; a
// merge of tags shows how far it is, and cannot be stopped.
func TestFollowing(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		a.listMembers(t)
		a.newFiltered(t, site)
		a.mergeProgress(t, site)
	})
}

// hears waits until a subscription shows something.
func (a *api) hears(s *socket, want string, show func(data map[string]any) any) {
	a.t.Helper()
	for got := ""; got != want; {
		got = fmt.Sprint(show(a.hear(s)))
	}
}

func (a *api) listMembers(t *testing.T) {
	t.Helper()
	made := a.do(adminToken, `mutation { createContactList(input: {name: "Customers"}) { contactList { id } } createContact(input: {name: "Ada"}) { contact { id } } }`, nil)
	list, person := text(made, "createContactList", "contactList", "id"), text(made, "createContact", "contact", "id")
	s := a.listen(adminToken, `subscription($id: ID!) { contactListMembers(contactListId: $id, first: 1) { nodes { name } pageInfo { hasNextPage } } }`, map[string]any{"id": list})
	shows := func(want string) {
		t.Helper()
		a.hears(s, want, func(data map[string]any) any { return at(data, "contactListMembers", "nodes") })
	}
	shows("[]")
	a.codes(adminToken, "addContactsToList", "AddContactsToListInput", "contactListId", list, "contactIds", []string{person})
	shows("[map[name:Ada]]")
	a.codes(adminToken, "updateContact", "UpdateContactInput", "contactId", person, "name", "Ada Lovelace")
	shows("[map[name:Ada Lovelace]]")
	a.codes(adminToken, "removeContactsFromList", "RemoveContactsFromListInput", "contactListId", list, "contactIds", []string{person})
	shows("[]")
	a.codes(adminToken, "deleteContactList", "DeleteContactListInput", "contactListId", list)
	if got := a.stream(adminToken, `subscription { contactListMembers(contactListId: \"`+list+`\") { nodes { id } } }`); !strings.Contains(got, "NOT_FOUND") {
		t.Errorf("a list that is gone gives %q", got)
	}
}

func (a *api) newFiltered(t *testing.T, site *channel) {
	t.Helper()
	s := a.listen(adminToken, `subscription($id: ID!) { newFilteredCount(inboxId: $id) }`, map[string]any{"id": site.inboxID})
	shows := func(want string) {
		t.Helper()
		a.hears(s, want, func(data map[string]any) any { return data["newFilteredCount"] })
	}
	shows("0")
	spam := site.chat("Buy now")
	a.codes(adminToken, "markConversationAsSpam", "MarkConversationAsSpamInput", "conversationId", spam.conversationID)
	shows("1")
	a.codes(adminToken, "markFilteredSeen", "MarkFilteredSeenInput", "inboxId", site.inboxID)
	shows("0")
	_, stranger := a.agent("Stranger", a.channelNamed("Elsewhere").inboxID)
	if got := a.stream(stranger, `subscription { newFilteredCount(inboxId: \"`+site.inboxID+`\") }`); !strings.Contains(got, "NOT_FOUND") {
		t.Errorf("a stranger gets %q", got)
	}
}

func (a *api) mergeProgress(t *testing.T, site *channel) {
	t.Helper()
	made := a.do(adminToken, `mutation { into: createTag(input: {name: "into"}) { tag { id } } gone: createTag(input: {name: "gone"}) { tag { id } } }`, nil)
	into, gone := text(made, "into", "tag", "id"), text(made, "gone", "tag", "id")
	chat := site.chat("Hello")
	a.codes(adminToken, "tagConversation", "TagConversationInput", "conversationId", chat.conversationID, "tags", []string{"gone"})
	s := a.listen(adminToken, `subscription { tasks { id kind state total done } }`, nil)
	if got := a.codes(adminToken, "mergeTags", "MergeTagsInput", "intoTagId", into, "tagIds", []string{gone}); got != "" {
		t.Fatal(got)
	}
	var task map[string]any
	a.hears(s, "MERGE_TAGS DONE true", func(data map[string]any) any {
		task, _ = data["tasks"].(map[string]any)
		return fmt.Sprint(task["kind"], " ", task["state"], " ", task["done"] == task["total"] && fmt.Sprint(task["total"]) != "0")
	})
	if got := a.codes(adminToken, "cancelTask", "CancelTaskInput", "taskId", task["id"]); got != "INVALID" {
		t.Errorf("stopping it gives %q", got)
	}
}
