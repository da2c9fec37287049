// Package reference knows which Message-IDs lead where: mail that names one of an
// inbox's finds the message that has it, and its conversation (EM-4).
package reference

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/emailreference"
	"parley/internal/id"
	"parley/internal/store"
)

// Add has mail to an inbox that names a Message-ID find its conversation. An id
// that is known already stays as it is.
func Add(ctx context.Context, tx *store.Tx, inboxID, internetID, conversationID, messageID string) error {
	if internetID == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO email_references (id, account_id, inbox_id, internet_id, conversation_id, message_id)
		SELECT $1, account_id, inbox_id, $2, id, $3 FROM conversations WHERE id = $4 AND inbox_id = $5
		ON CONFLICT (inbox_id, internet_id) DO NOTHING`, id.New("reference"), internetID, messageID, conversationID, inboxID)
	return err
}

// Move is Add, also if the id led elsewhere.
func Move(ctx context.Context, tx *store.Tx, inboxID, internetID, conversationID, messageID string) error {
	_, err := tx.Client.EmailReference.Delete().Where(emailreference.InboxID(inboxID), emailreference.InternetID(internetID)).Exec(ctx)
	if err != nil {
		return err
	}
	return Add(ctx, tx, inboxID, internetID, conversationID, messageID)
}

// Conversations are those that Message-IDs lead to, each once, in the order of
// the ids.
func Conversations(ctx context.Context, client *ent.Client, inboxID string, internetIDs []string) ([]string, error) {
	if len(internetIDs) == 0 {
		return nil, nil
	}
	named, err := client.EmailReference.Query().
		Where(emailreference.InboxID(inboxID), emailreference.InternetIDIn(internetIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(named, func(a, b *ent.EmailReference) int {
		return slices.Index(internetIDs, a.InternetID) - slices.Index(internetIDs, b.InternetID)
	})
	var conversations []string
	for _, n := range named {
		if !slices.Contains(conversations, n.ConversationID) {
			conversations = append(conversations, n.ConversationID)
		}
	}
	return conversations, nil
}

// Message is the message that a Message-ID leads to; "": none.
func Message(ctx context.Context, client *ent.Client, inboxID, internetID string) (string, error) {
	if internetID == "" {
		return "", nil
	}
	found, err := client.EmailReference.Query().
		Where(emailreference.InboxID(inboxID), emailreference.InternetID(internetID)).Only(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return found.MessageID, nil
}
