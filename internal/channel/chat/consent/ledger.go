package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Version names a text: another text has another version.
func Version(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// Given is a consent that a visitor gives.
type Given struct {
	Visitor            *ent.Visitor
	TargetedMessageID  string
	Kind               vocab.ConsentKind
	Basis              vocab.ConsentBasis
	SubscriptionTypeID string
	Text               string
	PageURL            string
	// Unproved: an opt-in is not the contact's until their address is proved (CH-9).
	Unproved bool
}

func (g Given) contactID() string {
	if g.Unproved && g.Kind == vocab.ConsentCommunicate {
		return ""
	}
	return g.Visitor.ContactID
}

// Holds reports whether the visitor agreed to this very text and did not
// withdraw (TM-8).
func Holds(ctx context.Context, client *ent.Client, visitorID string, kind vocab.ConsentKind, text string) (bool, error) {
	return client.ConsentRecord.Query().Where(
		consentrecord.VisitorID(visitorID), consentrecord.KindEQ(kind),
		consentrecord.TextVersion(Version(text)), consentrecord.WithdrawnAt(clock.Micros(0)),
	).Exist(ctx)
}

// HoldsAny reports whether the visitor agreed to any text of a kind and did not
// withdraw.
func HoldsAny(ctx context.Context, client *ent.Client, visitorID string, kind vocab.ConsentKind) (bool, error) {
	return client.ConsentRecord.Query().Where(
		consentrecord.VisitorID(visitorID), consentrecord.KindEQ(kind), consentrecord.WithdrawnAt(clock.Micros(0)),
	).Exist(ctx)
}

// Record keeps a consent, within the caller's transaction, which has the
// visitor's lock. One that holds already is not kept again. It returns the new
// entry's id, or "".
func Record(ctx context.Context, tx *store.Tx, g Given) (string, error) {
	if holds, err := Holds(ctx, tx.Client, g.Visitor.ID, g.Kind, g.Text); err != nil || holds {
		return "", err
	}
	consentID := id.New(id.Consent)
	err := tx.Client.ConsentRecord.Create().SetID(consentID).SetInboxID(g.Visitor.InboxID).
		SetVisitorID(g.Visitor.ID).SetContactID(g.contactID()).SetTargetedMessageID(g.TargetedMessageID).
		SetKind(g.Kind).SetBasis(g.Basis).SetSubscriptionTypeID(g.SubscriptionTypeID).
		SetText(g.Text).SetTextVersion(Version(g.Text)).SetPageURL(g.PageURL).SetGivenAt(tx.Now()).
		Exec(ctx)
	if err != nil {
		return "", err
	}
	kind, basis := string(g.Kind), string(g.Basis)
	tx.Append(ctx, store.Event{
		Type: vocab.ConsentRecorded, InboxID: g.Visitor.InboxID, SubjectID: consentID,
		Changes: []vocab.FieldChange{{Field: "kind", To: &kind}, {Field: "basis", To: &basis}},
	})
	return consentID, nil
}

// Bind says in which conversation consents were given.
func Bind(ctx context.Context, tx *store.Tx, conversationID string, consentIDs ...string) error {
	return tx.Client.ConsentRecord.Update().Where(consentrecord.IDIn(consentIDs...)).SetConversationID(conversationID).Exec(ctx)
}

// Link makes a contact the one of a visitor's consents of the kinds that have none: from
// now on an opt-in to be written to applies (TM-8).
func Link(ctx context.Context, tx *store.Tx, visitorID, contactID string, kinds ...vocab.ConsentKind) error {
	n, err := tx.Client.ConsentRecord.Update().
		Where(consentrecord.VisitorID(visitorID), consentrecord.ContactID(""), consentrecord.KindIn(kinds...)).SetContactID(contactID).Save(ctx)
	if err != nil || n == 0 {
		return err
	}
	return contact.Touch(ctx, tx, contactID)
}

// Pending returns the opt-ins of visitors that are no contact's yet, oldest first (CH-9).
func Pending(ctx context.Context, client *ent.Client, visitorIDs ...string) ([]*ent.ConsentRecord, error) {
	return client.ConsentRecord.Query().Where(consentrecord.VisitorIDIn(visitorIDs...), consentrecord.ContactID(""),
		consentrecord.KindEQ(vocab.ConsentCommunicate), consentrecord.WithdrawnAt(clock.Micros(0))).
		Order(consentrecord.ByGivenAt(), consentrecord.ByID()).All(ctx)
}

// IsWithdrawn reports whether the visitor took back their consent to process, and has
// given none since (TM-8).
func IsWithdrawn(ctx context.Context, client *ent.Client, visitorID string) (bool, error) {
	withdrew, err := client.ConsentRecord.Query().Where(consentrecord.VisitorID(visitorID), consentrecord.KindEQ(vocab.ConsentProcess),
		consentrecord.WithdrawnAtGT(clock.Micros(0))).Exist(ctx)
	if err != nil || !withdrew {
		return false, err
	}
	holds, err := HoldsAny(ctx, client, visitorID, vocab.ConsentProcess)
	return !holds, err
}

// Move gives a visitor's consents to the one that they turned out to be (CR-6).
func Move(ctx context.Context, tx *store.Tx, fromID, toID string) error {
	return tx.Client.ConsentRecord.Update().Where(consentrecord.VisitorID(fromID)).SetVisitorID(toID).Exec(ctx)
}
