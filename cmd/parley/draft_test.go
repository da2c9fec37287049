package main

import (
	"fmt"
	"testing"

	"parley/internal/clock"
)

const saveDraft = `mutation($in: SaveDraftInput!) { saveDraft(input: $in) { draft { id revision markdown } userErrors { code field } } }`

// CO-3, IN-16: what a user writes shows on all their devices at once, and after a
// reconnect; others see only that they write.
func TestDraftsAreLive(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		channel := a.channel()
		chat := channel.chat("Hello")
		_, ben := a.agent("Ben", channel.inboxID)
		_, cleo := a.agent("Cleo", channel.inboxID)
		const own = `subscription($after: Sequence) { draftChanges(after: $after) { sequence draft { markdown revision } } }`
		const row = `subscription { conversationView(first: 5) { __typename ... on ViewSnapshot { conversations { nodes { revision draft { markdown } draftBy { name } } } }
			... on ViewChanges { changes { ... on ConversationChanged { conversation { revision draft { markdown } draftBy { name } } } } } } }`
		phone := a.listen(ben, own, map[string]any{"after": a.head()})
		view := a.listen(cleo, row, nil)
		revision := at(a.hear(view), "conversationView", "conversations", "nodes", 0, "revision")

		save := func(text string) any {
			return at(a.do(ben, saveDraft, input("conversationId", chat.conversationID, "markdown", text)), "saveDraft", "draft", "revision")
		}
		if got := save("Good mor"); fmt.Sprint(got) != "1" {
			t.Fatalf("the draft's revision is %v", got)
		}
		first := at(a.hear(phone), "draftChanges")
		if got := fmt.Sprint(at(first, "draft")); got != "map[markdown:Good mor revision:1]" {
			t.Errorf("the phone shows %s", got)
		}
		if got := fmt.Sprint(at(a.hear(view), "conversationView", "changes", 0, "conversation")); got != fmt.Sprintf("map[draft:<nil> draftBy:[map[name:Ben]] revision:%v]", revision) {
			t.Errorf("a colleague sees %s", got)
		}
		save("Good morning")
		a.say(ben, chat.conversationID, "Good morning")
		late := a.listen(ben, own, map[string]any{"after": at(first, "sequence")})
		for _, s := range []*socket{phone, late} {
			var last any = "none"
			for last != nil { // of changes that followed each other at once, each shows the draft as it is
				last = at(a.hear(s), "draftChanges", "draft")
			}
		}
		for { // the answer's own events change the row too
			got := fmt.Sprint(at(a.hear(view), "conversationView", "changes", 0, "conversation", "draftBy"))
			if got == "[]" {
				break
			}
		}
		if got := a.do(ben, `{ drafts { nodes { markdown } } }`, nil); fmt.Sprint(at(got, "drafts", "nodes")) != "[]" {
			t.Errorf("the draft that was sent is listed: %v", got)
		}
	})
}
