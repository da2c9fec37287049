package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
)

// Erasure is the certificate that a contact was erased (CR-5).
type Erasure struct{ ent.Schema }

// Mixin of Erasure.
func (Erasure) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Erasure.
func (Erasure) Fields() []ent.Field {
	return []ent.Field{
		field.String("contact_id").Immutable(),
		field.JSON("counts", map[string]int{}).Comment("How many rows of each table went."),
		field.String("actor_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("actor_id").Immutable(),
		field.String("token_id").Default("").Immutable().Comment("The API token or session by which they called; empty: none."),
		instant("rows_erased_at"), // zero: it is still going on
		made(),
	}
}

// Indexes of Erasure.
func (Erasure) Indexes() []ent.Index {
	return []ent.Index{index.Fields("contact_id"), index.Fields("account_id", "id")}
}
