package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Conversation is a thread with a contact or visitor (IN-1).
type Conversation struct{ ent.Schema }

// Mixin of Conversation.
func (Conversation) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Conversation.
func (Conversation) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id"),
		field.String("kind").GoType(vocab.ChannelKind("")).Immutable(),
		field.String("folder").GoType(vocab.Folder("")),
		field.String("status").GoType(vocab.ConversationStatus("")),
		reference("contact_id"),
		field.Bool("contact_by_hand").Default(false).Comment("The team linked or unlinked its contact: the visitor does not change it (CH-5)."),
		reference("visitor_id"),
		reference("assignee_id"),
		reference("assigned_team_id"),
		text("subject"),
		text("preview"),
		field.Int64("opened_at").GoType(clock.Micros(0)).Immutable(),
		field.Int64("last_message_at").GoType(clock.Micros(0)),
		field.Int64("activity_at").GoType(clock.Micros(0)).
			Comment("When it last came to the top: its last message, its waking from snooze, its restoring (IN-18)."),
		field.Int64("waiting_since").GoType(clock.Micros(0)).Default(int64(clock.Never)).
			Comment("When the contact began to wait for an answer; Never: does not wait."),
		instant("closed_at"),
		field.Int64("filtered").GoType(vocab.FilteredReasons(0)).Default(0),
		instant("deleted_at"),
		reference("bot_id"),
		field.String("bot_state").GoType(vocab.BotState("")).Default(string(vocab.BotNone)),
		field.Int("turn").Default(0).Comment("Rises with all that ends what a bot may say (AG-2)."),
		field.Bool("ever_assigned").Default(false).Comment("A person once had it: it left Bots for good (IN-2)."),
		field.Bool("in_bots").Default(false).Comment("Shows in the Bots view (IN-2)."),
		field.Int64("visitor_active_at").GoType(clock.Micros(0)).
			Comment("The visitor's last message, else the beginning (IN-8)."),
		text("origin_url"),
		reference("targeted_message_id"),
		field.Int("targeted_message_version").Default(0),
		field.String("priority").GoType(vocab.Priority("")).Default(string(vocab.PriorityNone)),
		field.Strings("tags").Comment("Ids of tags (IN-31)."),
		instant("snoozed_until"),
		field.Int("woken_revision").Default(0).Comment("The revision with which it last came back from snooze by itself: unread for who saw none since (IN-18)."),
		field.Int("last_number").Default(0).Comment("Of the newest message."),
		field.Int("last_visible_number").Default(0).Comment("Of the newest message, as visitors count."),
		field.Int("last_incoming_number").Default(0),
		field.Int("last_outgoing_number").Default(0).Comment("Of the team's newest message: who wrote last (IN-3)."),
		field.Int("transcript_number").Default(0).Comment("Up to where the last transcript of it goes, as visitors count; 0: there was none (CO-4)."),
		field.Int("visitor_read_number").Default(0).Comment("The visitor read up to here, as visitors count."),
		field.String("routing_source").Default("").Comment("The targeted message or bot with the routing that applies."),
		field.Bool("awaits_offer").Default(false).Comment("Routing found no one: it is offered again (RT-4)."),
		field.Int("reassigned_message_number").Default(0).Comment("The contact's message that was last routed again (AC-8)."),
		field.String("to_address").Default("").Immutable().Comment("The channel's address that an e-mail came to (IN-1)."),
		field.String("possibly_related_id").Default("").Immutable().Comment("The thread that its first mail named without taking part in it (pitfall 5)."),
		instant("first_responded_at"),
		reference("first_responded_by"),
		field.Int("first_response_seconds").Default(0).Comment("From the contact's first message to the first response (IN-32)."),
		field.Int("first_response_business_seconds").Default(-1).Comment("Those within the operating hours; -1: not known."),
		field.Int("reopen_count").Default(0),
		reference("resolved_by"),
		field.String("closed_by").GoType(viewer.Kind("")).Default("").Comment("The kind of who closed it; empty: open, or not known (IN-22)."),
		field.Int64("auto_assigned_at").GoType(clock.Micros(0)).Default(0).Comment("Since when whoever routing chose has neither answered nor looked; 0: no one is waited for (RT-8)."),
		field.Int("no_answer_count").Default(0).Comment("How often it was routed again for want of an answer (RT-8)."),
		field.Int("priority_rank").Default(0).Comment("The priority as a number, for lists in its order."),
		field.String("thread_key").Default("").Immutable().Comment("The thread of a custom channel that it is; kept when the thread goes on in another conversation (CC-2)."),
		field.String("sender_key").Default("").Comment("Who wrote first in a custom channel, by the key that they have there (CC-6)."),
		field.String("channel_type").Default("").Immutable().Comment("What a custom channel calls itself; empty for chat and e-mail."),
		externalID(),
		field.Int("rating").Default(0).Comment("The last one that the contact gave, 1 to 5; 0: none (CO-5)."),
		field.Int("revision").Default(1),
	}
}

// Indexes of Conversation: one seek for each arm of a view, for each order
// (IN-2, IN-3). The last two columns sort alike, so that a list is read
// forwards or backwards without a sort. The migrations also index those that were
// rated (CO-5), and have external ids be unique in the account, or in their custom channel.
func (Conversation) Indexes() []ent.Index {
	list := []ent.Index{
		index.Fields("account_id", "id").Unique(), index.Fields("account_id", "external_id"),
		index.Fields("visitor_id", "last_message_at", "id"),
		index.Fields("contact_id", "opened_at", "id"),
		index.Fields("bot_state", "visitor_active_at"),
		index.Fields("inbox_id", "status", "folder", "kind", "assignee_id", "in_bots"), // the counts of views: open ones alone
		index.Fields("awaits_offer", "inbox_id", "waiting_since", "id"),                // what is offered again (RT-4)
	}
	for _, key := range []string{"activity_at", "opened_at", "waiting_since", "priority_rank"} {
		list = append(list,
			index.Fields("inbox_id", "folder", "kind", "status", key, "id"),
			index.Fields("inbox_id", "folder", "assignee_id", "status", key, "id"),
			index.Fields("inbox_id", "in_bots", "status", key, "id"),
		)
	}
	return list
}

// ReadPosition says how far a user has read a conversation (IN-15).
type ReadPosition struct{ ent.Schema }

// Mixin of ReadPosition.
func (ReadPosition) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ReadPosition.
func (ReadPosition) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("user_id").Immutable(),
		field.Int("number"),
		field.Int("revision").Default(0).Comment("Of the conversation when the user last read it (IN-18)."),
	}
}

// Indexes of ReadPosition.
func (ReadPosition) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "user_id").Unique()}
}
