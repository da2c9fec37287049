package contact

import (
	"context"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactlist"
	"parley/ent/contactlistmember"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/once"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/vocab"
)

// MaxAdded is how many contacts one call puts on a list or takes off it.
const MaxAdded = 1000

// Lists returns the account's lists by name (CR-4).
func (s *Service) Lists(ctx context.Context) ([]*ent.ContactList, error) {
	return s.store.Client(ctx).ContactList.Query().Order(contactlist.ByName(), contactlist.ByID()).All(ctx)
}

// ListsByID returns lists by their ids; nil where there is none.
func (s *Service) ListsByID(ctx context.Context, ids []string) ([]*ent.ContactList, error) {
	found, err := s.store.Client(ctx).ContactList.Query().Where(contactlist.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([]*ent.ContactList, len(ids))
	for i, wanted := range ids {
		for _, l := range found {
			if l.ID == wanted {
				lists[i] = l
			}
		}
	}
	return lists, nil
}

// Sizes returns how many contacts each list has.
func (s *Service) Sizes(ctx context.Context, lists []*ent.ContactList) ([]int, error) {
	ids := make([]string, len(lists))
	for i, l := range lists {
		ids[i] = l.ID
	}
	var found []struct {
		ListID string `json:"list_id"`
		Count  int    `json:"count"`
	}
	err := s.store.Client(ctx).ContactListMember.Query().Where(contactlistmember.ListIDIn(ids...)).
		GroupBy(contactlistmember.FieldListID).Aggregate(ent.Count()).Scan(ctx, &found)
	if err != nil {
		return nil, err
	}
	sizes := make([]int, len(lists))
	for i, l := range lists {
		for _, f := range found {
			if f.ListID == l.ID {
				sizes[i] = f.Count
			}
		}
	}
	return sizes, nil
}

// CreateList makes a static list without contacts (CR-4).
func (s *Service) CreateList(ctx context.Context, in CreateContactListInput) (*ent.ContactList, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	name, err := people.CleanName(in.Name, "name")
	if err != nil {
		return nil, err
	}
	var l *ent.ContactList
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		listID := id.New(id.ContactList)
		replayed, err := once.Claim(ctx, tx, "createContactList", in.IdempotencyKey, in, listID)
		if err != nil {
			return err
		}
		if replayed != "" {
			l, err = findList(ctx, tx, replayed)
			return err
		}
		tx.Append(ctx, store.Event{
			Type: vocab.AccountUpdated, SubjectID: listID, Changes: []schema.FieldChange{{Field: "contactList", To: &listID}},
		})
		l, err = tx.Client.ContactList.Create().SetID(listID).SetName(name).SetCreatedAt(tx.Now()).Save(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// AddToList puts contacts on a static list; who is on it already is passed over.
// Unknown contacts are NOT_FOUND, and then nobody is added.
func (s *Service) AddToList(ctx context.Context, in AddToListInput) (*ent.ContactList, error) {
	return s.changeList(ctx, "addToList", ListChange(in), func(ctx context.Context, tx *store.Tx, l *ent.ContactList, c *ent.Contact) error {
		n, err := tx.Exec(ctx, `INSERT INTO contact_list_members (id, account_id, list_id, contact_id) VALUES ($1, $2, $3, $4)
			ON CONFLICT (list_id, contact_id) DO NOTHING`, id.New("listmember"), c.AccountID, l.ID, c.ID)
		if n == 1 {
			tell(ctx, tx, vocab.ListEntered, l, c)
		}
		return err
	})
}

// RemoveFromList takes contacts off a static list; who is not on it is passed
// over.
func (s *Service) RemoveFromList(ctx context.Context, in RemoveFromListInput) (*ent.ContactList, error) {
	return s.changeList(ctx, "removeFromList", ListChange(in), func(ctx context.Context, tx *store.Tx, l *ent.ContactList, c *ent.Contact) error {
		n, err := tx.Client.ContactListMember.Delete().
			Where(contactlistmember.ListID(l.ID), contactlistmember.ContactID(c.ID)).Exec(ctx)
		if n == 1 {
			tell(ctx, tx, vocab.ListLeft, l, c)
		}
		return err
	})
}

// tell tells that a contact entered or left a list.
func tell(ctx context.Context, tx *store.Tx, t vocab.EventType, l *ent.ContactList, c *ent.Contact) {
	change := schema.FieldChange{Field: "list", To: &l.ID}
	if t == vocab.ListLeft {
		change = schema.FieldChange{Field: "list", From: &l.ID}
	}
	tx.Append(ctx, store.Event{Type: t, SubjectID: c.ID, Changes: []schema.FieldChange{change}})
}

type listStep func(context.Context, *store.Tx, *ent.ContactList, *ent.Contact) error

func (s *Service) changeList(ctx context.Context, mutation string, in ListChange, step listStep) (*ent.ContactList, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	if n := len(in.ContactIDs); n > MaxAdded {
		return nil, errs.New(errs.TooLong, "There are %d contacts; at most %d at once are allowed.", n, MaxAdded).On("contactIds")
	}
	var l *ent.ContactList
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		replayed, err := once.Claim(ctx, tx, mutation, in.IdempotencyKey, in, in.ListID)
		if err != nil {
			return err
		}
		if l, err = findList(ctx, tx, in.ListID); err != nil || replayed != "" {
			return err
		}
		contacts, err := lockAll(ctx, tx, in.ContactIDs)
		if err != nil {
			return err
		}
		for _, c := range contacts {
			if err := step(ctx, tx, l, c); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

func findList(ctx context.Context, tx *store.Tx, listID string) (*ent.ContactList, error) {
	gone := errs.New(errs.NotFound, "There is no list %q.", errs.Clip(listID)).On("listId")
	if !id.Is(listID, id.ContactList) {
		return nil, gone
	}
	l, err := tx.Client.ContactList.Get(ctx, listID)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	return l, err
}

// lockAll loads contacts in the order of their ids, in which everybody locks
// them.
func lockAll(ctx context.Context, tx *store.Tx, ids []string) ([]*ent.Contact, error) {
	found, err := tx.Client.Contact.Query().Where(entcontact.IDIn(ids...)).Order(entcontact.ByID()).Modify(forUpdate).All(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, c := range found {
		known[c.ID] = true
	}
	for _, wanted := range ids {
		if !known[wanted] {
			return nil, errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(wanted)).On("contactIds")
		}
	}
	return found, nil
}
