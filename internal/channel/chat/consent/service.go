package consent

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/consentrecord"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Service holds the use cases of consents and subscription types. It is safe for
// concurrent use.
type Service struct{ store *store.Store }

// New returns the use cases on a store.
func New(s *store.Store) *Service { return &Service{store: s} }

// acting lets a visitor's call write in their name: visitors themselves write
// nothing.
func (s *Service) acting(ctx context.Context) context.Context {
	if v := viewer.FromContext(ctx); v.Kind == viewer.Visitor {
		return viewer.NewContext(ctx, viewer.System("chat", v.AccountID).InNameOf(v))
	}
	return ctx
}

// OfContacts returns a page of each contact's consents, oldest first.
func (s *Service) OfContacts(ctx context.Context, contacts []*ent.Contact, args paging.PageArgs) ([]*paging.Connection[*ent.ConsentRecord], error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return consents.Pages(args, account.PageOfRow, ids, store.Of(consentrecord.FieldContactID), func(narrow func(*sql.Selector)) ([]*ent.ConsentRecord, error) {
		q := s.store.Client(ctx).ConsentRecord.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// ByID returns consents by their ids; nil where there is none that the viewer may see.
func (s *Service) ByID(ctx context.Context, ids []string) ([]*ent.ConsentRecord, error) {
	found, err := s.store.Client(ctx).ConsentRecord.Query().Where(consentrecord.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	byID := map[string]*ent.ConsentRecord{}
	for _, c := range found {
		byID[c.ID] = c
	}
	list := make([]*ent.ConsentRecord, len(ids))
	for i := range ids {
		list[i] = byID[ids[i]]
	}
	return list, nil
}

var consents = store.Listing[ent.ConsentRecord]{
	Name: "consents", Kind: id.Consent, Column: consentrecord.FieldGivenAt,
	Number: func(c *ent.ConsentRecord) int64 { return int64(c.GivenAt) }, ID: func(c *ent.ConsentRecord) string { return c.ID },
}

// Applies reports whether a consent counts: it was not withdrawn, and one to be
// written to is that of a known contact (TM-8).
func Applies(c *ent.ConsentRecord) bool {
	return !c.WithdrawnAt.IsSet() && (c.Kind != vocab.ConsentCommunicate || c.ContactID != "")
}

// WithdrawConsentInput is the input of withdrawConsent. Which consents to take
// back.
type WithdrawConsentInput struct {
	Consents       ConsentSelection
	IdempotencyKey *string
}

// ConsentSelection is the SDL's ConsentSelection: one consent, or a visitor's own
// of a kind.
type ConsentSelection struct {
	ConsentID *string
	Kind      *vocab.ConsentKind
}

// OptOutContactInput is the input of optOutContact. Who wants no more mail, and
// of what kind.
type OptOutContactInput struct {
	ContactID                 string
	ContactSubscriptionTypeID *string
	IdempotencyKey            *string
}

// CreateContactSubscriptionTypeInput is the input of createContactSubscriptionType. A new kind
// of mail.
type CreateContactSubscriptionTypeInput struct {
	Name           string
	Description    *string
	IdempotencyKey *string
}

// UpdateContactSubscriptionTypeInput is the input of updateContactSubscriptionType. What is
// left out stays as it is.
type UpdateContactSubscriptionTypeInput struct {
	ContactSubscriptionTypeID string
	Name                      opt.Value[*string]
	Description               opt.Value[*string]
	IdempotencyKey            *string
}

// DeleteContactSubscriptionTypeInput is the input of deleteContactSubscriptionType. Which
// kind of mail to delete.
type DeleteContactSubscriptionTypeInput struct {
	ContactSubscriptionTypeID string
	// Archive keeps the type where it is used.
	Archive        *bool
	IdempotencyKey *string
}

// ArchiveContactSubscriptionTypeInput is the input of archiveContactSubscriptionType. Which
// kind of mail no one is to be opted in to any longer.
type ArchiveContactSubscriptionTypeInput struct {
	ContactSubscriptionTypeID string
	IdempotencyKey            *string
}
