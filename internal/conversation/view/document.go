package view

import (
	"context"
	"fmt"

	"parley/ent"
	"parley/internal/search"
	"parley/internal/store"
)

// WriteDocument makes a text of a conversation findable, or its header, which has
// no message. It replaces what was there.
func WriteDocument(ctx context.Context, tx *store.Tx, c *ent.Conversation, messageID string, doc search.Doc) error {
	terms := doc.FTS4
	insert := `INSERT INTO search_documents (account_id, inbox_id, conversation_id, message_id, words) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (conversation_id, message_id) DO UPDATE SET words = excluded.words RETURNING id`
	args := []any{c.AccountID, c.InboxID, c.ID, messageID, search.Version}
	if tx.Postgres() {
		insert = `INSERT INTO search_documents (account_id, inbox_id, conversation_id, message_id, words, terms) VALUES ($1, $2, $3, $4, $5, $6::text::tsvector)
			ON CONFLICT (conversation_id, message_id) DO UPDATE SET words = excluded.words, terms = excluded.terms RETURNING id`
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

// EraseDocuments makes a conversation unfindable.
func EraseDocuments(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	if !tx.Postgres() {
		_, err := tx.Exec(ctx, "DELETE FROM search_index WHERE docid IN (SELECT id FROM search_documents WHERE conversation_id = $1)", c.ID)
		if err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "DELETE FROM search_documents WHERE conversation_id = $1 AND account_id = $2", c.ID, c.AccountID)
	return err
}
