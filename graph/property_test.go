package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// CR-11: properties are defined, set and shown through the API; the log names the
// property and never the value.
func TestPropertiesThroughTheAPI(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		for _, of := range []string{"CONTACT", "CONVERSATION"} {
			got := o.run(o.Admin, t, fmt.Sprintf(`mutation { createProperty(input: {object: %s, name: "plan", label: "Plan", kind: CHOICE, options: [{value: "gold", label: "Gold"}, {value: "free"}]}) {
				property { name label kind options { value label archived } } userErrors { code field } } }`, of))
			want := `{"data":{"createProperty":{"property":{"name":"plan","label":"Plan","kind":"CHOICE","options":[{"value":"gold","label":"Gold","archived":false},{"value":"free","label":"free","archived":false}]},"userErrors":[]}}}`
			if got != want {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
		}
		const values = `properties { property { name } text number date time boolean choice { value label } choices { value } }`
		shown := `"properties":[{"property":{"name":"plan"},"text":null,"number":null,"date":null,"time":null,"boolean":null,"choice":{"value":"gold","label":"Gold"},"choices":null}]`
		for document, want := range map[string]string{
			fmt.Sprintf(`mutation { updateContact(input: {contactId: %q, properties: [{name: "plan", choice: "gold"}]}) { contact { %s } userErrors { code } } }`, o.ContactID, values):                                `{"data":{"updateContact":{"contact":{` + shown + `},"userErrors":[]}}}`,
			fmt.Sprintf(`mutation { setConversationProperties(input: {conversationId: %q, properties: [{name: "plan", choice: "gold"}]}) { conversation { %s } userErrors { code } } }`, o.ConversationIDs[0], values): `{"data":{"setConversationProperties":{"conversation":{` + shown + `},"userErrors":[]}}}`,
			fmt.Sprintf(`mutation { updateContact(input: {contactId: %q, properties: [{name: "plan", text: "gold"}]}) { contact { id } userErrors { code field } } }`, o.ContactID):                                    `{"data":{"updateContact":{"contact":null,"userErrors":[{"code":"INVALID","field":["properties","0","text"]}]}}}`,
			`{ properties(object: CONTACT) { nodes { name } } }`: `{"data":{"properties":{"nodes":[{"name":"plan"}]}}}`,
		} {
			if got := o.run(o.Agent(0), t, document); got != want {
				t.Errorf("%s\ngot  %s\nwant %s", document, got, want)
			}
		}
		log := o.run(o.Admin, t, `{ events(types: [CONTACT_UPDATED, CONVERSATION_UPDATED]) { nodes { type changes { __typename ... on PropertiesChange { field set { name } cleared { name } } } } } }`)
		change := `{"__typename":"PropertiesChange","field":"properties","set":[{"name":"plan"}],"cleared":[]}`
		if strings.Count(log, change) != 2 {
			t.Errorf("got %s, want %s twice", log, change)
		}
		if got, want := o.run(o.Agent(0), t, `mutation { createProperty(input: {object: DEAL, name: "x", kind: TEXT}) { userErrors { code } } }`), "FORBIDDEN"; !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}
