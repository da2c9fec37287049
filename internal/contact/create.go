package contact

import (
	"context"

	"parley/ent"
	"parley/internal/company"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Create makes a contact of which at least name, address, phone or external id is known:
// otherwise REQUIRED. An address or external id that another contact has is
// ALREADY_EXISTS on email or externalId.
func (s *Service) Create(ctx context.Context, in CreateContactInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: "createContact", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Contact),
		Own: []idempotency.Own{{Kind: id.Contact, Field: "id", ID: in.ID}},
	}
	var c *ent.Contact
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = insertContact(ctx, tx, call.Result, in.facts())
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

// facts are what the input says; null is as if left out.
func (in CreateContactInput) facts() ContactFacts {
	f := ContactFacts{
		Name: unlessNil(in.Name), Email: unlessNil(in.Email), Phone: unlessNil(in.Phone), AvatarURL: unlessNil(in.AvatarURL),
		ExternalID: unlessNil(in.ExternalID), FirstName: unlessNil(in.FirstName), LastName: unlessNil(in.LastName), JobTitle: unlessNil(in.JobTitle),
		OwnerID: unlessNil(in.OwnerID), Language: unlessNil(in.Language), TimeZone: unlessNil(in.TimeZone), Country: unlessNil(in.Country),
		City: unlessNil(in.City), LifecycleStage: unlessNil(in.LifecycleStage), Properties: opt.List(in.Properties...),
	}
	if in.CompanyID != nil && *in.CompanyID != "" {
		f.CompanyID = unlessNil(in.CompanyID)
	}
	if in.Emails != nil {
		f.Emails = opt.List(in.Emails...)
	}
	if in.Phones != nil {
		f.Phones = opt.List(in.Phones...)
	}
	return f
}

// unlessNil is a value that was given; nil: it was left out.
func unlessNil[T any](p *T) (v opt.Value[*T]) {
	if p != nil {
		v = opt.Of(*p)
	}
	return v
}

// insertContact makes a contact by hand, of what a call gives.
func insertContact(ctx context.Context, tx *store.Tx, contactID string, f ContactFacts) (*ent.Contact, error) {
	c, err := tx.Client.Contact.Create().SetID(contactID).SetSource(vocab.SourceAPI).SetCreatedAt(tx.Now()).Save(ctx)
	if err != nil {
		return nil, err
	}
	if err := showToMaker(ctx, tx, c); err != nil {
		return nil, err
	}
	changes, err := apply(ctx, tx, c, f)
	if err != nil {
		return nil, err
	}
	recordCreation(ctx, tx, c, changes)
	return c, nil
}

// knownBy are the facts that a call gives of a new contact.
func knownBy(f ContactFacts) (facts, error) {
	given, err := f.given()
	if err != nil {
		return facts{}, err
	}
	return facts{}.with(given)
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

// claimAddress gives the contact an address, if no contact of the account has it, and the
// company that has the address's domain (CR-6). It waits for a transaction that is just
// giving it to another.
func claimAddress(ctx context.Context, tx *store.Tx, c *ent.Contact, address string) (bool, error) {
	domain := company.DomainOf(address)
	companies, err := tx.Strings(ctx, `INSERT INTO contact_emails (id, account_id, contact_id, address, domain)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account_id, address) DO NOTHING
		RETURNING COALESCE((SELECT company_id FROM company_domains WHERE account_id = $2 AND domain = $5), '')`,
		id.New("email"), c.AccountID, c.ID, address, domain)
	if err != nil || len(companies) == 0 {
		return false, err
	}
	return true, linkByDomain(ctx, tx, c, domain, companies[0])
}

// recordCreation reports that a contact was made.
func recordCreation(ctx context.Context, tx *store.Tx, c *ent.Contact, changes store.Changes) {
	tx.Append(ctx, store.Event{Type: vocab.ContactCreated, SubjectID: c.ID, Changes: changes})
}
