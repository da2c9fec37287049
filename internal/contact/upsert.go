package contact

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
)

// upsertTries is how often an upsert begins again because another made the contact just
// before it.
const upsertTries = 5

// Upsert changes the contact that a key leads to, and makes it if there is none, which
// created reports. An id never makes one: NOT_FOUND. Callers with one key at the same
// time get the same contact. Errors are those of Create and Update.
func (s *Service) Upsert(ctx context.Context, in UpsertContactInput) (c *ent.Contact, created bool, err error) {
	if err := mayEdit(ctx); err != nil {
		return nil, false, err
	}
	key, err := in.By.clean()
	if err != nil {
		return nil, false, err
	}
	if key.ID != nil && !id.Is(*key.ID, id.Contact) {
		return nil, false, noneBy(key)
	}
	for try := 1; ; try++ {
		c, created, err = s.upsert(ctx, key, in)
		if try == upsertTries || !key.isBlamed(err) {
			return c, created, err
		}
	}
}

func (s *Service) upsert(ctx context.Context, key ContactKey, in UpsertContactInput) (c *ent.Contact, created bool, err error) {
	call := idempotency.Call{Mutation: "upsertContact", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Contact)}
	err = idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		if c, err = key.lockBy(ctx, tx); err != nil {
			return err
		}
		if created = c == nil; created {
			c, err = insertBy(ctx, tx, call.Result, key, in.ContactFacts)
			return err
		}
		if err := call.Settle(ctx, tx, c.ID, "found"); err != nil {
			return err
		}
		return applyFacts(ctx, tx, c, in.ContactFacts)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		notes, err := call.Notes(ctx, tx)
		if err != nil {
			return err
		}
		created = len(notes) == 0
		c, err = findContact(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return c, created, nil
}

// insertBy makes the contact that a key leads to from now on. The facts must not say
// otherwise.
func insertBy(ctx context.Context, tx *store.Tx, contactID string, key ContactKey, f ContactFacts) (*ent.Contact, error) {
	if key.ID != nil {
		return nil, noneBy(key)
	}
	if sent, given := f.ExternalID.ValueOK(); !given || sent != nil && *sent == "" {
		f.ExternalID = unlessNil(key.ExternalID)
	}
	if !f.Email.IsSet() && !f.Emails.IsSet() {
		f.Email = unlessNil(key.Email)
	}
	known, err := knownBy(f)
	if err != nil {
		return nil, err
	}
	if key.ExternalID != nil && known.externalID != *key.ExternalID {
		return nil, otherThanKey("externalId")
	}
	if key.Email != nil && !f.Emails.IsSet() && known.email != *key.Email {
		return nil, otherThanKey("email")
	}
	if key.Email != nil && f.Emails.IsSet() && !slices.ContainsFunc(f.Emails.Value(), func(in ContactEmailInput) bool { return strings.EqualFold(in.Email, *key.Email) }) {
		return nil, otherThanKey("emails")
	}
	return insertContact(ctx, tx, contactID, f)
}

func otherThanKey(field string) error {
	return errs.New(errs.Invalid, "There is no such contact yet: omit %s, which a new one has from the key, or give the same value.", field).On(field)
}

// isBlamed reports whether another contact has the key's value by now: the next try
// finds it.
func (k ContactKey) isBlamed(err error) bool {
	if !errs.Is(err, errs.AlreadyExists) {
		return false
	}
	field := errs.Of(err).Field[0]
	return k.ExternalID != nil && field == "externalId" || k.Email != nil && (field == "email" || field == "emails")
}

func noneBy(k ContactKey) error {
	return errs.New(errs.NotFound, "There is no contact %q; a key of externalId or email makes one that is missing.", errs.Clip(*k.ID)).On("by", "id")
}
