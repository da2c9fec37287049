package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"parley/internal/clock"
)

// CR-1: contacts are imported and exported over the API: a preview, a mapping, the
// progress, what became of each row; agents may do neither.
func TestTransfersOverAPI(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		const file = "Kunde;Mail;Name\n7;seven@example.net;Seven\n8;bad;Eight\n"
		seen := a.upload(adminToken, `mutation($in: PreviewContactImportInput!) { previewContactImport(input: $in) { rowCount delimiter columns { name field samples } userErrors { code } } }`,
			"people.csv", file, map[string]any{})
		p := at(seen.Data, "previewContactImport")
		if text(p, "delimiter") != ";" || at(p, "columns", 0, "field") != nil || at(p, "columns", 1, "field") != "EMAIL" || text(p, "columns", 2, "samples", 0) != "Seven" {
			t.Fatalf("%+v", seen)
		}
		const importing = `mutation($in: ImportContactsInput!) { importContacts(input: $in) { task { id kind total contactImport { fileName } } userErrors { code field message } } }`
		columns := []map[string]any{{"column": "Kunde", "field": "EXTERNAL_ID"}, {"column": "Mail", "field": "EMAIL"}, {"column": "Name", "field": "NAME"}}
		began := a.upload(adminToken, importing, "people.csv", file, map[string]any{"columns": columns})
		taskID := text(began.Data, "importContacts", "task", "id")
		if text(began.Data, "importContacts", "task", "kind") != "IMPORT_CONTACTS" {
			t.Fatalf("%+v", began)
		}
		a.until("the import is over", func() bool {
			return text(a.do(adminToken, `query($id: ID!) { task(id: $id) { state } }`, map[string]any{"id": taskID}), "task", "state") == "DONE"
		})
		done := at(a.do(adminToken, `query($id: ID!) { task(id: $id) { state total done skipped contactImport { created refused columns { field } rows { nodes { number outcome contact { name } problem { column code message } cells } } } } }`,
			map[string]any{"id": taskID}), "task")
		rows := at(done, "contactImport", "rows", "nodes")
		if text(done, "state") != "DONE" || text(rows, 0, "contact", "name") != "Seven" || text(rows, 1, "problem", "column") != "Mail" || text(rows, 1, "cells", 2) != "Eight" {
			t.Errorf("%+v", done)
		}
		_, ben := a.agent("Ben", a.channel().inboxID)
		if got := a.upload(ben, importing, "people.csv", file, map[string]any{}); len(got.Errors) == 0 {
			t.Errorf("an agent imports: %+v", got)
		}

		made := at(a.do(adminToken, `mutation { exportContacts(input: {format: NDJSON, filter: {query: "seven"}}) { url userErrors { code } } }`, nil), "exportContacts")
		if got := a.fetch(text(made, "url")); !strings.Contains(got, `"externalId":"7"`) || strings.Count(got, "\n") != 1 {
			t.Errorf("the export: %q", got)
		}
		response, err := http.Get(text(made, "url") + "x") //nolint:noctx // a test
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = io.Copy(io.Discard, response.Body); _ = response.Body.Close() }()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("another token gets %d", response.StatusCode)
		}
	})
}
