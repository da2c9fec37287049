package consent

import (
	"context"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/ent/predicate"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/loader"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Withdraw takes consents back: staff name one, visitors one of their own or all
// of a kind. What is withdrawn already stays as it is. It returns those that
// were meant, as they are now. Errors: REQUIRED on consents,
// NOT_FOUND on its consentId, and INVALID on its kind for staff.
func (s *Service) Withdraw(ctx context.Context, in WithdrawConsentInput) ([]*ent.ConsentRecord, error) {
	v := viewer.FromContext(ctx)
	which, err := in.Consents.named(v)
	if err != nil {
		return nil, err
	}
	var found []*ent.ConsentRecord
	apply := func(ctx context.Context, tx *store.Tx) (err error) {
		found, err = withdrawConsents(ctx, tx, which...)
		return err
	}
	call := idempotency.Call{Mutation: "withdrawConsent", Key: in.IdempotencyKey, Input: in, Result: v.ActorID}
	err = idempotency.Run(s.acting(ctx), s.store, call, apply, repeatCall(apply))
	if err != nil {
		return nil, err
	}
	if one := in.Consents.ConsentID; one != nil && len(found) == 0 {
		return nil, errs.New(errs.NotFound, "There is no consent %q.", errs.Clip(*one)).On("consents", "consentId")
	}
	return found, nil
}

// repeatCall answers a repeated call by doing it once more: what is withdrawn already
// stays as it is.
func repeatCall(apply func(context.Context, *store.Tx) error) func(context.Context, *store.Tx, string) error {
	return func(ctx context.Context, tx *store.Tx, _ string) error { return apply(ctx, tx) }
}

// named says which consents the viewer names.
func (in ConsentSelection) named(v *viewer.Viewer) ([]predicate.ConsentRecord, error) {
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
	case in.Kind != nil:
		return nil, errs.New(errs.Invalid, "Only a visitor may pass kind; pass consentId.").On("consents", "kind")
	}
	return nil, errs.New(errs.Required, "Pass consentId; a visitor may pass kind instead.").On("consents")
}

// OptOut withdraws a contact's consents to be written to: of one subscription
// type, or of all. Where none holds, the refusal itself is kept (TM-8). NOT_FOUND
// on contactId and contactSubscriptionTypeId.
func (s *Service) OptOut(ctx context.Context, in OptOutContactInput) (*ent.Contact, error) {
	if v := viewer.FromContext(ctx); v == nil || !v.IsStaff() {
		return nil, errs.New(errs.Forbidden, "Only users and integrations of the account may do this.")
	}
	var c *ent.Contact
	apply := func(ctx context.Context, tx *store.Tx) (err error) {
		if c, err = loader.HoldContact(ctx, tx, in.ContactID); ent.IsNotFound(err) {
			return errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(in.ContactID)).On("contactId")
		} else if err != nil {
			return err
		}
		return optOut(ctx, tx, c, in.ContactSubscriptionTypeID)
	}
	call := idempotency.Call{Mutation: "optOutContact", Key: in.IdempotencyKey, Input: in, Result: in.ContactID}
	if err := idempotency.Run(ctx, s.store, call, apply, repeatCall(apply)); err != nil {
		return nil, err
	}
	return c, nil
}

func optOut(ctx context.Context, tx *store.Tx, c *ent.Contact, typeID *string) error {
	which := []predicate.ConsentRecord{consentrecord.ContactID(c.ID), consentrecord.KindEQ(vocab.ConsentCommunicate)}
	kept := ""
	if typeID != nil {
		if _, err := findSubscriptionType(ctx, tx.Client, *typeID); err != nil {
			return err
		}
		which, kept = append(which, consentrecord.SubscriptionTypeID(*typeID)), *typeID
	}
	// All of them, also those of inboxes that the caller does not see: the person wants no more mail.
	found, err := withdrawConsents(viewer.AsSystem(ctx, "opt-out"), tx, which...)
	if err != nil || len(found) > 0 {
		return err
	}
	refusal := id.New(id.Consent)
	recordWithdrawal(ctx, tx, "", refusal, vocab.ConsentCommunicate)
	return tx.Client.ConsentRecord.Create().SetID(refusal).SetContactID(c.ID).SetKind(vocab.ConsentCommunicate).
		SetBasis(vocab.BasisExplicit).SetSubscriptionTypeID(kept).SetTextVersion(Version("")).
		SetGivenAt(tx.Now()).SetWithdrawnAt(tx.Now()).Exec(ctx)
}

// withdrawConsents takes back what holds of the consents, and returns them all.
func withdrawConsents(ctx context.Context, tx *store.Tx, which ...predicate.ConsentRecord) ([]*ent.ConsentRecord, error) {
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
			recordWithdrawal(ctx, tx, c.InboxID, c.ID, c.Kind)
		}
	}
	return found, nil
}

func recordWithdrawal(ctx context.Context, tx *store.Tx, inboxID, consentID string, kind vocab.ConsentKind) {
	of := string(kind)
	tx.Append(ctx, store.Event{
		Type: vocab.ConsentWithdrawn, InboxID: inboxID, SubjectID: consentID, Changes: []vocab.FieldChange{{Field: "kind", From: &of}},
	})
}
