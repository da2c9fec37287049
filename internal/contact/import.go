package contact

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/company"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// ImportedRow is what an import says of a contact.
type ImportedRow struct {
	// By is an external id or an address.
	By    ContactKey
	Facts ContactFacts
	// OtherEmails are addresses that the contact is to have besides.
	OtherEmails []string
	// Company is the company that the contact is to have; none: it has the one that it has.
	Company company.Meant
}

// Import changes the contact that a row's key leads to, or makes it, within the caller's
// transaction. A row with an external id that no contact has finds the one with its
// address, unless that has another external id. Errors are those of Upsert.
func (s *Service) Import(ctx context.Context, tx *store.Tx, row ImportedRow) (*ent.Contact, vocab.ContactImportOutcome, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, "", err
	}
	key, c, err := row.find(ctx, tx)
	if err != nil {
		return nil, "", err
	}
	if err := row.findCompany(ctx, tx, c); err != nil {
		return nil, "", err
	}
	did := vocab.ImportUpdated
	if c == nil {
		did = vocab.ImportCreated
		if c, err = insertBy(ctx, tx, id.New(id.Contact), key, row.Facts); err != nil {
			return nil, "", err
		}
		c.Source = vocab.SourceImport
		if err := tx.Client.Contact.UpdateOneID(c.ID).SetSource(c.Source).Exec(ctx); err != nil {
			return nil, "", err
		}
		_, err := addOthers(ctx, tx, c, row.OtherEmails)
		return c, did, err
	}
	if key.ExternalID != nil {
		row.Facts.ExternalID = unlessNil(key.ExternalID)
	}
	changes, err := apply(ctx, tx, c, row.Facts)
	if err != nil {
		return nil, "", err
	}
	more, err := addOthers(ctx, tx, c, row.OtherEmails)
	if err != nil {
		return nil, "", err
	}
	if more {
		changes = append(changes, store.NamedChanges("emails")...)
	}
	if len(changes) == 0 {
		return c, vocab.ImportUnchanged, nil
	}
	recordChange(ctx, tx, c, changes)
	return c, did, nil
}

// findCompany has the row give a contact, nil for a new one, the company that it means,
// unless it is the contact's already.
func (row *ImportedRow) findCompany(ctx context.Context, tx *store.Tx, c *ent.Contact) error {
	if row.Company == (company.Meant{}) {
		return nil
	}
	companyID, err := row.Company.Find(ctx, tx)
	if err == nil && (c == nil || c.CompanyID != companyID) {
		row.Facts.CompanyID = opt.Of(companyID)
	}
	return err
}

// find is the row's key as contacts have it, and the contact that it leads to; nil: there
// is none.
func (row ImportedRow) find(ctx context.Context, tx *store.Tx) (ContactKey, *ent.Contact, error) {
	key, err := row.By.clean()
	if err != nil {
		return key, nil, err
	}
	c, err := key.lockBy(ctx, tx)
	if c != nil || err != nil || key.ExternalID == nil || !row.Facts.Email.IsSet() {
		return key, c, err
	}
	byEmail, err := ContactKey{Email: row.Facts.Email.Value()}.clean()
	if err != nil {
		return key, nil, nil // the address is no good, which its own check says
	}
	if c, err = byEmail.lockBy(ctx, tx); err != nil || c == nil || c.ExternalID != nil {
		return key, nil, err
	}
	return key, c, nil
}

// addOthers gives a contact addresses besides the ones that it has, and reports whether
// there was a new one.
func addOthers(ctx context.Context, tx *store.Tx, c *ent.Contact, addresses []string) (bool, error) {
	if len(addresses) == 0 {
		return false, nil
	}
	inputs := make([]ContactEmailInput, len(addresses))
	for i, address := range addresses {
		inputs[i].Email = address
	}
	list, err := cleanEmails(inputs)
	if err != nil {
		return false, err
	}
	has, err := addressesOf(ctx, tx.Client, []string{c.ID})
	if err != nil {
		return false, err
	}
	added := false
	for _, in := range list {
		if slices.Contains(has[c.ID], in.Email) {
			continue
		}
		if err := addAddress(ctx, tx, c, in.Email); err != nil {
			return false, err
		}
		added = true
	}
	return added, nil
}
