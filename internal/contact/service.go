package contact

import (
	"context"
	"slices"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/schema"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service holds the use cases of contacts. It is safe for concurrent use.
type Service struct {
	store *store.Store
}

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// mayEdit admits those who work for the account: visitors never touch contacts
// themselves (CH-8).
func mayEdit(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && v.IsStaff() {
		return nil
	}
	return errs.New(errs.Forbidden, "Only those who work for the account may edit contacts.")
}

// lock loads a contact and keeps others from changing it until the transaction
// ends.
func lock(ctx context.Context, tx *store.Tx, contactID string) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Query().Where(entcontact.ID(contactID)).Modify(forUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, notFound(contactID)
	}
	return c, err
}

func find(ctx context.Context, tx *store.Tx, contactID string) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Get(ctx, contactID)
	if ent.IsNotFound(err) {
		return nil, notFound(contactID)
	}
	return c, err
}

func notFound(contactID string) error {
	return errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(contactID)).On("contactId")
}

func taken(address string) error {
	return errs.New(errs.AlreadyExists, "Another contact has the address %s.", address).On("email")
}

// forUpdate locks the rows where the database locks rows: SQLite has one writer.
func forUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}

// changed tells that a contact changed. What is personal appears by its field's
// name alone. Its conversations are found by name and address, so a job writes
// their headers anew (IN-5).
func changed(ctx context.Context, tx *store.Tx, c *ent.Contact, fields []string) {
	tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: c.ID, Changes: named(fields)})
	if slices.Contains(fields, "name") || slices.Contains(fields, "email") {
		tx.Enqueue(store.Job{Args: conversation.ReindexArgs{AccountID: c.AccountID, ContactID: c.ID}})
	}
}

// named tells personal fields by their names alone.
func named(fields []string) []schema.FieldChange {
	changes := make([]schema.FieldChange, len(fields))
	for i, field := range fields {
		changes[i].Field = field
	}
	return changes
}
