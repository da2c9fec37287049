package visitor

import (
	"context"
	"slices"

	"parley/ent"
	"parley/internal/channel/chat/consent"
	"parley/internal/contact"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// isProved reports whether the visitor's address is proved, or counts as proved: what they
// see and write of its contact depends on it, and on nothing else (CH-9).
func isProved(ctx context.Context, client *ent.Client, me *ent.Visitor) (bool, error) {
	if me == nil || me.ContactID == "" {
		return false, nil
	}
	if !me.ContactTyped {
		return true, nil
	}
	a, err := client.Account.Get(ctx, me.AccountID)
	if err != nil {
		return false, err
	}
	return a.TrustTypedAddresses, nil
}

// mayWriteContact reports whether what the visitor says of themselves is written to their
// contact: it is proved, or their own typing made it (CH-9).
func mayWriteContact(ctx context.Context, client *ent.Client, me *ent.Visitor) (bool, error) {
	if me.ContactID != "" && me.ContactOwn {
		return true, nil
	}
	return isProved(ctx, client, me)
}

// claim takes what the visitor says of themselves; linkContact keeps and applies it. Errors
// are on name and phone.
func (s *Service) claim(ctx context.Context, tx *store.Tx, me *ent.Visitor, name, phone *string) error {
	before := slices.Clone(me.Suggested)
	for _, said := range []struct {
		property string
		value    *string
		clean    func(string) (string, error)
	}{
		{vocab.SuggestedName, name, func(text string) (string, error) { return contact.CleanName(text, "name") }},
		{vocab.SuggestedPhone, phone, contact.CleanPhone},
	} {
		if said.value == nil {
			continue
		}
		value, err := said.clean(*said.value)
		if err != nil {
			return err
		}
		me.Suggested = withClaim(me.Suggested, said.property, value)
		if value != "" {
			me.Answered = withAnswer(me.Answered, vocab.AnsweredField{Key: said.property})
		}
		if said.property == vocab.SuggestedName && value != "" {
			me.Name = value
		}
	}
	if slices.Equal(before, me.Suggested) {
		return nil
	}
	return s.conversations.RecordSuggested(ctx, tx, me.ID)
}

// withClaim returns claims with one in the place of an earlier one of the property; "": it
// is taken back.
func withClaim(claims []vocab.SuggestedProperty, property, value string) []vocab.SuggestedProperty {
	others := slices.DeleteFunc(slices.Clone(claims), func(c vocab.SuggestedProperty) bool { return c.Property == property })
	if value == "" {
		return others
	}
	return append(others, vocab.SuggestedProperty{Property: property, Value: value})
}

// inheritClaims gives a visitor who proved who they are what the one whom they were known
// as said. An address that was typed links no contact (CH-8).
func inheritClaims(me, known *ent.Visitor) {
	for _, c := range known.Suggested {
		me.Suggested = withClaim(me.Suggested, c.Property, c.Value)
	}
	for _, a := range known.Answered {
		me.Answered = withAnswer(me.Answered, a)
	}
	if me.Email == "" {
		me.Email = known.Email
	}
}

// applyClaims writes what the visitor said of themselves to their contact, once it may be.
func (s *Service) applyClaims(ctx context.Context, tx *store.Tx, me *ent.Visitor) error {
	if err := linkConsents(ctx, tx, me); err != nil || len(me.Suggested) == 0 {
		return err
	}
	mayWrite, err := mayWriteContact(ctx, tx.Client, me)
	if err != nil || !mayWrite {
		return err
	}
	return s.writeClaims(ctx, tx, me, me.ContactID, nil)
}

// linkConsents gives the visitor's consents to their contact: an opt-in only once it may be
// written.
func linkConsents(ctx context.Context, tx *store.Tx, me *ent.Visitor) error {
	if me.ContactID == "" {
		return nil
	}
	kinds := []vocab.ConsentKind{vocab.ConsentProcess}
	mayWrite, err := mayWriteContact(ctx, tx.Client, me)
	if err != nil {
		return err
	}
	if mayWrite {
		kinds = append(kinds, vocab.ConsentCommunicate)
	}
	return consent.Link(ctx, tx, me.ID, me.ContactID, kinds...)
}

// writeClaims writes claims to a contact, those of the names or all, and keeps them no
// longer.
func (s *Service) writeClaims(ctx context.Context, tx *store.Tx, me *ent.Visitor, contactID string, names []string) error {
	var said contact.Claim
	left := []vocab.SuggestedProperty{}
	for _, c := range me.Suggested {
		switch {
		case names != nil && !slices.Contains(names, c.Property):
			left = append(left, c)
		case c.Property == vocab.SuggestedName:
			said.Name = c.Value
		case c.Property == vocab.SuggestedPhone:
			said.Phone = c.Value
		case id.Is(c.Property, id.Property):
			said.Properties = append(said.Properties, c)
		}
	}
	if err := s.contacts.Accept(ctx, tx, contactID, said); err != nil {
		return err
	}
	me.Suggested = left
	if err := tx.Client.Visitor.UpdateOneID(me.ID).SetSuggested(left).Exec(ctx); err != nil {
		return err
	}
	return s.conversations.RecordSuggested(ctx, tx, me.ID)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
