package graph_test

import (
	"fmt"
	"regexp"
	"testing"

	"parley/internal/testkit/check"
)

// CR-4: criteria on tags and on days of properties come in by names and are shown by what
// they name; what is unknown is NOT_FOUND in its place.
func TestSmartListCriteria(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		o.run(o.Admin, t, `mutation { createProperty(input: {object: CONTACT, name: "renewal", kind: DATE}) { userErrors { code } } }`)
		tagID := regexp.MustCompile(`tag_[0-9a-z]{26}`).FindString(o.run(o.Admin, t, `mutation { createTag(input: {name: "Gold"}) { tag { id } userErrors { code } } }`))
		const create = `mutation { createContactList(input: {name: "Renewals", criteria: {all: [{conversation: {tags: ["gold", %q]}},
			{propertyDate: {name: %q, range: {withinNextDays: 30}}}]}}) { contactList { criteria { all { conversation { tags inboxId }
			propertyDate { name range { withinLastDays moreThanDaysAgo withinNextDays moreThanDaysAhead } } } } } userErrors { code field } } }`
		check.Same(t, o.run(o.Admin, t, fmt.Sprintf(create, "Silver", "renewal")),
			`{"data":{"createContactList":{"contactList":null,"userErrors":[{"code":"NOT_FOUND","field":["criteria","all","0","conversation","tags","1"]}]}}}`)
		check.Same(t, o.run(o.Admin, t, fmt.Sprintf(create, tagID, "birthday")),
			`{"data":{"createContactList":{"contactList":null,"userErrors":[{"code":"NOT_FOUND","field":["criteria","all","1","propertyDate","name"]}]}}}`)
		check.Same(t, o.run(o.Admin, t, fmt.Sprintf(create, tagID, "renewal")), fmt.Sprintf(`{"data":{"createContactList":{"contactList":{"criteria":{"all":[`+
			`{"conversation":{"tags":[%q,%q],"inboxId":null},"propertyDate":null},{"conversation":null,"propertyDate":{"name":"renewal",`+
			`"range":{"withinLastDays":null,"moreThanDaysAgo":null,"withinNextDays":30,"moreThanDaysAhead":null}}}]}},"userErrors":[]}}}`, tagID, tagID))
	})
}
