package contact

import (
	"context"
	"errors"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/property"
	"parley/internal/store"
	"parley/internal/vocab"
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

// applyFacts changes a locked contact by what a call gives, and records it; nothing new:
// nothing happens.
func applyFacts(ctx context.Context, tx *store.Tx, c *ent.Contact, f ContactFacts) error {
	changes, err := apply(ctx, tx, c, f)
	if err != nil || len(changes) == 0 {
		return err
	}
	recordChange(ctx, tx, c, changes)
	return nil
}

// apply writes what a call gives of a contact, and returns what changed.
func apply(ctx context.Context, tx *store.Tx, c *ent.Contact, f ContactFacts) (store.Changes, error) {
	given, err := f.given()
	if err != nil {
		return nil, err
	}
	was, companyBefore := factsOf(c), c.CompanyID
	known, err := was.with(given)
	if err != nil {
		return nil, err
	}
	if err := f.applyCompany(ctx, tx, c); err != nil {
		return nil, err
	}
	var lists []string
	if f.Emails.IsSet() {
		if lists, err = applyEmails(ctx, tx, c, f, &known); err != nil {
			return nil, err
		}
	}
	if f.Phones.IsSet() {
		phones, err := applyPhones(ctx, tx, c, f, &known)
		if err != nil {
			return nil, err
		}
		lists = append(lists, phones...)
	}
	if err := errors.Join(known.mustBeKnown(), checkOwner(ctx, tx, known, was)); err != nil {
		return nil, err
	}
	values, err := property.Set(ctx, tx, vocab.PropertyOfContact, c.ID, f.Properties.Value())
	if err != nil {
		return nil, err
	}
	changes := store.NamedChanges(append(known.differences(was), lists...)...)
	if !values.IsZero() {
		changes = append(changes, values.FieldChange())
	}
	err = writeFacts(ctx, tx, c, known)
	return companyChange(changes, companyBefore, c), err
}

func applyEmails(ctx context.Context, tx *store.Tx, c *ent.Contact, f ContactFacts, known *facts) ([]string, error) {
	main, changed, err := setEmails(ctx, tx, c, f.Emails.Value())
	known.email = main
	if err != nil || !changed {
		return nil, err
	}
	return []string{"emails"}, nil
}

// applyPhones sets the contact's numbers; the row of the main one is written too.
func applyPhones(ctx context.Context, tx *store.Tx, c *ent.Contact, f ContactFacts, known *facts) ([]string, error) {
	list, err := cleanPhones(f.Phones.Value())
	if err != nil {
		return nil, err
	}
	known.phone = ""
	if len(list) > 0 {
		known.phone = list[0].Number
	}
	changed, err := setPhones(ctx, tx, c, list)
	if err != nil || !changed {
		return nil, err
	}
	c.Phone = known.phone
	return []string{"phones"}, tx.Client.Contact.UpdateOneID(c.ID).SetPhone(c.Phone).Exec(ctx)
}

// saveFacts writes what became known of a locked contact and records it; nothing new:
// nothing happens.
func saveFacts(ctx context.Context, tx *store.Tx, c *ent.Contact, known facts) error {
	changes, companyBefore := store.NamedChanges(known.differences(factsOf(c))...), c.CompanyID
	if len(changes) == 0 {
		return nil
	}
	if err := writeFacts(ctx, tx, c, known); err != nil {
		return err
	}
	recordChange(ctx, tx, c, companyChange(changes, companyBefore, c))
	return nil
}

func writeFacts(ctx context.Context, tx *store.Tx, c *ent.Contact, known facts) (err error) {
	was := factsOf(c)
	if known == was {
		return nil
	}
	if known.email != was.email && known.email != "" {
		if err := addAddress(ctx, tx, c, known.email); err != nil {
			return err
		}
	}
	if known.phone != was.phone {
		if known.phone, err = setMainPhone(ctx, tx, c, known.phone); err != nil {
			return err
		}
	}
	setFacts(c, known)
	return account.ExternalIDTaken(rowOf(tx, c).Exec(ctx), "contact")
}

// rowOf writes what is known of a contact.
func rowOf(tx *store.Tx, c *ent.Contact) *ent.ContactUpdateOne {
	update := tx.Client.Contact.UpdateOneID(c.ID).SetName(c.Name).SetFirstName(c.FirstName).SetLastName(c.LastName).SetEmail(c.Email).SetPhone(c.Phone).
		SetAvatarURL(c.AvatarURL).SetJobTitle(c.JobTitle).SetOwnerID(c.OwnerID).SetLanguage(c.Language).SetTimeZone(c.TimeZone).
		SetCountry(c.Country).SetCity(c.City).SetLifecycleStage(c.LifecycleStage)
	if c.ExternalID == nil {
		update.ClearExternalID()
	} else {
		update.SetExternalID(*c.ExternalID)
	}
	return update
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
