package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
)

// Tag is a mark of the account's conversations (IN-31).
type Tag struct{ ent.Schema }

// Mixin of Tag.
func (Tag) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Tag.
func (Tag) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("folded").Comment("The name without case; unique in the account. A merged tag keeps its own, until another tag takes it."),
		text("color"),
		instant("archived_at"),
		field.String("merged_into").Default("").Comment("The tag that it became, which is itself not merged."),
		field.Int64("rewritten_at").GoType(clock.Micros(0)).Default(0).Comment("When the last conversation that had the merged tag got the other one."),
		made(),
	}
}

// Indexes of Tag.
func (Tag) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "folded").Unique(),
		index.Fields("account_id", "merged_into", "folded", "id"),
	}
}
