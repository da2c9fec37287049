package contact

import (
	"context"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
)

// Update changes what is known of a contact. A new main address leaves the one
// before among the contact's addresses; one that another contact has is
// ALREADY_EXISTS on email.
func (s *Service) Update(ctx context.Context, in UpdateContactInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	if !id.Is(in.ContactID, id.Contact) {
		return nil, notFound(in.ContactID)
	}
	var c *ent.Contact
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "updateContact", in.IdempotencyKey, in, in.ContactID)
		if err != nil {
			return err
		}
		if c, err = lock(ctx, tx, in.ContactID); err != nil || replayed != "" {
			return err
		}
		known, err := factsOf(c).with(in.Name, in.Email, in.Phone)
		if err != nil {
			return err
		}
		return save(ctx, tx, c, known)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func factsOf(c *ent.Contact) facts { return facts{c.Name, c.Email, c.Phone} }

// save writes what became known of a locked contact and tells it; nothing new:
// nothing happens.
func save(ctx context.Context, tx *store.Tx, c *ent.Contact, known facts) error {
	was := factsOf(c)
	fields := known.differences(was)
	if len(fields) == 0 {
		return nil
	}
	if known.email != was.email {
		if err := own(ctx, tx, c, known.email); err != nil {
			return err
		}
	}
	c.Name, c.Email, c.Phone = known.name, known.email, known.phone
	err := tx.Client.Contact.UpdateOneID(c.ID).SetName(c.Name).SetEmail(c.Email).SetPhone(c.Phone).Exec(ctx)
	if err != nil {
		return err
	}
	changed(ctx, tx, c, fields)
	return nil
}

// own makes the address one of the contact's, unless it is already.
func own(ctx context.Context, tx *store.Tx, c *ent.Contact, address string) error {
	got, err := claim(ctx, tx, c, address)
	if err != nil || got {
		return err
	}
	mine, err := tx.Client.ContactEmail.Query().
		Where(contactemail.ContactID(c.ID), contactemail.Address(address)).Exist(ctx)
	if err == nil && !mine {
		return taken(address)
	}
	return err
}
