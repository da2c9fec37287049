package contact

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// FindOrCreateByEmail returns the account's contact that has the address, and
// makes one if there is none; created reports which. Callers at the same time get
// the same contact. The address is cleaned; errors blame the field "email".
func (s *Service) FindOrCreateByEmail(ctx context.Context, tx *store.Tx, address string) (c *ent.Contact, created bool, err error) {
	address, err = account.CleanEmail(address, "email")
	if err != nil {
		return nil, false, err
	}
	ctx = viewer.AsSystem(ctx, "contacts") // the address may be a contact's whom the caller does not see yet
	if c, err = byAddress(ctx, tx.Client, address); err != nil || c != nil {
		return c, false, err
	}
	if c, err = insertUnlessTaken(ctx, tx, address); err != nil || c != nil {
		return c, err == nil, err
	}
	if c, err = byAddress(ctx, tx.Client, address); err == nil && c == nil {
		err = fmt.Errorf("the contact that has the address is gone again")
	}
	return c, false, err
}

// byAddress returns the contact that has the address, or nil.
func byAddress(ctx context.Context, client *ent.Client, address string) (*ent.Contact, error) {
	found, err := client.ContactEmail.Query().Where(contactemail.Address(address)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return client.Contact.Get(ctx, found.ContactID)
}

// insertUnlessTaken makes a contact with the address; nil: another transaction
// was first.
func insertUnlessTaken(ctx context.Context, tx *store.Tx, address string) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Create().SetID(id.New(id.Contact)).SetEmail(address).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	got, err := claimAddress(ctx, tx, c, address)
	if err != nil {
		return nil, err
	}
	if !got {
		return nil, tx.Client.Contact.DeleteOneID(c.ID).Exec(ctx)
	}
	recordCreation(ctx, tx, c, facts{email: address})
	return c, nil
}

// Introduce gives a contact that has no name the one that a signed identity
// has; a name that is known stays. An empty name does nothing.
func (s *Service) Introduce(ctx context.Context, tx *store.Tx, contactID, name string) error {
	if name == "" {
		return nil
	}
	ctx = viewer.AsSystem(ctx, "contacts")
	c, err := lockContact(ctx, tx, contactID)
	if err != nil || c.Name != "" {
		return err
	}
	known := factsOf(c)
	known.name = name
	return saveFacts(ctx, tx, c, known)
}

// Attest keeps what the site's own back end signed of a contact: "" says nothing of a
// fact (CH-10). What is not valid is refused on its field.
func (s *Service) Attest(ctx context.Context, tx *store.Tx, contactID, name, phone, avatarURL string) error {
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return err
	}
	known, err := factsOf(c).with(givenFacts{name: said(name), phone: said(phone), avatarURL: said(avatarURL)})
	if err != nil {
		return err
	}
	return saveFacts(ctx, tx, c, known)
}

// said points to a text that says something.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Addresses returns all addresses of each contact, the main one first, with one
// query.
func (s *Service) Addresses(ctx context.Context, contacts []*ent.Contact) ([][]string, error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	others, err := addressesOf(ctx, s.store.Client(ctx), ids)
	if err != nil {
		return nil, err
	}
	lists := make([][]string, len(contacts))
	for i, c := range contacts {
		lists[i] = []string{}
		if c.Email != "" {
			lists[i] = append(lists[i], c.Email)
		}
		for _, address := range others[c.ID] {
			if address != c.Email {
				lists[i] = append(lists[i], address)
			}
		}
	}
	return lists, nil
}

// addressesOf returns the addresses of contacts by the contact's id, in the
// order in which they became known.
func addressesOf(ctx context.Context, client *ent.Client, contactIDs []string) (map[string][]string, error) {
	rows, err := client.ContactEmail.Query().
		Where(contactemail.ContactIDIn(contactIDs...)).Order(contactemail.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	addresses := make(map[string][]string, len(contactIDs))
	for _, row := range rows {
		addresses[row.ContactID] = append(addresses[row.ContactID], row.Address)
	}
	return addresses, nil
}

// idsByAddress returns up to limit contacts with an address that begins with
// the text, by one seek in the index.
func idsByAddress(ctx context.Context, client *ent.Client, text string, limit int) ([]string, error) {
	const last = "\U0010FFFF" // sorts after every other character
	return client.ContactEmail.Query().
		Where(contactemail.AddressGTE(text), contactemail.AddressLT(text+last)).
		Order(contactemail.ByAddress()).Limit(limit).Select(contactemail.FieldContactID).Strings(ctx)
}
