package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Message is one message or note of a conversation (IN-14).
type Message struct{ ent.Schema }

// Mixin of Message.
func (Message) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Message.
func (Message) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.Int("number").Immutable().Comment("Place in the conversation, from 1, gapless."),
		field.Int("visible_number").Immutable().Comment("Place as visitors count; 0: hidden from them."),
		field.String("direction").GoType(vocab.MessageDirection("")).Immutable(),
		field.String("author_kind").GoType(viewer.Kind("")).Immutable().Comment("VISITOR also for contacts by e-mail."),
		field.String("author_id").Immutable(),
		text("text"),
		text("html"),
		field.String("markdown").Default("").Comment("As its author wrote it; empty: they wrote text or HTML."),
		reference("reply_to_id"),
		field.Strings("mentions").Optional().Comment("Ids of the users that a note mentions."),
		field.JSON("cards", []vocab.MessageCard{}).Optional().Comment("What stands beside its text (CO-6)."),
		field.JSON("quick_replies", []vocab.QuickReply{}).Optional().Comment("Answers that a bot offers (CO-6)."),
		field.String("delivery").GoType(vocab.DeliveryState("")),
		text("delivery_error"),
		instant("edited_at"),
		instant("deleted_at"),
		field.String("external_id").Optional().Nillable().Comment("Its id in a system of the account's; unique in the conversation."),
		made(),
	}
}

// Indexes of Message.
func (Message) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "number").Unique(), index.Fields("conversation_id", "external_id").Unique()}
}

// MessageRevision is what a message said before it was edited or deleted (IN-14).
type MessageRevision struct{ ent.Schema }

// Mixin of MessageRevision.
func (MessageRevision) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of MessageRevision.
func (MessageRevision) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("message_id").Immutable(),
		text("text"),
		text("html"),
		text("markdown"),
		field.String("replaced_by").Immutable().Comment("The actor who edited or deleted."),
		made(),
	}
}

// Indexes of MessageRevision.
func (MessageRevision) Indexes() []ent.Index {
	return []ent.Index{index.Fields("message_id", "id"), index.Fields("conversation_id")}
}
