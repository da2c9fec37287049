package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Notification tells a user of something that happened (NT-1). It has no text: that is
// made when it is read.
type Notification struct{ ent.Schema }

// Mixin of Notification.
func (Notification) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Notification.
func (Notification) Fields() []ent.Field {
	return []ent.Field{
		field.String("user_id").Immutable().Comment("Whom it is for; no one else sees it."),
		field.String("kind").GoType(vocab.NotificationKind("")).Immutable(),
		field.String("inbox_id").Default("").Immutable().Comment("That of its conversations; empty: it is about none."),
		field.String("conversation_id").Default("").Immutable().Comment("It goes with it (IN-13); empty: it is about several, or none."),
		reference("message_id"),
		field.Int("message_number").Default(0).Comment("Read up to here, the conversation has what it is about."),
		field.String("subject_id").Default("").Comment("What it is about beside a conversation."),
		field.String("actor_kind").GoType(viewer.Kind("")).Default("").Comment("Of staff; what contacts do shows in the message."),
		reference("actor_id"),
		field.Int("events").Default(1).Comment("How many were folded into it."),
		field.Int64("first_sequence").Immutable().Comment("The first of them in the account's log."),
		field.Int64("last_sequence"),
		field.Int64("sequence").Comment("Among the user's notifications: the one that changed last has the highest."),
		field.Bool("shown").Default(true).Comment("It is in the list; otherwise its user wants it only by mail."),
		instant("mail_at"),    // when it is mailed unless it is read; zero: it is not, or it was
		instant("push_at"),    // when a push of it is due; zero: none is
		instant("pushed_at"),  // when it was pushed last
		instant("slack_at"),   // when it is due in Slack; zero: it is not
		instant("slacked_at"), // when it was told there last
		instant("read_at"),
		field.Int64("updated_at").GoType(clock.Micros(0)).Comment("When the last of them happened."),
		made(),
	}
}

// Indexes of Notification. The migrations also index those that are unread,
// read, and to be mailed.
func (Notification) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("user_id", "updated_at", "id"),
		index.Fields("user_id", "sequence"),
		index.Fields("conversation_id", "user_id"),
		index.Fields("updated_at"),
	}
}

// PushSubscription is a browser that shows a user's notifications (NT-1).
type PushSubscription struct{ ent.Schema }

// Mixin of PushSubscription.
func (PushSubscription) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of PushSubscription.
func (PushSubscription) Fields() []ent.Field {
	return []ent.Field{
		field.String("user_id").Immutable().Comment("The user with the notifications that it shows; no one else sees it."),
		field.String("token_id").Comment("The session or token that registered it: it ends with that."),
		field.String("endpoint_hash").Immutable().Sensitive().Comment("Of its address: one that another user registers is theirs."),
		field.String("host").Immutable().Comment("Its push service."),
		field.String("sealed").Sensitive().Comment("Its address and keys, sealed."),
		field.String("user_agent").Default(""),
		field.Int("failures").Default(0).Comment("How often in a row its push service refused what it got."),
		instant("used_at"), // when it last took a push
		made(),
	}
}

// Indexes of PushSubscription.
func (PushSubscription) Indexes() []ent.Index {
	return []ent.Index{index.Fields("endpoint_hash").Unique(), index.Fields("user_id", "id"), index.Fields("token_id")}
}
