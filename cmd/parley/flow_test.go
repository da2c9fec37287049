package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/testkit"
)

// say, ask and finish are steps of flows.
func say(id, text, next string) map[string]any {
	return map[string]any{"id": id, "kind": "SAY", "markdown": text, "next": next}
}

func ask(id, text, next string, more ...any) map[string]any {
	return having(map[string]any{"id": id, "kind": "ASK", "markdown": text, "next": next}, more...)
}

func finish(id string, more ...any) map[string]any {
	return having(map[string]any{"id": id, "kind": "END"}, more...)
}

func having(step map[string]any, more ...any) map[string]any {
	for i := 0; i < len(more); i += 2 {
		step[more[i].(string)] = more[i+1]
	}
	return step
}

func flowOf(steps ...map[string]any) map[string]any {
	return map[string]any{"start": steps[0]["id"], "steps": steps}
}

// transcript is what a chat's messages say, in order: the bot's, the visitor's and notes.
func (a *api) transcript(conversationID string) string {
	a.t.Helper()
	nodes, _ := at(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { messages(first: 100) { nodes { direction text quickReplies { text } } } } }`,
		map[string]any{"id": conversationID}), "conversation", "messages", "nodes").([]any)
	var lines []string
	for _, n := range nodes {
		line := map[string]string{"INCOMING": "> ", "OUTGOING": "", "NOTE": "note: "}[text(n, "direction")] + text(n, "text")
		for _, r := range at(n, "quickReplies").([]any) {
			line += " [" + text(r, "text") + "]"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// saysAll waits until a chat's messages say just that.
func (a *api) saysAll(conversationID string, lines ...string) {
	a.t.Helper()
	want, got := strings.Join(lines, "\n"), ""
	look, end := time.NewTicker(50*time.Millisecond), time.After(patience)
	defer look.Stop()
	for {
		if got = a.transcript(conversationID); got == want {
			return
		}
		select {
		case <-look.C:
		case <-end:
			a.t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func (a *api) answers(c chat, words string) {
	a.t.Helper()
	a.do(c.visitor, `mutation($in: SendVisitorMessageInput!) { sendVisitorMessage(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID, "text", words))
}

func (a *api) becomesState(conversationID, state string) {
	a.t.Helper()
	a.until("the bot is "+state, func() bool {
		return text(a.do(adminToken, `query($id: ID!) { conversation(id: $id) { botState } }`, map[string]any{"id": conversationID}), "conversation", "botState") == state
	})
}

func (a *api) property(object, name, kind string, more ...any) {
	a.t.Helper()
	if got := a.codes(adminToken, "createProperty", "CreatePropertyInput", append([]any{"object", object, "name", name, "kind", kind}, more...)...); got != "" {
		a.t.Fatal(got)
	}
}

// BT-4: a built-in bot asks, keeps what it learns, tags, branches, and hands off with what it
// was told.
func TestFlow(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		a.property("CONVERSATION", "topic", "CHOICE", "options", []any{map[string]any{"value": "price"}, map[string]any{"value": "other"}})
		a.property("CONVERSATION", "stage", "TEXT")
		a.property("CONTACT", "team_size", "NUMBER")
		a.do(adminToken, `mutation($in: CreateTagInput!) { createTag(input: $in) { userErrors { message } } }`, input("name", "lead"))
		pipelines := a.do(adminToken, `{ pipelines(object: TICKET) { nodes { id } } }`, nil)
		_, _, c := a.botsChat(map[string]any{"flow": flowOf(
			say("hi", "Hi **there**", "topic"),
			ask("topic", "About?", "name", "choices", []any{map[string]any{"text": "Prices", "value": "price"}, map[string]any{"text": "Other", "value": "other"}}, "save", map[string]any{"object": "CONVERSATION", "property": "topic"}),
			ask("name", "Your name?", "mail", "save", map[string]any{"object": "CONTACT", "property": "name"}),
			ask("mail", "Your address?", "size", "type", "EMAIL", "save", map[string]any{"object": "CONTACT", "property": "email"}, "invalidText", "That is none."),
			ask("size", "How many?", "tag", "type", "NUMBER", "save", map[string]any{"object": "CONTACT", "property": "team_size"}, "skipText", "Skip"),
			map[string]any{"id": "tag", "kind": "TAG", "tags": []string{"LEAD"}, "next": "set"},
			map[string]any{"id": "set", "kind": "SET", "save": map[string]any{"object": "CONVERSATION", "property": "stage"}, "value": "new", "next": "ticket"},
			map[string]any{"id": "ticket", "kind": "CREATE_TICKET", "preset": map[string]any{"pipelineId": text(pipelines, "pipelines", "nodes", 0, "id")}, "next": "wait"},
			map[string]any{"id": "wait", "kind": "WAIT", "seconds": 1, "next": "big"},
			map[string]any{"id": "big", "kind": "BRANCH", "cases": []any{map[string]any{"when": []any{
				map[string]any{"conversationProperty": map[string]any{"name": "topic", "anyOf": []string{"price"}}},
				map[string]any{"lastAnswer": map[string]any{"operator": "CONTAINS", "value": "40"}},
				map[string]any{"routing": map[string]any{"page": map[string]any{"operator": "CONTAINS", "value": "shop"}}},
			}, "next": "people"}}, "otherwise": "bye"},
			map[string]any{"id": "people", "kind": "HAND_OFF", "text": "One moment."},
			finish("bye"),
		)})
		chat := c.chat("Hello")
		a.saysAll(chat.conversationID, "> Hello", "Hi there", "About? [Prices] [Other]")
		a.answers(chat, "price")
		a.reads(chat, "Your name?")
		a.answers(chat, "Ada")
		a.reads(chat, "Your address?")
		a.answers(chat, "ada at example")
		a.reads(chat, "That is none.")
		a.answers(chat, "ada@flow.example")
		a.reads(chat, "How many?")
		a.answers(chat, "40")
		a.becomesState(chat.conversationID, "HANDED_OFF")
		if got, want := a.transcript(chat.conversationID), "> Hello\nHi there\nAbout? [Prices] [Other]\n> price\nYour name?\n> Ada\nYour address?\n> ada at example\nThat is none.\n> ada@flow.example\nHow many? [Skip]\n> 40\nOne moment.\nnote: "; !strings.HasPrefix(got, want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		made := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { tags { name } properties { property { name } text choice { value } } tickets { nodes { id } } contact { name email properties { number } } agentRuns { id } } }`,
			map[string]any{"id": chat.conversationID})
		for _, want := range []string{"lead", "new", "price", "Ada", "ada@flow.example", "40"} {
			if !strings.Contains(fmt.Sprint(made), want) {
				t.Errorf("no %q in %v", want, made)
			}
		}
		if text(made, "conversation", "tickets", "nodes", 0, "id") == "" || len(at(made, "conversation", "agentRuns").([]any)) > 0 {
			t.Errorf("a ticket and no run: %v", made)
		}
	})
}

// BT-4: a flow that is edited while it runs goes on as it began; new chats have the new one.
func TestRunningFlowsKeepTheirVersion(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		bot, _, c := a.botsChat(map[string]any{"flow": flowOf(ask("a", "First?", "b"), finish("b", "text", "Old end"))})
		old := c.chat("Hello")
		a.saysAll(old.conversationID, "> Hello", "First?")
		edited := flowOf(ask("x", "Other?", "y"), finish("y", "text", "New end"))
		for range 2 { // what is published already is not published again
			if got := a.codes(adminToken, "publishBotFlow", "PublishBotFlowInput", "botId", bot, "flow", edited); got != "" {
				t.Fatal(got)
			}
		}
		a.answers(old, "Yes")
		a.saysAll(old.conversationID, "> Hello", "First?", "> Yes", "Old end")
		fresh := c.chat("Hello again")
		a.saysAll(fresh.conversationID, "> Hello again", "Other?")
		a.answers(old, "And now?") // it is over: the flow of now begins
		a.saysAll(old.conversationID, "> Hello", "First?", "> Yes", "Old end", "> And now?", "Other?")
		shown := a.do(adminToken, `query($id: ID!) { bot(id: $id) { flow { version flow { start steps { id kind next } } } flowVersions { nodes { version publishedBy { id } flow { start } } } now: stepStats { stepId reached answered left } old: stepStats(version: 1) { stepId reached answered left } } }`, map[string]any{"id": bot})
		if v, _ := at(shown, "bot", "flow", "version").(float64); v != 2 || text(shown, "bot", "flowVersions", "nodes", 1, "flow", "start") != "a" || text(shown, "bot", "flowVersions", "nodes", 0, "publishedBy", "id") == "" {
			t.Errorf("the versions: %v", shown)
		}
		if got := fmt.Sprint(at(shown, "bot", "old")); got != "[map[answered:1 left:0 reached:1 stepId:a] map[answered:0 left:0 reached:1 stepId:b]]" {
			t.Errorf("the counts of the old one: %s", got)
		}
		if got := fmt.Sprint(at(shown, "bot", "now")); got != "[map[answered:0 left:0 reached:2 stepId:x]]" {
			t.Errorf("the counts: %s", got)
		}
	})
}

// BT-4: what visitors write before a question does not answer it; a person is had at any time,
// and who takes over or closes ends the flow for good.
func TestFlowsListen(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now())
		a := serveTest(t, db.Open(t, turned))
		bot, _, c := a.botsChat(map[string]any{"flow": flowOf(
			map[string]any{"id": "w", "kind": "WAIT", "seconds": 60, "next": "a"}, ask("a", "First?", "b"), ask("b", "Second?", "end"), finish("end", "text", "Bye"),
		)})
		hasty, impatient, taken, back := c.chat("Hello"), c.chat("Hi"), c.chat("Hey"), c.chat("Good day")
		waits := func(n int) { // a wait is as long from when it begins, which the log's reaction decides
			a.t.Helper()
			a.until(fmt.Sprint(n, " waits began"), func() bool {
				return strings.Contains(fmt.Sprint(a.do(adminToken, `query($id: ID!) { bot(id: $id) { stepStats { reached stepId } } }`, map[string]any{"id": bot})), fmt.Sprintf("reached:%d stepId:w", n))
			})
		}
		waits(4)
		for _, words := range []string{"One", "Two", "Three"} {
			a.answers(hasty, words)
		}
		a.answers(impatient, "I want to talk to a person!")
		a.becomesState(impatient.conversationID, "HANDED_OFF")
		turned.Advance(61 * time.Second)
		a.saysAll(hasty.conversationID, "> Hello", "> One", "> Two", "> Three", "First?")
		a.saysAll(taken.conversationID, "> Hey", "First?")
		a.saysAll(back.conversationID, "> Good day", "First?")
		a.do(adminToken, `mutation($in: TakeOverConversationInput!) { takeOverConversation(input: $in) { userErrors { message } } }`, input("conversationId", taken.conversationID))
		a.answers(taken, "Yes")
		a.answers(hasty, "Four") // one only: what follows may come after the next question, and answer it
		a.reads(hasty, "Second?")
		turned.Advance(25 * time.Hour)
		a.answers(back, "I am back")
		waits(5) // the flow begins again
		turned.Advance(61 * time.Second)
		a.saysAll(back.conversationID, "> Good day", "First?", "> I am back", "First?")
		if got := a.transcript(taken.conversationID); strings.Contains(got, "Second?") {
			t.Errorf("the bot goes on after a take-over: %s", got)
		}
		a.until("what was left is counted", func() bool {
			shown := fmt.Sprint(a.do(adminToken, `query($id: ID!) { bot(id: $id) { stepStats { stepId left } } }`, map[string]any{"id": bot}))
			return strings.Contains(shown, "left:2 stepId:a") && strings.Contains(shown, "left:1 stepId:w")
		})
	})
}

// BT-4, CR-5: what a flow that is not over knows of a visitor is in their contact's archive.
func TestArchivesHaveFlows(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		_, _, c := a.botsChat(map[string]any{"flow": flowOf(
			ask("a", "How large?", "b", "choices", []any{map[string]any{"text": "Large", "value": "xl-size"}}), ask("b", "Why?", "end"), finish("end"),
		)})
		chat := c.chat("Hello")
		a.reads(chat, "How large?")
		a.answers(chat, "large")
		a.reads(chat, "Why?")
		e := &erasing{api: a, marks: &marks{}}
		e.contactID = text(e.must(adminToken, "createContact", "CreateContactInput", "contact { id }", "name", "Ada"), "contact", "id")
		e.must(adminToken, "linkContact", "LinkContactInput", "conversation { id }", "conversationId", chat.conversationID, "contactId", e.contactID)
		if got := e.readArchive(); !strings.Contains(got, "xl-size") || !strings.Contains(got, "flowRuns") {
			t.Errorf("the archive: %s", got)
		}
	})
}

// BT-2: where no one can take a hand-off, the visitor is asked for an address.
func TestHandOffAsksForAnAddress(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		_, _, c := a.botsChat(map[string]any{"nobodyAvailableText": "No one is here.", "flow": flowOf(map[string]any{"id": "h", "kind": "HAND_OFF"})})
		chat := c.chat("Hello")
		a.reads(chat, "No one is here.")
		asked := func() string {
			return fmt.Sprint(a.do(chat.visitor, `{ visitorConversations { nodes { messages { nodes { text asksForEmail } } } } }`, nil))
		}
		if got := asked(); !strings.Contains(got, "asksForEmail:true text:No one is here.") || strings.Count(got, "true") != 1 {
			t.Errorf("not asked: %s", got)
		}
		a.do(chat.visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "ada@flow.example"))
		if got := asked(); strings.Contains(got, "true") {
			t.Errorf("asked again: %s", got)
		}
	})
}

// BT-2: a hand-off without a text of its own has one for the visitor, in their language,
// unless no one is there.
func TestHandOffConnects(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		flow := flowOf(map[string]any{"id": "h", "kind": "HAND_OFF"})
		tried := func(more ...any) string {
			got := a.do(adminToken, `query($in: SimulateBotInput!) { simulateBot(input: $in) { messages { direction markdown } } }`, input(append([]any{"flow", map[string]any{"flow": flow}}, more...)...))
			return text(got, "simulateBot", "messages", 1, "markdown")
		}
		if got := tried("language", "de-AT"); got != "Sie werden mit dem Team verbunden." {
			t.Errorf("in German: %q", got)
		}
		if got := tried("someoneThere", false); got != "" {
			t.Errorf("no one is there, but: %q", got)
		}
		me := text(a.do(adminToken, `{ viewer { user { id } } }`, nil), "viewer", "user", "id")
		_, _, c := a.botsChat(map[string]any{"flow": flow, "routing": map[string]any{"rules": []any{map[string]any{"target": "USERS", "userIds": []string{me}}}}})
		chat := c.chat("Hello")
		a.saysAll(chat.conversationID, "> Hello", "You are being connected to the team.")
	})
}

// BT-4: what a flow may not be.
func TestBadFlows(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		a.property("CONTACT", "size", "NUMBER")
		bot, _, _ := a.botsChat(nil)
		end := finish("end")
		for want, f := range map[string]map[string]any{
			"INVALID [flow steps 1]":                     flowOf(finish("a"), finish("b")),
			"REQUIRED [flow steps 0 next]":               flowOf(map[string]any{"id": "a", "kind": "SAY", "markdown": "x"}),
			"TOO_LONG [flow]":                            flowOf(say("a", strings.Repeat("x", 1<<20), "end"), end),
			"NOT_FOUND [flow steps 0 save property]":     flowOf(ask("a", "x", "end", "save", map[string]any{"object": "CONTACT", "property": "nope"}), end),
			"INVALID [flow steps 0 type]":                flowOf(ask("a", "x", "end", "save", map[string]any{"object": "CONTACT", "property": "size"}), end),
			"NOT_FOUND [flow steps 0 tags 0]":            flowOf(map[string]any{"id": "a", "kind": "TAG", "tags": []string{"nope"}, "next": "end"}, end),
			"NOT_FOUND [flow steps 0 preset pipelineId]": flowOf(map[string]any{"id": "a", "kind": "CREATE_TICKET", "preset": map[string]any{"pipelineId": "pipeline_x"}, "next": "end"}, end),
			"NOT_FOUND [flow steps 0 libraryItemIds 0]":  flowOf(having(say("a", "x", "end"), "libraryItemIds", []string{"item_x"}), end),
			"INVALID [flow steps 0 routing rules 0 conditions]": flowOf(map[string]any{"id": "a", "kind": "HAND_OFF", "routing": map[string]any{"rules": []any{
				map[string]any{"target": "UNASSIGNED", "conditions": []any{map[string]any{"hours": "WITHIN"}}},
			}}}),
			"NOT_FOUND [flow steps 0 cases 0 when 0 routing list contactListId]": flowOf(map[string]any{"id": "a", "kind": "BRANCH", "otherwise": "end", "cases": []any{
				map[string]any{"next": "end", "when": []any{map[string]any{"routing": map[string]any{"list": map[string]any{"contactListId": "list_x"}}}}},
			}}, end),
			"NOT_FOUND [flow steps 0 cases 0 when 0 conversationProperty name]": flowOf(map[string]any{"id": "a", "kind": "BRANCH", "otherwise": "end", "cases": []any{
				map[string]any{"next": "end", "when": []any{map[string]any{"conversationProperty": map[string]any{"name": "nope", "isSet": true}}}},
			}}, end),
		} {
			refused := a.ask(adminToken, `mutation($in: PublishBotFlowInput!) { publishBotFlow(input: $in) { bot { flow { version } } userErrors { code field } } }`, input("botId", bot, "flow", f)).Data
			if got := text(refused, "publishBotFlow", "userErrors", 0, "code") + " " + fmt.Sprint(at(refused, "publishBotFlow", "userErrors", 0, "field")); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})
}

// BT-5: a trial plays a flow and writes nothing; ready flows can be tried and published as
// they are.
func TestFlowTrials(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		const parts = `start onReturn handOffWords { language words } steps { id kind next markdown text libraryItemIds type choices { text value next } save { object property } retries invalidText skipText onFail cases { next when { available lastAnswer { operator value } } } otherwise seconds tags value found notFound context ifNobody close }`
		list, _ := at(a.do(adminToken, `{ botTemplates { key name description flow `+"{ "+parts+" }"+` } }`, nil), "botTemplates").([]any)
		if len(list) != 5 {
			t.Fatalf("%d templates", len(list))
		}
		bot, _, _ := a.botsChat(nil)
		for _, one := range list {
			f := prune(at(one, "flow")).(map[string]any)
			if got := a.codes(adminToken, "publishBotFlow", "PublishBotFlowInput", "botId", bot, "flow", f); got != "" {
				t.Errorf("%s: %s", text(one, "key"), got)
			}
		}
		events := a.logged("MESSAGE_CREATED")
		lead := prune(at(list[0], "flow")).(map[string]any)
		tried := a.do(adminToken, `query($in: SimulateBotInput!) { simulateBot(input: $in) { outcome steps messages { direction stepId markdown quickReplies { text } } properties { object property value } tags createsTicket secondsWaited } }`,
			input("flow", map[string]any{"flow": lead}, "answers", []string{"buy", "1 to 10", "Ada", "ada@example.com"}))
		if got := fmt.Sprint(at(tried, "simulateBot", "steps")); text(tried, "simulateBot", "outcome") != "HANDED_OFF" || got != "[need size name email people]" || !strings.Contains(fmt.Sprint(tried), "property:email value:ada@example.com") {
			t.Errorf("the trial: %v", tried)
		}
		waits := a.do(adminToken, `query($in: SimulateBotInput!) { simulateBot(input: $in) { outcome } }`, input("flow", map[string]any{"botId": bot}, "someoneThere", false))
		if at(waits, "simulateBot", "outcome") != nil {
			t.Errorf("it ends without an answer: %v", waits)
		}
		if got := a.logged("MESSAGE_CREATED"); got != events {
			t.Errorf("%d messages were written", got-events)
		}
	})
}

// prune leaves out what is null or empty, so that what was read can be written.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, one := range v {
			if list, ok := one.([]any); one == nil || ok && len(list) == 0 {
				continue
			}
			kept[name] = prune(one)
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, one := range v {
			kept[i] = prune(one)
		}
		return kept
	}
	return v
}
