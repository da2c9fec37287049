package consent

import (
	"context"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/ent/predicate"
	"parley/ent/schema"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Withdraw takes consents back: staff name one, visitors one of their own or all
// of a kind. What is withdrawn already stays as it is. It returns those that
// were meant, as they are now. Errors: REQUIRED and NOT_FOUND on consentId.
func (s *Service) Withdraw(ctx context.Context, in WithdrawConsentInput) ([]*ent.ConsentRecord, error) {
	v := viewer.FromContext(ctx)
	which, err := in.meant(v)
	if err != nil {
		return nil, err
	}
	var found []*ent.ConsentRecord
	err = s.store.WithTx(s.acting(ctx), func(ctx context.Context, tx *store.Tx) error {
		if _, err := once.Claim(ctx, tx, "withdrawConsent", in.IdempotencyKey, in, v.ActorID); err != nil {
			return err
		}
		var err error
		found, err = withdraw(ctx, tx, which...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if in.ConsentID != nil && len(found) == 0 {
		return nil, errs.New(errs.NotFound, "There is no consent %q.", errs.Clip(*in.ConsentID)).On("consentId")
	}
	return found, nil
}

// meant says which consents the viewer names.
func (in WithdrawConsentInput) meant(v *viewer.Viewer) ([]predicate.ConsentRecord, error) {
	var which []predicate.ConsentRecord
	visits := v.Kind == viewer.Visitor
	if visits {
		which = append(which, consentrecord.VisitorID(v.ActorID))
	}
	switch {
	case in.ConsentID != nil:
		return append(which, consentrecord.ID(*in.ConsentID)), nil
	case visits && in.Kind != nil:
		return append(which, consentrecord.KindEQ(*in.Kind)), nil
	}
	return nil, errs.New(errs.Required, "Say which consent; a visitor may name a kind instead.").On("consentId")
}

// OptOut withdraws a contact's consents to be written to: of one subscription
// type, or of all. Where none holds, the refusal itself is kept (TM-8). NOT_FOUND
// on contactId and subscriptionTypeId.
func (s *Service) OptOut(ctx context.Context, in OptOutContactInput) (*ent.Contact, error) {
	if v := viewer.FromContext(ctx); v == nil || !v.IsStaff() {
		return nil, errs.New(errs.Forbidden, "Only those who work for the account may do this.")
	}
	var c *ent.Contact
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if _, err := once.Claim(ctx, tx, "optOutContact", in.IdempotencyKey, in, in.ContactID); err != nil {
			return err
		}
		var err error
		if c, err = tx.Client.Contact.Get(ctx, in.ContactID); ent.IsNotFound(err) {
			return errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(in.ContactID)).On("contactId")
		} else if err != nil {
			return err
		}
		return optOut(ctx, tx, c, in.SubscriptionTypeID)
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func optOut(ctx context.Context, tx *store.Tx, c *ent.Contact, typeID *string) error {
	which := []predicate.ConsentRecord{consentrecord.ContactID(c.ID), consentrecord.KindEQ(vocab.ConsentCommunicate)}
	kept := ""
	if typeID != nil {
		if _, err := find(ctx, tx.Client, *typeID); err != nil {
			return err
		}
		which, kept = append(which, consentrecord.SubscriptionTypeID(*typeID)), *typeID
	}
	found, err := withdraw(ctx, tx, which...)
	if err != nil || len(found) > 0 {
		return err
	}
	refusal := id.New(id.Consent)
	told(ctx, tx, "", refusal, vocab.ConsentCommunicate)
	return tx.Client.ConsentRecord.Create().SetID(refusal).SetContactID(c.ID).SetKind(vocab.ConsentCommunicate).
		SetBasis(vocab.BasisExplicit).SetSubscriptionTypeID(kept).SetTextVersion(Version("")).
		SetGivenAt(tx.Now()).SetWithdrawnAt(tx.Now()).Exec(ctx)
}

// withdraw takes back what holds of the consents, and returns them all.
func withdraw(ctx context.Context, tx *store.Tx, which ...predicate.ConsentRecord) ([]*ent.ConsentRecord, error) {
	found, err := tx.Client.ConsentRecord.Query().Where(which...).Order(consentrecord.ByGivenAt(), consentrecord.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	now := tx.Now()
	for _, c := range found {
		if c.WithdrawnAt.IsSet() {
			continue
		}
		n, err := tx.Client.ConsentRecord.Update().Where(consentrecord.ID(c.ID), consentrecord.WithdrawnAt(clock.Micros(0))).
			SetWithdrawnAt(now).Save(ctx)
		if err != nil {
			return nil, err
		}
		if c.WithdrawnAt = now; n == 1 {
			told(ctx, tx, c.InboxID, c.ID, c.Kind)
		}
	}
	return found, nil
}

func told(ctx context.Context, tx *store.Tx, inboxID, consentID string, kind vocab.ConsentKind) {
	of := string(kind)
	tx.Append(ctx, store.Event{
		Type: vocab.ConsentWithdrawn, InboxID: inboxID, SubjectID: consentID, Changes: []schema.FieldChange{{Field: "kind", From: &of}},
	})
}
