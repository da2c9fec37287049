package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/channel/chat/targeting"
	"parley/internal/store"
	"parley/internal/viewer"
)

// CaptureEmail keeps an address that the visitor typed and links them to its
// contact, for the agents' eyes: it opens nothing to the visitor. Who proved who they
// are is linked by no address that they type, and keeps one that was proved
// (CH-8). RATE_LIMITED for too many. Errors: INVALID on email if it
// is none, CONSENT_REQUIRED as in StartChat (TM-8), NOT_FOUND on
// targetedMessageId.
func (s *Service) CaptureEmail(ctx context.Context, in CaptureVisitorEmailInput) (*ent.Visitor, error) {
	return s.actAsVisitor(ctx, "captureVisitorEmail", in.IdempotencyKey, in, func(ctx context.Context, tx *store.Tx, _ *viewer.Viewer, me *ent.Visitor) error {
		m, err := askingMessage(ctx, tx, me, in.TargetedMessageID)
		if err != nil {
			return err
		}
		if err := mayCapture(ctx, tx, me, m); err != nil {
			return err
		}
		n, err := s.captureEmail(ctx, tx, me, in.Email)
		if err != nil || m == nil {
			return err
		}
		return targeting.Count(ctx, tx, m, targeting.Tally{Emails: n})
	})
}

// captureEmail returns how many addresses became known: one, or none where the
// visitor had one before.
func (s *Service) captureEmail(ctx context.Context, tx *store.Tx, me *ent.Visitor, email string) (int, error) {
	address, err := account.CleanEmail(email, "email")
	if err != nil {
		return 0, err
	}
	known := 1
	if me.Email != "" {
		known = 0
	}
	switch {
	case me.EmailVerified, IsIdentified(me) && me.ContactID != "": // proved
		return 0, nil
	case me.Email == address && (me.ContactID != "" || IsIdentified(me)):
		return 0, nil
	}
	if err := s.admitAddress(ctx, tx, viewerOf(me)); err != nil {
		return 0, err
	}
	if IsIdentified(me) { // who they are is known, and is not what they type
		me.Email = address
		return known, tx.Client.Visitor.UpdateOneID(me.ID).SetEmail(address).Exec(ctx)
	}
	c, _, err := s.contacts.FindOrCreateByEmail(ctx, tx, address)
	if err != nil {
		return 0, err
	}
	return known, s.linkContact(ctx, tx, me, address, c.ID)
}
