package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/once"
	"parley/internal/people"
	"parley/internal/store"
)

// CaptureEmail keeps an address that the visitor typed and links them to its
// contact, for the agents' eyes: it opens nothing to the visitor. A proved
// identity keeps the contact that it has (CH-8). INVALID on email if it is none.
func (s *Service) CaptureEmail(ctx context.Context, in CaptureVisitorEmailInput) (*ent.Visitor, error) {
	v, err := self(ctx)
	if err != nil {
		return nil, err
	}
	var me *ent.Visitor
	err = s.store.WithTx(system(ctx, v), func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, "captureVisitorEmail", in.IdempotencyKey, in, v.ActorID)
		if err != nil {
			return err
		}
		if me, err = lockSelf(ctx, tx, v); err != nil || replayed != "" {
			return err
		}
		return s.capture(ctx, tx, me, in.Email)
	})
	if err != nil {
		return nil, err
	}
	return me, nil
}

func (s *Service) capture(ctx context.Context, tx *store.Tx, me *ent.Visitor, email string) error {
	address, err := people.CleanEmail(email, "email")
	if err != nil {
		return err
	}
	if me.Email == address && me.ContactID != "" || me.Identity != nil && me.ContactID != "" {
		return nil
	}
	c, _, err := s.contacts.FindOrCreateByEmail(ctx, tx, address)
	if err != nil {
		return err
	}
	return s.link(ctx, tx, me, address, c.ID)
}
