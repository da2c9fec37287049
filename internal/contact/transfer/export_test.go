package transfer_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/url"
	"path"
	"strings"
	"testing"

	"parley/internal/contact"
	"parley/internal/contact/transfer"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// fetches makes an export and fetches it.
func (w *world) fetches(in transfer.ExportInput) string {
	w.t.Helper()
	exportID, token := w.address(in)
	var got bytes.Buffer
	check.NoError(w.t, check.Must(w.Download(w.t.Context(), exportID, token))(w.t).Write(&got))
	return got.String()
}

func (w *world) address(in transfer.ExportInput) (exportID, token string) {
	w.t.Helper()
	made := check.Must(w.Export(w.Admin, in))(w.t)
	at := check.Must(url.Parse(made.URL))(w.t)
	return path.Base(path.Dir(at.Path)), at.Query().Get("token")
}

// CR-1: what is exported is what the filter admits, no spreadsheet computes any of it, and
// an import of it changes nothing.
func TestExport(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.imports("id,email,name,city,phone\n1,one@example.net,\"=HYPERLINK(\"\"https://bad.example\"\")\",Graz,+43 1 234567\n2,two@example.net,\"Two, of \"\"many\"\"\",Wien,\n3,,@cmd,,\n")
		text := w.fetches(transfer.ExportInput{Format: vocab.ExportCSV})
		rows := check.Must(csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll())(t)
		check.Same(t, []any{strings.HasPrefix(text, "\ufeffid,"), len(rows)}, []any{true, 5}) // and the fixture's contact
		for _, row := range rows {
			for _, cell := range row {
				if strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@") {
					t.Errorf("a spreadsheet computes %q", cell)
				}
			}
		}
		check.Same(t, strings.Contains(text, `"'=HYPERLINK(""https://bad.example"")"`), true)
		again := strings.Replace(text, "\ufeffid,", "Key,", 1)
		told := w.told(func() {
			_, i := w.imports(again)
			check.Same(t, []int{i.Unchanged, i.Refused}, []int{4, 0})
		})
		check.Same(t, told, 0)

		only := w.fetches(transfer.ExportInput{Format: vocab.ExportNDJSON, Filter: contact.ContactFilter{Query: new("two")}})
		var object map[string]any
		check.NoError(t, json.Unmarshal([]byte(only), &object))
		check.Same(t, []any{object["externalId"], object["name"], object["city"], object["source"], object["phone"]}, []any{"2", `Two, of "many"`, "Wien", "IMPORT", nil})
		check.Same(t, w.fetches(transfer.ExportInput{Format: vocab.ExportNDJSON, Filter: contact.ContactFilter{ExternalIDs: []string{"none"}}}), "")
	})
}

// CR-1, AC-12: an export is fetched with the rights of that moment, for ten minutes, by
// its own address.
func TestExportEnds(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		in := transfer.ExportInput{Format: vocab.ExportCSV}
		exportID, token := w.address(in)
		other, _ := w.address(in)
		_, err := w.Download(t.Context(), other, token)
		check.Same(t, errs.Is(err, errs.Forbidden), true)
		w.viewers.err = errs.New(errs.Forbidden, "The token was revoked.")
		_, err = w.Download(t.Context(), exportID, token)
		check.Same(t, errs.Is(err, errs.Forbidden), true)
		w.viewers.err = nil
		w.clock.Advance(11 * 60e9)
		_, err = w.Download(t.Context(), exportID, token)
		check.Same(t, errs.Is(err, errs.Forbidden), true)
		_, err = w.Export(w.Agent(0), in)
		check.Same(t, errs.Is(err, errs.Forbidden), true)
		_, err = w.Export(w.Admin, transfer.ExportInput{Filter: contact.ContactFilter{ContactListID: new("x")}})
		check.Refused(t, err, errs.Invalid, "filter", "contactListId")
	})
}
