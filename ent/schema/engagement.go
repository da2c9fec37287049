package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Engagement is what someone of the team did with a contact, or is to do (CR-8).
type Engagement struct{ ent.Schema }

// Mixin of Engagement.
func (Engagement) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Engagement.
func (Engagement) Fields() []ent.Field {
	return []ent.Field{
		field.String("inbox_id").Default("").Immutable().Comment("That of its conversation; empty: it has none."),
		field.String("conversation_id").Default("").Immutable().Comment("It goes with it (IN-13)."),
		reference("contact_id"),
		reference("company_id"),
		reference("deal_id"),
		reference("ticket_id"),
		field.String("kind").GoType(vocab.EngagementKind("")).Immutable(),
		field.JSON("body", vocab.EngagementBody{}),
		field.String("author_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("author_id").Immutable(),
		reference("owner_id"),
		field.Int64("at").GoType(clock.Micros(0)).Comment("When it took place, or will; of notes and tasks, when they were logged."),
		field.String("assignee_id").Default("").Comment("Of a task."),
		field.String("task_progress").GoType(vocab.TaskProgress("")).Default("").Comment("Empty: it is not a task."),
		field.Int64("due_order").GoType(clock.Micros(0)).Default(int64(clock.Never)).Comment("When a task is due, or the end of time, so that those without come last."),
		field.Int64("due_noted").GoType(clock.Micros(0)).Default(0).Comment("The time due for which TASK_DUE was emitted; zero: none was."),
		field.Int64("reminder_noted").GoType(clock.Micros(0)).Default(0).Comment("The same of the reminder."),
		externalID(),
		field.Int("revision").Default(1),
		instant("edited_at"),
		made(),
	}
}

// Indexes of Engagement.
func (Engagement) Indexes() []ent.Index {
	list := []ent.Index{
		index.Fields("account_id", "id").Unique(), index.Fields("account_id", "external_id").Unique(), index.Fields("account_id", "at", "id"),
		index.Fields("account_id", "task_progress", "due_order", "id"), index.Fields("account_id", "assignee_id", "task_progress", "due_order", "id"),
	}
	for _, of := range []string{"conversation_id", "contact_id", "company_id", "deal_id", "ticket_id"} {
		list = append(list, index.Fields(of, "at", "id"))
	}
	return list
}

// EngagementRevision is what an engagement said before it was changed.
type EngagementRevision struct{ ent.Schema }

// Mixin of EngagementRevision.
func (EngagementRevision) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of EngagementRevision.
func (EngagementRevision) Fields() []ent.Field {
	return []ent.Field{
		field.String("engagement_id").Immutable(),
		field.String("inbox_id").Default("").Immutable().Comment("That of the engagement."),
		field.String("conversation_id").Default("").Immutable().Comment("That of the engagement."),
		field.Int("revision").Immutable().Comment("That of the engagement while it said this."),
		field.JSON("body", vocab.EngagementBody{}).Immutable(),
		field.String("editor_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("editor_id").Immutable().Comment("Who changed it."),
		made(),
	}
}

// Indexes of EngagementRevision.
func (EngagementRevision) Indexes() []ent.Index {
	return []ent.Index{index.Fields("engagement_id", "revision").Unique(), index.Fields("conversation_id")}
}

// Association is a record that belongs to a conversation by what someone said, or a rule;
// others follow from what the conversation has (CR-3).
type Association struct{ ent.Schema }

// Mixin of Association.
func (Association) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Association.
func (Association) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("record_id").Immutable(),
		field.Bool("removed").Default(false).Comment("It is not to be associated, although it would be."),
		field.String("author_kind").GoType(viewer.Kind("")),
		field.String("author_id"),
		field.Int64("at").GoType(clock.Micros(0)),
	}
}

// Indexes of Association.
func (Association) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "record_id").Unique(), index.Fields("record_id", "at")}
}
