package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/channel/chat/targeting"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
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
		if err := s.claim(ctx, tx, me, in.Name, in.Phone); err != nil {
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
// visitor had one before. A contact that is proved stays.
func (s *Service) captureEmail(ctx context.Context, tx *store.Tx, me *ent.Visitor, email string) (int, error) {
	address, err := account.CleanEmail(email, "email")
	if err != nil {
		return 0, err
	}
	switch {
	case me.ContactID != "" && (me.Email == address || !me.ContactTyped):
		return 0, s.linkContact(ctx, tx, me, me.Email, me.ContactID, me.ContactTyped)
	case IsIdentified(me) && me.Email == address:
		return 0, s.linkContact(ctx, tx, me, address, me.ContactID, me.ContactTyped)
	}
	known := 1
	if me.Email != "" {
		known = 0
	}
	if err := s.admitAddress(ctx, tx, viewerOf(me)); err != nil {
		return 0, err
	}
	if IsIdentified(me) { // who they are is known, and is not what they type
		return known, s.linkContact(ctx, tx, me, address, me.ContactID, me.ContactTyped)
	}
	c, created, err := s.contacts.FindOrCreateByEmail(ctx, tx, address, vocab.SourceChat)
	if err != nil {
		return 0, err
	}
	me.ContactOwn = created
	return known, s.linkContact(ctx, tx, me, address, c.ID, true)
}
