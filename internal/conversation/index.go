package conversation

import (
	"context"

	"parley/internal/conversation/view"
	"parley/internal/search"
	"parley/internal/viewer"
)

// indexMessage makes a message findable (IN-5): on SQLite in the FTS4 table under the
// document's number, on PostgreSQL in the document itself.
func (ch *change) indexMessage(ctx context.Context, messageID string, texts ...string) error {
	number, err := ch.tx.AccountNumber(ctx, ch.c.AccountID)
	if err != nil {
		return err
	}
	return view.WriteDocument(ctx, ch.tx, ch.c, messageID, search.Document(number, texts...))
}

// indexHeader makes a conversation's subject, and its contact's name and
// addresses, findable. It replaces what was there.
func (ch *change) indexHeader(ctx context.Context) error {
	texts := []string{ch.c.Subject}
	if ch.c.ContactID != "" {
		contact, err := ch.tx.Client.Contact.Get(viewer.AsSystem(ctx, "index"), ch.c.ContactID)
		if err != nil {
			return err
		}
		texts = append(texts, contact.Name, contact.Email)
	}
	return ch.indexMessage(ctx, "", texts...)
}
