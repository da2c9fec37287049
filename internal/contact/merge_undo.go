package contact

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/ent/contactlist"
	"parley/ent/contactmerge"
	"parley/ent/contactmove"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// undoable is for how long a merge can be undone.
const undoable = 30 * 24 * time.Hour

// UndoMerge has a contact that was merged be one of its own again, with what was its own then
// and is the survivor's still; what came since stays (CR-6). A merge of the survivor is
// undone first: CONFLICT.
func (s *Service) UndoMerge(ctx context.Context, in UndoMergeContactsInput) (*ent.Contact, error) {
	if err := mayEdit(ctx); err != nil {
		return nil, err
	}
	if !id.Is(in.ContactID, id.Contact) {
		return nil, notFound(in.ContactID)
	}
	var c *ent.Contact
	call := idempotency.Call{Mutation: "undoMergeContacts", Key: in.IdempotencyKey, Input: in, Result: in.ContactID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		c, err = undoMerge(ctx, tx, in.ContactID)
		return err
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		c, err = findContact(ctx, tx, first)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func undoMerge(ctx context.Context, tx *store.Tx, contactID string) (*ent.Contact, error) {
	kept, err := tx.Client.ContactMerge.Query().Where(contactmerge.FromID(contactID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "There is no contact %q that was merged.", errs.Clip(contactID)).On("contactId")
	}
	if err != nil {
		return nil, err
	}
	if kept.Snapshot == "" || tx.Now() >= kept.MergedAt.Add(undoable) {
		return nil, errs.New(errs.Invalid, "The merge was more than 30 days ago and cannot be undone.").On("contactId")
	}
	into, err := lockContact(ctx, tx, kept.IntoID)
	if err != nil {
		return nil, err
	}
	if into.ID != kept.IntoID {
		return nil, errs.New(errs.Conflict, "The survivor was itself merged since then: undo the merge of %s first.", kept.IntoID).On("contactId")
	}
	from := &ent.Contact{}
	if err := json.Unmarshal([]byte(kept.Snapshot), from); err != nil {
		return nil, fmt.Errorf("snapshot of %s: %w", contactID, err)
	}
	from.ID, from.AccountID = kept.FromID, kept.AccountID
	m := merge{kept.ID, from, into}
	return from, m.undo(viewer.AsSystem(ctx, "contacts"), tx, kept)
}

// undo makes the contact again and gives it back what followed.
func (m merge) undo(ctx context.Context, tx *store.Tx, kept *ent.ContactMerge) error {
	var filled []string
	if err := json.Unmarshal([]byte(kept.Filled), &filled); err != nil {
		return err
	}
	m.empty(filled)
	if err := saveMerged(ctx, tx, m.into); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DELETE FROM purged_ids WHERE id = $1", m.from.ID); err != nil {
		return err
	}
	if err := tx.Client.Contact.Create().SetID(m.from.ID).SetCreatedAt(m.from.CreatedAt).SetSource(m.from.Source).Exec(ctx); err != nil {
		return err
	}
	if err := saveMerged(ctx, tx, m.from); err != nil {
		return err
	}
	if err := m.returnRows(ctx, tx); err != nil {
		return err
	}
	if err := m.returnLists(ctx, tx); err != nil {
		return err
	}
	if err := m.settleEmail(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.Client.ContactMove.Delete().Where(contactmove.MergeID(m.id)).Exec(ctx); err != nil {
		return err
	}
	if err := tx.Client.ContactMerge.DeleteOneID(m.id).Exec(ctx); err != nil {
		return err
	}
	m.record(ctx, tx, vocab.ContactUnmerged)
	for _, c := range []*ent.Contact{m.from, m.into} {
		recordChange(ctx, tx, c, store.NamedChanges("emails", "phones"))
	}
	return nil
}

// empty takes from the survivor what it knew by the merge only, as far as it is the same
// still.
func (m merge) empty(filled []string) {
	known, other := factsOf(m.into), factsOf(m.from)
	others := other.all(givenFacts{})
	for i, one := range known.all(givenFacts{}) {
		if slices.Contains(filled, one.name) && *one.is == *others[i].is {
			*one.is = ""
		}
	}
	setFacts(m.into, known)
}

// returnRows gives back what followed and is the survivor's still.
func (m merge) returnRows(ctx context.Context, tx *store.Tx) error {
	const those = "id IN (SELECT row_id FROM contact_moves WHERE merge_id = %s AND kind = '%s')"
	for _, t := range moved {
		_, err := tx.Exec(ctx, "UPDATE "+t.table+" SET "+t.column+" = $1 WHERE "+t.column+" = $2 AND account_id = $3 AND "+fmt.Sprintf(those, "$4", t.table),
			m.from.ID, m.into.ID, m.from.AccountID, m.id)
		if err != nil {
			return fmt.Errorf("give back %s: %w", t.table, err)
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
		SELECT account_id, $1, row_id, 1 FROM contact_moves WHERE merge_id = $2 AND kind = 'contact_inboxes'`, m.from.ID, m.id)
	if err != nil {
		return err
	}
	return relink(ctx, tx, fmt.Sprintf(those, "$1", "conversations")+" AND contact_id = '"+m.into.ID+"'", m.id, m.into, m.from.ID)
}

// returnLists puts the contact on the static lists that it was on, and takes the survivor
// off those that it came onto by the merge.
func (m merge) returnLists(ctx context.Context, tx *store.Tx) error {
	rows, err := tx.Client.ContactMove.Query().Where(contactmove.MergeID(m.id), contactmove.KindIn("contact_list_members", gainedList)).All(ctx)
	if err != nil {
		return err
	}
	was, gained := map[string]bool{}, map[string]bool{}
	var ids []string
	for _, r := range rows {
		if r.Kind == gainedList {
			gained[r.RowID] = true
		} else {
			was[r.RowID], ids = true, append(ids, r.RowID)
		}
	}
	lists, err := tx.Client.ContactList.Query().Where(contactlist.IDIn(ids...)).Order(contactlist.ByID()).All(ctx)
	if err != nil {
		return err
	}
	there, err := listsOf(ctx, tx, m.into.ID)
	if err != nil {
		return err
	}
	for _, l := range lists {
		var leave []string
		if gained[l.ID] && slices.ContainsFunc(there, func(on *ent.ContactList) bool { return on.ID == l.ID }) {
			leave = []string{m.into.ID}
		}
		if err := moveMembers(ctx, tx, l, []string{m.from.ID}, leave); err != nil {
			return err
		}
	}
	return nil
}

// settleEmail has both contacts have a main address and number of their own.
func (m merge) settleEmail(ctx context.Context, tx *store.Tx) error {
	for _, c := range []*ent.Contact{m.from, m.into} {
		rows, err := tx.Client.ContactEmail.Query().Where(contactemail.ContactID(c.ID)).Order(contactemail.ByID()).All(ctx)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(e *ent.ContactEmail) bool { return e.Address == c.Email }) {
			continue
		}
		if c.Email = ""; len(rows) > 0 {
			c.Email = rows[0].Address
		}
		if err := tx.Client.Contact.UpdateOneID(c.ID).SetEmail(c.Email).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ForgetMerges makes merges that cannot be undone any more final: nothing is kept of the
// merged contacts but their ids.
func (s *Service) ForgetMerges(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.Everywhere("contacts"))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		before := int64(tx.Now().Add(-undoable))
		if _, err := tx.Exec(ctx, "DELETE FROM contact_moves WHERE merge_id IN (SELECT id FROM contact_merges WHERE merged_at < $1)", before); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE contact_merges SET snapshot = '', filled = '' WHERE merged_at < $1 AND snapshot <> ''", before)
		return err
	})
}

// MergedIDs returns the ids of the contacts that each became part of, of late the last.
func (s *Service) MergedIDs(ctx context.Context, contacts []*ent.Contact) ([][]string, error) {
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	rows, err := s.store.Client(ctx).ContactMerge.Query().Where(contactmerge.IntoIDIn(ids...)).Order(contactmerge.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	all := make([][]string, len(contacts))
	for i, c := range contacts {
		all[i] = []string{}
		for _, m := range rows {
			if m.IntoID == c.ID && id.Is(m.FromID, id.Contact) {
				all[i] = append(all[i], m.FromID)
			}
		}
	}
	return all, nil
}
