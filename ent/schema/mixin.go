// Package schema defines what Parley stores. Entities have no edges: a row
// names others by their ids, the database's composite foreign keys keep them
// within one account, and the fence of internal/store hides what the viewer
// may not see. So there are no edge predicates that could look past the fence.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"parley/internal/clock"
)

// Identified gives a row its TypeID.
type Identified struct{ mixin.Schema }

// Fields of Identified.
func (Identified) Fields() []ent.Field {
	return []ent.Field{field.String("id").NotEmpty().Immutable()}
}

// AccountOwned rows belong to one account for ever (AC-1).
type AccountOwned struct{ mixin.Schema }

// Fields of AccountOwned.
func (AccountOwned) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").NotEmpty().Immutable(),
		field.String("account_id").NotEmpty().Immutable(),
	}
}

// InboxOwned rows are seen by the members of their inbox alone (AC-3).
type InboxOwned struct{ mixin.Schema }

// Fields of InboxOwned.
func (InboxOwned) Fields() []ent.Field {
	return append(AccountOwned{}.Fields(), field.String("inbox_id").NotEmpty().Immutable())
}

// reference is the id of another row, or "" for none.
func reference(name string) ent.Field { return field.String(name).Default("") }

// text is a string that may be empty.
func text(name string) ent.Field { return field.String(name).Default("") }

// externalID is the id that an object has in a system of the account's; null: none.
func externalID() ent.Field {
	return field.String("external_id").Optional().Nillable().Comment("Unique per account and type.")
}

// instant is a point in time; zero while it is not set.
func instant(name string) ent.Field {
	return field.Int64(name).GoType(clock.Micros(0)).Default(0)
}

// made is the time at which the row was made.
func made() ent.Field {
	return field.Int64("created_at").GoType(clock.Micros(0)).Immutable()
}
