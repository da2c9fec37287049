package contact

import (
	"context"
	"errors"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// facts are what is known of a contact; "" is not known.
type facts struct{ name, email, phone, avatarURL, externalID string }

// givenFacts are the facts that a call gives; nil: it leaves them out.
type givenFacts struct{ name, email, phone, avatarURL, externalID *string }

// Create makes a contact of which at least name, address, phone or external id is known:
// otherwise REQUIRED. An address or external id that another contact has is
// ALREADY_EXISTS on email or externalId.
func (s *Service) Create(ctx context.Context, in CreateContactInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	known, err := facts{}.with(givenFacts{in.Name, in.Email, in.Phone, in.AvatarURL, in.ExternalID})
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createContact", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Contact),
		Own: []idempotency.Own{{Kind: id.Contact, Field: "id", ID: in.ID}},
	}
	var c *ent.Contact
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = insertContact(ctx, tx, call.Result, known)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		c, err = findContact(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// with returns the facts with those given in their place, cleaned.
func (f facts) with(given givenFacts) (facts, error) {
	var faults []error
	set := func(to *string, from *string, clean func(string) (string, error)) {
		if from != nil {
			value, err := clean(*from)
			*to, faults = value, append(faults, err)
		}
	}
	set(&f.name, given.name, func(s string) (string, error) { return CleanName(s, "name") })
	set(&f.email, given.email, func(s string) (string, error) { return account.CleanEmail(s, "email") })
	set(&f.phone, given.phone, cleanPhone)
	set(&f.avatarURL, given.avatarURL, func(s string) (string, error) { return s, nil })
	set(&f.externalID, given.externalID, func(s string) (string, error) { return account.CleanExternalID(s, "externalId") })
	if err := errors.Join(faults...); err != nil {
		return facts{}, err
	}
	if f.name+f.email+f.phone+f.externalID == "" {
		return facts{}, errs.New(errs.Required, "A contact needs a name, an e-mail address, a phone number or an external id.").On("name")
	}
	return f, nil
}

// differences names what differs from other.
func (f facts) differences(other facts) []string {
	var names []string
	for _, fact := range []struct{ name, is, was string }{
		{"name", f.name, other.name}, {"email", f.email, other.email}, {"phone", f.phone, other.phone},
		{"avatarUrl", f.avatarURL, other.avatarURL}, {"externalId", f.externalID, other.externalID},
	} {
		if fact.is != fact.was {
			names = append(names, fact.name)
		}
	}
	return names
}

func insertContact(ctx context.Context, tx *store.Tx, contactID string, known facts) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Create().SetID(contactID).SetName(known.name).SetEmail(known.email).SetPhone(known.phone).
		SetAvatarURL(known.avatarURL).SetNillableExternalID(orNull(known.externalID)).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, account.ExternalIDTaken(err, "contact")
	}
	if known.email != "" {
		if got, err := claimAddress(ctx, tx, c, known.email); err != nil {
			return nil, err
		} else if !got {
			return nil, addressTaken(known.email)
		}
	}
	recordCreation(ctx, tx, c, known)
	return c, showToMaker(ctx, tx, c)
}

// showToMaker has a contact be seen by whoever made it by hand, also before they have a
// conversation with it (AC-14).
func showToMaker(ctx context.Context, tx *store.Tx, c *ent.Contact) error {
	_, err := tx.Exec(ctx, "INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses) VALUES ($1, $2, $3, 1)",
		c.AccountID, c.ID, viewer.FromContext(ctx).Actor().ActorID)
	return err
}

// orNull is nil for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// claimAddress gives the contact an address, if no contact of the account has it. It
// waits for a transaction that is just giving it to another.
func claimAddress(ctx context.Context, tx *store.Tx, c *ent.Contact, address string) (bool, error) {
	made, err := tx.Exec(ctx, `INSERT INTO contact_emails (id, account_id, contact_id, address)
		VALUES ($1, $2, $3, $4) ON CONFLICT (account_id, address) DO NOTHING`, id.New("email"), c.AccountID, c.ID, address)
	return made == 1, err
}

// recordCreation reports that a contact was made.
func recordCreation(ctx context.Context, tx *store.Tx, c *ent.Contact, known facts) {
	tx.Append(ctx, store.Event{Type: vocab.ContactCreated, SubjectID: c.ID, Changes: store.NamedChanges(known.differences(facts{})...)})
}
