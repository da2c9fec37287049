package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Rating is what a contact was asked after one close of a conversation, and what they
// answered (CO-5). It is stored when it is asked in a mail, or answered in a chat.
type Rating struct{ ent.Schema }

// Mixin of Rating.
func (Rating) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Rating.
func (Rating) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.Int("close_number").Immutable().Comment("Which close of the conversation it is about, from 1."),
		field.String("scale").GoType(vocab.RatingScale("")).Immutable(),
		field.String("medium").GoType(vocab.RatingMedium("")).Comment("Where it was asked; once answered, where that was."),
		field.String("resolved_by").Default("").Immutable().Comment("Who closed the conversation."),
		field.Int64("closed_at").GoType(clock.Micros(0)).Immutable(),
		field.Int("score").Default(0).Comment("1 to 5, thumbs are 1 and 5; 0: not answered."),
		text("comment"),
		instant("given_at"),
		made(),
	}
}

// Indexes of Rating: one question for each close, and what was answered in an inbox when.
func (Rating) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "close_number").Unique(), index.Fields("inbox_id", "given_at")}
}
