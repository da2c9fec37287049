package contact

import (
	"context"
	"slices"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/ent/contactlist"
	"parley/ent/contactlistmember"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/loader"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxAdded is how many contacts one call puts on a list or takes off it.
const MaxAdded = 1000

// Lists returns a page of the account's lists by name; on request with those that were
// archived (CR-4, IB-7).
func (s *Service) Lists(ctx context.Context, archived bool, args paging.PageArgs) (*paging.Connection[*ent.ContactList], error) {
	return lists.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.ContactList, error) {
		q := s.store.Client(ctx).ContactList.Query()
		if !archived {
			q.Where(contactlist.ArchivedAt(0))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, strconv.FormatBool(archived))
}

// members are listed in the order of their making: by id, which the database finds
// without a walk through the account's contacts.
var members = store.Listing[ent.Contact]{Name: "contactListMembers", Kind: id.Contact, ID: idOf}

// Members returns a page of the contacts on each list that the viewer may see (CR-4).
func (s *Service) Members(ctx context.Context, lists []*ent.ContactList, args paging.PageArgs) ([]*paging.Connection[*ent.Contact], error) {
	ids := make([]string, len(lists))
	for i, l := range lists {
		ids[i] = l.ID
	}
	return members.Pages(args, pageOfContact, ids, func(s *sql.Selector, listID string) {
		d := sql.Dialect(s.Dialect())
		m := d.Table(contactlistmember.Table)
		s.Where(sql.In(s.C(entcontact.FieldID), d.Select(m.C(contactlistmember.FieldContactID)).From(m).Where(sql.EQ(m.C(contactlistmember.FieldListID), listID))))
	}, func(narrow func(*sql.Selector)) ([]*ent.Contact, error) {
		q := s.store.Client(ctx).Contact.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// lists are listed by name.
var lists = store.Listing[ent.ContactList]{
	Name: "contactLists", Kind: id.ContactList, Column: contactlist.FieldName,
	Text: func(l *ent.ContactList) string { return l.Name }, ID: func(l *ent.ContactList) string { return l.ID },
}

// pageOfContact is how many of a contact's lists a page has when no one asks for another
// number.
const pageOfContact = 20

// ListsOf returns a page of the lists that each contact is on, by name (CR-4).
func (s *Service) ListsOf(ctx context.Context, contacts []*ent.Contact, args paging.PageArgs) ([]*paging.Connection[*ent.ContactList], error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	return lists.Pages(args, pageOfContact, ids, func(s *sql.Selector, contactID string) {
		d := sql.Dialect(s.Dialect())
		m := d.Table(contactlistmember.Table)
		s.Where(sql.In(s.C(contactlist.FieldID), d.Select(m.C(contactlistmember.FieldListID)).From(m).Where(sql.EQ(m.C(contactlistmember.FieldContactID), contactID))))
	}, func(narrow func(*sql.Selector)) ([]*ent.ContactList, error) {
		q := s.store.Client(ctx).ContactList.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
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

// Sizes returns how many contacts each list has: the number that is kept, but for who does
// not see all contacts (AC-14).
func (s *Service) Sizes(ctx context.Context, lists []*ent.ContactList) ([]int, error) {
	if v := viewer.FromContext(ctx); v != nil && !v.OwnContacts {
		sizes := make([]int, len(lists))
		for i, l := range lists {
			sizes[i] = l.Size
		}
		return sizes, nil
	}
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

// CreateList makes a list (CR-4): a static one without contacts, or one of those who meet
// criteria, which a job fills.
func (s *Service) CreateList(ctx context.Context, in CreateContactListInput) (*ent.ContactList, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	name, err := account.CleanName(in.Name, "name")
	if err != nil {
		return nil, err
	}
	listID := id.OrNew(in.ID, id.ContactList)
	call := idempotency.Call{
		Mutation: "createContactList", Key: in.IdempotencyKey, Input: in, Result: listID,
		Own: []idempotency.Own{{Kind: id.ContactList, Field: "id", ID: in.ID}},
	}
	var l *ent.ContactList
	err = idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := listNameIsFree(ctx, tx, name, listID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.ContactListCreated, SubjectID: listID})
		l, err = tx.Client.ContactList.Create().SetID(listID).SetName(name).SetCreatedAt(tx.Now()).Save(ctx)
		if err != nil || in.Criteria == nil {
			return err
		}
		return setCriteria(ctx, tx, l, in.Criteria)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		l, err = findList(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// listNameIsFree refuses a name that another list has, whatever its case (IB-1).
func listNameIsFree(ctx context.Context, tx *store.Tx, name, listID string) error {
	if err := account.Lock(ctx, tx); err != nil {
		return err
	}
	others, err := tx.Client.ContactList.Query().Where(contactlist.IDNEQ(listID)).Select(contactlist.FieldName).Strings(ctx)
	if err != nil {
		return err
	}
	return account.FreeName(name, "A contact list", others)
}

// AddToList puts contacts on a static list; who is on it already is passed over.
// Unknown contacts are NOT_FOUND, and then no one is added.
func (s *Service) AddToList(ctx context.Context, in AddContactsToListInput) (*ent.ContactList, error) {
	return s.changeList(ctx, "addContactsToList", ListChange(in), addMember)
}

// addMember puts a contact on a list, unless it is on it.
func addMember(ctx context.Context, tx *store.Tx, l *ent.ContactList, c *ent.Contact) (int64, error) {
	n, err := tx.Exec(ctx, `INSERT INTO contact_list_members (id, account_id, list_id, contact_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT (list_id, contact_id) DO NOTHING`, id.New("listmember"), c.AccountID, l.ID, c.ID)
	if n == 1 {
		recordListChange(ctx, tx, vocab.ListEntered, l, c.ID)
	}
	return n, err
}

// Enlist puts a contact on a static list within the caller's transaction, and reports
// whether it was not on it.
func (s *Service) Enlist(ctx context.Context, tx *store.Tx, listID string, c *ent.Contact) (bool, error) {
	l, err := findList(ctx, tx, listID)
	if err == nil && l.Criteria != "" {
		err = errSmart()
	}
	if err != nil {
		return false, err
	}
	grown, err := addMember(ctx, tx, l, c)
	if err != nil {
		return false, err
	}
	return grown > 0, resize(ctx, tx, l, grown)
}

// RemoveFromList takes contacts off a static list; who is not on it is passed
// over.
func (s *Service) RemoveFromList(ctx context.Context, in RemoveContactsFromListInput) (*ent.ContactList, error) {
	return s.changeList(ctx, "removeContactsFromList", ListChange(in), func(ctx context.Context, tx *store.Tx, l *ent.ContactList, c *ent.Contact) (int64, error) {
		n, err := tx.Client.ContactListMember.Delete().
			Where(contactlistmember.ListID(l.ID), contactlistmember.ContactID(c.ID)).Exec(ctx)
		if n == 1 {
			recordListChange(ctx, tx, vocab.ListLeft, l, c.ID)
		}
		return -int64(n), err
	})
}

func errSmart() error {
	return errs.New(errs.Invalid, "The list is smart: its criteria say who is on it.").On("contactListId")
}

// resize keeps how many contacts a list has.
func resize(ctx context.Context, tx *store.Tx, l *ent.ContactList, by int64) error {
	if by == 0 {
		return nil
	}
	l.Size += int(by)
	_, err := tx.Exec(ctx, "UPDATE contact_lists SET size = size + $1 WHERE id = $2 AND account_id = $3", by, l.ID, l.AccountID)
	return err
}

// recordListChange reports that a contact entered or left a list.
func recordListChange(ctx context.Context, tx *store.Tx, t vocab.EventType, l *ent.ContactList, contactID string) {
	change := vocab.FieldChange{Field: "list", To: &l.ID}
	if t == vocab.ListLeft {
		change = vocab.FieldChange{Field: "list", From: &l.ID}
	}
	tx.Append(ctx, store.Event{Type: t, SubjectID: contactID, Changes: []vocab.FieldChange{change}})
}

// listStep puts a contact on a list or takes it off, and returns by how much the list grew.
type listStep func(context.Context, *store.Tx, *ent.ContactList, *ent.Contact) (int64, error)

func (s *Service) changeList(ctx context.Context, mutation string, in ListChange, step listStep) (*ent.ContactList, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	if n := len(in.ContactIDs); n > MaxAdded {
		return nil, errs.Exceeds(MaxAdded, "There are %d contacts; at most %d are allowed in one call.", n, MaxAdded).On("contactIds")
	}
	var l *ent.ContactList
	load := func(ctx context.Context, tx *store.Tx, listID string) (err error) {
		l, err = findList(ctx, tx, listID)
		return err
	}
	call := idempotency.Call{Mutation: mutation, Key: in.IdempotencyKey, Input: in, Result: in.ContactListID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := load(ctx, tx, in.ContactListID); err != nil {
			return err
		}
		if l.Criteria != "" {
			return errSmart()
		}
		contacts, err := lockAll(ctx, tx, in.ContactIDs)
		if err != nil {
			return err
		}
		grown := int64(0)
		for _, c := range contacts {
			n, err := step(ctx, tx, l, c)
			if err != nil {
				return err
			}
			grown += n
		}
		return resize(ctx, tx, l, grown)
	}, load)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func findList(ctx context.Context, tx *store.Tx, listID string) (*ent.ContactList, error) {
	gone := errs.New(errs.NotFound, "There is no list %q.", errs.Clip(listID)).On("contactListId")
	if !id.Is(listID, id.ContactList) {
		return nil, gone
	}
	l, err := tx.Client.ContactList.Get(ctx, listID)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	return l, err
}

// lockAll loads contacts in the order of their ids, in which everyone locks
// them.
func lockAll(ctx context.Context, tx *store.Tx, ids []string) ([]*ent.Contact, error) {
	ids, err := presentIDs(ctx, tx, ids)
	if err != nil {
		return nil, err
	}
	found, err := tx.Client.Contact.Query().Where(entcontact.IDIn(ids...)).Order(entcontact.ByID()).Modify(store.ForUpdate).All(ctx)
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

// presentIDs are ids of contacts with those of survivors in the place of merged ones (CR-6).
func presentIDs(ctx context.Context, tx *store.Tx, ids []string) ([]string, error) {
	there, err := tx.Client.Contact.Query().Where(entcontact.IDIn(ids...)).IDs(ctx)
	if err != nil {
		return nil, err
	}
	missing := slices.DeleteFunc(slices.Clone(ids), func(contactID string) bool { return slices.Contains(there, contactID) })
	into, err := loader.SurvivorsOf(ctx, tx.Client, missing)
	if err != nil || len(into) == 0 {
		return ids, err
	}
	present := slices.Clone(ids)
	for i, contactID := range ids {
		if survivor, merged := into[contactID]; merged {
			present[i] = survivor
		}
	}
	return present, nil
}
