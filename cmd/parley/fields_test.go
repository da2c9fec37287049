package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/internal/clock"
)

// asks has the channel's targeted message ask for fields.
func (c *channel) asks(timing string, fields ...map[string]any) {
	c.api.t.Helper()
	if got := c.saves(timing, fields...); got != "" {
		c.api.t.Fatal(got)
	}
}

// saves is asks, and returns the errors with what they blame.
func (c *channel) saves(timing string, fields ...map[string]any) string {
	c.api.t.Helper()
	list := make([]any, len(fields))
	for i, f := range fields {
		list[i] = f
	}
	got := c.api.ask(adminToken, `mutation($in: UpdateTargetedMessageInput!) { updateTargetedMessage(input: $in) { userErrors { code field } } }`,
		input("targetedMessageId", c.shown, "emailCapture", map[string]any{"timing": timing, "fields": list}))
	return problems(got, "updateTargetedMessage")
}

// problems are the user errors of a mutation: codes, and what they blame.
func problems(got answer, mutation string) string {
	if len(got.Errors) > 0 {
		return fmt.Sprint(got.Errors)
	}
	list, _ := at(got.Data, mutation, "userErrors").([]any)
	var all []string
	for _, e := range list {
		all = append(all, strings.TrimSpace(text(e.(map[string]any), "code")+" "+fmt.Sprint(e.(map[string]any)["field"])))
	}
	return strings.Join(all, "; ")
}

func askFor(property string, more ...any) map[string]any {
	f := input(append([]any{"kind", "PROPERTY", "property", property}, more...)...)["in"].(map[string]any)
	return f
}

// filled is what a visitor fills in, by keys.
func filled(pairs ...string) []any {
	var list []any
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, map[string]any{"field": pairs[i], "value": pairs[i+1]})
	}
	return list
}

// submits fills in fields, and returns the errors.
func (a *api) submits(visitor string, fields []any, more ...any) string {
	a.t.Helper()
	return problems(a.ask(visitor, `mutation($in: SubmitVisitorFieldsInput!) { submitVisitorFields(input: $in) { userErrors { code field } } }`,
		input(append([]any{"fields", fields}, more...)...)), "submitVisitorFields")
}

// asked are the keys of what the widget asks a visitor for.
func (c *channel) asked(visitor string) string {
	c.api.t.Helper()
	got := c.api.do(visitor, `query($key: String!) { widget(channelKey: $key, pageUrl: "https://shop.example/") { targetedMessage { emailCapture { fields { label } } } } }`, map[string]any{"key": c.key})
	list, _ := at(got, "widget", "targetedMessage", "emailCapture", "fields").([]any)
	var labels []string
	for _, f := range list {
		labels = append(labels, text(f.(map[string]any), "label"))
	}
	return strings.Join(labels, " ")
}

// kept are what a chat's visitor said that is not the contact's, and what the contact has.
func (a *api) kept(conversationID string) (suggested, contact string) {
	a.t.Helper()
	got := a.do(adminToken, `query($id: ID!) { conversation(id: $id) { suggestedProperties { property value } contact { name phone properties { property { name } text number choices { value } } } } }`,
		map[string]any{"id": conversationID})
	return fmt.Sprint(at(got, "conversation", "suggestedProperties")), fmt.Sprint(at(got, "conversation", "contact"))
}

// propertyID is the id of a property of contacts.
func (a *api) propertyID(name string) string {
	a.t.Helper()
	list := at(a.do(adminToken, `{ properties(object: CONTACT, includeArchived: true, first: 100) { nodes { id name } } }`, nil), "properties", "nodes").([]any)
	i := slices.IndexFunc(list, func(p any) bool { return text(p.(map[string]any), "name") == name })
	return text(list[i].(map[string]any), "id")
}

// TM-5, CH-9: what is required before a chat begins it; without a contact it is kept and
// shown, the contact that the visitor's typing makes takes it, and nothing is asked twice.
func TestFieldsOfAnonymousVisitors(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		a.property("CONTACT", "seats", "NUMBER", "label", "How many?")
		a.property("CONTACT", "needs", "CHOICES", "options", []any{map[string]any{"value": "mail"}, map[string]any{"value": "chat", "label": "Live chat"}})
		c := a.channel()
		c.asks("AFTER_FIRST_MESSAGE", map[string]any{"kind": "NAME", "required": true}, askFor("seats", "required", true), askFor("needs", "when", "WITH_EMAIL", "label", "Needs"))
		visitor := c.visitor()
		if got := c.asked(visitor); got != "Name How many? Needs" {
			t.Errorf("asked: %s", got)
		}
		seats, needs := a.propertyID("seats"), a.propertyID("needs")
		start := func(fields []any) answer {
			return a.ask(visitor, `mutation($in: StartChatInput!) { startChat(input: $in) { conversation { id } userErrors { code field missing } } }`,
				input("targetedMessageId", c.shown, "text", "Hello", "pageUrl", "https://shop.example/", "fields", fields))
		}
		if got := fmt.Sprint(at(start(filled("name", "Dora")).Data, "startChat", "userErrors")); got != "[map[code:FIELDS_REQUIRED field:[fields] missing:["+seats+"]]]" {
			t.Errorf("without the seats: %s", got)
		}
		begun := start(filled("name", "Dora", seats, "12.50"))
		chat := text(begun.Data, "startChat", "conversation", "id")
		if got, _ := a.kept(chat); got != "[map[property:name value:Dora] map[property:"+seats+" value:12.5]]" {
			t.Errorf("suggested: %s %v", got, begun)
		}
		if got := c.asked(visitor); got != "Needs" {
			t.Errorf("then asked: %s", got)
		}
		if got := a.submits(visitor, []any{map[string]any{"field": needs, "values": []string{"chat", "mail"}}}, "conversationId", chat); got != "" {
			t.Error(got)
		}
		a.do(visitor, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "dora@fields.example"))
		suggested, contact := a.kept(chat)
		if suggested != "[]" || !strings.Contains(contact, "name:Dora") || !strings.Contains(contact, "number:12.5") || !strings.Contains(contact, "choices:[map[value:mail] map[value:chat]]") {
			t.Errorf("kept: %s %s", suggested, contact)
		}
		if got := c.asked(visitor); got != "" {
			t.Errorf("asked again: %s", got)
		}
		// Later answers are the contact's too, and told as an update.
		if got := a.submits(visitor, filled(seats, "13")); got != "" {
			t.Error(got)
		}
		if _, contact := a.kept(chat); !strings.Contains(contact, "number:13") {
			t.Errorf("contact: %s", contact)
		}
		events := fmt.Sprint(a.do(adminToken, `{ events(first: 100) { nodes { type changes { __typename } } } }`, nil))
		if strings.Count(events, "[map[__typename:PropertiesChange]] type:CONTACT_UPDATED") != 3 {
			t.Errorf("events: %s", events)
		}
	})
}

// CH-9: what who only typed an address says of a contact that there was is suggested, taken
// with one click, or by a proof; who proved it is asked for nothing that is known.
func TestFieldsOfTypedAddresses(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		a.property("CONTACT", "plan", "TEXT")
		made := a.do(adminToken, `mutation($in: CreateContactInput!) { createContact(input: $in) { contact { id } userErrors { message } } }`, input("email", "ada@fields.example"))
		c := a.channel()
		c.asks("BEFORE_CHAT", map[string]any{"kind": "PHONE"}, map[string]any{"kind": "NAME"}, askFor("plan", "required", true, "when", "WITH_EMAIL"))
		visitor := c.visitor()
		plan := a.propertyID("plan")
		start := input("targetedMessageId", c.shown, "text", "Hello", "pageUrl", "https://shop.example/", "email", "ada@fields.example", "fields", filled("phone", "+43 1 234567", "name", ""))
		const begin = `mutation($in: StartChatInput!) { startChat(input: $in) { conversation { id } userErrors { code field } } }`
		if got := problems(a.ask(visitor, begin, start), "startChat"); got != "FIELDS_REQUIRED [fields]" {
			t.Errorf("what goes with the address before a chat: %s", got)
		}
		start["in"].(map[string]any)["fields"] = filled("phone", "+43 1 234567", "name", "", plan, " gold  plus ")
		chat := text(a.do(visitor, begin, start), "startChat", "conversation", "id")
		suggested, contact := a.kept(chat)
		if suggested != "[map[property:phone value:+43 1 234567] map[property:"+plan+" value:gold plus]]" || strings.Contains(contact, "gold") || strings.Contains(contact, "234567") {
			t.Errorf("suggested: %s %s", suggested, contact)
		}
		if got := c.asked(visitor); got != "" { // the name was left empty
			t.Errorf("asked again: %s", got)
		}
		if got := a.codes(adminToken, "acceptSuggestedProperties", "AcceptSuggestedPropertiesInput", "conversationId", chat, "properties", []string{plan}); got != "" {
			t.Error(got)
		}
		suggested, contact = a.kept(chat)
		if !strings.Contains(suggested, "phone") || strings.Contains(suggested, plan) || !strings.Contains(contact, "text:gold plus") {
			t.Errorf("accepted: %s %s", suggested, contact)
		}
		// CH-9: what the page says is a claim too, and the archive has it.
		if got := a.codes(visitor, "setVisitorProperties", "SetVisitorPropertiesInput", "properties", filled("plan", "silver", "name", "Ada")); got != "" {
			t.Error(got)
		}
		e := &erasing{api: a, marks: &marks{}}
		e.contactID = text(made, "createContact", "contact", "id")
		if got := e.readArchive(); !strings.Contains(got, "silver") {
			t.Errorf("the archive: %s", got)
		}
		proved := a.proves(visitor)
		suggested, contact = a.kept(chat)
		if suggested != "[]" || !strings.Contains(contact, "name:Ada") || !strings.Contains(contact, "text:silver") || !strings.Contains(contact, "phone:+43 1 234567") {
			t.Errorf("proved: %s %s", suggested, contact)
		}
		// Proved: written at once, and what is known is not asked for, also of another browser.
		if got := a.codes(proved, "setVisitorProperties", "SetVisitorPropertiesInput", "properties", filled("plan", "bronze")); got != "" {
			t.Error(got)
		}
		if suggested, contact = a.kept(chat); suggested != "[]" || !strings.Contains(contact, "text:bronze") {
			t.Errorf("at once: %s %s", suggested, contact)
		}
		if got := c.asked(proved); got != "" {
			t.Errorf("the proved one is asked: %s", got)
		}
		other := c.visitor()
		a.do(other, `mutation($in: CaptureVisitorEmailInput!) { captureVisitorEmail(input: $in) { userErrors { message } } }`, input("email", "ada@fields.example"))
		if got := c.asked(other); got != "Phone number Name plan" {
			t.Errorf("who only typed the address is told what is known: %s", got)
		}
		preview := a.do(adminToken, `query($in: TargetedMessagePreviewInput!) { targetedMessagePreview(input: $in) { widget { targetedMessage { emailCapture { fields { label } } } } } }`,
			input("channelId", c.channelID, "pageUrl", "https://shop.example/"))
		if got := fmt.Sprint(at(preview, "targetedMessagePreview", "widget", "targetedMessage", "emailCapture", "fields")); strings.Count(got, "label") != 3 {
			t.Errorf("the preview: %s", got)
		}
	})
}

// proves proves a visitor's address by a code, and returns the new token.
func (a *api) proves(visitor string) string {
	a.t.Helper()
	a.do(visitor, `mutation { requestVisitorEmailCode(input: {}) { userErrors { message } } }`, nil)
	plain, _ := a.parts(a.letter())
	_, code, _ := strings.Cut(plain, ": ")
	code, _, _ = strings.Cut(code, "\r\n")
	return text(a.do(visitor, `mutation($in: ProveVisitorEmailInput!) { proveVisitorEmail(input: $in) { token userErrors { message } } }`, input("code", code)), "proveVisitorEmail", "token")
}

// TM-5: what a message cannot ask for.
func TestBadFieldsOfMessages(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		c := a.channel()
		var six []map[string]any
		for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
			a.property("CONTACT", name, "TEXT")
			six = append(six, askFor(name))
		}
		a.property("CONVERSATION", "topic", "TEXT")
		a.property("CONTACT", "old", "TEXT")
		old := a.propertyID("old")
		archive := func(mutation string) {
			if got := a.codes(adminToken, mutation, strings.ToUpper(mutation[:1])+mutation[1:]+"Input", "propertyId", old); got != "" {
				t.Fatal(got)
			}
		}
		archive("archiveProperty")
		for _, bad := range []struct {
			want   string
			timing string
			fields []map[string]any
		}{
			{"TOO_LONG [emailCapture fields]", "BEFORE_CHAT", six},
			{"NOT_FOUND [emailCapture fields 0 property]", "BEFORE_CHAT", []map[string]any{askFor("nothing")}},
			{"NOT_FOUND [emailCapture fields 0 property]", "BEFORE_CHAT", []map[string]any{askFor("property_01k00000000000000000000000")}},
			{"NOT_FOUND [emailCapture fields 0 property]", "BEFORE_CHAT", []map[string]any{askFor("topic")}},
			{"INVALID [emailCapture fields 1 property]", "BEFORE_CHAT", []map[string]any{askFor("a"), askFor("old")}},
			{"INVALID [emailCapture fields 1 property]", "BEFORE_CHAT", []map[string]any{askFor("a"), askFor(a.propertyID("a"))}},
			{"INVALID [emailCapture fields 1 kind]", "BEFORE_CHAT", []map[string]any{{"kind": "NAME"}, {"kind": "NAME"}}},
			{"INVALID [emailCapture fields 0 property]", "BEFORE_CHAT", []map[string]any{{"kind": "NAME", "property": "a"}}},
			{"REQUIRED [emailCapture fields 0 property]", "BEFORE_CHAT", []map[string]any{{"kind": "PROPERTY"}}},
			{"TOO_LONG [emailCapture fields 0 label]", "BEFORE_CHAT", []map[string]any{askFor("a", "label", strings.Repeat("x", 101))}},
			{"INVALID [emailCapture fields 0 when]", "NEVER", []map[string]any{askFor("a", "when", "WITH_EMAIL")}},
		} {
			if got := c.saves(bad.timing, bad.fields...); got != bad.want {
				t.Errorf("%v: %q, want %q", bad.fields, got, bad.want)
			}
		}
		// CR-11: a rename changes nothing, and what is archived stays, but is not asked for.
		archive("unarchiveProperty")
		c.asks("NEVER", askFor("old"), askFor("a", "label", "Another"))
		if got := a.codes(adminToken, "updateProperty", "UpdatePropertyInput", "propertyId", old, "name", "older", "label", "Older"); got != "" {
			t.Fatal(got)
		}
		visitor := c.visitor()
		if got := c.asked(visitor); got != "Older Another" {
			t.Errorf("renamed: %s", got)
		}
		archive("archiveProperty")
		if got := c.asked(visitor); got != "Another" {
			t.Errorf("archived: %s", got)
		}
		c.asks("NEVER", askFor("older"), askFor("b"))
		if got := a.submits(visitor, filled(old, "x"), "targetedMessageId", c.shown); got != "INVALID [fields 0 field]" {
			t.Errorf("an archived one: %s", got)
		}
		shown := a.do(adminToken, `query($id: ID!) { node(id: $id) { ... on TargetedMessage { emailCapture { fields { kind label required when property { name archivedAt } } } } } }`, map[string]any{"id": c.shown})
		if got := fmt.Sprint(shown); !strings.Contains(got, "name:older") || !strings.Contains(got, "kind:PROPERTY label:<nil>") {
			t.Errorf("shown: %s", got)
		}
	})
}

// TM-5, TM-8: what a visitor cannot fill in.
func TestBadFieldsOfVisitors(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		for _, kind := range []string{"TEXT", "LONG_TEXT", "NUMBER", "DATE", "TIME"} {
			a.property("CONTACT", strings.ToLower(kind), kind)
		}
		options := []any{map[string]any{"value": "x"}, map[string]any{"value": "y"}, map[string]any{"value": "z", "archived": true}}
		a.property("CONTACT", "choice", "CHOICE", "options", options)
		a.property("CONTACT", "choices", "CHOICES", "options", options)
		a.property("CONTACT", "boolean", "BOOLEAN")
		c, other, third := a.channel(), a.channel(), a.channel()
		c.asks("NEVER", askFor("text"), askFor("long_text"), askFor("number"), askFor("date"), askFor("time"), map[string]any{"kind": "NAME"}, map[string]any{"kind": "PHONE"})
		other.asks("NEVER", askFor("choice"), askFor("choices"), askFor("boolean"))
		chat, mine := c.chat("Hello"), other.chat("Hello")
		id := a.propertyID
		for _, bad := range []struct{ want, field, value string }{
			{"TOO_LONG [fields 0 value]", id("text"), strings.Repeat("x", 10<<10)},
			{"TOO_LONG [fields 0 value]", id("long_text"), strings.Repeat("x", 10_001)},
			{"TOO_LONG [fields 0 value]", "name", strings.Repeat("x", 10<<10)},
			{"TOO_LONG [fields 0 value]", "phone", strings.Repeat("1", 10<<10)},
			{"INVALID [fields 0 value]", id("number"), "NaN"},
			{"INVALID [fields 0 value]", id("number"), "Infinity"},
			{"INVALID [fields 0 value]", id("number"), "1e999"},
			{"INVALID [fields 0 value]", id("number"), "many"},
			{"INVALID [fields 0 value]", id("date"), "2026-02-30"},
			{"INVALID [fields 0 value]", id("time"), "noon"},
			{"INVALID [fields 0 value]", "phone", "123"},
			{"INVALID [fields 0 value]", "phone", "call me"},
			{"NOT_FOUND [fields 0 field]", id("choice"), "x"},
			{"NOT_FOUND [fields 0 field]", "text", "x"},
			{"NOT_FOUND [fields 0 field]", "email", "x"},
			{"NOT_FOUND [fields 0 field]", strings.Repeat("x", 10<<10), "x"},
		} {
			if got := a.submits(chat.visitor, filled(bad.field, bad.value)); got != bad.want {
				t.Errorf("%.40s=%.40s: %q, want %q", bad.field, bad.value, got, bad.want)
			}
		}
		for _, bad := range []struct {
			want  string
			field map[string]any
		}{
			{"INVALID [fields 0 value]", map[string]any{"field": id("choice"), "value": "w"}},
			{"INVALID [fields 0 value]", map[string]any{"field": id("choice"), "value": "z"}},
			{"INVALID [fields 0 value]", map[string]any{"field": id("choice"), "values": []string{"x", "y"}}},
			{"INVALID [fields 0 value]", map[string]any{"field": id("choices"), "values": []string{"x", "w"}}},
			{"INVALID [fields 0 value]", map[string]any{"field": id("choices"), "values": []string{"x"}, "value": "y"}},
			{"INVALID [fields 0 value]", map[string]any{"field": id("boolean"), "value": "perhaps"}},
		} {
			if got := a.submits(mine.visitor, []any{bad.field}); got != bad.want {
				t.Errorf("%v: %q, want %q", bad.field, got, bad.want)
			}
		}
		for want, got := range map[string]string{
			"INVALID [fields 1 field]":       a.submits(chat.visitor, filled("name", "A", "name", "B")),
			"REQUIRED [fields]":              a.submits(chat.visitor, []any{}),
			"TOO_LONG [fields]":              a.submits(chat.visitor, filled(slices.Repeat([]string{"name", "A"}, 21)...)),
			"NOT_FOUND [conversationId]":     a.submits(mine.visitor, filled("name", "A"), "conversationId", chat.conversationID),
			"NOT_FOUND [targetedMessageId]":  a.submits(mine.visitor, filled("name", "A"), "targetedMessageId", c.shown),
			"REQUIRED [targetedMessageId]":   a.submits(third.visitor(), filled("name", "A")),
			"NOT_FOUND [properties 0 field]": problems(a.ask(chat.visitor, `mutation { setVisitorProperties(input: {properties: [{field: "nothing", value: "1"}]}) { userErrors { code field } } }`, nil), "setVisitorProperties"),
		} {
			if got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		if got, _ := a.kept(chat.conversationID); got != "[]" {
			t.Errorf("kept of what was refused: %s", got)
		}
		// Several at once, and the same again: each is there once.
		var together sync.WaitGroup
		for i := range 8 {
			together.Go(func() {
				if got := a.submits(chat.visitor, filled(id("number"), fmt.Sprint(i), "name", "Dora")); got != "" {
					t.Error(got)
				}
			})
		}
		together.Wait()
		if got := a.submits(chat.visitor, filled(id("number"), "", id("date"), "2026-01-31", id("time"), "2026-01-31T09:00:00+01:00", id("long_text"), "two\nlines"), "idempotencyKey", "k"); got != "" {
			t.Error(got)
		}
		suggested, _ := a.kept(chat.conversationID)
		for _, want := range []string{"name value:Dora", "value:2026-01-31]", "value:2026-01-31T08:00:00Z", "value:two\nlines"} {
			if strings.Count(suggested, want) != 1 || strings.Contains(suggested, id("number")) {
				t.Errorf("%s is not once in %s", want, suggested)
			}
		}
		a.do(adminToken, `mutation { updateAccount(input: {gdprEnabled: true}) { userErrors { message } } }`, nil)
		a.do(adminToken, `mutation($in: UpdateTargetedMessageInput!) { updateTargetedMessage(input: $in) { userErrors { message } } }`,
			input("targetedMessageId", third.shown, "consent", map[string]any{"processing": "EXPLICIT", "processingText": "We keep it."}, "emailCapture", map[string]any{"timing": "NEVER", "fields": []any{map[string]any{"kind": "NAME"}}}))
		for _, got := range []string{a.submits(third.visitor(), filled("name", "A"), "targetedMessageId", third.shown),
			a.codes(third.visitor(), "setVisitorProperties", "SetVisitorPropertiesInput", "properties", filled("name", "A")) + " [consent]"} {
			if got != "CONSENT_REQUIRED [consent]" {
				t.Errorf("without consent: %q", got)
			}
		}
	})
}
