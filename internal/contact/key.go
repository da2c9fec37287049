package contact

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactmerge"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
)

// By returns the contact that a key leads to; nil: there is none in the account.
func (s *Service) By(ctx context.Context, key ContactKey) (*ent.Contact, error) {
	client := s.store.Client(ctx)
	key, err := key.clean()
	switch {
	case err != nil:
		return nil, nil // nothing has such a key
	case key.ID != nil:
		if !id.Is(*key.ID, id.Contact) {
			return nil, nil
		}
		return gone(orSurvivor(ctx, client, *key.ID, func(contactID string) (*ent.Contact, error) { return client.Contact.Get(ctx, contactID) }))
	case key.ExternalID != nil:
		c, err := client.Contact.Query().Where(entcontact.ExternalID(*key.ExternalID)).Only(ctx)
		if !ent.IsNotFound(err) {
			return c, err
		}
		mergedID, err := byAlias(ctx, client, *key.ExternalID)
		if err != nil || mergedID == "" {
			return nil, err
		}
		return gone(orSurvivor(ctx, client, mergedID, func(contactID string) (*ent.Contact, error) { return client.Contact.Get(ctx, contactID) }))
	}
	return byAddress(ctx, client, *key.Email)
}

// lockBy loads the contact that a clean key leads to, and keeps others from changing it;
// nil: there is none.
func (k ContactKey) lockBy(ctx context.Context, tx *store.Tx) (*ent.Contact, error) {
	q := tx.Client.Contact.Query()
	switch {
	case k.ID != nil:
		return gone(lockContact(ctx, tx, *k.ID))
	case k.ExternalID != nil:
		mergedID, err := byAlias(ctx, tx.Client, *k.ExternalID)
		if err != nil {
			return nil, err
		}
		if mergedID != "" {
			return gone(lockContact(ctx, tx, mergedID))
		}
		q.Where(entcontact.ExternalID(*k.ExternalID))
	default:
		found, err := byAddress(ctx, tx.Client, *k.Email)
		if err != nil || found == nil {
			return nil, err
		}
		q.Where(entcontact.ID(found.ID))
	}
	return orNone(q.Modify(store.ForUpdate).Only(ctx))
}

// clean returns the key as contacts have it. Errors blame the field below "by".
func (k ContactKey) clean() (ContactKey, error) {
	switch {
	case k.ID != nil:
		return k, nil
	case k.ExternalID != nil:
		externalID, err := account.CleanExternalID(*k.ExternalID, "by", "externalId")
		if err == nil && externalID == "" {
			err = errs.New(errs.Invalid, "An external id has 1 to %d characters.", account.MaxExternalID).On("by", "externalId")
		}
		return ContactKey{ExternalID: &externalID}, err
	case k.Email != nil:
		email, err := account.CleanEmail(*k.Email, "email")
		if e := errs.Of(err); e != nil {
			err = e.On("by", "email")
		}
		return ContactKey{Email: &email}, err
	}
	return k, errs.New(errs.Invalid, "Give exactly one of id, externalId and email.").On("by")
}

// byAlias is the merged contact that had an external id which no contact has; "": none had.
func byAlias(ctx context.Context, client *ent.Client, externalID string) (string, error) {
	taken, err := client.Contact.Query().Where(entcontact.ExternalID(externalID)).Exist(ctx)
	if err != nil || taken {
		return "", err
	}
	m, err := client.ContactMerge.Query().Where(contactmerge.ExternalID(externalID)).Order(contactmerge.ByID(sql.OrderDesc())).First(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return m.FromID, nil
}

// gone is no contact where there is none.
func gone(c *ent.Contact, err error) (*ent.Contact, error) {
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	return c, err
}

func orNone(c *ent.Contact, err error) (*ent.Contact, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return c, err
}
