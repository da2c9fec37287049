package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// SavedView is a named filter, private to its owner or shared with an inbox
// (IN-19).
type SavedView struct{ ent.Schema }

// Mixin of SavedView.
func (SavedView) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of SavedView.
func (SavedView) Fields() []ent.Field {
	return []ent.Field{
		field.String("inbox_id").Default("").Immutable().Comment("Empty: all inboxes of its owner."),
		field.String("owner_id").Immutable(),
		field.String("private_to").Default("").Comment("The owner, while only the owner sees it; empty: shared with the inbox."),
		field.String("name"),
		field.String("view").GoType(vocab.ConversationView("")).Comment("The built-in view that it narrows."),
		field.JSON("filter", json.RawMessage{}),
		field.String("order_by").GoType(vocab.ConversationOrder("")),
		made(),
	}
}

// Indexes of SavedView.
func (SavedView) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "inbox_id", "private_to", "name").Unique(),
		index.Fields("owner_id"), index.Fields("account_id", "name", "id"),
	}
}
