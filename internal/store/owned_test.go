package store_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
)

// stay are the tables that name a conversation or an inbox and whose rows do not
// simply go with it, and why.
var stay = map[store.Owner]map[string]string{
	store.OfConversation: {
		"consents":         "what a person agreed to is proved for longer",
		"events":           "tombstones stay (IN-13)",
		"inbound_mails":    "a mark stays, so that the mail does not come in again (EM-5)",
		"reaction_parked":  "the engine forgets what it parked of a purged conversation (package reaction)",
		"purged_chats":     "they are of purged conversations (IN-20)",
		"search_documents": "they go together with what they are found by (package view)",
		"task_items":       "they go with their task, and say that it skipped what is gone (IN-6)",
		"deals":            "they outlive the conversation (IB-3)",
		"tickets":          "they outlive the conversation (IB-3)",
		"quotes":           "they outlive the conversation (IB-3)",
	},
	store.OfInbox: {
		"audit_entries":    "what was done to it is answered for longer (AC-17)",
		"consents":         "what a person agreed to is proved for longer",
		"conversations":    "they are purged one by one",
		"events":           "tombstones stay (IB-3)",
		"search_documents": "they go with their conversations",
	},
}

// IN-13, IB-3: no table is forgotten. What has the column of an owner goes with
// it, or is known to stay, or goes with the conversations of an inbox.
func TestOwnedTablesAreAll(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		lines, err := s.Strings(t.Context(), readSchema[s.Postgres()][0])
		if err != nil {
			t.Fatal(err)
		}
		for _, by := range []store.Owner{store.OfConversation, store.OfInbox} {
			for _, table := range tablesWith(lines, string(by)) {
				purged := slices.Contains(store.OwnedTables(by), table) ||
					by == store.OfInbox && slices.Contains(store.OwnedTables(store.OfConversation), table)
				if _, stays := stay[by][table]; purged == stays {
					t.Errorf("%s has %s: it is purged: %v, and is known to stay: %v", table, by, purged, stays)
				}
			}
		}
	})
}

// tablesWith returns the tables that have a column, of lines "table column ...".
func tablesWith(lines []string, column string) []string {
	var tables []string
	for _, line := range lines {
		if words := strings.Fields(line); words[1] == column {
			tables = append(tables, words[0])
		}
	}
	return tables
}

// IN-13, IB-3: what goes with conversations and then with their inbox can be
// deleted in that order, although rows refer to each other, and is gone.
func TestDeleteOwned(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		furnish(t, f)
		inbox := f.InboxIDs[0]
		conversations, err := s.Strings(t.Context(), "SELECT id FROM conversations WHERE inbox_id = $1", inbox)
		if err != nil || len(conversations) == 0 {
			t.Fatalf("the inbox has the conversations %v (%v)", conversations, err)
		}
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return linkOf(ctx, tx, f, conversations[0]) })
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return linkOf(ctx, tx, f, "conversation_purged") })
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			for _, conversation := range conversations {
				if err := tx.DeleteOwned(ctx, store.OfConversation, f.AccountID, conversation); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, "DELETE FROM conversations WHERE id = $1", conversation); err != nil {
					return err
				}
			}
			if err := tx.DeleteOwned(ctx, store.OfInbox, f.AccountID, inbox); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "DELETE FROM inboxes WHERE id = $1", inbox)
			return err
		})
		for _, table := range slices.Concat(store.OwnedTables(store.OfConversation), store.OwnedTables(store.OfInbox)) {
			column, of := "inbox_id", inbox
			if strings.HasPrefix(table, "webhook_") || table == "escalations" { // they know their conversation only
				column, of = "conversation_id", f.ConversationIDs[0]
			}
			left, err := s.Numbers(t.Context(), "SELECT COUNT(*) FROM "+table+" WHERE "+column+" = $1", of)
			if err != nil || left[0] != 0 {
				t.Errorf("%s still has %d rows of the inbox, want 0 (%v)", table, left, err)
			}
		}
		others, err := s.Numbers(t.Context(), "SELECT COUNT(*) FROM messages WHERE inbox_id = $1", f.InboxIDs[1])
		if err != nil || others[0] == 0 {
			t.Errorf("the other inbox has %d messages, want all of its own (%v)", others, err)
		}
	})
}

// linkOf makes a mailed link to a conversation of the first inbox.
func linkOf(ctx context.Context, tx *store.Tx, f *testkit.Fixture, conversationID string) error {
	_, err := tx.Exec(ctx, `INSERT INTO visitor_links
		(id, account_id, inbox_id, channel_id, visitor_id, conversation_id, token_hash, mailed_number, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 1, 1)`,
		id.New("link"), f.AccountID, f.InboxIDs[0], f.ChannelIDs[0], f.VisitorIDs[0], conversationID, []byte(id.New("hash")))
	return err
}
