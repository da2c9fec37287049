package conversation

import (
	"context"
	"slices"
	"strings"

	"parley/ent"
	entannotation "parley/ent/annotation"
	entattachment "parley/ent/attachment"
	entemail "parley/ent/email"
	"parley/ent/emailreference"
	entmessage "parley/ent/message"
	"parley/ent/messagerevision"
	"parley/ent/participant"
	entproposal "parley/ent/proposal"
	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Erased counts rows that were removed, or emptied, by their tables (CR-5).
type Erased map[string]int

// Add adds rows of a table.
func (e Erased) Add(table string, rows int64) {
	if rows > 0 {
		e[table] += int(rows)
	}
}

// Erase removes a conversation for good, wherever it is, within the caller's transaction,
// as from Trash (CR-5, IN-13). A conversation that is gone is passed over.
func (s *Service) Erase(ctx context.Context, tx *store.Tx, conversationID string, counts Erased) error {
	ch, err := loadChange(ctx, tx, conversationID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, table := range append(store.OwnedTables(store.OfConversation), "inbound_mails") {
		n, err := tx.Number(ctx, "SELECT COUNT(*) FROM "+table+" WHERE conversation_id = $1 AND account_id || '' = $2", ch.c.ID, ch.c.AccountID)
		if err != nil {
			return err
		}
		counts.Add(table, n)
	}
	counts.Add("conversations", 1)
	if !ch.c.DeletedAt.IsSet() { // those who look at it see it go
		if err := ch.delete(); err != nil {
			return err
		}
		if err := ch.save(ctx); err != nil {
			return err
		}
	}
	return s.purge(ctx, ch)
}

// Person is who is taken out of conversations of others: a contact, its addresses, and as
// whom it writes in custom channels.
type Person struct {
	ContactID string
	Addresses []string
	Senders   []*ent.ChannelSender
}

func (p Person) has(m vocab.Mailbox) bool {
	return slices.Contains(p.Addresses, strings.ToLower(m.Address))
}

// ErasePerson takes out of a conversation of another contact what a person wrote in it by
// mail or a custom channel, and their addresses and keys: their messages become tombstones.
// What others' mails quote goes too, as do the raw mails, which have both.
func (s *Service) ErasePerson(ctx context.Context, tx *store.Tx, conversationID string, p Person, counts Erased) error {
	ch, err := loadChange(ctx, tx, conversationID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	mails, err := tx.Client.Email.Query().Where(entemail.ConversationID(conversationID)).All(ctx)
	if err != nil {
		return err
	}
	var named []string // Message-IDs of their mails, which answers name
	for _, e := range mails {
		if p.has(e.From) && e.InternetID != "" {
			named = append(named, e.InternetID)
		}
	}
	for _, e := range mails {
		if p.has(e.From) {
			if err := ch.eraseMessage(ctx, e.ID, counts); err != nil {
				return err
			}
		}
		if err := ch.eraseAddresses(ctx, e, p, named); err != nil {
			return err
		}
		counts.Add("emails", 1)
	}
	if err := s.eraseSenders(ctx, ch, p, counts); err != nil {
		return err
	}
	if err := ch.eraseRawMails(ctx, counts); err != nil {
		return err
	}
	if err := ch.eraseMachines(ctx, counts); err != nil {
		return err
	}
	gone, err := tx.Client.EmailReference.Delete().Where(emailreference.ConversationID(conversationID), emailreference.InternetIDIn(named...)).Exec(ctx)
	if err != nil {
		return err
	}
	counts.Add("email_references", int64(gone))
	n, err := tx.Client.Participant.Delete().Where(participant.ConversationID(conversationID), participant.AddressIn(p.Addresses...)).Exec(ctx)
	if err != nil {
		return err
	}
	counts.Add("participants", int64(n))
	if err := ch.showLast(ctx); err != nil {
		return err
	}
	ch.touched = true
	return ch.save(ctx)
}

// eraseMessage makes a message a tombstone, of which no trace is kept.
func (ch *change) eraseMessage(ctx context.Context, messageID string, counts Erased) error {
	tx, accountID := ch.tx, ch.c.AccountID
	if err := attachment.ForgetBlobs(ctx, tx, accountID, "attachments", "message_id", messageID); err != nil {
		return err
	}
	files, err := tx.Client.Attachment.Delete().Where(entattachment.MessageID(messageID)).Exec(ctx)
	if err != nil {
		return err
	}
	revisions, err := tx.Client.MessageRevision.Delete().Where(messagerevision.MessageID(messageID)).Exec(ctx)
	if err != nil {
		return err
	}
	counts.Add("attachments", int64(files))
	counts.Add("message_revisions", int64(revisions))
	m, err := tx.Client.Message.Query().Where(entmessage.ID(messageID), entmessage.ConversationID(ch.c.ID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	update := tx.Client.Message.UpdateOneID(m.ID).SetText("").SetHTML("").SetMarkdown("").ClearMentions().ClearCards().ClearQuickReplies()
	if !m.DeletedAt.IsSet() {
		update.SetDeletedAt(ch.now())
		ch.emitEvent(vocab.MessageDeleted).MessageID = m.ID
	}
	if err := update.Exec(ctx); err != nil {
		return err
	}
	counts.Add("messages", 1)
	return ch.indexMessage(ctx, m.ID, "")
}

// eraseAddresses takes a person's addresses out of a mail, the names of their mails, and
// what it quotes.
func (ch *change) eraseAddresses(ctx context.Context, e *ent.Email, p Person, named []string) error {
	update := ch.tx.Client.Email.UpdateOneID(e.ID).SetQuotedHTML("")
	others := func(list []vocab.Mailbox) []vocab.Mailbox { return slices.DeleteFunc(slices.Clone(list), p.has) }
	update.SetTo(orEmpty(others(e.To))).SetCc(orEmpty(others(e.Cc))).SetBcc(orEmpty(others(e.Bcc))).SetReplyTo(orEmpty(others(e.ReplyTo)))
	update.SetRecipients(slices.DeleteFunc(slices.Clone(e.Recipients), func(r vocab.Recipient) bool { return p.has(vocab.Mailbox{Address: r.Address}) }))
	isNamed := func(internetID string) bool { return slices.Contains(named, internetID) }
	update.SetReferences(slices.DeleteFunc(slices.Clone(e.References), isNamed))
	if isNamed(e.InReplyTo) {
		update.SetInReplyTo("")
	}
	if isNamed(e.Root) {
		update.SetRoot("")
	}
	if p.has(e.From) {
		update.SetFrom(vocab.Mailbox{}).SetInternetID("").SetVerdict(vocab.MailVerdict{})
		if e.Subject != ch.c.Subject {
			update.SetSubject("")
		}
	}
	return update.Exec(ctx)
}

func orEmpty(list []vocab.Mailbox) []vocab.Mailbox {
	if list == nil {
		return []vocab.Mailbox{}
	}
	return list
}

// eraseRawMails removes the conversation's mails as they came; marks of them stay, so that
// none comes in again (EM-5).
func (ch *change) eraseRawMails(ctx context.Context, counts Erased) error {
	if err := attachment.ForgetBlobs(ctx, ch.tx, ch.c.AccountID, "inbound_mails", "conversation_id", ch.c.ID); err != nil {
		return err
	}
	n, err := ch.tx.Exec(ctx, `UPDATE inbound_mails SET internet_id = '', verdict = '{}', error = '', blob_key = '', envelope_from = '', envelope_to = '[]', hash = '',
		state = CASE state WHEN 'STORED' THEN 'ERASED' ELSE state END
		WHERE conversation_id = $1 AND account_id = $2`, ch.c.ID, ch.c.AccountID)
	counts.Add("inbound_mails", n)
	return err
}

// eraseMachines removes what machines proposed for the conversation and noted of it, which
// may have words of anyone who wrote in it.
func (ch *change) eraseMachines(ctx context.Context, counts Erased) error {
	noted, err := ch.tx.Client.Annotation.Delete().Where(entannotation.ConversationID(ch.c.ID)).Exec(ctx)
	if err != nil {
		return err
	}
	proposed, err := ch.tx.Client.Proposal.Delete().Where(entproposal.ConversationID(ch.c.ID)).Exec(ctx)
	counts.Add("annotations", int64(noted))
	counts.Add("proposals", int64(proposed))
	return err
}
