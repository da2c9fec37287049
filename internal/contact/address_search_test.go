package contact_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"parley/internal/contact"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// IN-3, CR-10: a search for an address that very many contacts have leaves none out,
// whatever else narrows the list.
func TestCommonAddresses(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		const n = 1005
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			for i := range n {
				contactID, address := id.New(id.Contact), fmt.Sprintf("sales@shop%04d.example", i)
				_, err := tx.Exec(ctx, "INSERT INTO contacts (id, account_id, name, email, created_at) VALUES ($1, $2, $3, $4, $5)",
					contactID, w.AccountID, fmt.Sprint("c", i), address, i)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, "INSERT INTO contact_emails (id, account_id, contact_id, address) VALUES ($1, $2, $3, $4)",
					id.New("email"), w.AccountID, contactID, address); err != nil {
					return err
				}
			}
			return nil
		})
		names := strings.Fields(w.walk(contact.ContactFilter{Query: new("sales@")}, vocab.ContactsNewest, 100, false))
		if len(names) != n || names[0] != fmt.Sprint("c", n-1) {
			t.Errorf("%d contacts are found, the first is %v", len(names), names[:1])
		}
	})
}
