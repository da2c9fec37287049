package conversation

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/search"
	"parley/internal/store"
)

// index makes a message findable (IN-5): on SQLite in the FTS4 table under the
// document's number, on PostgreSQL in the document itself.
func (ch *change) index(ctx context.Context, messageID string, texts ...string) error {
	number, err := ch.tx.AccountNumber(ctx, ch.c.AccountID)
	if err != nil {
		return err
	}
	return writeDocument(ctx, ch.tx, ch.c, messageID, search.Document(number, texts...))
}

// indexHeader makes a conversation's subject, and its contact's name and
// addresses, findable. It replaces what was there.
func (ch *change) indexHeader(ctx context.Context) error {
	texts := []string{ch.c.Subject}
	if ch.c.ContactID != "" {
		contact, err := ch.tx.Client.Contact.Get(ctx, ch.c.ContactID)
		if err != nil {
			return err
		}
		texts = append(texts, contact.Name, contact.Email)
	}
	return ch.index(ctx, "", texts...)
}

func writeDocument(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID string, doc search.Doc) error {
	terms := doc.FTS4
	insert := `INSERT INTO search_documents (account_id, inbox_id, conversation_id, message_id) VALUES ($1, $2, $3, $4)
		ON CONFLICT (conversation_id, message_id) DO UPDATE SET inbox_id = excluded.inbox_id RETURNING id`
	args := []any{c.AccountID, c.InboxID, c.ID, messageID}
	if tx.Postgres() {
		insert = `INSERT INTO search_documents (account_id, inbox_id, conversation_id, message_id, terms) VALUES ($1, $2, $3, $4, $5::text::tsvector)
			ON CONFLICT (conversation_id, message_id) DO UPDATE SET terms = excluded.terms RETURNING id`
		args = append(args, doc.TSVector)
	}
	document, err := tx.Number(ctx, insert, args...)
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	if tx.Postgres() {
		return nil
	}
	_, err = tx.Exec(ctx, "INSERT OR REPLACE INTO search_index (docid, terms) VALUES ($1, $2)", document, terms)
	return err
}

// unindex makes a conversation unfindable.
func unindex(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	if !tx.Postgres() {
		_, err := tx.Exec(ctx, "DELETE FROM search_index WHERE docid IN (SELECT id FROM search_documents WHERE conversation_id = $1)", c.ID)
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "DELETE FROM search_documents WHERE conversation_id = $1 AND account_id = $2", c.ID, c.AccountID)
	return err
}
