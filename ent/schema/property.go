package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// Property is a field that an account defined for records of one kind (CR-11).
type Property struct{ ent.Schema }

// Mixin of Property.
func (Property) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Property.
func (Property) Fields() []ent.Field {
	return []ent.Field{
		field.String("object").GoType(vocab.PropertyObject("")).Immutable(),
		field.String("name").Comment("Unique among the properties of the object."),
		field.String("label"),
		text("description"),
		field.String("kind").GoType(vocab.PropertyKind("")).Immutable(),
		field.JSON("options", []vocab.PropertyOption{}).Default([]vocab.PropertyOption{}).Comment("In their order; of choices only."),
		instant("archived_at"),
		made(),
	}
}

// Indexes of Property.
func (Property) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "object", "name").Unique(), index.Fields("account_id", "id").Unique()}
}

// PropertyValue is what a record has of a property; of several choices one row each
// (CR-11). It hangs on the property's id, so that a new name changes none.
type PropertyValue struct{ ent.Schema }

// Mixin of PropertyValue.
func (PropertyValue) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of PropertyValue.
func (PropertyValue) Fields() []ent.Field {
	return []ent.Field{
		field.String("property_id").Immutable(),
		field.String("object").GoType(vocab.PropertyObject("")).Immutable(),
		field.String("record_id").Immutable(),
		field.String("text").Default("").Comment("A text, a date, or the value of an option; otherwise empty."),
		field.String("text_key").Optional().Nillable().Comment("What texts are compared by: without case, of options as they are; null: not by text."),
		field.Float("number_key").Optional().Nillable().Comment("A number, the days of a date, the milliseconds of a time, or 0 and 1; null: not by number."),
		field.Int("place").Default(0).Comment("Among the choices of the record."),
	}
}

// Indexes of PropertyValue.
func (PropertyValue) Indexes() []ent.Index {
	return []ent.Index{index.Fields("property_id", "record_id", "place").Unique(), index.Fields("property_id", "text_key", "record_id"),
		index.Fields("property_id", "number_key", "record_id"), index.Fields("record_id")}
}
