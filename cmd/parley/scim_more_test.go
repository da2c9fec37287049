package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"parley/internal/testkit/check"
)

const (
	groupSchemas = `"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]`
	userSchemas  = `"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]`
)

// AC-19: a role and a seat that are taken away by an empty list or null are the lowest; a removal of a value holds for whoever has it.
func TestDirectoryTakesRolesAway(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		id := text(s.does(http.MethodPost, "/Users", oktaUser("dana@example.com", "Dana", "Doe")), "id")
		for _, c := range []struct{ method, body, role, seat string }{
			{http.MethodPatch, patch(`{"op": "replace", "path": "roles", "value": []}, {"op": "replace", "path": "entitlements", "value": []}`), "AGENT", "NONE"},
			{http.MethodPatch, patch(`{"op": "replace", "path": "roles", "value": null}, {"op": "replace", "path": "entitlements", "value": null}`), "AGENT", "NONE"},
			{http.MethodPatch, patch(`{"op": "replace", "value": {"roles": [], "entitlements": null}}`), "AGENT", "NONE"},
			{http.MethodPatch, patch(`{"op": "add", "value": {"roles": [], "entitlements": null}}, {"op": "add", "path": "roles", "value": []}, {"op": "add", "path": "entitlements", "value": null}`), "ADMIN", "SALES"},
			{http.MethodPut, `{` + userSchemas + `, "userName": "dana@example.com", "roles": [], "entitlements": []}`, "AGENT", "NONE"},
			{http.MethodPut, `{` + userSchemas + `, "userName": "dana@example.com", "roles": null, "entitlements": null}`, "AGENT", "NONE"},
			{http.MethodPut, `{` + userSchemas + `, "userName": "dana@example.com"}`, "ADMIN", "SALES"},
			{http.MethodPatch, patch(`{"op": "remove", "path": "roles[value eq \"AGENT\"]"}, {"op": "remove", "path": "entitlements[value eq \"SERVICE\"]"}`), "ADMIN", "SALES"},
			{http.MethodPatch, patch(`{"op": "remove", "path": "roles", "value": [{"value": "AGENT"}]}, {"op": "remove", "path": "entitlements", "value": [{"value": "SERVICE"}]}`), "ADMIN", "SALES"},
			{http.MethodPatch, patch(`{"op": "remove", "path": "roles[value eq \"admin\"]"}, {"op": "remove", "path": "entitlements", "value": [{"value": "SALES"}]}`), "AGENT", "NONE"},
			{http.MethodPatch, patch(`{"op": "remove", "path": "roles[primary eq \"True\"].value"}, {"op": "remove", "path": "entitlements[primary eq true and value eq \"SALES\"]"}`), "AGENT", "NONE"},
			{http.MethodPatch, patch(`{"op": "remove", "path": "roles"}, {"op": "remove", "path": "entitlements"}`), "AGENT", "NONE"},
		} {
			s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "replace", "path": "roles", "value": [{"value": "ADMIN"}]}, {"op": "replace", "path": "entitlements", "value": [{"value": "SALES"}]}`))
			s.does(c.method, "/Users/"+id, c.body)
			if now := d.userNow(t, id); now["role"] != c.role || now["seat"] != c.seat {
				t.Errorf("after %s %s: %v %v, want %s %s", c.method, c.body, now["role"], now["seat"], c.role, c.seat)
			}
		}
		s.refused(http.StatusBadRequest, "invalidPath", http.MethodPatch, "/Users/"+id, patch(`{"op": "remove", "path": "roles[value sw \"A\"]"}`))
		made := s.does(http.MethodPost, "/Users", `{`+userSchemas+`, "userName": "eve@example.com", "roles": null, "entitlements": []}`)
		check.Same(t, []any{at(made, "roles", 0, "value"), at(made, "entitlements", 0, "value")}, []any{"AGENT", "NONE"})
	})
}

const (
	deactivateByHand = `mutation($in: DeactivateUserInput!) { deactivateUser(input: $in) { userErrors { message } } }`
	reactivateByHand = `mutation($in: ReactivateUserInput!) { reactivateUser(input: $in) { userErrors { message } } }`
)

// AC-19: whom an admin deactivated stays so until the directory changes its mind; the teams of before are those of the
// time of the deactivation, whoever did it.
func TestDirectoryAndAdminsDeactivate(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		routine := oktaUser("dana@example.com", "Dana", "Doe")
		id := text(s.does(http.MethodPost, "/Users", routine), "id")
		group := text(s.does(http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": "Sales", "members": [{"value": "`+id+`"}]}`), "id")
		is := func(active bool, teams ...string) {
			t.Helper()
			now := d.userNow(t, id)
			in := []string{}
			for i := range at(now, "teams", "nodes").([]any) {
				in = append(in, text(now, "teams", "nodes", i, "id"))
			}
			check.Same(t, []any{now["deactivatedAt"] == nil, in}, []any{active, append([]string{}, teams...)})
		}
		active := func(is string) {
			s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "replace", "path": "active", "value": `+is+`}`))
		}

		d.do(adminToken, deactivateByHand, input("userId", id))
		check.Same(t, at(s.does(http.MethodPut, "/Users/"+id, routine), "active"), any(false))
		active("true")
		is(false)
		check.Same(t, text(s.does(http.MethodGet, "/Groups/"+group, nil), "members", 0, "value"), id)
		active("false")
		active("true")
		is(true, group)

		active("false")
		s.does(http.MethodPut, "/Users/"+id, routine) // the directory was who deactivated
		is(true, group)

		active("false")
		d.do(adminToken, reactivateByHand, input("userId", id)) // by hand, into no team
		is(true)
		s.does(http.MethodPatch, "/Users/"+id, patch(`{"op": "replace", "path": "displayName", "value": "Dana D"}`))
		is(true)
		active("false") // as it still says
		is(false)
	})
}

// AC-19: a group is emptied by an empty list or null; what adds nothing changes nothing.
func TestDirectoryEmptiesGroups(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		id := text(s.does(http.MethodPost, "/Users", oktaUser("dana@example.com", "Dana", "Doe")), "id")
		group := text(s.does(http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": "Sales"}`), "id")
		for _, c := range []struct {
			method, body string
			left         int
		}{
			{http.MethodPatch, patch(`{"op": "replace", "value": {"members": []}}`), 0},
			{http.MethodPatch, patch(`{"op": "replace", "value": {"members": null, "displayName": "Sales"}}`), 0},
			{http.MethodPatch, patch(`{"op": "replace", "path": "members", "value": []}`), 0},
			{http.MethodPatch, patch(`{"op": "replace", "path": "members", "value": null}`), 0},
			{http.MethodPatch, patch(`{"op": "remove", "path": "members"}`), 0},
			{http.MethodPut, `{` + groupSchemas + `, "displayName": "Sales", "members": null}`, 0},
			{http.MethodPut, `{` + groupSchemas + `, "displayName": "Sales"}`, 0},
			{http.MethodPatch, patch(`{"op": "add", "value": {"members": []}}`), 1},
			{http.MethodPatch, patch(`{"op": "add", "path": "members", "value": []}, {"op": "add", "path": "members", "value": null}`), 1},
			{http.MethodPatch, patch(`{"op": "remove", "path": "members", "value": []}`), 1},
			{http.MethodPatch, patch(`{"op": "replace", "value": {"displayName": "Sales"}}`), 1},
		} {
			s.does(http.MethodPatch, "/Groups/"+group, patch(`{"op": "replace", "path": "members", "value": [{"value": "`+id+`"}]}`))
			s.does(c.method, "/Groups/"+group, c.body)
			if now := at(s.does(http.MethodGet, "/Groups/"+group, nil), "members").([]any); len(now) != c.left {
				t.Errorf("after %s %s: %v", c.method, c.body, now)
			}
		}
	})
}

// AC-19: names are compared whatever their case in any script, and with what JSON escapes in a filter.
func TestDirectoryFindsNames(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, _ string) {
		s := d.directory("people:provision")
		user := oktaUser("dana@example.com", "Émile", `"O" Ökonom`)
		id := text(s.does(http.MethodPost, "/Users", user), "id")
		group := text(s.does(http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": "Ärzte \"Süd\"", "members": [{"value": "`+id+`"}]}`), "id")
		for _, name := range []string{`Ärzte \"Süd\"`, `ärzte \"SÜD\"`} {
			check.Same(t, s.finds("Groups", `displayName eq "`+name+`"`), []string{group})
			check.Same(t, s.finds("Groups", `displayName eq "`+name+`" and members eq "`+id+`"`), []string{group})
		}
		check.Same(t, s.finds("Groups", `displayName eq "Ärzte"`), []string{})
		for _, name := range []string{`Émile \"O\" Ökonom`, `éMILE \"o\" öKONOM`} {
			check.Same(t, s.finds("Users", `displayName eq "`+name+`" and active eq true`), []string{id})
		}
	})
}

// AC-19: a group that is in use is archived when it is deleted, and comes back by its name or its external id. A team has a name.
func TestDirectoryTakesGroupsBack(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		s := d.directory("people:provision")
		inUse := func(teamID string) {
			site := d.channel()
			d.do(adminToken, `mutation($in: UpdateInboxMembersInput!) { updateInboxMembers(input: $in) { userErrors { message } } }`, input("inboxId", site.inboxID, "addTeamIds", []string{teamID}))
			if got := d.codes(adminToken, "updateTargetedMessage", "UpdateTargetedMessageInput", "targetedMessageId", site.shown,
				"routing", map[string]any{"rules": []any{map[string]any{"target": "TEAMS", "teamIds": []string{teamID}}}}); got != "" {
				t.Fatal(got)
			}
		}
		post := func(rest string) string {
			return text(s.does(http.MethodPost, "/Groups", `{`+groupSchemas+`, `+rest+`}`), "id")
		}
		group := post(`"displayName": "Ärzte", "externalId": "ext-1", "members": [{"value": "` + benID + `"}]`)
		inUse(group)
		s.does(http.MethodDelete, "/Groups/"+group, nil)
		s.refused(http.StatusNotFound, "", http.MethodGet, "/Groups/"+group, nil)
		check.Same(t, s.finds("Groups", `displayName eq "Ärzte"`), []string{})
		check.Same(t, len(at(d.userNow(t, benID), "teams", "nodes").([]any)), 0)
		if back := post(`"displayName": "ärzte", "externalId": "ext-1"`); back != group {
			t.Errorf("by its name came %s, not %s", back, group)
		}
		now := s.does(http.MethodGet, "/Groups/"+group, nil)
		check.Same(t, []any{at(now, "displayName"), at(now, "externalId"), at(now, "members")}, []any{"ärzte", "ext-1", []any{}})

		d.do(adminToken, `mutation($in: DeleteTeamInput!) { deleteTeam(input: $in) { userErrors { message } } }`, input("teamId", group, "archive", true)) // by hand: it keeps its external id
		if back := post(`"displayName": "Doctors", "externalId": "ext-1", "members": [{"value": "` + benID + `"}]`); back != group {
			t.Errorf("by its external id came %s, not %s", back, group)
		}
		check.Same(t, text(d.userNow(t, benID), "teams", "nodes", 0, "name"), "Doctors")
		s.refused(http.StatusConflict, "uniqueness", http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": "DOCTORS"}`)

		for range 2 {
			s.refused(http.StatusBadRequest, "invalidValue", http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": ""}`)
			s.refused(http.StatusBadRequest, "invalidValue", http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": "  "}`)
		}
	})
}

// AC-19: the address of whoever the directory deleted is free for another; the old address of another is notified.
func TestDirectoryGivesAddressesOn(t *testing.T) {
	t.Parallel()
	eachDoors(t, func(t *testing.T, d *doors) {
		s := d.directory("people:provision")
		gone := text(s.does(http.MethodPost, "/Users", oktaUser("dana@example.com", "Dana", "Doe")), "id")
		other := text(s.does(http.MethodPost, "/Users", oktaUser("dana.new@example.com", "Dana", "New")), "id")
		s.refused(http.StatusConflict, "uniqueness", http.MethodPatch, "/Users/"+other, patch(`{"op": "replace", "path": "userName", "value": "dana@example.com"}`))
		s.does(http.MethodDelete, "/Users/"+gone, nil)
		s.does(http.MethodPatch, "/Users/"+other, patch(`{"op": "replace", "path": "userName", "value": "Dana@example.com"}`))
		check.Same(t, d.userNow(t, other)["email"], any("dana@example.com"))
		if now := d.userNow(t, gone); now["email"] == "dana@example.com" || now["deactivatedAt"] == nil {
			t.Errorf("who was deleted is %v", now)
		}
		s.refused(http.StatusConflict, "uniqueness", http.MethodPost, "/Users", oktaUser("dana@example.com", "Dana", "Third"))
	})
}

// AC-19: a body that names its operations twice is refused, and does not get past the bound.
func TestDirectoryOperationsOnce(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		s := d.directory("people:provision")
		one := `{"op": "replace", "path": "active", "value": true}`
		many := strings.Repeat(one+",", 1000) + one
		for _, names := range [][]string{{"Operations", "operations"}, {"operations", "OPERATIONS"}, {"Operations", "Operation\u017f"}} {
			for _, lists := range [][]string{{one, many}, {many, one}, {one, one}} {
				body := `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "` + names[0] + `": [` + lists[0] + `], "` + names[1] + `": [` + lists[1] + `]}`
				s.refused(http.StatusBadRequest, "invalidSyntax", http.MethodPatch, "/Users/"+benID, body)
			}
		}
		s.does(http.MethodPatch, "/Users/"+benID, `{"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "operations": [`+one+`]}`)
		long := `displayName eq "a"` + strings.Repeat(` or displayName eq "a"`, 48)
		if len(long) <= 1000 {
			t.Fatalf("the filter has %d bytes", len(long))
		}
		s.refused(http.StatusBadRequest, "invalidFilter", http.MethodGet, "/Users?filter="+strings.ReplaceAll(strings.ReplaceAll(long, `"`, "%22"), " ", "+"), nil)
		check.Same(t, s.finds("Users", long[:len(long)-len(` or displayName eq "a"`)*4]), []string{})
	})
}

// AC-19, AC-18: tokens of the API, and the sessions of apps, end with whoever the directory deactivates; what it does is in the audit log.
func TestDirectoryEndsTokens(t *testing.T) {
	t.Parallel()
	eachAppsWorld(t, func(t *testing.T, d *doors, benID string) {
		s := d.directory("people:provision")
		group := text(s.does(http.MethodPost, "/Groups", `{`+groupSchemas+`, "displayName": "Sales", "externalId": "e1", "members": [{"value": "`+benID+`"}]}`), "id")
		s.does(http.MethodPatch, "/Groups/"+group, patch(`{"op": "replace", "path": "externalId", "value": "e2"}`))
		cleo, token := d.agent("Cleo", d.channel().inboxID)
		access, refresh := d.app("Pocket").letIn(d.signedIn(cleo))
		if a := d.ask(token, `{ viewer { user { id } } }`, nil); text(a.Data, "viewer", "user", "id") != cleo || d.takes(access) != http.StatusOK {
			t.Fatalf("the token is %v", a)
		}
		s.does(http.MethodPatch, "/Users/"+cleo, patch(`{"op": "replace", "path": "active", "value": false}`))
		if a := d.ask(token, `{ viewer { user { id } } }`, nil); text(a.Data, "viewer", "user", "id") != "" {
			t.Errorf("the token goes on: %v", a.Data)
		}
		if status := d.takes(access); status != http.StatusUnauthorized {
			t.Errorf("the app's session goes on: %d", status)
		}
		if status, said := d.app("Pocket").refreshes(refresh); status != http.StatusBadRequest {
			t.Errorf("the app's session is refreshed: %d %v", status, said)
		}
		entries := d.entriesOf(map[string]any{})
		seen := map[string][]string{}
		for i := range entries {
			var fields []string
			for j := range at(entries, i, "changes").([]any) {
				fields = append(fields, text(entries, i, "changes", j, "field"))
			}
			seen[text(entries, i, "action")] = append(seen[text(entries, i, "action")], fields...)
		}
		for _, action := range []string{"TEAM_CREATED", "TEAM_UPDATED"} {
			if !slices.Contains(seen[action], "externalId") {
				t.Errorf("%s has the fields %v", action, seen[action])
			}
		}
	})
}
