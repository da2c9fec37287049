package transfer

import (
	"testing"

	"parley/internal/vocab"
)

// AC-17: the entry of an export names the fields of its filter, and none of their values.
func TestDetailOfExport(t *testing.T) {
	t.Parallel()
	for filter, want := range map[string]string{
		`{}`: "contacts.csv", `{"Query": null, "Emails": null}`: "contacts.csv",
		`{"Query": "ben@example.com", "ContactListID": "list_1", "Emails": null}`: "contacts.csv by contactListId, query",
	} {
		if got := detailOf(vocab.ExportCSV, []byte(filter)); got != want {
			t.Errorf("%s: got %q, want %q", filter, got, want)
		}
	}
}
