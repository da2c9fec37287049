package contact

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/contactlist"
	"parley/internal/contact/smartlist"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Consumers are what follows for lists from what happens to contacts (CR-4). They go by what
// is stored when they run, so that an event may be handled again.
func (s *Service) Consumers() []reaction.Consumer {
	return []reaction.Consumer{{
		Name: "smart-lists", Handle: s.onEvent, Check: s.refillAll,
		Types: []vocab.EventType{
			vocab.ContactCreated, vocab.ContactUpdated, vocab.ContactLinked, vocab.ContactUnlinked, vocab.ContactBlocked, vocab.ContactUnblocked,
			vocab.ConversationCreated, vocab.ConversationClosed, vocab.ConversationReopened, vocab.ConversationFiltered, vocab.ConversationUnfiltered,
			vocab.ConversationDeleted, vocab.ConversationRestored, vocab.ConversationUpdated, vocab.ConversationTagged, vocab.TagMerged,
			vocab.MessageCreated, vocab.MessageDeleted, vocab.AccountUpdated,
			vocab.ConsentRecorded, vocab.ConsentWithdrawn, vocab.ListEntered, vocab.ListLeft, vocab.PropertyUpdated, vocab.InboxDeleted,
		},
	}, s.companyConsumer()}
}

// onEvent compares the contacts of an event with the smart lists, or all contacts with the
// lists whose criteria mean something else from now on.
func (s *Service) onEvent(ctx context.Context, e *event.Entry) error {
	ctx = viewer.NewContext(ctx, viewer.System("smart-lists", e.AccountID))
	lists, err := s.store.Client(ctx).ContactList.Query().Where(contactlist.CriteriaNEQ("")).All(ctx)
	if err != nil || len(lists) == 0 {
		return err
	}
	switch e.Type {
	case vocab.PropertyUpdated:
		return s.refillThose(ctx, lists, func(c *smartlist.ContactListCriteriaInput) bool { return c.Names(e.SubjectID) })
	case vocab.InboxDeleted:
		return s.refillThose(ctx, lists, (*smartlist.ContactListCriteriaInput).Follows)
	case vocab.TagMerged:
		return s.refillTagged(ctx, lists, e.SubjectID)
	case vocab.AccountUpdated:
		if !slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool { return c.Field == "timeZone" }) {
			return nil
		}
		return s.refillThose(ctx, lists, (*smartlist.ContactListCriteriaInput).Dates)
	case vocab.ListEntered, vocab.ListLeft:
		if named, err := isNamed(lists, e.Changes); err != nil || !named {
			return err
		}
	}
	contacts, err := s.contactsOf(ctx, e)
	if err != nil || len(contacts) == 0 {
		return err
	}
	return s.settleAll(ctx, contacts...)
}

// refillTagged compares all contacts with the lists whose criteria name a tag that was
// merged, or by one of its ids the tag that it became.
func (s *Service) refillTagged(ctx context.Context, lists []*ent.ContactList, tagID string) error {
	ids, err := tag.AllOf(ctx, s.store.Client(ctx), tagID)
	if err != nil {
		return err
	}
	return s.refillThose(ctx, lists, func(c *smartlist.ContactListCriteriaInput) bool { return slices.ContainsFunc(ids, c.Names) })
}

// isNamed reports whether the criteria of a list name one that a contact entered or left.
func isNamed(lists []*ent.ContactList, changes []vocab.FieldChange) (bool, error) {
	for _, l := range lists {
		c, err := smartlist.Parse(l.Criteria)
		if err != nil {
			return false, err
		}
		for _, change := range changes {
			if change.To != nil && c.Names(*change.To) || change.From != nil && c.Names(*change.From) {
				return true, nil
			}
		}
	}
	return false, nil
}

// contactsOf are the contacts that an event is about: its subject, that of its conversation,
// and those that it parts or joins.
func (s *Service) contactsOf(ctx context.Context, e *event.Entry) ([]string, error) {
	var ids []string
	add := func(contactID string) {
		if id.Is(contactID, id.Contact) && !slices.Contains(ids, contactID) {
			ids = append(ids, contactID)
		}
	}
	add(e.SubjectID)
	for _, c := range e.Changes {
		if c.Field != "contact" {
			continue
		}
		for _, contactID := range []*string{c.From, c.To} {
			if contactID != nil {
				add(*contactID)
			}
		}
	}
	client := s.store.Client(ctx)
	if e.ConversationID != "" {
		c, err := client.Conversation.Get(ctx, e.ConversationID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if c != nil {
			add(c.ContactID)
		}
	}
	if id.Is(e.SubjectID, id.Consent) {
		c, err := client.ConsentRecord.Get(ctx, e.SubjectID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if c != nil {
			add(c.ContactID)
		}
	}
	return ids, nil
}

// refillAll compares all contacts of the context's account with all smart lists.
func (s *Service) refillAll(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.System("smart-lists", viewer.FromContext(ctx).AccountID))
	lists, err := s.store.Client(ctx).ContactList.Query().Where(contactlist.CriteriaNEQ("")).All(ctx)
	if err != nil {
		return err
	}
	return s.refillThose(ctx, lists, func(*smartlist.ContactListCriteriaInput) bool { return true })
}

func (s *Service) refillThose(ctx context.Context, lists []*ent.ContactList, which func(*smartlist.ContactListCriteriaInput) bool) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		for _, l := range lists {
			c, err := smartlist.Parse(l.Criteria)
			if err != nil {
				return err
			}
			if !which(c) {
				continue
			}
			if l, err = tx.Client.ContactList.Query().Where(contactlist.ID(l.ID)).Modify(store.ForUpdate).Only(ctx); ent.IsNotFound(err) {
				continue
			}
			if err != nil {
				return err
			}
			if err := refill(ctx, tx, l); err != nil {
				return err
			}
		}
		return nil
	})
}
