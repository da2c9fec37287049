package crm

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/recordcontact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxOthers is the most contacts of a ticket or deal besides its main one.
const maxOthers = 50

// contactChange is which contacts a ticket or deal gets besides its main one, and loses.
type contactChange struct {
	recordID, mainID string
	add, remove      []string
}

// apply changes the contacts of a locked record, and returns what an event says of it. Who
// is there already stays. Errors blame addContactIds and removeContactIds, and the place in
// it: NOT_FOUND, INVALID for the main contact, TOO_LONG for too many.
func (c contactChange) apply(ctx context.Context, tx *store.Tx) ([]vocab.FieldChange, error) {
	for field, n := range map[string]int{"addContactIds": len(c.add), "removeContactIds": len(c.remove)} {
		if n > maxOthers {
			return nil, errs.Exceeds(maxOthers, "There are %d contacts; at most %d are allowed.", n, maxOthers).On(field)
		}
	}
	has, err := othersOf(ctx, tx.Client, c.recordID)
	if err != nil {
		return nil, err
	}
	if slices.Contains(has, c.mainID) { // it became the main one
		if err := c.drop(ctx, tx, c.mainID); err != nil {
			return nil, err
		}
		has = slices.DeleteFunc(has, func(one string) bool { return one == c.mainID })
	}
	added, err := c.insertNew(ctx, tx, has)
	if err != nil {
		return nil, err
	}
	removed, err := c.dropGiven(ctx, tx, append(has, added...))
	if err != nil {
		return nil, err
	}
	var changes []vocab.FieldChange
	for _, one := range added {
		changes = append(changes, vocab.FieldChange{Field: "contacts", To: &one})
	}
	for _, one := range removed {
		changes = append(changes, vocab.FieldChange{Field: "contacts", From: &one})
	}
	return changes, nil
}

// insertNew puts contacts to the record, and returns those who were not there.
func (c contactChange) insertNew(ctx context.Context, tx *store.Tx, has []string) (added []string, err error) {
	given, err := hold(ctx, tx, c.add, "addContactIds")
	if err != nil {
		return nil, err
	}
	for _, contactID := range given {
		if contactID == c.mainID || slices.Contains(has, contactID) || slices.Contains(added, contactID) {
			continue
		}
		if n := len(has) + len(added); n >= maxOthers {
			return nil, errs.Exceeds(maxOthers, "There are %d contacts besides the main one, as many as are allowed.", n).On("addContactIds")
		}
		err := tx.Client.RecordContact.Create().SetID(id.New("recordcontact")).SetRecordID(c.recordID).SetContactID(contactID).SetAt(tx.Now()).Exec(ctx)
		if err != nil {
			return nil, err
		}
		added = append(added, contactID)
	}
	return added, nil
}

// dropGiven takes contacts off the record, and returns those who were there.
func (c contactChange) dropGiven(ctx context.Context, tx *store.Tx, has []string) (removed []string, err error) {
	given, err := hold(ctx, tx, c.remove, "removeContactIds")
	if err != nil {
		return nil, err
	}
	for i, contactID := range given {
		switch {
		case contactID == c.mainID:
			return nil, errs.New(errs.Invalid, "This is the main contact, which contactId changes.").On("removeContactIds", strconv.Itoa(i))
		case !slices.Contains(has, contactID) || slices.Contains(removed, contactID):
			continue
		}
		if err := c.drop(ctx, tx, contactID); err != nil {
			return nil, err
		}
		removed = append(removed, contactID)
	}
	return removed, nil
}

func (c contactChange) drop(ctx context.Context, tx *store.Tx, contactID string) error {
	_, err := tx.Exec(ctx, "DELETE FROM record_contacts WHERE record_id = $1 AND contact_id = $2", c.recordID, contactID)
	return err
}

// dropContacts forgets the contacts of a record that is deleted.
func dropContacts(ctx context.Context, tx *store.Tx, accountID, recordID string) error {
	_, err := tx.Exec(ctx, "DELETE FROM record_contacts WHERE record_id = $1 AND account_id = $2", recordID, accountID)
	return err
}

// hold returns the contacts that the caller names and may see, or those that they were
// merged into, and keeps them from being deleted: in the order of their ids.
func hold(ctx context.Context, tx *store.Tx, ids []string, field string) ([]string, error) {
	held := make([]string, len(ids))
	for _, contactID := range slices.Compact(slices.Sorted(slices.Values(ids))) {
		at := slices.Index(ids, contactID)
		gone := missing("contact", contactID, field, strconv.Itoa(at))
		if !id.Is(contactID, id.Contact) {
			return nil, gone
		}
		found, err := loader.HoldContact(ctx, tx, contactID)
		if ent.IsNotFound(err) {
			return nil, gone
		}
		if err != nil {
			return nil, err
		}
		for i, one := range ids {
			if one == contactID {
				held[i] = found.ID
			}
		}
	}
	return held, nil
}

// othersOf are the contacts of a record besides its main one, whoever asks.
func othersOf(ctx context.Context, client *ent.Client, recordID string) ([]string, error) {
	ctx = viewer.AsSystem(ctx, "records")
	return client.RecordContact.Query().Where(recordcontact.RecordID(recordID)).Select(recordcontact.FieldContactID).Strings(ctx)
}

// ContactsOf returns the ids of the contacts of tickets or deals, of each its main one first
// and then the others since they are there: with one query. main has the main ones.
func (s *Service) ContactsOf(ctx context.Context, recordIDs, main []string) ([][]string, error) {
	rows, err := s.store.Client(ctx).RecordContact.Query().Where(recordcontact.RecordIDIn(recordIDs...)).
		Order(recordcontact.ByAt(), recordcontact.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]string, len(recordIDs))
	for i, recordID := range recordIDs {
		lists[i] = []string{}
		if main[i] != "" {
			lists[i] = append(lists[i], main[i])
		}
		for _, r := range rows {
			if r.RecordID == recordID && r.ContactID != main[i] {
				lists[i] = append(lists[i], r.ContactID)
			}
		}
	}
	return lists, nil
}
