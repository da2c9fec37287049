package contact

import (
	"context"
	"errors"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/vocab"
)

// facts are what is known of a contact; "" is not known.
type facts struct{ name, email, phone string }

// Create makes a contact of which at least name, address or phone is known:
// REQUIRED else. An address that another contact has is ALREADY_EXISTS on email.
func (s *Service) Create(ctx context.Context, in CreateContactInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	known, err := facts{}.with(in.Name, in.Email, in.Phone)
	if err != nil {
		return nil, err
	}
	var c *ent.Contact
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		contactID := id.New(id.Contact)
		replayed, err := once.Claim(ctx, tx, "createContact", in.IdempotencyKey, in, contactID)
		if err != nil {
			return err
		}
		if replayed != "" {
			c, err = find(ctx, tx, replayed)
			return err
		}
		c, err = insert(ctx, tx, contactID, known)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// with returns the facts with those given in their place, cleaned.
func (f facts) with(name, email, phone *string) (facts, error) {
	var faults []error
	set := func(to *string, from *string, clean func(string) (string, error)) {
		if from != nil {
			value, err := clean(*from)
			*to, faults = value, append(faults, err)
		}
	}
	set(&f.name, name, func(s string) (string, error) { return CleanName(s, "name") })
	set(&f.email, email, func(s string) (string, error) { return people.CleanEmail(s, "email") })
	set(&f.phone, phone, cleanPhone)
	if err := errors.Join(faults...); err != nil {
		return facts{}, err
	}
	if f == (facts{}) {
		return facts{}, errs.New(errs.Required, "A contact needs a name, an e-mail address or a phone number.").On("name")
	}
	return f, nil
}

// differences names what differs from other.
func (f facts) differences(other facts) []string {
	var names []string
	for _, fact := range []struct{ name, is, was string }{
		{"name", f.name, other.name}, {"email", f.email, other.email}, {"phone", f.phone, other.phone},
	} {
		if fact.is != fact.was {
			names = append(names, fact.name)
		}
	}
	return names
}

func insert(ctx context.Context, tx *store.Tx, contactID string, known facts) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Create().SetID(contactID).
		SetName(known.name).SetEmail(known.email).SetPhone(known.phone).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	if known.email != "" {
		if got, err := claim(ctx, tx, c, known.email); err != nil {
			return nil, err
		} else if !got {
			return nil, taken(known.email)
		}
	}
	created(ctx, tx, c, known)
	return c, nil
}

// claim gives the contact an address, if no contact of the account has it. It
// waits for a transaction that is just giving it to another.
func claim(ctx context.Context, tx *store.Tx, c *ent.Contact, address string) (bool, error) {
	made, err := tx.Exec(ctx, `INSERT INTO contact_emails (id, account_id, contact_id, address)
		VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, address) DO NOTHING`, id.New("email"), c.AccountID, c.ID, address)
	return made == 1, err
}

// created tells that a contact was made.
func created(ctx context.Context, tx *store.Tx, c *ent.Contact, known facts) {
	tx.Append(ctx, store.Event{Type: vocab.ContactCreated, SubjectID: c.ID, Changes: named(known.differences(facts{}))})
}
