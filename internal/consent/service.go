package consent

import (
	"context"

	"parley/ent"
	"parley/ent/consentrecord"
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

// OfContacts returns each contact's consents, oldest first, with one query.
func (s *Service) OfContacts(ctx context.Context, contacts []*ent.Contact) ([][]*ent.ConsentRecord, error) {
	at := make(map[string][]int, len(contacts))
	ids := make([]string, len(contacts))
	lists := make([][]*ent.ConsentRecord, len(contacts))
	for i, c := range contacts {
		ids[i], lists[i] = c.ID, []*ent.ConsentRecord{}
		at[c.ID] = append(at[c.ID], i)
	}
	found, err := s.store.Client(ctx).ConsentRecord.Query().Where(consentrecord.ContactIDIn(ids...)).
		Order(consentrecord.ByGivenAt(), consentrecord.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range found {
		for _, i := range at[c.ContactID] {
			lists[i] = append(lists[i], c)
		}
	}
	return lists, nil
}

// Applies reports whether a consent counts: it was not withdrawn, and one to be
// written to is that of a known contact (TM-8).
func Applies(c *ent.ConsentRecord) bool {
	return !c.WithdrawnAt.IsSet() && (c.Kind != vocab.ConsentCommunicate || c.ContactID != "")
}

// WithdrawConsentInput is the input of withdrawConsent. Which consents to take
// back.
type WithdrawConsentInput struct {
	ConsentID      *string
	Kind           *vocab.ConsentKind
	IdempotencyKey *string
}

// OptOutContactInput is the input of optOutContact. Who wants no more mail, and
// of what kind.
type OptOutContactInput struct {
	ContactID          string
	SubscriptionTypeID *string
	IdempotencyKey     *string
}

// CreateSubscriptionTypeInput is the input of createSubscriptionType. A new kind
// of mail.
type CreateSubscriptionTypeInput struct {
	Name           string
	Description    *string
	IdempotencyKey *string
}

// UpdateSubscriptionTypeInput is the input of updateSubscriptionType. What is
// left out stays as it is.
type UpdateSubscriptionTypeInput struct {
	SubscriptionTypeID string
	Name               *string
	Description        *string
	IdempotencyKey     *string
}

// ArchiveSubscriptionTypeInput is the input of archiveSubscriptionType. Which
// kind of mail nobody is to be opted in to any more.
type ArchiveSubscriptionTypeInput struct {
	SubscriptionTypeID string
	IdempotencyKey     *string
}
