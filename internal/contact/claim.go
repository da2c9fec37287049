package contact

import (
	"cmp"
	"context"

	"parley/internal/store"
)

// Claim is what a visitor said of themselves; "": nothing (CH-9).
type Claim struct{ Name, Phone string }

// CleanPhone returns a phone number as it is kept. Errors blame the field "phone".
func CleanPhone(phone string) (string, error) { return cleanPhone(phone) }

// Accept writes a claim to a contact, within the caller's transaction.
func (s *Service) Accept(ctx context.Context, tx *store.Tx, contactID string, said Claim) error {
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return err
	}
	was, known := factsOf(c), factsOf(c)
	known.name, known.phone = cmp.Or(said.Name, known.name), cmp.Or(said.Phone, known.phone)
	fields := known.differences(was)
	if len(fields) == 0 {
		return nil
	}
	c.Name, c.Phone = known.name, known.phone
	if err := tx.Client.Contact.UpdateOneID(c.ID).SetName(c.Name).SetPhone(c.Phone).Exec(ctx); err != nil {
		return err
	}
	recordChange(ctx, tx, c, fields)
	return nil
}

// Readdress gives a contact another address as its main one, if no other contact has it
// (CH-5).
func (s *Service) Readdress(ctx context.Context, tx *store.Tx, contactID, address string) error {
	holder, err := byAddress(ctx, tx.Client, address)
	if err != nil || holder != nil && holder.ID != contactID {
		return err
	}
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return err
	}
	known := factsOf(c)
	known.email = address
	return saveFacts(ctx, tx, c, known)
}
