package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Draft is what a user is writing in a conversation, a reply or a note, and did
// not send yet (CO-3).
type Draft struct{ ent.Schema }

// Mixin of Draft.
func (Draft) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Draft.
func (Draft) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("user_id").Immutable(),
		field.Bool("note").Default(false).Immutable(),
		text("markdown"),
		field.JSON("details", vocab.DraftDetails{}).Default(vocab.DraftDetails{}),
		field.Int("revision").Default(1),
		field.Int64("updated_at").GoType(clock.Micros(0)),
		made(),
	}
}

// Indexes of Draft.
func (Draft) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "user_id", "note").Unique(), index.Fields("user_id", "updated_at", "id")}
}
