package contact

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactemail"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// FindOrCreateByEmail returns the account's contact that has the address, and
// makes one if there is none; created reports which. Callers at the same time get
// the same contact. The address is cleaned; errors blame the field "email".
func (s *Service) FindOrCreateByEmail(ctx context.Context, tx *store.Tx, address string, source vocab.ContactSource) (c *ent.Contact, created bool, err error) {
	address, err = account.CleanEmail(address, "email")
	if err != nil {
		return nil, false, err
	}
	ctx = viewer.AsSystem(ctx, "contacts") // the address may be a contact's whom the caller does not see yet
	if c, err = holdByAddress(ctx, tx, address); err != nil || c != nil {
		return c, false, err
	}
	if c, err = insertUnlessTaken(ctx, tx, address, source); err != nil || c != nil {
		return c, err == nil, err
	}
	if c, err = holdByAddress(ctx, tx, address); err == nil && c == nil {
		err = fmt.Errorf("the contact that has the address is gone again")
	}
	return c, false, err
}

// byAddress returns the contact that has the address, or nil.
func byAddress(ctx context.Context, client *ent.Client, address string) (*ent.Contact, error) {
	return heldByAddress(ctx, client, address, func(*sql.Selector) {})
}

// heldTries is how often a contact is looked for that is merged at the same time.
const heldTries = 3

// holdByAddress is byAddress, and keeps the contact from being merged until the transaction
// ends: what is written for it meanwhile would stay behind (CR-6).
func holdByAddress(ctx context.Context, tx *store.Tx, address string) (c *ent.Contact, err error) {
	for range heldTries {
		if c, err = heldByAddress(ctx, tx.Client, address, store.ForKeyShare); !ent.IsNotFound(err) {
			return c, err
		}
	}
	return nil, err
}

func heldByAddress(ctx context.Context, client *ent.Client, address string, lock func(*sql.Selector)) (*ent.Contact, error) {
	found, err := client.ContactEmail.Query().Where(contactemail.Address(address)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return client.Contact.Query().Where(entcontact.ID(found.ContactID)).Modify(lock).Only(ctx)
}

// insertUnlessTaken makes a contact with the address; nil: another transaction
// was first.
func insertUnlessTaken(ctx context.Context, tx *store.Tx, address string, source vocab.ContactSource) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Create().SetID(id.New(id.Contact)).SetEmail(address).SetSource(source).SetCreatedAt(tx.Now()).Save(ctx)
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
	recordCreation(ctx, tx, c, companyChange(store.NamedChanges("email"), "", c))
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
	known, err := factsOf(c).with(givenFacts{name: &name})
	if err != nil {
		return err
	}
	return saveFacts(ctx, tx, c, known)
}

// Attest keeps what the site's own back end signed of a contact: "" says nothing of a
// fact (CH-10). What is not valid is refused on its field.
func (s *Service) Attest(ctx context.Context, tx *store.Tx, contactID, name, phone, avatarURL string) error {
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return err
	}
	known, err := factsOf(c).with(givenFacts{name: saidOf(name), phone: saidOf(phone), avatarURL: saidOf(avatarURL)})
	if err != nil {
		return err
	}
	return saveFacts(ctx, tx, c, known)
}

// saidOf points to a text that says something.
func saidOf(text string) *string {
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
