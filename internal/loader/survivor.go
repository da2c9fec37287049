package loader

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/contact"
	"parley/ent/contactmerge"
	"parley/internal/store"
	"parley/internal/viewer"
)

// SurvivorOf is the contact that one which was merged away became, also by several merges;
// "": it was not merged (CR-6).
func SurvivorOf(ctx context.Context, client *ent.Client, contactID string) (string, error) {
	into, err := SurvivorsOf(ctx, client, []string{contactID})
	return into[contactID], err
}

// SurvivorsOf are the contacts that some became, by their old ids; those that were not merged
// are left out.
func SurvivorsOf(ctx context.Context, client *ent.Client, contactIDs []string) (map[string]string, error) {
	if len(contactIDs) == 0 {
		return nil, nil
	}
	ctx = viewer.AsSystem(ctx, "contacts")
	into, step := map[string]string{}, map[string]string{}
	for ask := contactIDs; len(ask) > 0; {
		rows, err := client.ContactMerge.Query().Where(contactmerge.FromIDIn(ask...)).All(ctx)
		if err != nil {
			return nil, err
		}
		ask = nil
		for _, m := range rows {
			step[m.FromID] = m.IntoID
			if _, known := step[m.IntoID]; !known {
				ask = append(ask, m.IntoID)
			}
		}
	}
	for _, contactID := range contactIDs {
		for at, merged := step[contactID]; merged; at, merged = step[at] {
			into[contactID] = at
		}
	}
	return into, nil
}

// Contact loads a contact, or the one that it was merged into, as far as the viewer may see
// it: otherwise ent's NotFoundError.
func Contact(ctx context.Context, client *ent.Client, contactID string) (*ent.Contact, error) {
	return contactOr(ctx, client, contactID, func(*sql.Selector) {})
}

// HoldContact is Contact, and keeps the contact from being merged or deleted until the
// transaction ends.
func HoldContact(ctx context.Context, tx *store.Tx, contactID string) (*ent.Contact, error) {
	return contactOr(ctx, tx.Client, contactID, store.ForKeyShare)
}

func contactOr(ctx context.Context, client *ent.Client, contactID string, lock func(*sql.Selector)) (*ent.Contact, error) {
	load := func(contactID string) (*ent.Contact, error) {
		return client.Contact.Query().Where(contact.ID(contactID)).Modify(lock).Only(ctx)
	}
	c, err := load(contactID)
	if !ent.IsNotFound(err) {
		return c, err
	}
	into, findErr := SurvivorOf(ctx, client, contactID)
	if findErr != nil || into == "" {
		if findErr != nil {
			err = findErr
		}
		return nil, err
	}
	return load(into)
}
