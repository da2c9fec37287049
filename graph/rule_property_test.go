package graph_test

import (
	"fmt"
	"testing"

	"parley/internal/testkit/check"
)

// CR-11, TM-2, RT-3: defined properties of the contact decide who sees a targeted message
// and how their chat is routed, whatever they are called later; an archived one stays where
// it is used, and comes nowhere else.
func TestPropertiesTargetAndRoute(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		idOf := func(made map[string]any, of string) string { return made[of].(map[string]any)["id"].(string) }
		property := idOf(s.answerAs(`mutation { createProperty(input: {object: CONTACT, name: "plan", kind: TEXT}) { property { id } } }`), "property")
		contact := func(plan string) string {
			return idOf(s.answerAs(fmt.Sprintf(`mutation { createContact(input: {name: "C", properties: [{name: "plan", text: %q}]}) { contact { id } } }`, plan)), "contact")
		}
		gold, silver := contact("Gold"), contact("silver")
		made := s.answerAs(fmt.Sprintf(`mutation { createTargetedMessage(input: {channelId: %q, name: "Gold", welcomeMessage: "Hello",
			contactProperties: [{name: "plan", anyOf: ["gold"]}],
			routing: {rules: [{target: UNASSIGNED, conditions: [{definedProperty: {name: "plan", anyOf: ["gold"]}}]}, {target: UNASSIGNED}]}
		}) { targetedMessage { id } } }`, s.ChannelIDs[0]))
		message := idOf(made, "targetedMessage")
		s.answerAs(fmt.Sprintf(`mutation { publishTargetedMessage(input: {targetedMessageId: %q}) { targetedMessage { id } } }`, message))

		shown := func(contact string) any {
			if contact != "" {
				contact = fmt.Sprintf("contactId: %q", contact)
			}
			preview := s.answerAs(fmt.Sprintf(`{ targetedMessagePreview(input: {channelId: %q, pageUrl: "https://shop.example/", %s}) {
				verdicts { nodes { targetedMessage { id } inAudience } } } }`, s.ChannelIDs[0], contact))
			for _, n := range preview["verdicts"].(map[string]any)["nodes"].([]any) {
				if verdict := n.(map[string]any); verdict["targetedMessage"].(map[string]any)["id"] == message {
					return verdict["inAudience"]
				}
			}
			return nil
		}
		rule := func(person string) any {
			if person != "" {
				person = fmt.Sprintf("person: {contactId: %q}", person)
			}
			return s.answerAs(fmt.Sprintf(`{ routingPreview(input: {conversation: {targetedMessageId: %q}, %s}) { rule } }`, message, person))["rule"]
		}
		decides := func(label string) {
			t.Helper()
			got := []any{shown(gold), shown(silver), shown(""), rule(gold), rule(silver), rule("")}
			want := []any{true, false, false, 0.0, 1.0, 1.0}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s: %d is %v, want %v", label, i, got[i], want[i])
				}
			}
		}
		decides("at first")
		s.answerAs(fmt.Sprintf(`mutation { updateProperty(input: {propertyId: %q, name: "tier"}) { property { id } } }`, property))
		decides("renamed")
		s.answerAs(fmt.Sprintf(`mutation { archiveProperty(input: {propertyId: %q}) { property { id } } }`, property))
		decides("archived")

		faults := func(answer map[string]any) string { return fmt.Sprint(answer["userErrors"]) }
		same := `contactProperties: [{name: "tier", anyOf: ["gold"]}], name: "Same",
			routing: {rules: [{target: UNASSIGNED, conditions: [{definedProperty: {name: "tier", anyOf: ["gold"]}}]}, {target: UNASSIGNED}]}`
		check.Same(t, faults(s.answerAs(fmt.Sprintf(`mutation { updateTargetedMessage(input: {targetedMessageId: %q, %s}) { userErrors { code field } } }`, message, same))), "[]")
		decides("saved again")
		other := s.answerAs(fmt.Sprintf(`mutation { createTargetedMessage(input: {channelId: %q, %s}) { userErrors { code field } } }`, s.ChannelIDs[0], same))
		check.Same(t, faults(other), "[map[code:INVALID field:[contactProperties 0 name]] map[code:INVALID field:[routing rules 0 conditions 0 definedProperty name]]]")
		anonymous := s.answerAs(fmt.Sprintf(`mutation { updateTargetedMessage(input: {targetedMessageId: %q, audience: ANONYMOUS}) { userErrors { code field } } }`, message))
		check.Same(t, faults(anonymous), "[map[code:INVALID field:[contactProperties]]]")
	})
}
