package privacy

import (
	"context"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactmerge"
	enterasure "parley/ent/erasure"
	entvisitor "parley/ent/visitor"
	"parley/internal/mail"
	"parley/internal/viewer"
)

// IsErased reports whether a contact was erased or is being erased, or whether a visitor is
// gone: letters about them that wait are not sent (CR-5).
func (s *Service) IsErased(ctx context.Context, about mail.About) (bool, error) {
	ctx = viewer.NewContext(ctx, viewer.System("erase-contact", about.AccountID))
	client := s.store.Client(ctx)
	contacts := []string{about.ContactID}
	if about.VisitorID != "" {
		v, err := client.Visitor.Query().Where(entvisitor.ID(about.VisitorID)).Only(ctx)
		if ent.IsNotFound(err) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		contacts = append(contacts, v.ContactID)
	}
	if about.ContactID != "" {
		gone, err := isGone(ctx, client, about.ContactID)
		if gone || err != nil {
			return gone, err
		}
	}
	return client.Erasure.Query().Where(enterasure.ContactIDIn(contacts...), enterasure.ContactIDNEQ("")).Exist(ctx)
}

// isGone reports whether a contact is neither there nor a part of another: who it became
// part of was erased.
func isGone(ctx context.Context, client *ent.Client, contactID string) (bool, error) {
	there, err := client.Contact.Query().Where(entcontact.ID(contactID)).Exist(ctx)
	if there || err != nil {
		return false, err
	}
	merged, err := client.ContactMerge.Query().Where(contactmerge.FromID(contactID)).Exist(ctx)
	return !merged, err
}
