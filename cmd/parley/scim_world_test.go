package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// aDirectory is one that keeps the users of an account by SCIM.
type aDirectory struct {
	d     *doors
	token string
	// integrationID is whose token it has.
	integrationID string
}

const createToken = `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token apiToken { id integration { id } } userErrors { code message } } }`

// directory connects one, with a token of the scopes.
func (d *doors) directory(scopes ...string) *aDirectory {
	d.t.Helper()
	made := d.do(adminToken, createToken, input("name", "Directory", "scopes", scopes))
	return &aDirectory{d, text(made, "createApiToken", "token"), text(made, "createApiToken", "apiToken", "integration", "id")}
}

// send sends a request, whose body may be JSON text or a value, and returns what is answered.
func (s *aDirectory) send(method, path string, body any) (status int, answer map[string]any) {
	t := s.d.t
	t.Helper()
	var given io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		given = strings.NewReader(b)
	default:
		encoded, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		given = bytes.NewReader(encoded)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.d.url+"/scim/v2"+path, given)
	if err != nil {
		t.Fatal(err)
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	r.Header.Set("Content-Type", "application/scim+json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if kind := response.Header.Get("Content-Type"); kind != "application/scim+json" && len(read) > 0 {
		t.Errorf("%s %s: the answer is %q", method, path, kind)
	}
	if len(read) > 0 && json.Unmarshal(read, &answer) != nil {
		t.Fatalf("%s %s: %s: no JSON: %s", method, path, response.Status, read)
	}
	return response.StatusCode, answer
}

// does sends a request that must succeed.
func (s *aDirectory) does(method, path string, body any) map[string]any {
	s.d.t.Helper()
	status, answer := s.send(method, path, body)
	if status >= 300 {
		s.d.t.Fatalf("%s %s %v: %d: %v", method, path, body, status, answer)
	}
	return answer
}

// refused sends a request that must fail so, in SCIM's form.
func (s *aDirectory) refused(status int, kind, method, path string, body any) {
	s.d.t.Helper()
	got, answer := s.send(method, path, body)
	if got != status || text(answer, "scimType") != kind || text(answer, "detail") == "" || text(answer, "schemas", 0) != "urn:ietf:params:scim:api:messages:2.0:Error" {
		s.d.t.Errorf("%s %s %.200v: got %d %v, want %d %q", method, path, body, got, answer, status, kind)
	}
}

// finds returns the ids that a filter finds.
func (s *aDirectory) finds(kind, filter string) []string {
	s.d.t.Helper()
	page := s.does(http.MethodGet, "/"+kind+"?filter="+url.QueryEscape(filter), nil)
	found := []string{}
	for i := range at(page, "Resources").([]any) {
		found = append(found, text(page, "Resources", i, "id"))
	}
	return found
}

// patch is a PATCH's body, of operations in JSON.
func patch(operations string) string {
	return `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [` + operations + `]}`
}

// oktaUser is how Okta makes a user.
func oktaUser(address, given, family string) map[string]any {
	return map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": address, "name": map[string]any{"givenName": given, "familyName": family},
		"emails":      []any{map[string]any{"primary": true, "value": address, "type": "work"}},
		"displayName": given + " " + family, "locale": "en-US", "externalId": "okta-" + address, "groups": []any{}, "password": "1mz050nq", "active": true,
	}
}

// userNow is a user as GraphQL has them.
func (d *doors) userNow(t *testing.T, userID string) map[string]any {
	t.Helper()
	return at(d.do(adminToken, `query($id: ID!) { node(id: $id) { ... on User { id name email role seat externalId deactivatedAt teams { nodes { id name } } } } }`,
		map[string]any{"id": userID}), "node").(map[string]any)
}
