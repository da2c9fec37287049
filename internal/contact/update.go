package contact

import (
	"context"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
)

// Update changes what is known of a contact. A new main address leaves the one
// before among the contact's addresses; one that another contact has is
// ALREADY_EXISTS on email, as is such an external id on externalId.
func (s *Service) Update(ctx context.Context, in UpdateContactInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	if !id.Is(in.ContactID, id.Contact) {
		return nil, notFound(in.ContactID)
	}
	var c *ent.Contact
	load := func(ctx context.Context, tx *store.Tx, contactID string) (err error) {
		c, err = lockContact(ctx, tx, contactID)
		return err
	}
	call := idempotency.Call{Mutation: "updateContact", Key: in.IdempotencyKey, Input: in, Result: in.ContactID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.ContactID); err != nil {
			return err
		}
		return applyFacts(ctx, tx, c, in.ContactFacts)
	}, load)
	if err != nil {
		return nil, err
	}
	return c, nil
}

// given are the facts that the call gives: null is what is not known, and REQUIRED as an
// address.
func (f ContactFacts) given() (givenFacts, error) {
	email, err := opt.NotNull(f.Email, "email")
	externalID := opt.OrZero(f.ExternalID)
	if sent := f.ExternalID.Value(); sent != nil && *sent == "" {
		externalID = nil // as if left out
	}
	return givenFacts{opt.OrZero(f.Name), email, opt.OrZero(f.Phone), opt.OrZero(f.AvatarURL), externalID}, err
}

// applyFacts changes a locked contact by what a call gives.
func applyFacts(ctx context.Context, tx *store.Tx, c *ent.Contact, f ContactFacts) error {
	given, err := f.given()
	if err != nil {
		return err
	}
	known, err := factsOf(c).with(given)
	if err != nil {
		return err
	}
	return saveFacts(ctx, tx, c, known)
}

func factsOf(c *ent.Contact) facts {
	f := facts{name: c.Name, email: c.Email, phone: c.Phone, avatarURL: c.AvatarURL}
	if c.ExternalID != nil {
		f.externalID = *c.ExternalID
	}
	return f
}

// saveFacts writes what became known of a locked contact and records it; nothing new:
// nothing happens.
func saveFacts(ctx context.Context, tx *store.Tx, c *ent.Contact, known facts) error {
	was := factsOf(c)
	fields := known.differences(was)
	if len(fields) == 0 {
		return nil
	}
	if known.email != was.email {
		if err := addAddress(ctx, tx, c, known.email); err != nil {
			return err
		}
	}
	c.Name, c.Email, c.Phone, c.AvatarURL, c.ExternalID = known.name, known.email, known.phone, known.avatarURL, orNull(known.externalID)
	update := tx.Client.Contact.UpdateOneID(c.ID).SetName(c.Name).SetEmail(c.Email).SetPhone(c.Phone).SetAvatarURL(c.AvatarURL)
	if c.ExternalID == nil {
		update.ClearExternalID()
	} else {
		update.SetExternalID(*c.ExternalID)
	}
	if err := update.Exec(ctx); err != nil {
		return account.ExternalIDTaken(err, "contact")
	}
	recordChange(ctx, tx, c, fields)
	return nil
}

// addAddress makes the address one of the contact's, unless it is already.
func addAddress(ctx context.Context, tx *store.Tx, c *ent.Contact, address string) error {
	n, err := tx.Client.ContactEmail.Query().Where(contactemail.ContactID(c.ID), contactemail.AddressNEQ(address)).Count(ctx)
	if err != nil {
		return err
	}
	if n >= maxAddresses {
		return errs.Exceeds(maxAddresses, "The contact has %d addresses; at most %d are allowed.", n, maxAddresses).On("email")
	}
	got, err := claimAddress(ctx, tx, c, address)
	if err != nil || got {
		return err
	}
	mine, err := tx.Client.ContactEmail.Query().
		Where(contactemail.ContactID(c.ID), contactemail.Address(address)).Exist(ctx)
	if err == nil && !mine {
		return addressTaken(address)
	}
	return err
}
