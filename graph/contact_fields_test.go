package graph_test

import (
	"fmt"
	"testing"
)

// CR-10, CR-11: a contact's fields are set, shown and found through the API.
func TestContactFieldsThroughTheAPI(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.run(o.Admin, t, `mutation { updateAccount(input: {phoneRegion: "AT"}) { userErrors { code } } }`)
		o.run(o.Admin, t, `mutation { createProperty(input: {object: CONTACT, name: "plan", kind: CHOICE, options: [{value: "gold"}]}) { userErrors { code } } }`)
		for _, step := range []struct{ document, want string }{
			{
				fmt.Sprintf(`mutation { createContact(input: {firstName: "Grace", lastName: "Hopper", emails: [{email: "grace@example.org", label: "work", verified: true}, {email: "g@example.org", primary: true}],
					phones: [{number: "01 / 512 34 56", label: "office"}], jobTitle: "Admiral", ownerId: %q, language: "en-US", timeZone: "America/New_York", country: "US", city: "Arlington",
					lifecycleStage: CUSTOMER, properties: [{name: "plan", choice: "gold"}]}) { contact { name firstName lastName email emails emailAddresses { email primary verified label }
					phone phones { number e164 primary label } jobTitle owner { name } language timeZone country city lifecycleStage source firstSeenAt lastContactedAt } userErrors { code field } } }`, o.AgentIDs[0]),
				`{"data":{"createContact":{"contact":{"name":"Grace Hopper","firstName":"Grace","lastName":"Hopper","email":"g@example.org","emails":["g@example.org","grace@example.org"],` +
					`"emailAddresses":[{"email":"g@example.org","primary":true,"verified":false,"label":null},{"email":"grace@example.org","primary":false,"verified":true,"label":"work"}],` +
					`"phone":"01 / 512 34 56","phones":[{"number":"01 / 512 34 56","e164":"+4315123456","primary":true,"label":"office"}],"jobTitle":"Admiral","owner":{"name":"Ben Agent"},` +
					`"language":"en-US","timeZone":"America/New_York","country":"US","city":"Arlington","lifecycleStage":"CUSTOMER","source":"API","firstSeenAt":null,"lastContactedAt":null},"userErrors":[]}}}`,
			},
			{
				fmt.Sprintf(`{ contacts(filter: {ownerIds: [%q], lifecycleStages: [CUSTOMER], properties: [{name: "plan", anyOf: ["gold"]}]}, orderBy: LAST_CONTACTED_AT_DESC) { totalCount nodes { name } } }`, o.AgentIDs[0]),
				`{"data":{"contacts":{"totalCount":1,"nodes":[{"name":"Grace Hopper"}]}}}`,
			},
			{`{ contacts(filter: {query: "+43 1 5123"}) { nodes { name } } }`, `{"data":{"contacts":{"nodes":[{"name":"Grace Hopper"}]}}}`},
			{
				`mutation { upsertContact(input: {by: {email: "grace@example.org"}, emails: [{email: "grace@example.org"}], phones: null, ownerId: null}) { created contact { emails phones { number } owner { id } } userErrors { code } } }`,
				`{"data":{"upsertContact":{"created":false,"contact":{"emails":["grace@example.org"],"phones":[],"owner":null},"userErrors":[]}}}`,
			},
		} {
			if got := o.run(o.Admin, t, step.document); got != step.want {
				t.Errorf("%s\ngot  %s\nwant %s", step.document, got, step.want)
			}
		}
	})
}
