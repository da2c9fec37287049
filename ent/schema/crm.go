package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// Ticket is a request that the team works on (CR-2).
type Ticket struct{ ent.Schema }

// Mixin of Ticket.
func (Ticket) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Ticket.
func (Ticket) Fields() []ent.Field {
	return []ent.Field{
		text("subject"),
		field.String("pipeline"),
		field.String("stage"),
		field.String("priority").GoType(vocab.Priority("")),
		field.JSON("properties", []vocab.TicketProperty{}).Default([]vocab.TicketProperty{}),
		reference("contact_id"),
		externalID(),
		field.String("conversation_id").Optional().Nillable().Comment("The conversation that it was made for; one ticket each (EM-8)."),
		made(),
	}
}

// Indexes of Ticket.
func (Ticket) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id").Unique(), index.Fields("conversation_id", "created_at", "id"),
		index.Fields("contact_id", "created_at", "id"), index.Fields("account_id", "created_at", "id"),
		index.Fields("account_id", "external_id").Unique()}
}
