package store

import (
	"context"
	"fmt"
	"slices"

	"parley/internal/id"
)

// Owner is the column that names what a row belongs to, and goes with.
type Owner string

// account is the condition's side that names the account: of a conversation's rows one
// that no index has, so that they are found by the conversation.
func (o Owner) account() string {
	if o == OfConversation {
		return "account_id || ''"
	}
	return "account_id"
}

// Owners.
const (
	OfConversation Owner = "conversation_id"
	OfInbox        Owner = "inbox_id"
)

// owned are the tables whose rows go with their conversation (IN-13) or with
// their inbox (IB-3), rows that others refer to last. What goes with its
// conversation need not go with its inbox: the conversations are purged before.
var owned = []struct {
	table string
	by    []Owner
}{
	{"attachments", []Owner{OfConversation, OfInbox}}, // those that were not sent have no conversation
	{"email_references", []Owner{OfConversation}},
	{"participants", []Owner{OfConversation}},
	{"emails", []Owner{OfConversation}},
	{"message_revisions", []Owner{OfConversation}},
	{"messages", []Owner{OfConversation}},
	{"channel_messages", []Owner{OfConversation}},
	{"channel_files", []Owner{OfConversation}},
	{"channel_reactions", []Owner{OfConversation}},
	{"drafts", []Owner{OfConversation}},
	{"associations", []Owner{OfConversation}},
	{"engagement_revisions", []Owner{OfConversation}},
	{"engagements", []Owner{OfConversation}},
	{"read_positions", []Owner{OfConversation}},
	{"notifications", []Owner{OfConversation, OfInbox}}, // those about several have no conversation
	{"notification_preferences", []Owner{OfInbox}},
	{"conversation_follows", []Owner{OfConversation}},
	{"escalations", []Owner{OfConversation}},
	{"slack_posts", []Owner{OfConversation}},
	{"slack_threads", []Owner{OfConversation}},
	{"webhook_attempts", []Owner{OfConversation}},
	{"webhook_deliveries", []Owner{OfConversation}},
	{"ratings", []Owner{OfConversation}},
	{"proposals", []Owner{OfConversation}},
	{"annotations", []Owner{OfConversation}},
	{"agent_steps", []Owner{OfConversation}},
	{"agent_runs", []Owner{OfConversation}},
	{"flow_runs", []Owner{OfConversation}},
	{"library_openings", []Owner{OfConversation}},
	{"library_shares", []Owner{OfConversation}},
	{"routing_decisions", []Owner{OfConversation}},
	{"continued_chats", []Owner{OfConversation, OfInbox}},
	{"visitor_links", []Owner{OfConversation, OfInbox}}, // of conversations that were purged before links were

	{"purged_chats", []Owner{OfInbox}},
	{"inbound_mails", []Owner{OfInbox}}, // of a purged conversation's a mark stays (EM-5)
	{"email_connections", []Owner{OfInbox}},
	{"channel_senders", []Owner{OfInbox}},
	{"channel_marks", []Owner{OfInbox}}, // of messages that were purged (CC-2)
	{"custom_channels", []Owner{OfInbox}},
	{"slack_channels", []Owner{OfInbox}},
	{"channel_addresses", []Owner{OfInbox}},
	{"email_channels", []Owner{OfInbox}},
	{"upload_addresses", []Owner{OfInbox}},
	{"visitor_codes", []Owner{OfInbox}},
	{"visitor_sessions", []Owner{OfInbox}},
	{"visitors", []Owner{OfInbox}},
	{"blocks", []Owner{OfInbox}},
	{"saved_views", []Owner{OfInbox}},
	{"contact_inboxes", []Owner{OfInbox}},
	{"filtered_looks", []Owner{OfInbox}},
	{"filtered_digests", []Owner{OfInbox}},
	{"page_views", []Owner{OfInbox}},
	{"targeted_message_views", []Owner{OfInbox}},
	{"targeted_message_counts", []Owner{OfInbox}},
	{"targeted_message_versions", []Owner{OfInbox}},
	{"targeted_messages", []Owner{OfInbox}},
	{"channels", []Owner{OfInbox}},
	{"inbox_users", []Owner{OfInbox}},
	{"inbox_teams", []Owner{OfInbox}},
}

// chosen are those of the tables whose ids clients may choose, with their kind.
var chosen = map[string]string{"messages": id.Message, "saved_views": id.SavedView, "engagements": id.Engagement, "proposals": id.Proposal, "custom_channels": id.Channel}

// OwnedTables returns the tables whose rows go with their owner, in the order in
// which they can be deleted.
func OwnedTables(by Owner) []string {
	var tables []string
	for _, o := range owned {
		if slices.Contains(o.by, by) {
			tables = append(tables, o.table)
		}
	}
	return tables
}

// DeleteOwned deletes all rows that go with their owner. The owner's own row
// stays, as do its events: the caller knows what becomes of them.
func (tx *Tx) DeleteOwned(ctx context.Context, by Owner, accountID, ownerID string) error {
	if by == OfConversation {
		if err := tx.leaveSlackPosts(ctx, accountID, ownerID); err != nil {
			return err
		}
	}
	for _, table := range OwnedTables(by) {
		if kind := chosen[table]; kind != "" {
			if err := tx.Retire(ctx, table, kind, string(by), accountID, ownerID); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE "+string(by)+" = $1 AND "+by.account()+" = $2", ownerID, accountID)
		if err != nil {
			return fmt.Errorf("delete from %s: %w", table, err)
		}
	}
	if by != OfConversation {
		return nil
	}
	return tx.DeleteValues(ctx, accountID, ownerID)
}

// DeleteValues deletes what a record has of defined properties (CR-11).
func (tx *Tx) DeleteValues(ctx context.Context, accountID, recordID string) error {
	_, err := tx.Exec(ctx, "DELETE FROM property_values WHERE record_id = $1 AND account_id = $2", recordID, accountID)
	if err != nil {
		return fmt.Errorf("delete values: %w", err)
	}
	return nil
}
