package privacy

import (
	"context"

	"parley/ent/contactmerge"
	"parley/internal/attachment"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ofVisitor are the tables that have rows of a visitor, before those that others refer to.
var ofVisitor = []string{
	"visitor_links", "continued_chats", "purged_chats", "page_views", "targeted_message_views", "visitor_codes", "visitor_sessions",
}

// ofContact are the tables that have rows of a contact.
var ofContact = []string{"channel_senders", "contact_list_members", "contact_inboxes", "record_contacts", "contact_phones", "contact_emails"}

// eraseSelf removes the contact itself, when nothing else is left of it. What it agreed to
// is kept as long as the proof is needed, without the page.
func eraseSelf(ctx context.Context, tx *store.Tx, p conversation.Person, visitors []string, counts conversation.Erased) error {
	account := viewer.FromContext(ctx).AccountID
	for _, v := range visitors {
		if err := eraseVisitor(ctx, tx, counts, account, v); err != nil {
			return err
		}
	}
	for _, sender := range append([]string{p.ContactID}, p.Addresses...) {
		if err := eraseRows(ctx, tx, counts, "blocks", "account_id = $1 AND sender = $2", account, sender); err != nil {
			return err
		}
	}
	for _, of := range []struct{ table, where string }{ // what they did in custom channels
		{"channel_reactions", "sender_id IN (SELECT id FROM channel_senders WHERE contact_id = $1 AND account_id = $2)"},
		{"blocks", "account_id = $2 AND EXISTS (SELECT 1 FROM channel_senders s WHERE s.contact_id = $1 AND s.account_id = $2 AND s.channel_id = blocks.channel_id AND blocks.sender = '#' || s.key)"},
	} {
		if err := eraseRows(ctx, tx, counts, of.table, of.where, p.ContactID, account); err != nil {
			return err
		}
	}
	for _, table := range ofContact {
		if err := eraseRows(ctx, tx, counts, table, "contact_id = $1 AND account_id = $2", p.ContactID, account); err != nil {
			return err
		}
	}
	if err := eraseRows(ctx, tx, counts, "property_values", "record_id = $1 AND account_id = $2", p.ContactID, account); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE consents SET page_url = '' WHERE contact_id = $1 AND account_id = $2", p.ContactID, account); err != nil {
		return err
	}
	merged, err := eraseMerges(ctx, tx, p.ContactID, counts)
	if err != nil {
		return err
	}
	if err := eraseRows(ctx, tx, counts, "library_openings", "contact_id = $1 AND account_id = $2", p.ContactID, account); err != nil {
		return err
	}
	for _, address := range p.Addresses { // who said so of themselves where a link was opened that another one got
		if err := eraseRows(ctx, tx, counts, "library_openings", "account_id = $1 AND email = $2", account, address); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE library_shares SET contact_id = '', url = '', open_count = 0, opened_at = 0, last_opened_at = 0 WHERE contact_id = $1 AND account_id = $2", p.ContactID, account); err != nil {
		return err
	}
	if err := eraseRows(ctx, tx, counts, "associations", "record_id = $1 AND account_id = $2", p.ContactID, account); err != nil {
		return err
	}
	if err := tx.Retire(ctx, "contacts", id.Contact, "id", account, p.ContactID); err != nil {
		return err
	}
	if err := forgetEntries(ctx, tx, account, append(merged, p.ContactID)); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ContactErased, SubjectID: p.ContactID})
	return eraseRows(ctx, tx, counts, "contacts", "id = $1 AND account_id = $2", p.ContactID, account)
}

// forgetEntries makes tombstones of what the audit log has of contacts from before: the
// entries about them, and those of their merges about the other contact (AC-17).
func forgetEntries(ctx context.Context, tx *store.Tx, account string, contacts []string) error {
	for _, c := range contacts {
		if err := tx.ForgetEntries(ctx, "subject_id = $2", account, c); err != nil {
			return err
		}
		if err := tx.ForgetEntries(ctx, "action IN ('CONTACT_MERGED', 'CONTACT_UNMERGED') AND CAST(changes AS TEXT) LIKE $2", account, "%"+c+"%"); err != nil {
			return err
		}
	}
	return nil
}

// eraseMerges removes what is remembered of contacts that became part of one, also of those
// that became part of them. It returns their ids.
func eraseMerges(ctx context.Context, tx *store.Tx, contactID string, counts conversation.Erased) (all []string, err error) {
	for into := []string{contactID}; len(into) > 0; {
		merges, err := tx.Client.ContactMerge.Query().Where(contactmerge.IntoIDIn(into...)).All(ctx)
		if err != nil {
			return nil, err
		}
		into = nil
		for _, m := range merges {
			into, all = append(into, m.FromID), append(all, m.FromID)
			for _, of := range []struct{ table, column, value string }{
				{"contact_moves", "merge_id", m.ID}, {"property_values", "record_id", m.FromID}, {"record_contacts", "contact_id", m.FromID}, {"contact_merges", "id", m.ID},
			} {
				if err := eraseRows(ctx, tx, counts, of.table, of.column+" = $1 AND account_id = $2", of.value, m.AccountID); err != nil {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// eraseVisitor removes a visitor, whose open streams end.
func eraseVisitor(ctx context.Context, tx *store.Tx, counts conversation.Erased, account, visitorID string) error {
	v, err := tx.Client.Visitor.Get(ctx, visitorID)
	if err != nil {
		return err
	}
	if err := attachment.ForgetBlobs(ctx, tx, account, "attachments", "uploader_id", visitorID); err != nil {
		return err
	}
	if err := eraseRows(ctx, tx, counts, "upload_addresses", "attachment_id IN (SELECT id FROM attachments WHERE uploader_id = $1 AND account_id = $2)", visitorID, account); err != nil {
		return err
	}
	if err := eraseRows(ctx, tx, counts, "attachments", "uploader_id = $1 AND account_id = $2", visitorID, account); err != nil {
		return err
	}
	for _, table := range ofVisitor {
		if err := eraseRows(ctx, tx, counts, table, "visitor_id = $1 AND account_id = $2", visitorID, account); err != nil {
			return err
		}
	}
	if err := eraseRows(ctx, tx, counts, "blocks", "account_id = $1 AND sender = $2", account, visitorID); err != nil {
		return err
	}
	if err := eraseRows(ctx, tx, counts, "visitor_rates", "account_id = $1 AND key LIKE $2", account, "%"+visitorID+"%"); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE consents SET page_url = '' WHERE visitor_id = $1 AND account_id = $2", visitorID, account); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.VisitorSessionEnded, InboxID: v.InboxID, SubjectID: visitorID})
	return eraseRows(ctx, tx, counts, "visitors", "id = $1 AND account_id = $2", visitorID, account)
}
