package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// CustomChannel is what a channel has that an integration connects. Its id is the
// channel's (CC-1).
type CustomChannel struct{ ent.Schema }

// Mixin of CustomChannel.
func (CustomChannel) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of CustomChannel.
func (CustomChannel) Fields() []ent.Field {
	return []ent.Field{
		field.String("type").Immutable().Comment("What it calls its medium, such as telegram."),
		field.String("name"),
		field.JSON("capabilities", vocab.ChannelCapabilities{}).Default(vocab.ChannelCapabilities{}),
		field.String("integration_id").Immutable().Comment("As whom its connector calls."),
		field.JSON("routing", vocab.Routing{}).Default(vocab.Routing{}),
		reference("bot_id"),
		field.Bool("live").Immutable().Comment("It follows chat (CC-6)."),
		instant("last_seen_at"), // when its connector last called, about
		instant("removed_at"),   // zero: it is there (IB-6)
		made(),
	}
}

// Indexes of CustomChannel.
func (CustomChannel) Indexes() []ent.Index { return []ent.Index{index.Fields("inbox_id", "id")} }

// ChannelSender is who writes in a custom channel, by the key that they have there (CC-2).
type ChannelSender struct{ ent.Schema }

// Mixin of ChannelSender.
func (ChannelSender) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ChannelSender.
func (ChannelSender) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id").Immutable(),
		field.String("key").Immutable(),
		reference("contact_id"),
		text("name"),
		text("avatar_url"),
		field.String("email").Default("").Comment("What the connector says is theirs; nothing proves it."),
		field.String("phone").Default("").Comment("What the connector says is theirs; nothing proves it."),
		made(),
	}
}

// Indexes of ChannelSender.
func (ChannelSender) Indexes() []ent.Index {
	return []ent.Index{index.Fields("channel_id", "key").Unique(), index.Fields("contact_id")}
}

// ChannelMessage is what a message has in its custom channel. Its id is the message's
// (CC-2, CC-3).
type ChannelMessage struct{ ent.Schema }

// Mixin of ChannelMessage.
func (ChannelMessage) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ChannelMessage.
func (ChannelMessage) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("channel_id"),
		field.String("thread_key").Immutable(),
		field.String("external_id").Optional().Nillable().Comment("Unique in the channel's thread; null: not known yet, or an echo that was one of ours."),
		field.Int("number").Immutable().Comment("The message's."),
		field.Bool("echo").Default(false).Immutable().Comment("It was written in the channel's own app."),
		field.Bool("by_bot").Default(false).Immutable(),
		reference("sender_id"), // who wrote it; "": the team did
		field.JSON("template", &vocab.MessageTemplate{}).Optional(),
		field.String("state").GoType(vocab.OutboundState("")).Default(""),
		field.String("action").GoType(vocab.OutboundAction("")).Default(""),
		field.String("next_action").GoType(vocab.OutboundAction("")).Default("").Comment("What is to be done after that; empty: nothing."),
		field.Bool("ready").Default(false).Comment("It is the first of its conversation that is to go out."),
		instant("queued_at"),
		field.Int("attempts").Default(0).Comment("How often a connector got it."),
		text("lease_id"),
		instant("lease_until"),
		made(),
	}
}

// Indexes of ChannelMessage. The migrations also index what is on its way out.
func (ChannelMessage) Indexes() []ent.Index {
	return []ent.Index{index.Fields("channel_id", "thread_key", "external_id").Unique(), index.Fields("conversation_id", "number"), index.Fields("sender_id")}
}

// ChannelFile is a file of a message that is to be fetched from the address that its
// connector named (CC-2). One that was fetched is an attachment.
type ChannelFile struct{ ent.Schema }

// Mixin of ChannelFile.
func (ChannelFile) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ChannelFile.
func (ChannelFile) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("message_id").Immutable(),
		field.Int("position").Immutable().Comment("Place among the message's files, from 1."),
		field.String("url").Immutable().Sensitive().Comment("Sealed: it may carry the connector's token."),
		field.String("file_name").Immutable(),
		field.String("state").GoType(vocab.RemoteFileState("")),
		text("error"),
		field.Int("attempts").Default(0),
		instant("due_at"), // when it is to be fetched, or fetched again
		made(),
	}
}

// Indexes of ChannelFile. The migrations also index what is still to be fetched.
func (ChannelFile) Indexes() []ent.Index {
	return []ent.Index{index.Fields("message_id", "position"), index.Fields("conversation_id", "id")}
}

// ChannelReaction is what someone thinks of a message, as an emoji (CC-3).
type ChannelReaction struct{ ent.Schema }

// Mixin of ChannelReaction.
func (ChannelReaction) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ChannelReaction.
func (ChannelReaction) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("message_id").Immutable(),
		field.String("sender_id").Immutable(),
		field.String("emoji").Immutable(),
		made(),
	}
}

// Indexes of ChannelReaction.
func (ChannelReaction) Indexes() []ent.Index {
	return []ent.Index{index.Fields("message_id", "sender_id", "emoji").Unique(), index.Fields("conversation_id", "id"), index.Fields("sender_id")}
}

// ChannelMark is what is left of a message of a medium's that was purged, or whose sender
// was erased, so that it does not come in again (CC-2). Its id is a keyed digest of the
// message's ids in the medium, which it does not reveal.
type ChannelMark struct{ ent.Schema }

// Mixin of ChannelMark.
func (ChannelMark) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ChannelMark.
func (ChannelMark) Fields() []ent.Field { return []ent.Field{made()} }

// Indexes of ChannelMark.
func (ChannelMark) Indexes() []ent.Index { return []ent.Index{index.Fields("inbox_id")} }
