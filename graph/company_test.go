package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// created runs a mutation as an admin and returns the id of what it made.
func (o *office) created(t *testing.T, document, mutation, object string) string {
	t.Helper()
	var got struct {
		Data map[string]map[string]json.RawMessage
	}
	raw := o.run(o.Admin, t, document)
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		t.Fatal(err)
	}
	var made struct{ ID string }
	if err := json.Unmarshal(got.Data[mutation][object], &made); err != nil || made.ID == "" {
		t.Fatalf("%s: %s", mutation, raw)
	}
	return made.ID
}

// CR-3, CR-6, CR-8, CR-11: companies, their contacts, what was logged, timelines and
// associations through the API.
func TestRecordsThroughTheAPI(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		acme := o.created(t, `mutation { createCompany(input: {name: "Acme", domains: ["acme.example", "gmail.com"], industry: "Lamps", size: 12, country: "AT"}) { company { id } userErrors { code } } }`, "createCompany", "company")
		ann := o.created(t, `mutation { createContact(input: {name: "Ann", email: "ann@acme.example"}) { contact { id } userErrors { code } } }`, "createContact", "contact")
		o.created(t, `mutation { createContact(input: {name: "Bob", email: "bob@gmail.com"}) { contact { id } userErrors { code } } }`, "createContact", "contact")
		o.run(o.Admin, t, `mutation { createProperty(input: {object: TICKET, name: "category", kind: CHOICE, options: [{value: "billing"}]}) { userErrors { code } } }`)
		o.created(t, fmt.Sprintf(`mutation { createTicket(input: {subject: "Broken", contactId: %q, definedProperties: [{name: "category", choice: "billing"}]}) { ticket { id } userErrors { code field } } }`, ann), "createTicket", "ticket")
		o.created(t, fmt.Sprintf(`mutation { createDeal(input: {name: "Lamps", contactId: %q, amount: {value: "10.50", currency: "EUR"}}) { deal { id } userErrors { code } } }`, ann), "createDeal", "deal")
		note := o.created(t, fmt.Sprintf(`mutation { logEngagement(input: {contactId: %q, kind: NOTE, body: {note: {text: "Likes lamps"}}}) { engagement { id } userErrors { code field } } }`, ann), "logEngagement", "engagement")
		for _, step := range []struct{ document, want string }{
			{
				fmt.Sprintf(`{ company(by: {id: %q}) { name domains industry size country owner { id } externalId contacts { totalCount nodes { name company { name } } } tickets { nodes { subject } } deals { nodes { name } } engagements { nodes { kind } } } }`, acme),
				`{"data":{"company":{"name":"Acme","domains":["acme.example","gmail.com"],"industry":"Lamps","size":12,"country":"AT","owner":null,"externalId":null,` +
					`"contacts":{"totalCount":1,"nodes":[{"name":"Ann","company":{"name":"Acme"}}]},"tickets":{"nodes":[{"subject":"Broken"}]},"deals":{"nodes":[{"name":"Lamps"}]},"engagements":{"nodes":[{"kind":"NOTE"}]}}}}`,
			},
			{
				fmt.Sprintf(`{ contacts(filter: {companyIds: [%q]}) { totalCount } companies(filter: {query: "acm"}) { nodes { name } } tickets(filter: {companyIds: [%q], definedProperties: [{name: "category", anyOf: ["billing"]}]}) { nodes { company { name } definedProperties { property { name } choice { value } } } } }`, acme, acme),
				`{"data":{"contacts":{"totalCount":1},"companies":{"nodes":[{"name":"Acme"}]},"tickets":{"nodes":[{"company":{"name":"Acme"},"definedProperties":[{"property":{"name":"category"},"choice":{"value":"billing"}}]}]}}}`,
			},
			{`{ dealTotals { stage { name } count amounts { value currency } } }`, `{"data":{"dealTotals":[{"stage":{"name":"Appointment scheduled"},"count":1,"amounts":[{"value":"10.50","currency":"EUR"}]}]}}`},
			{
				fmt.Sprintf(`mutation { updateEngagement(input: {engagementId: %q, body: {note: {text: "Likes tables"}}}) { engagement { body { ... on EngagementNote { text } } revisions { nodes { revision editor { ... on User { displayName } } body { ... on EngagementNote { text } } } } attachments { id } author { ... on User { displayName } } } userErrors { code } } }`, note),
				`{"data":{"updateEngagement":{"engagement":{"body":{"text":"Likes tables"},"revisions":{"nodes":[{"revision":1,"editor":{"displayName":"Ada Admin"},"body":{"text":"Likes lamps"}}]},"attachments":[],"author":{"displayName":"Ada Admin"}},"userErrors":[]}}}`,
			},
			{
				fmt.Sprintf(`mutation { logEngagement(input: {contactId: %q, body: {task: {title: "Call", assigneeId: %q}}}) { engagement { kind body { __typename ... on EngagementTask { title type assignee { name } doneAt } } } userErrors { code } } }`, ann, o.AgentIDs[0]),
				`{"data":{"logEngagement":{"engagement":{"kind":"TASK","body":{"__typename":"EngagementTask","title":"Call","type":"TODO","assignee":{"name":"Ben Agent"},"doneAt":null}},"userErrors":[]}}}`,
			},
			{
				fmt.Sprintf(`mutation { logEngagement(input: {contactId: %q, kind: CALL, body: {note: {text: "x"}}}) { engagement { id } userErrors { code field } } }`, ann),
				`{"data":{"logEngagement":{"engagement":null,"userErrors":[{"code":"INVALID","field":["kind"]}]}}}`,
			},
			{fmt.Sprintf(`{ engagementTasks(filter: {assigneeIds: [%q], done: false}) { nodes { kind } } engagements(filter: {query: "tabl"}) { nodes { kind } } }`, o.AgentIDs[0]), `{"data":{"engagementTasks":{"nodes":[{"kind":"TASK"}]},"engagements":{"nodes":[{"kind":"NOTE"}]}}}`},
			{
				fmt.Sprintf(`mutation { associateRecord(input: {conversationId: %q, recordId: %q}) { conversation { associations { kind source main createdBy { ... on User { displayName } } record { ... on Contact { contact: name } ... on Company { name } } } } userErrors { code } } }`, o.ConversationIDs[0], acme),
				`{"data":{"associateRecord":{"conversation":{"associations":[{"kind":"CONTACT","source":"RULE","main":true,"createdBy":null,"record":{"contact":"Dora Contact"}},` +
					`{"kind":"COMPANY","source":"MANUAL","main":false,"createdBy":{"displayName":"Ada Admin"},"record":{"name":"Acme"}}]},"userErrors":[]}}}`,
			},
			{fmt.Sprintf(`mutation { deleteCompany(input: {companyId: %q}) { deletedCompanyId userErrors { code } } }`, acme), fmt.Sprintf(`{"data":{"deleteCompany":{"deletedCompanyId":%q,"userErrors":[]}}}`, acme)},
		} {
			if got := o.run(o.Admin, t, step.document); got != step.want {
				t.Errorf("%s\ngot  %s\nwant %s", step.document, got, step.want)
			}
		}
		got := o.run(o.Admin, t, fmt.Sprintf(`{ contact(by: {id: %q}) { timeline(first: 10) { nodes { kind item { __typename ... on Ticket { subject } ... on Engagement { kind } } } pageInfo { hasNextPage } } } }`, ann))
		for _, want := range []string{`{"kind":"TICKET","item":{"__typename":"Ticket","subject":"Broken"}}`, `{"kind":"DEAL","item":{"__typename":"Deal"}}`, `{"kind":"ENGAGEMENT","item":{"__typename":"Engagement","kind":"NOTE"}}`} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s in it", got, want)
			}
		}
	})
}
