package contact

import (
	"context"

	"parley/ent"
	entcontact "parley/ent/contact"
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
		return orNone(client.Contact.Get(ctx, *key.ID))
	case key.ExternalID != nil:
		return orNone(client.Contact.Query().Where(entcontact.ExternalID(*key.ExternalID)).Only(ctx))
	}
	return byAddress(ctx, client, *key.Email)
}

// lockBy loads the contact that a clean key leads to, and keeps others from changing it;
// nil: there is none.
func (k ContactKey) lockBy(ctx context.Context, tx *store.Tx) (*ent.Contact, error) {
	q := tx.Client.Contact.Query()
	switch {
	case k.ID != nil:
		q.Where(entcontact.ID(*k.ID))
	case k.ExternalID != nil:
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

func orNone(c *ent.Contact, err error) (*ent.Contact, error) {
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return c, err
}
