package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answerAs runs a document as an admin, and decodes what a root field answers.
func (s *site) answerAs(document string) map[string]any {
	s.t.Helper()
	var answer struct {
		Data   map[string]map[string]any
		Errors []struct{ Message string }
	}
	s.ok(json.Unmarshal([]byte(s.run(s.Admin, document)), &answer))
	if len(answer.Errors) > 0 {
		s.t.Fatal(answer.Errors)
	}
	for _, of := range answer.Data {
		return of
	}
	return nil
}

// draft makes a targeted message of what an input says beside its name, and
// returns it as it is shown.
func (s *site) draft(input string) map[string]any {
	s.t.Helper()
	made := s.answerAs(fmt.Sprintf(`mutation { createTargetedMessage(input: {channelId: %q, name: "N", %s}) {
		targetedMessage {
			rules { __typename ... on TargetingPagesRule { pages } ... on TargetingUrlRule { operator value } ... on TargetingQueryParameterRule { parameter value } }
			contactProperties { property { name } isSet numberFrom }
			display { smallScreen } consent { processing }
			routing { rules { method conditions {
				__typename
				... on RoutingContactPropertyCondition { property operator value }
				... on RoutingDefinedPropertyCondition { condition { property { name } anyOf isSet } }
				... on RoutingListCondition { member list { name } }
				... on RoutingLanguageCondition { operator value }
				... on RoutingPageCondition { operator value }
				... on RoutingHoursCondition { hours }
			} } }
		} userErrors { code field } } }`, s.ChannelIDs[0], input))
	return made
}

// API-9, API-11, TM-3, RT-3: rules and conditions come back as they were given.
func TestRulesAndConditions(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		list := s.answerAs(`mutation { createContactList(input: {name: "VIPs"}) { contactList { id } } }`)["contactList"].(map[string]any)["id"]
		s.answerAs(`mutation { createProperty(input: {object: CONTACT, name: "tier", kind: TEXT}) { property { id } } }`)
		s.answerAs(`mutation { createProperty(input: {object: CONTACT, name: "orders", kind: NUMBER}) { property { id } } }`)
		made := s.draft(fmt.Sprintf(`
			contactProperties: [{name: "orders", numberFrom: 2}, {name: "tier", isSet: false}],
			rules: [{pages: ALL}, {url: {operator: CONTAINS, value: "/pricing"}}, {queryParameter: {parameter: "plan", value: "pro"}}, {url: {operator: IS}}],
			display: {smallScreen: null}, consent: {processing: null},
			routing: {rules: [
				{target: UNASSIGNED, method: null, conditions: [
					{contactProperty: {property: EMAIL, operator: CONTAINS, value: "@example.com"}}, {contactProperty: {property: NAME, operator: IS_KNOWN}},
					{definedProperty: {name: "tier", anyOf: ["gold"]}}, {list: {contactListId: %q}}, {list: {contactListId: %q, member: false}},
					{language: {value: "de"}}, {page: {operator: null, value: "/shop"}}, {hours: WITHIN}, {hours: OUTSIDE}
				]},
				{target: UNASSIGNED, method: FEWEST_OPEN}
			]}`, list, list))
		var want map[string]any
		s.ok(json.Unmarshal([]byte(`{"userErrors": [], "targetedMessage": {
			"rules": [
				{"__typename": "TargetingPagesRule", "pages": "ALL"},
				{"__typename": "TargetingUrlRule", "operator": "CONTAINS", "value": "/pricing"},
				{"__typename": "TargetingQueryParameterRule", "parameter": "plan", "value": "pro"},
				{"__typename": "TargetingUrlRule", "operator": "IS", "value": null}
			],
			"contactProperties": [{"property": {"name": "orders"}, "isSet": null, "numberFrom": 2}, {"property": {"name": "tier"}, "isSet": false, "numberFrom": null}],
			"display": {"smallScreen": "NORMAL"}, "consent": {"processing": "NONE"},
			"routing": {"rules": [{"method": "ROUND_ROBIN", "conditions": [
				{"__typename": "RoutingContactPropertyCondition", "property": "EMAIL", "operator": "CONTAINS", "value": "@example.com"},
				{"__typename": "RoutingContactPropertyCondition", "property": "NAME", "operator": "IS_KNOWN", "value": null},
				{"__typename": "RoutingDefinedPropertyCondition", "condition": {"property": {"name": "tier"}, "anyOf": ["gold"], "isSet": null}},
				{"__typename": "RoutingListCondition", "member": true, "list": {"name": "VIPs"}},
				{"__typename": "RoutingListCondition", "member": false, "list": {"name": "VIPs"}},
				{"__typename": "RoutingLanguageCondition", "operator": "IS", "value": "de"},
				{"__typename": "RoutingPageCondition", "operator": "IS", "value": "/shop"},
				{"__typename": "RoutingHoursCondition", "hours": "WITHIN"},
				{"__typename": "RoutingHoursCondition", "hours": "OUTSIDE"}
			]}, {"method": "FEWEST_OPEN", "conditions": []}]}
		}}`), &want))
		if diff := cmp.Diff(want, made); diff != "" {
			t.Error(diff)
		}
	})
}

// TM-1, RT-3: what is wrong with a rule or a condition is named by the input's path.
func TestBadConditions(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		at := func(condition string) string {
			made := s.draft(`routing: {rules: [{target: UNASSIGNED, conditions: [` + condition + `]}, {target: UNASSIGNED}]}`)
			var faults []string
			for _, e := range made["userErrors"].([]any) {
				fault := e.(map[string]any)
				faults = append(faults, fmt.Sprint(fault["code"], " ", fault["field"]))
			}
			return strings.ReplaceAll(strings.Join(faults, ", "), "routing rules 0 conditions 0 ", "")
		}
		for condition, want := range map[string]string{
			`{contactProperty: {property: EMAIL}}`:                  "REQUIRED [contactProperty value]",
			`{list: {contactListId: "contact_list_x"}}`:             "NOT_FOUND [list contactListId]",
			`{language: {operator: CONTAINS, value: "de"}}`:         "INVALID [language operator]",
			`{page: {operator: IS_KNOWN}}`:                          "INVALID [page operator]",
			`{subject: {value: "x"}}`:                               "INVALID [subject]",
			`{toAddress: {operator: STARTS_WITH, value: "sales@"}}`: "INVALID [toAddress]",
			`{definedProperty: {name: "none", isSet: true}}`:        "NOT_FOUND [definedProperty name]",
			`{hours: WITHIN}`:                                       "",
		} {
			if got := at(condition); got != want {
				t.Errorf("%s: got %q, want %q", condition, got, want)
			}
		}
	})
}
