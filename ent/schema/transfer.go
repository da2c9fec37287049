package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// ContactImport is what a task that imports contacts has beside its progress (CR-1). Its
// id is the task's; its rows are in contact_import_rows.
type ContactImport struct{ ent.Schema }

// Mixin of ContactImport.
func (ContactImport) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactImport.
func (ContactImport) Fields() []ent.Field {
	return []ent.Field{
		field.String("file_name").Immutable(),
		field.Bool("dry_run").Default(false).Immutable().Comment("Nothing is changed: the rows say what would become of them."),
		field.JSON("columns", json.RawMessage{}).Immutable(),
		field.String("list_id").Default("").Immutable().Comment("The list that the contacts are put on; empty: none."),
		field.Int("created").Default(0),
		field.Int("updated").Default(0),
		field.Int("unchanged").Default(0),
		field.Int("refused").Default(0),
		made(),
	}
}

// ContactExport is an export of contacts that can be fetched for ten minutes (CR-1).
type ContactExport struct{ ent.Schema }

// Mixin of ContactExport.
func (ContactExport) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactExport.
func (ContactExport) Fields() []ent.Field {
	return []ent.Field{
		field.JSON("filter", json.RawMessage{}).Immutable(),
		field.String("format").GoType(vocab.ContactExportFormat("")).Immutable(),
		field.String("actor_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("actor_id").Immutable(),
		field.String("token_id").Default("").Immutable().Comment("What the actor may do is asked again while the export is fetched."),
		made(),
	}
}

// Indexes of ContactExport.
func (ContactExport) Indexes() []ent.Index { return []ent.Index{index.Fields("created_at")} }
