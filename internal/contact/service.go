package contact

import (
	"context"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/internal/errs"
	"parley/internal/loader"
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
	return errs.New(errs.Forbidden, "Only users and integrations of the account may edit contacts.")
}

// lockContact loads a contact, or the one that it was merged into, and keeps others from
// changing it until the transaction ends.
func lockContact(ctx context.Context, tx *store.Tx, contactID string) (*ent.Contact, error) {
	return orSurvivor(ctx, tx.Client, contactID, func(contactID string) (*ent.Contact, error) {
		return tx.Client.Contact.Query().Where(entcontact.ID(contactID)).Modify(store.ForUpdate).Only(ctx)
	})
}

// findContact loads a contact, or the one that it was merged into.
func findContact(ctx context.Context, tx *store.Tx, contactID string) (*ent.Contact, error) {
	return orSurvivor(ctx, tx.Client, contactID, func(contactID string) (*ent.Contact, error) { return tx.Client.Contact.Get(ctx, contactID) })
}

// orSurvivor loads a contact by its id, or by that of the one that it was merged into
// (CR-6).
func orSurvivor(ctx context.Context, client *ent.Client, contactID string, load func(string) (*ent.Contact, error)) (*ent.Contact, error) {
	c, err := load(contactID)
	if !ent.IsNotFound(err) {
		return c, err
	}
	into, err := loader.SurvivorOf(ctx, client, contactID)
	if err != nil {
		return nil, err
	}
	if into != "" {
		if c, err = load(into); !ent.IsNotFound(err) {
			return c, err
		}
	}
	return nil, notFound(contactID)
}

func notFound(contactID string) error {
	return errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(contactID)).On("contactId")
}

func addressTaken(address string) error {
	return errs.New(errs.AlreadyExists, "Another contact already has the address %s.", address).On("email")
}

// recordChange reports that a contact changed. What is personal appears by its
// field's name only. Its conversations are found by name and address: a reaction
// writes their headers again (IN-5).
func recordChange(ctx context.Context, tx *store.Tx, c *ent.Contact, changes store.Changes) {
	tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: c.ID, Changes: changes})
}
