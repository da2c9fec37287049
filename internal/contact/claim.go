package contact

import (
	"context"

	"parley/internal/store"
)

// Claim is what a visitor said of themselves; "": nothing (CH-9).
type Claim struct{ Name, Phone string }

// Accept writes a claim to a contact, within the caller's transaction.
func (s *Service) Accept(ctx context.Context, tx *store.Tx, contactID string, said Claim) error {
	c, err := lockContact(ctx, tx, contactID)
	if err != nil {
		return err
	}
	known, err := factsOf(c).with(givenFacts{name: saidOf(said.Name), phone: saidOf(said.Phone)})
	if err != nil {
		return err
	}
	return saveFacts(ctx, tx, c, known)
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
