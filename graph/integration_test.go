package graph_test

import (
	"fmt"
	"strings"
	"testing"

	"parley/internal/account"
)

// AC-12: an integration has a name and a picture, which an admin changes.
func TestUpdateIntegration(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		admin, agent := o.token(t, o.AdminID), o.token(t, o.AgentIDs[0])
		made, err := o.people.CreateToken(o.Admin, account.CreateApiTokenInput{Name: "shop-export-2", Scopes: []string{"read"}})
		if err != nil {
			t.Fatal(err)
		}
		of := made.Token.IntegrationID
		update := func(id, more string) string {
			return fmt.Sprintf(`mutation { updateIntegration(input: {integrationId: %q, %s}) { integration { name avatarUrl } userErrors { code field } } }`, id, more)
		}
		for _, step := range []struct{ token, document, want string }{
			{agent, `{ integrations { nodes { name avatarUrl } } }`, `{"data":{"integrations":{"nodes":[{"name":"shop-export-2","avatarUrl":null}]}}}`},
			{admin, update(of, `name: " The shop ", avatarUrl: "https://shop.example.com/logo.png", idempotencyKey: "k"`),
				`{"data":{"updateIntegration":{"integration":{"name":"The shop","avatarUrl":"https://shop.example.com/logo.png"},"userErrors":[]}}}`},
			{admin, update(of, `name: "The shop"`), // what is left out stays
				`{"data":{"updateIntegration":{"integration":{"name":"The shop","avatarUrl":"https://shop.example.com/logo.png"},"userErrors":[]}}}`},
			{agent, fmt.Sprintf(`{ integration(id: %q) { name avatarUrl } }`, of), `{"data":{"integration":{"name":"The shop","avatarUrl":"https://shop.example.com/logo.png"}}}`},
			{admin, update(of, `avatarUrl: null`), `{"data":{"updateIntegration":{"integration":{"name":"The shop","avatarUrl":null},"userErrors":[]}}}`},
			{admin, update(of, `name: " The shop ", avatarUrl: "https://shop.example.com/logo.png", idempotencyKey: "k"`), // a retry does nothing
				`{"data":{"updateIntegration":{"integration":{"name":"The shop","avatarUrl":null},"userErrors":[]}}}`},
			{admin, update(of, `name: null`), `{"data":{"updateIntegration":{"integration":null,"userErrors":[{"code":"REQUIRED","field":["name"]}]}}}`},
			{admin, update(of, `name: ""`), `{"data":{"updateIntegration":{"integration":null,"userErrors":[{"code":"REQUIRED","field":["name"]}]}}}`},
			{admin, update(o.AgentIDs[0], `name: "x"`), `{"data":{"updateIntegration":{"integration":null,"userErrors":[{"code":"NOT_FOUND","field":["integrationId"]}]}}}`},
			{admin, update("integration_01kaaaaaaaaaaaaaaaaaaaaaaa", `name: "x"`), `{"data":{"updateIntegration":{"integration":null,"userErrors":[{"code":"NOT_FOUND","field":["integrationId"]}]}}}`},
			{admin, `{ events(after: 0, types: [INTEGRATION_UPDATED]) { nodes { type subjectId changes { __typename ... on OtherFieldChange { field } } } } }`,
				fmt.Sprintf(`{"data":{"events":{"nodes":[{"type":"INTEGRATION_UPDATED","subjectId":%q,"changes":[{"__typename":"OtherFieldChange","field":"name"},{"__typename":"OtherFieldChange","field":"avatarUrl"}]},`+
					`{"type":"INTEGRATION_UPDATED","subjectId":%[1]q,"changes":[{"__typename":"OtherFieldChange","field":"avatarUrl"}]}]}}}`, of)},
		} {
			if got := strings.TrimSpace(o.as(t, step.token, step.document)); got != step.want {
				t.Errorf("%s\n got %s\nwant %s", step.document, got, step.want)
			}
		}
		if got := o.as(t, agent, update(of, `name: "Mine"`)); !strings.Contains(got, `"FORBIDDEN"`) {
			t.Errorf("an agent renames an integration: %s", got)
		}
	})
}
