package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Event is an entry of the account's log (NT-3). It is never changed, but for
// its references, which go when the object is purged.
type Event struct{ ent.Schema }

// Mixin of Event.
func (Event) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Event.
func (Event) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Immutable(),
		field.String("type").GoType(vocab.EventType("")).Immutable(),
		field.Int64("occurred_at").GoType(microsType).Immutable(),
		field.String("actor_kind").GoType(viewer.Kind("")).Immutable(),
		text("actor_id"),
		reference("inbox_id"),
		reference("conversation_id"),
		reference("message_id"),
		field.String("subject_id").Default("").Comment("The object, where it is neither conversation nor message."),
		field.String("user_id").Default("").Comment("Set: visible only to that user."),
		field.Int("revision").Default(0).Comment("The conversation's, after the change."),
		field.JSON("changes", []vocab.FieldChange{}),
	}
}

// Indexes of Event.
func (Event) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "sequence").Unique(),
		index.Fields("conversation_id", "sequence"),
		index.Fields("subject_id", "occurred_at", "id"),           // who was put on a list, and taken off it
		index.Fields("account_id", "conversation_id", "sequence"), // those of no conversation, which retention deletes
	}
}
