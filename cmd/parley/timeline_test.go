package main

import (
	"strings"
	"testing"

	"parley/internal/clock"
)

// CR-8: over the API, a contact's timeline begins with what it has, what is logged enters it,
// and it ends with the contact.
func TestContactTimelineLive(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		made := a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { code } } }`, input("name", "Eva", "email", "eva@example.net"))
		contactID := text(made, "createContact", "contact", "id")
		s := a.listen(adminToken, `subscription($id: ID!) { contactTimeline(contactId: $id) { ... on ContactTimelineSnapshot { sequence timeline { nodes { kind } } }
			... on ContactTimelineChanges { sequence changes { ... on TimelineEntered { cursor entry { kind item { ... on Engagement { id } } } } ... on TimelineLeft { cursor } } } } }`, map[string]any{"id": contactID})
		if got := a.hear(s); at(got, "contactTimeline", "timeline", "nodes") == nil {
			t.Fatalf("it begins with %v", got)
		}
		logged := a.do(adminToken, `mutation($in: LogEngagementInput!) { logEngagement(input: $in) { engagement { id } userErrors { code } } }`,
			input("contactId", contactID, "body", map[string]any{"note": map[string]any{"text": "Called"}}))
		engagementID := text(logged, "logEngagement", "engagement", "id")
		entered := a.hear(s)
		if got := text(at(entered, "contactTimeline", "changes", 0, "entry"), "item", "id"); got != engagementID || engagementID == "" {
			t.Errorf("entered %v", entered)
		}
		a.codes(adminToken, "deleteEngagement", "DeleteEngagementInput", "engagementId", engagementID)
		if left := a.hear(s); at(left, "contactTimeline", "changes", 0, "cursor") != at(entered, "contactTimeline", "changes", 0, "cursor") {
			t.Errorf("left %v", left)
		}
		a.codes(adminToken, "deleteContact", "DeleteContactInput", "contactId", contactID)
		if got := a.stream(adminToken, `subscription { contactTimeline(contactId: \"`+contactID+`\") { __typename } }`); !strings.Contains(got, "NOT_FOUND") {
			t.Errorf("a contact that is gone gives %q", got)
		}
	})
}
