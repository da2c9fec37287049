package main

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
)

func (a *api) annotates(token, conversationID, kind, value string, more ...any) (id, codes string) {
	a.t.Helper()
	done := a.ask(token, `mutation($in: AnnotateInput!) { annotate(input: $in) { annotation { id } userErrors { code } } }`,
		input(append([]any{"conversationId", conversationID, "kind", kind, "value", value}, more...)...))
	return text(done.Data, "annotate", "annotation", "id"), text(done.Data, "annotate", "userErrors", 0, "code")
}

// AG-4: annotations supersede each other, narrow lists, live ones too, and never reach the visitor.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		site := a.channel()
		c, other := site.chat("Give me my money back"), site.chat("Hello")
		program := a.program(site.inboxID, "conversations:read", "annotations:write")
		rival := a.program(site.inboxID, "conversations:read", "annotations:write")
		live := a.listen(adminToken, `subscription($in: ID!) { conversationView(inboxId: $in, filter: {annotations: [{kind: "INTENT", anyOf: ["refund"]}]}) {
			__typename ... on ViewChanges { changes { __typename ... on ConversationEntered { conversation { id } } } } ... on ViewSnapshot { conversations { nodes { id } } } } }`,
			map[string]any{"in": site.inboxID})
		if got := fmt.Sprint(a.hear(live)); strings.Contains(got, c.conversationID) {
			t.Errorf("at first: %s", got)
		}
		hears := func(words string) {
			t.Helper()
			for range 20 {
				if strings.Contains(fmt.Sprint(a.hear(live)), words) {
					return
				}
			}
			t.Errorf("the view does not say %s", words)
		}
		first, codes := a.annotates(program, c.conversationID, "INTENT", "Refund", "model", "m-1", "confidence", 0.5)
		if codes != "" || first == "" {
			t.Fatal(codes)
		}
		hears(c.conversationID)
		list := func(filter string) string {
			return fmt.Sprint(a.do(adminToken, `query($in: ID!) { conversations(inboxId: $in, filter: `+filter+`) { nodes { id } } }`, map[string]any{"in": site.inboxID}))
		}
		for filter, found := range map[string]bool{
			`{annotations: [{kind: "INTENT"}]}`: true, `{annotations: [{kind: "INTENT", anyOf: ["other", "REFUND"]}]}`: true, `{annotations: [{kind: "INTENT", anyOf: ["other"]}]}`: false,
			`{annotations: [{kind: "intent"}]}`: false, `{not: [{annotations: [{kind: "INTENT"}]}]}`: false, `{any: [{annotations: [{kind: "INTENT"}]}, {priorities: [URGENT]}]}`: true,
		} {
			if got := list(filter); strings.Contains(got, c.conversationID) != found {
				t.Errorf("%s: %s", filter, got)
			}
		}
		if _, codes := a.annotates(program, c.conversationID, "INTENT", "Complaint"); codes != "" {
			t.Fatal(codes)
		}
		hears("ConversationLeft")
		_, _ = a.annotates(rival, c.conversationID, "INTENT", "Refund")
		const noted = `query($id: ID!) { conversation(id: $id) { annotations { id kind value supersededAt earlier { value supersededAt } createdBy { __typename } } messages { nodes { id annotations { value } } } } }`
		shown := at(a.do(adminToken, noted, map[string]any{"id": c.conversationID}), "conversation")
		if all := at(shown, "annotations").([]any); len(all) != 2 || text(shown, "annotations", 0, "value") != "Complaint" || text(shown, "annotations", 0, "earlier", 0, "value") != "Refund" {
			t.Errorf("superseded: %v", shown)
		}
		message := text(shown, "messages", "nodes", 0, "id")
		if _, codes := a.annotates(program, c.conversationID, "toxic.score", "zqxsecret", "messageId", message); codes != "" {
			t.Error(codes)
		}
		if _, codes := a.annotates(program, other.conversationID, "INTENT", "x", "messageId", message); codes != "NOT_FOUND" {
			t.Errorf("another conversation's message: %q", codes)
		}
		if got := list(`{annotations: [{kind: "toxic.score"}]}`); !strings.Contains(got, c.conversationID) {
			t.Errorf("by a message's annotation: %s", got)
		}
		if got := fmt.Sprint(a.ask(c.visitor, `{ visitorConversations { nodes { id messages { nodes { id text } } } } node(id: "`+first+`") { __typename } }`, nil)); strings.Contains(got, "zqxsecret") || strings.Contains(got, "Annotation") {
			t.Errorf("the visitor sees %s", got)
		}
		for want, bad := range map[string][2]string{"INVALID": {"Intent", "x"}, "REQUIRED": {"INTENT", " "}, "TOO_LONG": {"INTENT", strings.Repeat("x", 1<<20)}} {
			if _, codes := a.annotates(program, c.conversationID, bad[0], bad[1]); codes != want {
				t.Errorf("%q, want %s", codes, want)
			}
		}
		current := text(shown, "annotations", 0, "id")
		if got := a.codes(rival, "removeAnnotation", "RemoveAnnotationInput", "annotationId", current); got != "NOT_FOUND" {
			t.Errorf("a rival removes it: %q", got)
		}
		if got := a.codes(adminToken, "removeAnnotation", "RemoveAnnotationInput", "annotationId", current); got != "" {
			t.Errorf("an admin removes it: %q", got)
		}
		for i := range 15 {
			if _, codes := a.annotates(program, c.conversationID, "SUMMARY", fmt.Sprint("Summary ", i)); codes != "" {
				t.Fatal(codes)
			}
		}
		shown = at(a.do(adminToken, noted, map[string]any{"id": c.conversationID}), "conversation", "annotations", 1)
		if kept, _ := at(shown, "earlier").([]any); len(kept) != 10 || text(shown, "value") != "Summary 14" {
			t.Errorf("the history: %v", shown)
		}
		for i := range 98 {
			if _, codes := a.annotates(rival, c.conversationID, fmt.Sprint("own", i), "x"); codes != "" {
				t.Fatal(i, codes)
			}
		}
		if _, codes := a.annotates(rival, c.conversationID, "more", "x"); codes != "TOO_LONG" {
			t.Errorf("101 annotations: %q", codes)
		}
		saved := a.do(adminToken, `mutation($in: CreateSavedViewInput!) { createSavedView(input: $in) { savedView { filter { annotations { kind anyOf } } } userErrors { message } } }`,
			input("name", "Refunds", "inboxId", site.inboxID, "filter", map[string]any{"annotations": []any{map[string]any{"kind": "INTENT", "anyOf": []string{"Refund"}}}}))
		if text(saved, "createSavedView", "savedView", "filter", "annotations", 0, "anyOf", 0) != "Refund" {
			t.Errorf("a saved view: %v", saved)
		}
	})
}
