package library

import (
	"context"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/ent/predicate"
	"parley/internal/clock"
	"parley/internal/vocab"
)

// MayTrack reports whether it may be kept who opened what was sent: always, unless the
// account asks for consent; then with a consent to process of the contact or of the chat's
// visitor. "" names none of them.
func MayTrack(ctx context.Context, client *ent.Client, accountID, contactID, conversationID string) (bool, error) {
	a, err := client.Account.Get(ctx, accountID)
	if err != nil || !a.GdprEnabled {
		return err == nil, err
	}
	var whose []predicate.ConsentRecord
	if contactID != "" {
		whose = append(whose, consentrecord.ContactID(contactID))
	}
	if conversationID != "" {
		c, err := client.Conversation.Get(ctx, conversationID)
		if err != nil {
			return false, err
		}
		if c.VisitorID != "" {
			whose = append(whose, consentrecord.VisitorID(c.VisitorID))
		}
	}
	for _, one := range whose {
		holds, err := client.ConsentRecord.Query().Where(one, consentrecord.KindEQ(vocab.ConsentProcess), consentrecord.WithdrawnAt(clock.Micros(0))).Exist(ctx)
		if err != nil || holds {
			return holds, err
		}
	}
	return false, nil
}
