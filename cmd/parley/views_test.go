package main

import (
	"fmt"
	"testing"
	"time"

	"parley/internal/clock"
)

// counts are the open and unread conversations of an inbox's views, as
// "VIEW open/unread", without the empty ones.
func (c *channel) counts() map[string]string {
	c.api.t.Helper()
	data := c.api.do(adminToken, `query($id: ID!) { inbox(id: $id) { viewCounts { view open unread } } }`, map[string]any{"id": c.inboxID})
	counts := map[string]string{}
	list, _ := at(data, "inbox", "viewCounts").([]any)
	if len(list) != 8 {
		c.api.t.Fatalf("viewCounts: %v", data)
	}
	for _, count := range list {
		if n := fmt.Sprintf("%v/%v", at(count, "open"), at(count, "unread")); n != "0/0" {
			counts[text(count, "view")] = n
		}
	}
	return counts
}

// IN-18, IN-19, IN-15 over the API: a chat is tagged, ranked and snoozed; a saved
// view shows it, and the counts follow.
func TestSnoozesTagsAndSavedViews(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		one, two := c.chat("Where is my parcel?"), c.chat("Another question")
		want := func(what string, got any, want string) {
			t.Helper()
			if fmt.Sprint(got) != want {
				t.Errorf("%s: %v, want %s", what, got, want)
			}
		}
		want("counts", c.counts(), "map[ALL:2/2 CHAT:2/2 UNASSIGNED:2/2]")
		tagged := a.do(adminToken, `mutation($in: TagConversationInput!) { tagConversation(input: $in) { conversation { tags { name } } userErrors { message } } }`,
			input("conversationId", one.conversationID, "tags", []string{"VIP", "parcel"}))
		want("tags", at(tagged, "tagConversation", "conversation", "tags"), "[map[name:parcel] map[name:VIP]]")
		untagged := a.do(adminToken, `mutation($in: UntagConversationInput!) { untagConversation(input: $in) { conversation { tags { id name } } userErrors { message } } }`,
			input("conversationId", one.conversationID, "tags", []string{"vip"}))
		parcel := text(untagged, "untagConversation", "conversation", "tags", 0, "id")
		want("tags", at(untagged, "untagConversation", "conversation", "tags"), "[map[id:"+parcel+" name:parcel]]")
		ranked := a.do(adminToken, `mutation($in: SetConversationPriorityInput!) { setConversationPriority(input: $in) { conversation { priority } userErrors { message } } }`,
			input("conversationId", one.conversationID, "priority", "URGENT"))
		want("priority", at(ranked, "setConversationPriority", "conversation", "priority"), "URGENT")

		saved := a.do(adminToken, `mutation($in: CreateSavedViewInput!) { createSavedView(input: $in) { savedView {
				id name shared view orderBy inbox { id } owner { name } filter { tags snoozed assignees { me nobody userIds } text } } userErrors { message } } }`,
			input("name", "Parcels", "inboxId", c.inboxID, "shared", true, "orderBy", "OPENED_ASC",
				"filter", map[string]any{"tags": []string{"parcel"}, "assignees": map[string]any{"nobody": true}, "snoozed": "INCLUDE"}))
		view := at(saved, "createSavedView", "savedView")
		want("filter", at(view, "filter"), "map[assignees:map[me:false nobody:true userIds:<nil>] snoozed:INCLUDE tags:["+parcel+"] text:<nil>]")
		want("inbox", at(view, "inbox", "id"), c.inboxID)
		viewID := text(view, "id")
		shows := func(arguments string) string {
			t.Helper()
			data := a.do(adminToken, fmt.Sprintf(`{ conversations(view: {savedViewId: %q}%s) { totalCount edges { node { id } } } }`, viewID, arguments), nil)
			return fmt.Sprintf("%v %s", at(data, "conversations", "totalCount"), text(data, "conversations", "edges", 0, "node", "id"))
		}
		want("the saved view", shows(""), "1 "+one.conversationID)

		until := clock.System{}.Now().Add(time.Hour).Format(time.RFC3339)
		snoozed := a.do(adminToken, `mutation($in: SnoozeConversationInput!) { snoozeConversation(input: $in) { conversation { status snoozedUntil } userErrors { message } } }`,
			input("conversationId", one.conversationID, "until", until))
		want("snoozed until", at(snoozed, "snoozeConversation", "conversation", "snoozedUntil"), until)
		want("counts", c.counts(), "map[ALL:1/1 CHAT:1/1 UNASSIGNED:1/1]")
		want("the saved view, snoozed included", shows(""), "1 "+one.conversationID)
		want("narrowed to what is snoozed", shows(", filter: {snoozed: ONLY}"), "1 "+one.conversationID)
		want("narrowed to nothing", shows(", filter: {snoozed: EXCLUDE}"), "0 ")

		a.do(two.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", two.conversationID, "text", "Still there?"))
		a.do(one.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`,
			input("conversationId", one.conversationID, "text", "It came!"))
		want("counts after the contact's message", c.counts(), "map[ALL:2/2 CHAT:2/2 UNASSIGNED:2/2]")
		unsnoozed := a.do(adminToken, `mutation($in: UnsnoozeConversationInput!) { unsnoozeConversation(input: $in) { conversation { snoozedUntil } userErrors { message } } }`,
			input("conversationId", one.conversationID))
		want("unsnoozed", at(unsnoozed, "unsnoozeConversation", "conversation", "snoozedUntil"), "<nil>")

		bulk := a.do(adminToken, `mutation($in: BulkChangeConversationsInput!) { bulkChangeConversations(input: $in) { task { kind } userErrors { message } } }`,
			input("action", "SNOOZE", "until", until, "selection", map[string]any{"whole": map[string]any{"view": map[string]any{"savedViewId": viewID}}}))
		want("bulk", at(bulk, "bulkChangeConversations", "task", "kind"), "BULK_SNOOZE")
		renamed := a.do(adminToken, `mutation($in: UpdateSavedViewInput!) { updateSavedView(input: $in) { savedView { name } userErrors { message } } }`,
			input("savedViewId", viewID, "name", "Lost parcels"))
		want("renamed", at(renamed, "updateSavedView", "savedView", "name"), "Lost parcels")
		listed := a.do(adminToken, `query($id: ID!, $inbox: ID!) { node(id: $id) { id } savedViews(inboxId: $inbox) { nodes { name } } }`, map[string]any{"id": viewID, "inbox": c.inboxID})
		want("node and list", listed, fmt.Sprintf("map[node:map[id:%s] savedViews:map[nodes:[map[name:Lost parcels]]]]", viewID))
		both := a.ask(adminToken, fmt.Sprintf(`{ conversations(view: {builtIn: ALL, savedViewId: %q}) { totalCount } }`, viewID), nil)
		want("both views", both.Errors[0].Extensions["code"], "BAD_USER_INPUT")
		deleted := a.do(adminToken, `mutation($in: DeleteSavedViewInput!) { deleteSavedView(input: $in) { deletedSavedViewId userErrors { message } } }`,
			input("savedViewId", viewID))
		want("deleted", at(deleted, "deleteSavedView", "deletedSavedViewId"), viewID)
	})
}

// IN-31: tags over the API, from their making to their merging.
func TestTagsAreObjects(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		want := func(what string, got, want any) {
			t.Helper()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: got %v, want %v", what, got, want)
			}
		}
		channel := a.channel()
		chat := channel.chat("Hello")
		_, benToken := a.agent("Ben", channel.inboxID)
		made := a.do(adminToken, `mutation($in: CreateTagInput!) { createTag(input: $in) { tag { id name color archivedAt } userErrors { message } } }`,
			input("name", "Bug", "color", "#FF0000"))
		bug := text(made, "createTag", "tag", "id")
		want("tag", at(made, "createTag", "tag"), "map[archivedAt:<nil> color:#ff0000 id:"+bug+" name:Bug]")
		tagged := a.do(benToken, `mutation($in: TagConversationInput!) { tagConversation(input: $in) { conversation { revision tags { id name } } userErrors { message } } }`,
			input("conversationId", chat.conversationID, "tags", []string{"bugs", bug}))
		bugs := text(tagged, "tagConversation", "conversation", "tags", 1, "id")
		want("tags", at(tagged, "tagConversation", "conversation", "tags"), "[map[id:"+bug+" name:Bug] map[id:"+bugs+" name:bugs]]")
		saved := a.do(benToken, `mutation($in: CreateSavedViewInput!) { createSavedView(input: $in) { savedView { filter {
				tags tagObjects { name } not { tags tagObjects { name } } } } userErrors { message } } }`,
			input("name", "Bugs", "filter", map[string]any{"tags": []string{"BUGS", "later"}, "not": map[string]any{"tags": []string{"bug"}}}))
		want("filter", at(saved, "createSavedView", "savedView", "filter"),
			"map[not:[map[tagObjects:[map[name:Bug]] tags:["+bug+"]]] tagObjects:[map[name:bugs]] tags:["+bugs+" later]]")
		a.do(benToken, `mutation($in: UpdateTagInput!) { updateTag(input: $in) { tag { id } userErrors { message } } }`, input("tagId", bugs, "name", "Defects", "color", nil))
		a.do(benToken, `mutation($in: MergeTagsInput!) { mergeTags(input: $in) { tag { id } userErrors { message } } }`, input("intoTagId", bug, "tagIds", []string{bugs}))
		found := a.do(benToken, `query($merged: ID!, $c: ID!) {
			node(id: $merged) { ... on Tag { name } } tag(id: $merged) { id } conversation(id: $c) { revision tags { name } }
			conversations(filter: {tags: ["defects"]}) { nodes { id } } tags(query: "B") { nodes { name } }
			events(after: 0, types: [CONVERSATION_TAGGED, TAG_MERGED]) { nodes { type subjectId changes { ... on TagsChange { addedIds added { name } } } } } }`,
			map[string]any{"merged": bugs, "c": chat.conversationID})
		want("node", []any{at(found, "node", "name"), at(found, "tag", "id")}, "[Bug "+bug+"]")
		want("conversation", at(found, "conversation"), fmt.Sprintf("map[revision:%v tags:[map[name:Bug]]]", at(tagged, "tagConversation", "conversation", "revision")))
		want("found", at(found, "conversations", "nodes", 0, "id"), chat.conversationID)
		want("completed", at(found, "tags", "nodes"), "[map[name:Bug]]")
		want("events", at(found, "events", "nodes"), "[map[changes:[map[added:[map[name:Bug]] addedIds:["+bugs+" "+bug+"]]] subjectId:<nil> type:CONVERSATION_TAGGED]"+
			" map[changes:[map[]] subjectId:"+bugs+" type:TAG_MERGED]]")
	})
}
