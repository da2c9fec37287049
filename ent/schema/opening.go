package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
)

// LibraryOpening is that a person opened a document that was sent (CO-9). It says nothing
// of where they were.
type LibraryOpening struct{ ent.Schema }

// Mixin of LibraryOpening.
func (LibraryOpening) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of LibraryOpening.
func (LibraryOpening) Fields() []ent.Field {
	return []ent.Field{
		field.String("share_id").Immutable(),
		field.String("conversation_id").Immutable(),
		field.String("contact_id").Default("").Comment("Whom it was sent to; empty: not known."),
		field.String("email").Default("").Immutable().Comment("Who they said they were; empty: they were not asked."),
		field.Bool("again").Immutable().Comment("Whether it had been opened before."),
		field.Int("seconds").Default(0).Comment("How long it was in sight."),
		instant("downloaded_at"),
		field.Int64("opened_at").GoType(clock.Micros(0)).Immutable(),
	}
}

// Indexes of LibraryOpening.
func (LibraryOpening) Indexes() []ent.Index {
	return []ent.Index{index.Fields("share_id", "opened_at", "id"), index.Fields("contact_id", "opened_at", "id"), index.Fields("conversation_id"), index.Fields("account_id", "email")}
}
