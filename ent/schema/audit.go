package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AuditEntry is an entry of the account's audit log (AC-17). It is never changed,
// but for its subject and changes, which go when the object is erased.
type AuditEntry struct{ ent.Schema }

// Mixin of AuditEntry.
func (AuditEntry) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of AuditEntry.
func (AuditEntry) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("number").Immutable().Comment("Its position in the account's audit log."),
		field.String("action").GoType(vocab.AuditAction("")).Immutable(),
		field.Int64("at").GoType(microsType).Immutable(),
		field.String("actor_kind").GoType(viewer.Kind("")).Immutable(),
		text("actor_id"),
		field.String("work").Default("").Comment("The work of Parley's own that did it in the actor's name; empty: none."),
		field.String("credential_id").Default("").Comment("The API token or session by which the actor called; empty: none."),
		reference("inbox_id"),
		field.String("subject_id").Default("").Comment("The object that it is about."),
		field.String("detail").Default("").Comment("What was read or exported."),
		field.Int64("event_sequence").Default(0).Comment("The number of the event that says the same; 0: none does."),
		field.JSON("changes", []vocab.FieldChange{}),
	}
}

// Indexes of AuditEntry.
func (AuditEntry) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "number").Unique(),
		index.Fields("account_id", "at", "id"),
		index.Fields("account_id", "action", "at", "id"),
		index.Fields("account_id", "actor_id", "at", "id"),
		index.Fields("account_id", "subject_id", "at", "id"),
	}
}
