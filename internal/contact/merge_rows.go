package contact

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/ent/contactlist"
	"parley/ent/contactlistmember"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// moved are the rows that follow a contact into the one that it becomes part of, in the
// order in which they are locked: a chat locks its visitor before it makes a conversation, a
// quote that is accepted itself before its deal.
// unless leaves those with the old contact that the survivor, %s, has its own of.
var moved = []struct{ table, column, unless string }{
	{"visitors", "contact_id", ""},
	{"consents", "contact_id", ""},
	{"tickets", "contact_id", ""},
	{"quotes", "contact_id", ""},
	{"quote_views", "contact_id", ""},
	{"deals", "contact_id", ""},
	{"record_contacts", "contact_id", "record_id NOT IN (SELECT record_id FROM record_contacts WHERE contact_id = %s)"},
	{"engagements", "contact_id", ""},
	{"library_shares", "contact_id", ""},
	{"library_openings", "contact_id", ""},
	{"associations", "record_id", "conversation_id NOT IN (SELECT conversation_id FROM associations WHERE record_id = %s)"},
	{"channel_senders", "contact_id", ""},
	{"contact_emails", "contact_id", ""},
	{"contact_phones", "contact_id", ""},
	{"blocks", "sender", "channel_id NOT IN (SELECT channel_id FROM blocks WHERE sender = %s)"},
	{"property_values", "record_id", "property_id NOT IN (SELECT property_id FROM property_values WHERE record_id = %s)"},
}

// merge is one contact that becomes part of another.
type merge struct {
	id         string
	from, into *ent.Contact
}

// moveRows gives the survivor what was the other's, and remembers what.
func (m merge) moveRows(ctx context.Context, tx *store.Tx) error {
	for _, t := range moved {
		unless := "1 = 1"
		if t.unless != "" {
			unless = fmt.Sprintf(t.unless, "'"+m.into.ID+"'")
		}
		if err := m.remember(ctx, tx, t.table, "id", t.table+" WHERE "+t.column+" = $3 AND account_id = $4 AND "+unless); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE "+t.table+" SET "+t.column+" = $1 WHERE "+t.column+" = $2 AND account_id = $3 AND "+unless, m.into.ID, m.from.ID, m.from.AccountID)
		if err != nil {
			return fmt.Errorf("move %s: %w", t.table, err)
		}
	}
	if err := m.remember(ctx, tx, "conversations", "id", "conversations WHERE contact_id = $3 AND account_id = $4"); err != nil {
		return err
	}
	if err := relink(ctx, tx, "contact_id = $1", m.from.ID, m.from, m.into.ID); err != nil {
		return err
	}
	return m.moveMaker(ctx, tx)
}

// remember keeps which rows follow.
func (m merge) remember(ctx context.Context, tx *store.Tx, kind, column, from string) error {
	_, err := tx.Exec(ctx, `INSERT INTO contact_moves (id, account_id, merge_id, kind, row_id)
		SELECT CAST($1 AS TEXT) || '/' || CAST($2 AS TEXT) || '/' || `+column+`, account_id, $1, $2, `+column+` FROM `+from, m.id, kind, m.from.ID, m.from.AccountID)
	if err != nil {
		return fmt.Errorf("remember %s: %w", kind, err)
	}
	return nil
}

// moveMaker has who made the contact by hand see the survivor too (AC-14).
func (m merge) moveMaker(ctx context.Context, tx *store.Tx) error {
	made := "contact_inboxes WHERE contact_id = $3 AND account_id = $4 AND inbox_id NOT LIKE 'inbox%'"
	if err := m.remember(ctx, tx, "contact_inboxes", "inbox_id", made); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO contact_inboxes (account_id, contact_id, inbox_id, uses)
		SELECT account_id, $1, inbox_id, uses FROM contact_inboxes WHERE contact_id = $2 AND account_id = $3 AND inbox_id NOT LIKE 'inbox%'
		ON CONFLICT (contact_id, inbox_id) DO NOTHING`, m.into.ID, m.from.ID, m.from.AccountID)
	return err
}

// relink gives conversations another contact, "" for none, and tells each: lists, threads
// and search headers follow by that.
func relink(ctx context.Context, tx *store.Tx, where, arg string, was *ent.Contact, contactID string) error {
	type row struct{ id, inboxID string }
	var found []row
	rows, err := tx.Query(ctx, "SELECT id, inbox_id FROM conversations WHERE "+where+" AND account_id = $2 ORDER BY id", arg, was.AccountID)
	if err != nil {
		return fmt.Errorf("find conversations: %w", err)
	}
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.id, &r.inboxID); err != nil {
			_ = rows.Close()
			return err
		}
		found = append(found, r)
	}
	if err := rows.Close(); err != nil {
		return err
	}
	t, subject, to := vocab.ContactLinked, contactID, &contactID
	if contactID == "" {
		t, subject, to = vocab.ContactUnlinked, was.ID, nil
	}
	for _, r := range found {
		_, err := tx.Exec(ctx, "UPDATE conversations SET contact_id = $1, revision = revision + 1 WHERE id = $2 AND account_id = $3", contactID, r.id, was.AccountID)
		if err != nil {
			return fmt.Errorf("move conversation %s: %w", r.id, err)
		}
		tx.Append(ctx, store.Event{
			Type: t, InboxID: r.inboxID, ConversationID: r.id, SubjectID: subject,
			Changes: []vocab.FieldChange{{Field: "contact", From: &was.ID, To: to}},
		})
	}
	return nil
}

// moveLists has the survivor be on the static lists that the other was on; from all lists
// the other is taken.
func (m merge) moveLists(ctx context.Context, tx *store.Tx) error {
	lists, err := listsOf(ctx, tx, m.from.ID)
	if err != nil {
		return err
	}
	there, err := tx.Client.ContactListMember.Query().Where(contactlistmember.ContactID(m.into.ID)).Select(contactlistmember.FieldListID).Strings(ctx)
	if err != nil {
		return err
	}
	on := map[string]bool{}
	for _, listID := range there {
		on[listID] = true
	}
	for _, l := range lists {
		enter := []string(nil)
		if l.Criteria == "" {
			if err := m.rememberList(ctx, tx, "contact_list_members", l.ID); err != nil {
				return err
			}
			if !on[l.ID] {
				enter = []string{m.into.ID}
				if err := m.rememberList(ctx, tx, gainedList, l.ID); err != nil {
					return err
				}
			}
		}
		if err := moveMembers(ctx, tx, l, enter, []string{m.from.ID}); err != nil {
			return err
		}
	}
	return nil
}

// gainedList is the kind of a list that the survivor came onto by the merge.
const gainedList = "gained_lists"

func (m merge) rememberList(ctx context.Context, tx *store.Tx, kind, listID string) error {
	return tx.Client.ContactMove.Create().SetID(id.New("move")).SetMergeID(m.id).SetKind(kind).SetRowID(listID).Exec(ctx)
}

// listsOf are the lists that a contact is on.
func listsOf(ctx context.Context, tx *store.Tx, contactID string) ([]*ent.ContactList, error) {
	ids, err := tx.Client.ContactListMember.Query().Where(contactlistmember.ContactID(contactID)).Select(contactlistmember.FieldListID).Strings(ctx)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return tx.Client.ContactList.Query().Where(contactlist.IDIn(ids...)).Order(contactlist.ByID()).All(ctx)
}
