package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Pipeline is a course that tickets or deals take (CR-7, CR-9).
type Pipeline struct{ ent.Schema }

// Mixin of Pipeline.
func (Pipeline) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Pipeline.
func (Pipeline) Fields() []ent.Field {
	return []ent.Field{
		field.String("object").GoType(vocab.PipelineObject("")).Immutable(),
		field.String("name"),
		field.String("folded").Comment("The name without case; unique among those of the object that are not archived."),
		field.Int("position"),
		field.Bool("close_together").Default(false).Comment("A ticket and its conversation close with each other."),
		instant("archived_at"),
		made(),
	}
}

// Indexes of Pipeline.
func (Pipeline) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "object", "position", "id"), index.Fields("account_id", "object", "folded").Unique()}
}

// PipelineStage is a step of a pipeline.
type PipelineStage struct{ ent.Schema }

// Mixin of PipelineStage.
func (PipelineStage) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of PipelineStage.
func (PipelineStage) Fields() []ent.Field {
	return []ent.Field{
		field.String("pipeline_id").Immutable(),
		field.String("name"),
		field.String("folded").Comment("The name without case; unique among the pipeline's stages that are not archived."),
		field.Int("position"),
		field.String("kind").GoType(vocab.StageKind("")).Immutable(),
		field.Int("probability").Optional().Nillable().Comment("In percent; null: a stage of tickets."),
		instant("archived_at"),
		made(),
	}
}

// Indexes of PipelineStage.
func (PipelineStage) Indexes() []ent.Index {
	return []ent.Index{index.Fields("pipeline_id", "position", "id"), index.Fields("pipeline_id", "folded").Unique()}
}

// RecordCounter has the last numbers of an account's tickets and quotes; its id is the
// account's.
type RecordCounter struct{ ent.Schema }

// Mixin of RecordCounter.
func (RecordCounter) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of RecordCounter.
func (RecordCounter) Fields() []ent.Field {
	return []ent.Field{field.Int("tickets").Default(0), field.Int("quotes").Default(0)}
}

// Ticket is a request that the team works on (CR-7).
type Ticket struct{ ent.Schema }

// Mixin of Ticket.
func (Ticket) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Ticket.
func (Ticket) Fields() []ent.Field {
	return append([]ent.Field{
		field.Int("number").Default(0).Comment("From 1, unique in the account."),
		text("subject"),
		text("description"),
		field.String("priority").GoType(vocab.Priority("")),
		field.String("source").GoType(vocab.TicketSource("")).Default(""),
		field.Bool("owner_follows").Default(false).Comment("The owner is whom the conversation is assigned to, until someone sets another."),
		reference("team_id"),
		instant("due_at"),
		field.Int64("due_order").GoType(clock.Micros(0)).Default(int64(clock.Never)).Comment("due_at, or the end of time, so that those without come last."),
	}, recordFields("The conversation that it was made for; one ticket each (EM-8).")...)
}

// recordFields are those that tickets and deals have alike.
func recordFields(ofConversation string) []ent.Field {
	return []ent.Field{
		field.String("pipeline_id"),
		field.String("stage_id"),
		field.String("stage_kind").GoType(vocab.StageKind("")).Comment("That of the stage, which never changes."),
		reference("owner_id"),
		field.JSON("properties", []vocab.TicketProperty{}).Default([]vocab.TicketProperty{}),
		reference("contact_id"),
		reference("company_id"),
		externalID(),
		field.String("conversation_id").Optional().Nillable().Comment(ofConversation),
		field.Int("revision").Default(1),
		field.Int64("last_activity_at").GoType(clock.Micros(0)).Default(0),
		instant("closed_at"),
		made(),
	}
}

// Indexes of Ticket.
func (Ticket) Indexes() []ent.Index {
	return append(recordIndexes("due_order"), index.Fields("account_id", "number").Unique(), index.Fields("conversation_id").Unique())
}

// recordIndexes walk the lists of tickets or deals in each order: by stage, by kind of
// stage, and by owner.
func recordIndexes(due string) []ent.Index {
	list := []ent.Index{
		index.Fields("conversation_id", "created_at", "id"), index.Fields("contact_id", "created_at", "id"),
		index.Fields("company_id", "created_at", "id"), index.Fields("account_id", "external_id").Unique(),
	}
	for _, order := range []string{"last_activity_at", "created_at", due} {
		list = append(list, index.Fields("account_id", "stage_kind", order, "id"), index.Fields("stage_id", order, "id"),
			index.Fields("account_id", "owner_id", "stage_kind", order, "id"))
	}
	return list
}

// Deal is a sale that may come about (CR-9).
type Deal struct{ ent.Schema }

// Mixin of Deal.
func (Deal) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Deal.
func (Deal) Fields() []ent.Field {
	return append([]ent.Field{
		field.String("name"),
		field.Int64("amount").Optional().Nillable().Comment("In the currency's smallest unit."),
		text("currency"),
		field.String("type").GoType(vocab.DealType("")).Default(""),
		text("lost_reason"),
		instant("closes_at"),
		field.Int64("closes_order").GoType(clock.Micros(0)).Default(int64(clock.Never)).Comment("closes_at, or the end of time, so that those without come last."),
	}, recordFields("The conversation that it was made for.")...)
}

// Indexes of Deal.
func (Deal) Indexes() []ent.Index { return recordIndexes("closes_order") }

// RecordContact is a contact of a ticket or deal besides its main one (CR-7, CR-9).
type RecordContact struct{ ent.Schema }

// Mixin of RecordContact.
func (RecordContact) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of RecordContact.
func (RecordContact) Fields() []ent.Field {
	return []ent.Field{
		field.String("record_id").Immutable().Comment("The ticket or deal."),
		field.String("contact_id"),
		field.Int64("at").GoType(clock.Micros(0)).Immutable(),
	}
}

// Indexes of RecordContact.
func (RecordContact) Indexes() []ent.Index {
	return []ent.Index{index.Fields("record_id", "contact_id").Unique(), index.Fields("contact_id", "record_id")}
}
