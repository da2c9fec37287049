package contact

import (
	"context"

	"parley/ent"
	entproperty "parley/ent/property"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Claim is what a visitor said of themselves; "": nothing (CH-9).
type Claim struct {
	Name, Phone string
	// Properties are defined ones, by their ids.
	Properties []vocab.SuggestedProperty
}

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
	if err := saveFacts(ctx, tx, c, known); err != nil {
		return err
	}
	return acceptProperties(ctx, tx, c, said.Properties)
}

// acceptProperties writes what a visitor said of defined properties. What fits a property no
// longer is passed over: no proof fails for it.
func acceptProperties(ctx context.Context, tx *store.Tx, c *ent.Contact, said []vocab.SuggestedProperty) error {
	for _, one := range said {
		p, err := tx.Client.Property.Query().Where(entproperty.ID(one.Property), entproperty.ObjectEQ(vocab.PropertyOfContact), entproperty.ArchivedAt(0)).Only(ctx)
		if ent.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		in, err := property.FromText(p, one.Value)
		if err == nil {
			var changed property.Change
			if changed, err = property.Set(ctx, tx, vocab.PropertyOfContact, c.ID, []property.PropertyValueInput{in}); err == nil && !changed.IsZero() {
				recordChange(ctx, tx, c, store.Changes{changed.FieldChange()})
			}
		}
		if err != nil && errs.Of(err) == nil {
			return err
		}
	}
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
