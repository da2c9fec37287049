package privacy

import (
	"context"
	"strings"

	"parley/ent/engagement"
	"parley/internal/attachment"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// eraseConversation erases the next conversation of the contact or of one of its visitors.
func (s *Service) eraseConversation(ctx context.Context, tx *store.Tx, p conversation.Person, visitors []string, counts conversation.Erased) (bool, error) {
	q := &store.Statement{}
	q.WriteString("SELECT id FROM conversations WHERE contact_id = " + q.Arg(p.ContactID))
	if len(visitors) > 0 {
		q.WriteString(" UNION ALL SELECT id FROM conversations WHERE visitor_id IN (" + store.List(q, visitors) + ")")
	}
	found, err := s.store.Strings(ctx, q.String()+" LIMIT 1", q.Args...)
	if err != nil || len(found) == 0 {
		return false, err
	}
	return true, s.deps.Conversations.Erase(ctx, tx, found[0], counts)
}

// eraseFromOthers takes the contact out of the next conversation of another in which it
// takes part by mail, or writes by a custom channel.
func (s *Service) eraseFromOthers(ctx context.Context, tx *store.Tx, p conversation.Person, _ []string, counts conversation.Erased) (bool, error) {
	if found, err := s.amongSenders(ctx, p); err != nil || found != "" {
		if err == nil {
			err = s.deps.Conversations.ErasePerson(ctx, tx, found, p, counts)
		}
		return true, err
	}
	if len(p.Addresses) == 0 {
		return false, nil
	}
	account := viewer.FromContext(ctx).AccountID
	q := &store.Statement{}
	q.WriteString("SELECT conversation_id FROM participants WHERE account_id = " + q.Arg(account) + " AND address IN (" + store.List(q, p.Addresses) + ") LIMIT 1")
	found, err := s.store.Strings(ctx, q.String(), q.Args...)
	if err != nil {
		return false, err
	}
	if len(found) == 0 { // those who get blind copies take no part
		if found, err = s.blindCopies(ctx, account, p); err != nil || len(found) == 0 {
			return false, err
		}
	}
	return true, s.deps.Conversations.ErasePerson(ctx, tx, found[0], p, counts)
}

// amongSenders is a conversation in which the contact wrote by a custom channel; "": there is
// none.
func (s *Service) amongSenders(ctx context.Context, p conversation.Person) (string, error) {
	if len(p.Senders) == 0 {
		return "", nil
	}
	ids := make([]string, len(p.Senders))
	for i, who := range p.Senders {
		ids[i] = who.ID
	}
	q := &store.Statement{}
	q.WriteString("SELECT conversation_id FROM channel_messages WHERE sender_id <> '' AND sender_id IN (" + store.List(q, ids) + ") AND account_id || '' = " + q.Arg(viewer.FromContext(ctx).AccountID) + " LIMIT 1")
	found, err := s.store.Strings(ctx, q.String(), q.Args...)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// blindCopies is a conversation with a mail of which one of the addresses got a blind
// copy.
func (s *Service) blindCopies(ctx context.Context, account string, p conversation.Person) ([]string, error) {
	q := &store.Statement{}
	q.WriteString("SELECT conversation_id FROM emails WHERE account_id = " + q.Arg(account) + " AND (" + mentions(q, "CAST(bcc AS TEXT)", p.Addresses) + ") LIMIT 1")
	return s.store.Strings(ctx, q.String(), q.Args...)
}

// mentions is the condition that a text has one of the words, as JSON writes them.
func mentions(q *store.Statement, column string, words []string) string {
	tests := make([]string, len(words))
	for i, word := range words {
		tests[i] = "LOWER(" + column + ") LIKE " + q.Arg(`%"`+escaped(word)+`"%`) + ` ESCAPE '\'`
	}
	return strings.Join(tests, " OR ")
}

func escaped(word string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word)
}

// recordsAtOnce is how many records are erased in one step.
const recordsAtOnce = 100

// eraseRecords empties tickets and deals of the contact: their numbers, amounts, stages
// and times stay, without a word and without the contact.
func (s *Service) eraseRecords(ctx context.Context, tx *store.Tx, p conversation.Person, _ []string, counts conversation.Erased) (bool, error) {
	for _, of := range []struct {
		table, words string
		event        vocab.EventType
	}{
		{"tickets", "subject = '', description = '', properties = '[]'", vocab.TicketUpdated},
		{"deals", "name = '', lost_reason = '', properties = '[]'", vocab.DealUpdated},
	} {
		ids, err := s.store.Strings(ctx, "SELECT id FROM "+of.table+" WHERE contact_id = $1 LIMIT $2", p.ContactID, recordsAtOnce)
		if err != nil {
			return false, err
		}
		for _, recordID := range ids {
			if _, err := tx.Exec(ctx, "UPDATE "+of.table+" SET contact_id = '', external_id = NULL, revision = revision + 1, "+of.words+" WHERE id = $1", recordID); err != nil {
				return false, err
			}
			if err := tx.DeleteValues(ctx, viewer.FromContext(ctx).AccountID, recordID); err != nil {
				return false, err
			}
			tx.Append(ctx, store.Event{Type: of.event, SubjectID: recordID, Changes: store.NamedChanges("contact", "externalId", "properties")})
		}
		if counts.Add(of.table, int64(len(ids))); len(ids) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// eraseEngagements removes what the team logged on the contact, with its files.
func (s *Service) eraseEngagements(ctx context.Context, tx *store.Tx, p conversation.Person, _ []string, counts conversation.Erased) (bool, error) {
	found, err := tx.Client.Engagement.Query().Where(engagement.ContactID(p.ContactID)).Order(engagement.ByID()).Limit(recordsAtOnce).All(ctx)
	if err != nil {
		return false, err
	}
	for _, e := range found {
		if err := attachment.ForgetBlobs(ctx, tx, e.AccountID, "attachments", "engagement_id", e.ID); err != nil {
			return false, err
		}
		for _, of := range []struct{ table, column string }{{"attachments", "engagement_id"}, {"engagement_revisions", "engagement_id"}, {"engagements", "id"}} {
			if of.table == "engagements" {
				if err := tx.Retire(ctx, of.table, id.Engagement, "id", e.AccountID, e.ID); err != nil {
					return false, err
				}
			}
			if err := eraseRows(ctx, tx, counts, of.table, of.column+" = $1 AND account_id || '' = $2", e.ID, e.AccountID); err != nil {
				return false, err
			}
		}
		tx.Append(ctx, store.Event{Type: vocab.EngagementDeleted, InboxID: e.InboxID, ConversationID: e.ConversationID, SubjectID: e.ID})
	}
	return len(found) > 0, nil
}

// eraseLeavings removes what names the contact's addresses and hangs on nothing: drafts to
// them, mails of theirs that began no conversation, rows of imports.
func (s *Service) eraseLeavings(ctx context.Context, tx *store.Tx, p conversation.Person, _ []string, counts conversation.Erased) (bool, error) {
	account := viewer.FromContext(ctx).AccountID
	if err := eraseRows(ctx, tx, counts, "contact_import_rows", "account_id = $1 AND contact_id = $2", account, p.ContactID); err != nil {
		return false, err
	}
	if len(p.Addresses) == 0 {
		return false, nil
	}
	q := &store.Statement{}
	where := "account_id = " + q.Arg(account) + " AND (" + mentions(q, "CAST(details AS TEXT)", p.Addresses) + ")"
	if err := eraseRows(ctx, tx, counts, "drafts", where, q.Args...); err != nil {
		return false, err
	}
	q = &store.Statement{}
	where = "account_id = " + q.Arg(account) + " AND (" + mentions(q, "cells", p.Addresses) + ")"
	if err := eraseRows(ctx, tx, counts, "contact_import_rows", where, q.Args...); err != nil {
		return false, err
	}
	for _, address := range p.Addresses {
		if err := eraseLooseMail(ctx, tx, counts, account, address); err != nil {
			return false, err
		}
		if err := eraseRows(ctx, tx, counts, "visitor_rates", "account_id = $1 AND key LIKE $2 ESCAPE '\\'", account, "%>"+escaped(address)); err != nil {
			return false, err
		}
	}
	return false, nil
}

// eraseLooseMail removes mails from an address that are in no conversation.
func eraseLooseMail(ctx context.Context, tx *store.Tx, counts conversation.Erased, account, address string) error {
	if err := attachment.ForgetBlobs(ctx, tx, account, "inbound_mails", "envelope_from", address); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `UPDATE inbound_mails SET internet_id = '', verdict = '{}', error = '', blob_key = '', envelope_from = '', envelope_to = '[]', hash = '',
		state = CASE state WHEN 'STORED' THEN 'ERASED' ELSE state END
		WHERE account_id = $1 AND envelope_from = $2`, account, address)
	counts.Add("inbound_mails", n)
	return err
}

// eraseRows deletes rows of a table and counts them.
func eraseRows(ctx context.Context, tx *store.Tx, counts conversation.Erased, table, where string, args ...any) error {
	n, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE "+where, args...)
	counts.Add(table, n)
	return err
}
