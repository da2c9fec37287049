package main

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/clock"
)

// BT-4: what became of a conversation's flows can be read: where one stands, how it ended,
// and why one failed.
func TestFlowRunsTell(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		tag := text(a.do(adminToken, `mutation($in: CreateTagInput!) { createTag(input: $in) { tag { id } userErrors { message } } }`, input("name", "lead")), "createTag", "tag", "id")
		bot, _, c := a.botsChat(map[string]any{"flow": flowOf(
			ask("a", "First?", "t"), map[string]any{"id": "t", "kind": "TAG", "tags": []string{"lead"}, "next": "end"}, finish("end", "text", "Bye"),
		)})
		runs := func(chat chat) string {
			return fmt.Sprint(at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { flowRuns { bot { id } version stepId outcome problem endedAt } } }`, map[string]any{"id": chat.conversationID}), "conversation", "flowRuns"))
		}
		asked, ended := c.chat("Hello"), c.chat("Hello")
		a.reads(asked, "First?")
		a.reads(ended, "First?")
		if got, want := runs(asked), "[map[bot:map[id:"+bot+"] endedAt:<nil> outcome:<nil> problem: stepId:a version:1]]"; got != want {
			t.Errorf("it asks: %s, want %s", got, want)
		}
		a.answers(ended, "Yes")
		a.becomesState(ended.conversationID, "ENDED")
		if got := runs(ended); !strings.Contains(got, "outcome:ENDED problem: stepId:end version:1") || strings.Contains(got, "endedAt:<nil>") {
			t.Errorf("it ended: %s", got)
		}
		if got := a.codes(adminToken, "archiveTag", "ArchiveTagInput", "tagId", tag); got != "" {
			t.Fatal(got)
		}
		a.answers(asked, "Yes")
		a.becomesState(asked.conversationID, "HANDED_OFF")
		if got := runs(asked); !strings.Contains(got, "outcome:FAILED problem:") || strings.Contains(got, "problem: ") || !strings.Contains(got, "stepId:t") {
			t.Errorf("it failed: %s", got)
		}
	})
}

// BT-4, CH-9: what a flow says has placeholders, each with a fallback; who did not prove who
// they are reads nothing of a contact's record, whoever linked it.
func TestFlowPlaceholders(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		known := text(a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }`,
			input("name", "Ada Lovelace", "email", "ada@flow.example")), "createContact", "contact", "id")
		hi := `Hi {{contact.firstName | "there"}} at {{contact.properties.plan | "no plan"}}, {{user.name | "we"}} of {{conversation.inbox | "us"}} have [rules](https://example.com/rules?a=1)`
		a.property("CONTACT", "plan", "TEXT")
		f := flowOf(ask("mail", "Your address?", "hi", "type", "EMAIL", "save", map[string]any{"object": "CONTACT", "property": "email"}), say("hi", hi, "end"), finish("end", "text", `Bye, {{contact.name | "you"}}`))
		bot, _, c := a.botsChat(map[string]any{"flow": f})
		for want, bad := range map[string]string{"no fallback": "{{contact.firstName}}", "unknown": `{{contact.secret | "x"}}`, "no placeholder": "{{oops"} {
			refused := a.ask(adminToken, `mutation($in: PublishBotFlowInput!) { publishBotFlow(input: $in) { userErrors { code field } } }`, input("botId", bot, "flow", flowOf(say("a", bad, "end"), finish("end")))).Data
			if got := fmt.Sprint(at(refused, "publishBotFlow", "userErrors")); got != "[map[code:INVALID field:[flow steps 0 markdown]]]" {
				t.Errorf("%s: %s", want, got)
			}
		}
		chat := c.chat("Hello")
		a.reads(chat, "Your address?")
		a.answers(chat, "ada@flow.example")
		a.becomesState(chat.conversationID, "ENDED")
		if got := a.transcript(chat.conversationID); strings.Contains(got, "Ada") || !strings.Contains(got, "Hi there at no plan, Robot of ") || !strings.Contains(got, "rules (https://example.com/rules?a=1)") || !strings.Contains(got, "Bye, you") {
			t.Errorf("said: %s", got)
		}
		tried := a.do(adminToken, `query($in: SimulateBotInput!) { simulateBot(input: $in) { messages { markdown } } }`,
			input("flow", map[string]any{"botId": bot}, "contactId", known, "answers", []string{"ada@flow.example"}))
		if got := fmt.Sprint(tried); !strings.Contains(got, "Hi Ada at no plan, Robot of us have [rules]") || !strings.Contains(got, "Bye, Ada Lovelace") {
			t.Errorf("tried: %s", got)
		}
	})
}

// CO-11, BT-4: a question finds the article that answers it, whatever else it says.
func TestFlowsAnswerQuestions(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		for name, markdown := range map[string]string{"Parcels": "A parcel takes two days.", "Refunds": "Money comes back in a week.", "Returning parcels": "Send the parcel back for a refund.", "Shipping": "The delivery is before noon."} {
			a.do(adminToken, `mutation($in: CreateLibraryItemInput!) { createLibraryItem(input: $in) { userErrors { message } } }`,
				input("kind", "ARTICLE", "name", name, "markdown", markdown, "article", map[string]any{"state": "PUBLISHED"}))
		}
		_, _, c := a.botsChat(map[string]any{"flow": flowOf(
			map[string]any{"id": "search", "kind": "SEARCH_ARTICLES", "text": "This may help:", "found": "end", "notFound": "people"}, finish("end"), map[string]any{"id": "people", "kind": "HAND_OFF"},
		)})
		known, unknown := c.chat("Hi, when will my parcel finally come, please?"), c.chat("Quousque tandem abutere?")
		a.becomesState(known.conversationID, "ENDED")
		a.reads(known, "This may help:")
		a.becomesState(unknown.conversationID, "HANDED_OFF")
		found := func(query string) string {
			var names []string
			list, _ := at(a.do(adminToken, `query($q: String!) { searchKnowledge(query: $q) { title } }`, map[string]any{"q": query}), "searchKnowledge").([]any)
			for _, hit := range list {
				names = append(names, text(hit, "title"))
			}
			return strings.Join(names, ", ")
		}
		for query, want := range map[string]string{
			"returning parcels":                     "Returning parcels",                   // all words
			"How do I get a refund for my parcel?":  "Returning parcels, Parcels, Refunds", // those with most first
			"what is the":                           "",                                    // nothing is asked for
			"Is there anything about elephants now": "",
			"deliveries":                            "Shipping", // one of them
		} {
			if got := found(query); got != want {
				t.Errorf("%q finds %q, want %q", query, got, want)
			}
		}
	})
}

// BT-4, CR-5: an erasure takes a flow that is played with what it knows, and nothing goes on.
func TestErasuresEndFlows(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		wait := map[string]any{"id": "w", "kind": "WAIT", "seconds": 1, "next": "b"}
		bot, _, c := a.botsChat(map[string]any{"flow": flowOf(ask("a", "How large?", "w"), wait, ask("b", "Why?", "end"), finish("end"))})
		asks, waits, other := c.chat("Hello"), c.chat("Hello"), c.chat("Hello")
		contactID := text(a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }`, input("name", "Ada")), "createContact", "contact", "id")
		for _, one := range []chat{asks, waits} {
			a.reads(one, "How large?")
			if got := a.codes(adminToken, "linkContact", "LinkContactInput", "conversationId", one.conversationID, "contactId", contactID); got != "" {
				t.Fatal(got)
			}
		}
		a.reads(other, "How large?")
		a.answers(waits, "xl-size") // the wait begins, or is to
		if got := a.codes(adminToken, "eraseContact", "EraseContactInput", "contactId", contactID); got != "" {
			t.Fatal(got)
		}
		a.until("the conversations are gone", func() bool {
			left, err := a.store.Strings(t.Context(), "SELECT conversation_id FROM flow_runs WHERE bot_id = $1", bot)
			return err == nil && strings.Join(left, " ") == other.conversationID
		})
		a.answers(other, "small") // what comes after is played on
		a.reads(other, "Why?")
		left, err := a.store.Strings(t.Context(), "SELECT conversation_id FROM flow_runs WHERE bot_id = $1 AND (conversation_id <> $2 OR CAST(answers AS TEXT) LIKE '%xl-size%')", bot, other.conversationID)
		if err != nil || len(left) > 0 {
			t.Errorf("left of what was erased: %v %v", left, err)
		}
	})
}
