package main

import (
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// AC-19: a directory as Okta makes, finds, changes, deactivates and deletes users.
func TestDirectoryAsOkta(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		if found := s.finds("Users", `userName eq "dana@example.com"`); len(found) != 0 {
			t.Fatalf("found %v before", found)
		}
		made := s.does(http.MethodPost, "/Users", oktaUser("Dana@Example.com", "Dana", "Doe"))
		id := text(made, "id")
		check.Same(t, []any{at(made, "userName"), at(made, "displayName"), at(made, "name", "familyName"), at(made, "active"), at(made, "externalId"), at(made, "meta", "location"), at(made, "password")},
			[]any{"dana@example.com", "Dana Doe", "Doe", true, "okta-Dana@Example.com", d.url + "/scim/v2/Users/" + id, nil})
		s.refused(http.StatusConflict, "uniqueness", http.MethodPost, "/Users", oktaUser("dana@example.com", "Other", "One"))
		for _, filter := range []string{`userName eq "DANA@example.com"`, `externalId eq "okta-Dana@Example.com"`, `displayName eq "dana doe" and active eq true`, `id eq "` + id + `"`} {
			check.Same(t, s.finds("Users", filter), []string{id})
		}
		user := d.userNow(t, id)
		check.Same(t, []any{user["name"], user["email"], user["role"], user["seat"], user["externalId"]}, []any{"Dana Doe", "dana@example.com", "AGENT", "NONE", "okta-Dana@Example.com"})

		renamed := oktaUser("dana@example.com", "Dana", "Smith")
		renamed["displayName"] = "Dana Smith"
		delete(renamed, "active")
		check.Same(t, at(s.does(http.MethodPut, "/Users/"+id, renamed), "displayName"), any("Dana Smith"))

		in := d.signedIn(id)
		stream := in.follow()
		s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "replace", "value": {"active": false}}`))
		d.ends(stream)
		if who := in.who(); who != "" {
			t.Errorf("the session goes on as %s", who)
		}
		check.Same(t, s.finds("Users", `active eq false`), []string{id})
		s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "replace", "value": {"active": true}}`))
		check.Same(t, d.userNow(t, id)["deactivatedAt"], nil)

		s.does(http.MethodDelete, "/Users/"+id, nil)
		s.refused(http.StatusNotFound, "", http.MethodGet, "/Users/"+id, nil)
		s.refused(http.StatusNotFound, "", http.MethodDelete, "/Users/"+id, nil)
		s.refused(http.StatusNotFound, "", http.MethodPatch, "/Users/"+id, patch(`{"op": "replace", "value": {"active": true}}`))
		if user := d.userNow(t, id); user["deactivatedAt"] == nil || user["name"] != "Dana Smith" {
			t.Errorf("who was deleted is %v", user)
		}
		again := s.does(http.MethodPost, "/Users", oktaUser("dana@example.com", "Dana", "Back"))
		check.Same(t, []any{at(again, "id"), at(again, "active"), at(again, "displayName")}, []any{id, true, "Dana Back"})
		events := at(d.do(adminToken, `{ events(first: 100, types: [USER_CREATED, USER_DEACTIVATED, USER_REACTIVATED]) { nodes { actor { ... on Integration { id } } } } }`, nil), "events", "nodes").([]any)
		by := slices.DeleteFunc(slices.Clone(events), func(e any) bool { return text(e, "actor", "id") != s.integrationID })
		if len(by) != 5 {
			t.Errorf("the directory is who did %v", events)
		}
	})
}

// AC-19: Entra ID sends operations with capitals, booleans as texts, paths with filters, and attributes that are not kept.
func TestDirectoryAsEntra(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		made := s.does(http.MethodPost, "/Users", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
			"externalId": "0a21f0f2", "userName": "eve@example.com", "active": "True", "emails": [{"primary": true, "type": "work", "value": "eve@example.com"}],
			"meta": {"resourceType": "User"}, "name": {"formatted": "Eve Old", "familyName": "Old", "givenName": "Eve"}, "roles": [],
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Sales", "manager": "someone"}}`)
		id := text(made, "id")
		check.Same(t, at(made, "displayName"), any("Eve Old"))
		changed := s.does(http.MethodPatch, "/Users/"+id, patch(`
			{"op": "Replace", "path": "emails[type eq \"work\"].value", "value": "other@example.com"},
			{"op": "Replace", "path": "name.formatted", "value": "Eve New"},
			{"op": "Replace", "path": "name.familyName", "value": "New"},
			{"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": "a text"},
			{"op": "Replace", "path": "userName", "value": "Eve.New@example.com"},
			{"op": "Add", "path": "roles[primary eq \"True\"].value", "value": "Admin"},
			{"op": "Add", "path": "entitlements", "value": [{"value": "SALES"}]}`))
		check.Same(t, []any{at(changed, "userName"), at(changed, "displayName"), at(changed, "name", "familyName"), at(changed, "roles", 0, "value"), at(changed, "entitlements", 0, "value")},
			[]any{"eve.new@example.com", "Eve New", "New", "ADMIN", "SALES"})
		s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "Add", "path": "title", "value": "Boss"}, {"op": "Replace", "value": {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department": "Service"}}`))

		group := text(s.does(http.MethodPost, "/Groups", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "8aa1a0c0", "displayName": "Sales", "meta": {"resourceType": "Group"}}`), "id")
		s.does(http.MethodPatch, "/Groups/"+group, patch(`{"op": "Add", "path": "members", "value": [{"$ref": null, "value": "`+id+`"}]}`))
		check.Same(t, text(d.userNow(t, id), "teams", "nodes", 0, "name"), "Sales")
		check.Same(t, s.finds("Groups", `externalId eq "8aa1a0c0" and members eq "`+id+`"`), []string{group})

		// Who is inactive for a while is in their groups again: Entra ID does not say so once more.
		s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "Replace", "path": "active", "value": "False"}`))
		check.Same(t, text(s.does(http.MethodGet, "/Groups/"+group, nil), "members", 0, "value"), id)
		check.Same(t, text(s.does(http.MethodGet, "/Users/"+id, nil), "groups", 0, "display"), "Sales")
		other := text(s.does(http.MethodPost, "/Groups", `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Later", "members": [{"value": "`+id+`"}]}`), "id")
		s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "Replace", "path": "active", "value": "True"}`))
		check.Same(t, len(at(d.userNow(t, id), "teams", "nodes").([]any)), 2)
		s.does(http.MethodPatch, "/Groups/"+group, patch(`{"op": "Remove", "path": "members", "value": [{"$ref": null, "value": "`+id+`"}]}`))
		s.does(http.MethodPatch, "/Groups/"+other, patch(`{"op": "Remove", "path": "members[value eq \"`+id+`\"]"}`))
		check.Same(t, len(at(d.userNow(t, id), "teams", "nodes").([]any)), 0)

		s.does(http.MethodDelete, "/Groups/"+group, nil)
		s.refused(http.StatusNotFound, "", http.MethodGet, "/Groups/"+group, nil)
	})
}

// AC-19: groups are replaced as a whole, renamed and paged; what cannot be is refused in SCIM's form.
func TestDirectoryGroups(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		s := d.directory("people:provision")
		var ids []string
		for i := range 3 {
			ids = append(ids, text(s.does(http.MethodPost, "/Users", oktaUser(fmt.Sprintf("u%d@example.com", i), "User", fmt.Sprint(i))), "id"))
		}
		group := map[string]any{"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Service", "members": []any{map[string]any{"value": ids[0]}, map[string]any{"value": ids[1]}}}
		id := text(s.does(http.MethodPost, "/Groups", group), "id")
		members := func() []string {
			of := []string{}
			for i := range at(s.does(http.MethodGet, "/Groups/"+id, nil), "members").([]any) {
				of = append(of, text(s.does(http.MethodGet, "/Groups/"+id, nil), "members", i, "value"))
			}
			slices.Sort(of)
			return of
		}
		check.Same(t, members(), []string{ids[0], ids[1]})
		s.refused(http.StatusConflict, "uniqueness", http.MethodPost, "/Groups", map[string]any{"schemas": group["schemas"], "displayName": "SERVICE"})
		s.does(http.MethodPatch, "/Groups/"+id, patch(`{"op": "remove", "path": "members[value eq \"`+ids[0]+`\"]"}, {"op": "add", "path": "members", "value": [{"value": "`+ids[2]+`", "display": "x"}]}`))
		check.Same(t, members(), []string{ids[1], ids[2]})
		s.does(http.MethodPatch, "/Groups/"+id, patch(`{"op": "replace", "path": "members", "value": [{"value": "`+ids[0]+`"}]}, {"op": "replace", "value": {"id": "`+id+`", "displayName": "Service team"}}`))
		check.Same(t, members(), []string{ids[0]})
		s.does(http.MethodPut, "/Groups/"+id, map[string]any{"schemas": group["schemas"], "displayName": "Service", "members": []any{map[string]any{"value": ids[1]}}})
		check.Same(t, members(), []string{ids[1]})
		if page := s.does(http.MethodGet, "/Groups?excludedAttributes=members", nil); at(page, "Resources", 0, "members") != nil || text(page, "Resources", 0, "displayName") != "Service" {
			t.Errorf("got %v", page)
		}
		s.refused(http.StatusBadRequest, "invalidValue", http.MethodPatch, "/Groups/"+id, patch(`{"op": "add", "path": "members", "value": [{"value": "user_01h455vb4pex5vsknk084sn02q"}]}`))
		s.refused(http.StatusBadRequest, "invalidPath", http.MethodPatch, "/Groups/"+id, patch(`{"op": "remove", "path": "members[display eq \"x\"]"}`))

		var got []string
		for start := 1; ; start += 2 {
			page := s.does(http.MethodGet, fmt.Sprintf("/Users?startIndex=%d&count=2", start), nil)
			rows := at(page, "Resources").([]any)
			for i := range rows {
				got = append(got, text(page, "Resources", i, "id"))
			}
			if total := at(page, "totalResults"); total != float64(5) {
				t.Fatalf("there are %v", total)
			}
			if len(rows) < 2 {
				break
			}
		}
		if len(got) != 5 || !slices.Contains(got, benID) || !slices.IsSorted(got) {
			t.Errorf("the pages have %v", got)
		}

		var together sync.WaitGroup
		for _, one := range ids {
			together.Go(func() {
				if status, answer := s.send(http.MethodPatch, "/Groups/"+id, patch(`{"op": "add", "path": "members", "value": [{"value": "`+one+`"}]}`)); status != http.StatusNoContent {
					t.Errorf("got %d %v", status, answer)
				}
			})
		}
		together.Wait()
		check.Same(t, members(), ids)
	})
}

// AC-19: who gets in, and what is refused.
func TestDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		s := d.directory("people:provision")
		for token, status := range map[string]int{
			"": http.StatusUnauthorized, "parley_forged": http.StatusUnauthorized, adminToken: http.StatusForbidden,
			d.directory("*").token: http.StatusForbidden, d.directory("write", "people:write").token: http.StatusForbidden,
		} {
			(&aDirectory{d: d, token: token}).refused(status, "", http.MethodGet, "/Users", nil)
		}
		if a := d.ask(s.token, `{ users { nodes { id } } }`, nil); len(a.Errors) == 0 {
			t.Errorf("the directory's token reads %v", a.Data)
		}
		s.refused(http.StatusNotFound, "", http.MethodGet, "/Users/user_01h455vb4pex5vsknk084sn02q", nil)
		s.refused(http.StatusNotFound, "", http.MethodGet, "/Nothing", nil)
		other := testkit.Account(t, d.store) // of whom nothing is seen
		for _, c := range []struct{ method, body string }{
			{http.MethodGet, ""}, {http.MethodDelete, ""}, {http.MethodPatch, patch(`{"op": "replace", "path": "active", "value": false}`)},
		} {
			s.refused(http.StatusNotFound, "", c.method, "/Users/"+other.AdminID, c.body)
		}
		s.refused(http.StatusBadRequest, "invalidValue", http.MethodPost, "/Groups", map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Group"}, "displayName": "Theirs", "members": []any{map[string]any{"value": other.AgentIDs[0]}},
		})
		check.Same(t, s.finds("Users", `id eq "`+other.AdminID+`"`), []string{})
		s.refused(http.StatusBadRequest, "invalidFilter", http.MethodGet, "/Users?filter=userName+sw+%22a%22", nil)
		s.refused(http.StatusBadRequest, "invalidFilter", http.MethodGet, "/Users?filter=userName+eq", nil)
		s.refused(http.StatusBadRequest, "invalidSyntax", http.MethodPost, "/Users", `{"`)
		s.refused(http.StatusBadRequest, "invalidValue", http.MethodPost, "/Users", oktaUser("no address", "A", "B"))
		s.refused(http.StatusRequestEntityTooLarge, "", http.MethodPost, "/Users", `{"userName": "`+strings.Repeat("a", 2<<20)+`"}`)
		s.refused(http.StatusBadRequest, "invalidValue", http.MethodPatch, "/Users/"+benID, patch(strings.Repeat(`{"op": "replace", "path": "active", "value": true},`, 1000)+`{"op": "replace", "path": "active", "value": true}`))
		s.refused(http.StatusBadRequest, "invalidValue", http.MethodPatch, "/Users/"+benID, patch(`{"op": "replace", "path": "roles", "value": [{"value": "OWNER"}]}`))

		admin := text(d.do(adminToken, `{ viewer { user { id } } }`, nil), "viewer", "user", "id")
		for _, c := range []struct{ method, body string }{
			{http.MethodDelete, ""}, {http.MethodPatch, patch(`{"op": "replace", "path": "active", "value": false}`)},
			{http.MethodPatch, patch(`{"op": "replace", "path": "roles", "value": [{"value": "AGENT"}]}`)},
		} {
			s.refused(http.StatusConflict, "mutability", c.method, "/Users/"+admin, c.body)
		}
		s.refused(http.StatusConflict, "uniqueness", http.MethodPatch, "/Users/"+admin, patch(`{"op": "replace", "path": "userName", "value": "ben@example.com"}`))

		for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"} {
			s.does(http.MethodGet, path, nil)
		}
		d.do(adminToken, `mutation($in: RevokeApiTokenInput!) { revokeApiToken(input: $in) { userErrors { message } } }`,
			input("apiTokenId", tokenIDOf(t, d, s.integrationID)))
		s.refused(http.StatusUnauthorized, "", http.MethodGet, "/Users", nil)
	})
}

func tokenIDOf(t *testing.T, d *doors, integrationID string) string {
	t.Helper()
	nodes := at(d.do(adminToken, `{ apiTokens(first: 50) { nodes { id integration { id } } } }`, nil), "apiTokens", "nodes")
	for i := range nodes.([]any) {
		if text(nodes, i, "integration", "id") == integrationID {
			return text(nodes, i, "id")
		}
	}
	t.Fatal("there is no such token")
	return ""
}

// AC-19: whoever a directory made signs in at the provider by the address.
func TestDirectorysUserSignsIn(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		s := d.directory("people:provision")
		provider := d.connect(d.first)
		made := text(s.does(http.MethodPost, "/Users", oktaUser("ben@example.com", "Ben", "Doe")), "id")
		b := d.browser().signIn(d.first, provider, "ben@example.com")
		check.Same(t, b.who(), "Ben Doe")
		s.does(http.MethodPatch, "/Users/"+made, patch(`{"op": "replace", "value": {"active": false}}`))
		check.Same(t, b.who(), "")
	})
}

// AC-19: the requests that the documentation shows work, one after the other.
func TestDirectoryPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/scim.md")
	if err != nil {
		t.Fatal(err)
	}
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		known := map[string]string{}
		n := 0
		for _, block := range strings.Split(string(page), "```sh\n")[1:] {
			block, _, _ = strings.Cut(block, "```")
			for _, command := range strings.Split(block, "curl -sX ")[1:] {
				method, rest, _ := strings.Cut(command, " ")
				path, rest, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(rest), `"$PARLEY/scim/v2`), `"`)
				_, body, _ := strings.Cut(rest, "-d '")
				body, _, _ = strings.Cut(body, "'")
				for name, id := range known {
					path, body = strings.ReplaceAll(path, name, id), strings.ReplaceAll(body, name, id)
				}
				var given any
				if body != "" {
					given = body
				}
				answer := s.does(method, strings.ReplaceAll(path, "+", "%20"), given)
				if n++; method == http.MethodPost {
					known[map[bool]string{true: "user_...", false: "team_..."}[path == "/Users"]] = text(answer, "id")
				}
			}
		}
		if n < 6 {
			t.Errorf("the page has %d requests", n)
		}
	})
}
