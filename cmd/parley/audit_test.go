package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/seal"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
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
		a.do(adminToken, `{ botTemplates { __typename } emailChannelNotice }`, nil)
		if got := reads(); got != "auditEntry erasures auditLog" {
			t.Errorf("got %s", got)
		}
		if one := a.entriesOf(map[string]any{"actions": []string{"READ_AS_ADMIN"}, "subjectId": entry}); len(one) != 1 || text(one[0], "detail") != "auditEntry" {
			t.Errorf("of one object: %v", one)
		}
	})
}

// AC-17: admins export the log, by a token that may read it, and the export is recorded.
func TestAuditLogExport(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		const create = `mutation($in: CreateTeamInput!) { createTeam(input: $in) { team { id } userErrors { message } } }`
		for _, name := range []string{"One", "Two"} {
			a.do(adminToken, create, input("name", name))
		}
		get := func(path, token string) (int, string) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			if token != "" {
				request.Header.Set("Authorization", "Bearer "+token)
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			return response.StatusCode, string(body)
		}
		if status, _ := get("/audit.csv", ""); status != http.StatusUnauthorized {
			t.Errorf("without a token: %d", status)
		}
		const token = `mutation($in: CreateApiTokenInput!) { createApiToken(input: $in) { token userErrors { message } } }`
		narrow := text(a.do(adminToken, token, input("name", "N", "scopes", []string{"settings:read"}, "userId", text(a.do(adminToken, `{ viewer { user { id } } }`, nil), "viewer", "user", "id"))), "createApiToken", "token")
		if status, body := get("/audit.csv", narrow); status != http.StatusForbidden || !strings.Contains(body, "audit:read") {
			t.Errorf("without the scope: %d %s", status, body)
		}
		if status, _ := get("/audit.csv?after=x", adminToken); status != http.StatusBadRequest {
			t.Errorf("after x: %d", status)
		}
		status, body := get("/audit.csv", adminToken)
		if lines := strings.Split(strings.TrimSpace(body), "\n"); status != http.StatusOK || len(lines) < 4 || !strings.HasPrefix(lines[0], "id,number,at,action") || !strings.Contains(lines[len(lines)-1], "EXPORTED") {
			t.Errorf("%d: %s", status, body)
		}
		_, body = get("/audit.ndjson", adminToken)
		lines := strings.Split(strings.TrimSpace(body), "\n")
		var last struct {
			Number int    `json:"number"`
			Action string `json:"action"`
			Detail string `json:"detail"`
		}
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Action != "EXPORTED" || last.Detail != "audit.ndjson" || last.Number != len(lines) {
			t.Errorf("%+v (%v) of %d lines", last, err, len(lines))
		}
		for _, want := range []int{1, 1} { // the entry of the first, which the second does not add to
			if _, rest := get(fmt.Sprintf("/audit.ndjson?after=%d", last.Number), adminToken); strings.Count(rest, "\n") != want {
				t.Errorf("behind the last: %s", rest)
			}
		}
		response, err := http.Head(a.url + "/audit.csv") //nolint:noctx // of a test's server
		ok(t, err)
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			t.Errorf("HEAD: %v", response)
		}
	})
}

// OP-6: `parley verify` reads the database of a server that runs, prints anchors, and ends
// with an error where someone edited the log.
func TestVerifyCommand(t *testing.T) {
	t.Parallel()
	keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		dir := t.TempDir()
		options, turned := db.Options(dir), clock.At(clock.System{}.Now())
		options.Clock = turned
		s := check.Must(store.Open(t.Context(), options))(t)
		defer func() { _ = s.Close() }()
		f := testkit.Account(t, s)
		f.Write(f.Admin, func(ctx context.Context, tx *store.Tx) error {
			tx.Append(ctx, store.Event{Type: vocab.TeamCreated, SubjectID: id.New(id.Team)})
			return nil
		})
		seals := seal.New(s, keys, seal.Settings{})
		turned.Advance(10 * time.Second)
		if err := seals.Round(f.System); err != nil {
			t.Fatal(err)
		}
		d := &databaseSettings{DataDir: dir, DatabaseURL: options.URL}
		verified := func(anchors ...seal.Anchor) (string, error) {
			t.Helper()
			reader := check.Must(d.openToRead(t.Context()))(t)
			defer func() { _ = reader.Close() }()
			if err := reader.WithTx(f.System, func(context.Context, *store.Tx) error { return nil }); err == nil {
				t.Error("a database that is only read took a transaction")
			}
			var out strings.Builder
			err := (&verifyCommand{}).print(t.Context(), reader, keys, seal.Options{Anchors: anchors}, &out)
			return out.String(), err
		}
		text, err := verified()
		if err != nil || strings.Count(text, "  anchor "+f.AccountID+":EVENTS:1:") != 1 {
			t.Fatal(text, err)
		}
		_, word, _ := strings.Cut(text, "  anchor ")
		word, _, _ = strings.Cut(word, "\n")
		anchors := check.Must(seal.ParseAnchors(word))(t)
		if text, err = verified(anchors...); err != nil {
			t.Error(text, err)
		}
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM events WHERE account_id = $1 AND sequence = 1", f.AccountID)
			return err
		})
		if text, err = verified(anchors...); !errors.Is(err, errUnverified) || !strings.Contains(text, "PROBLEM in block 1, number 1: the row was removed") {
			t.Error(text, err)
		}
	})
	nowhere := &databaseSettings{DataDir: t.TempDir()}
	if _, err := nowhere.openToRead(t.Context()); err == nil || !strings.Contains(err.Error(), "PARLEY_DATA_DIR") {
		t.Errorf("without a database: %v", err)
	}
	if _, err := nowhere.keysThere(); err == nil || !strings.Contains(err.Error(), "PARLEY_SECRET_KEYS") {
		t.Errorf("without a key: %v", err)
	}
}
