package main

import (
	"strings"
	"testing"

	"parley/internal/clock"
)

const auditLog = `query($f: AuditFilter, $n: Int, $after: String) { auditLog(filter: $f, first: $n, after: $after) {
	nodes { id number at action actor { __typename } work credentialId inboxId subjectId detail eventSequence changes { field from to added removed } }
	pageInfo { hasNextPage endCursor } } }`

// entriesOf are the entries of the audit log that a filter leaves, newest first.
func (a *api) entriesOf(filter map[string]any) []any {
	a.t.Helper()
	nodes, _ := at(a.do(adminToken, auditLog, map[string]any{"f": filter}), "auditLog", "nodes").([]any)
	return nodes
}

// AC-17: who changed which setting is recorded along with the change, once, and by
// whom; what changes nothing writes nothing.
func TestAuditLogOfSettings(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		const update = `mutation($in: UpdateAccountInput!) { updateAccount(input: $in) { account { id } userErrors { message } } }`
		changed := a.do(adminToken, update, input("tagsManaged", true))
		a.do(adminToken, update, input("tagsManaged", true))
		entries := a.entriesOf(map[string]any{"actions": []string{"ACCOUNT_UPDATED"}})
		if len(entries) != 1 {
			t.Fatalf("%d entries, want one: %v", len(entries), entries)
		}
		e := entries[0]
		if text(e, "subjectId") != text(changed, "updateAccount", "account", "id") || text(e, "changes", 0, "field") != "tagsManaged" ||
			text(e, "actor", "__typename") != "User" || !strings.HasPrefix(text(e, "credentialId"), "token_") || at(e, "eventSequence") == nil || at(e, "work") != nil {
			t.Errorf("got %v", e)
		}
		if got := a.do(adminToken, `query($id: ID!) { node(id: $id) { ... on AuditEntry { action } } auditEntry(id: $id) { number } }`, map[string]any{"id": text(e, "id")}); text(got, "node", "action") != "ACCOUNT_UPDATED" ||
			at(got, "auditEntry", "number") != at(e, "number") {
			t.Errorf("by its id: %v", got)
		}
	})
}

// AC-17: numbers have no gaps, pages go on where they ended, and filters narrow them.
func TestAuditLogPages(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		const create = `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { message } } }`
		var team string
		for _, name := range []string{"One", "Two", "Three"} {
			team = text(a.do(adminToken, create, input("name", name)), "createTeam", "team", "id")
		}
		all := a.entriesOf(nil)
		last := int64(len(all) + 1)
		for _, e := range all {
			if n := int64(at(e, "number").(float64)); n != last-1 {
				t.Errorf("the number %d before %d", n, last)
			} else {
				last = n
			}
		}
		var paged []any
		vars := map[string]any{"n": 2, "f": map[string]any{"until": text(all[0], "at")}}
		for {
			got := at(a.do(adminToken, auditLog, vars), "auditLog")
			nodes, _ := at(got, "nodes").([]any)
			paged = append(paged, nodes...)
			if more, _ := at(got, "pageInfo", "hasNextPage").(bool); !more {
				break
			}
			vars["after"] = text(got, "pageInfo", "endCursor")
		}
		if len(paged) == 0 || len(paged) >= len(all) {
			t.Errorf("%d entries before the newest, of %d", len(paged), len(all))
		}
		if found := a.entriesOf(map[string]any{"subjectId": team}); len(found) != 1 || text(found[0], "action") != "TEAM_CREATED" {
			t.Errorf("about the team: %v", found)
		}
		if found := a.entriesOf(map[string]any{"actorId": team}); len(found) != 0 {
			t.Errorf("by a team: %v", found)
		}
		if code, field := userError(a.ask(adminToken, auditLog, map[string]any{"f": map[string]any{"since": text(all[0], "at"), "until": text(all[0], "at")}})); code != "" {
			t.Errorf("got the user error %s on %s, want an error", code, field)
		}
	})
}

// AC-17: what admins only may read is recorded before it is answered, once an hour for
// each field, also where `node` gets it.
func TestAuditLogOfReads(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		reads := func() string {
			var fields []string
			for _, e := range a.entriesOf(map[string]any{"actions": []string{"READ_AS_ADMIN"}}) {
				fields = append(fields, text(e, "detail"))
			}
			return strings.Join(fields, " ")
		}
		if got := reads(); got != "" {
			t.Errorf("at first: %s", got) // the entry of this read is written after it
		}
		for range 2 {
			a.do(adminToken, `{ ... on Query { erasures { nodes { id } } } viewer { id } }`, nil)
		}
		if got := reads(); got != "erasures auditLog" {
			t.Errorf("got %s", got)
		}
		entry := text(a.entriesOf(nil)[0], "id")
		a.do(adminToken, `query($id: ID!) { nodes(ids: [$id]) { id } }`, map[string]any{"id": entry})
		if got := reads(); got != "auditEntry erasures auditLog" {
			t.Errorf("got %s", got)
		}
	})
}
