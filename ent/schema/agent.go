package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AgentRun is one engagement of an external bot in a conversation (AG-1).
type AgentRun struct{ ent.Schema }

// Mixin of AgentRun.
func (AgentRun) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of AgentRun.
func (AgentRun) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("bot_id").Immutable(),
		field.String("state").GoType(vocab.AgentRunState("")),
		field.Int("turn").Comment("The conversation's turn that it works on (AG-2)."),
		field.String("reason").GoType(vocab.BotTurnReason("")).Comment("Why it has work to do."),
		field.Int("step_count").Default(0).Comment("How many steps were reported, those that are gone too."),
		field.Int("asked_number").Default(0).Comment("The team's newest message when it began to wait for approval: a later one answers."),
		text("proposal_id"),
		instant("due_at"),
		instant("alive_at"),
		instant("hand_off_at"),
		text("lease_id"),
		instant("lease_until"),
		made(),
		instant("ended_at"),
	}
}

// Indexes of AgentRun. The migrations also index those that are at work.
func (AgentRun) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "id"), index.Fields("account_id", "id").Unique()}
}

// AgentStep is what a bot reports of its work on a run (AG-1).
type AgentStep struct{ ent.Schema }

// Mixin of AgentStep.
func (AgentStep) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of AgentStep.
func (AgentStep) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("run_id").Immutable(),
		field.Int("number").Immutable().Comment("Its place among the run's steps, from 1."),
		field.Int("turn").Immutable(),
		field.String("kind").GoType(vocab.AgentStepKind("")).Immutable(),
		field.String("text").Immutable(),
		field.Bool("ephemeral").Default(false).Immutable().Comment("It goes once its turn is answered."),
		made(),
	}
}

// Indexes of AgentStep.
func (AgentStep) Indexes() []ent.Index {
	return []ent.Index{index.Fields("run_id", "number").Unique(), index.Fields("conversation_id", "id")}
}

// Proposal is a reply or an action that a machine proposes, and what became of it (AG-3).
type Proposal struct{ ent.Schema }

// Mixin of Proposal.
func (Proposal) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Proposal.
func (Proposal) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("kind").GoType(vocab.ProposalKind("")).Immutable(),
		field.String("state").GoType(vocab.ProposalState("")),
		field.String("markdown").Default("").Immutable().Comment("The reply that is proposed."),
		field.String("action_name").Default("").Immutable().Comment("The mutation that is proposed."),
		field.JSON("action", json.RawMessage{}).Immutable().Comment("Its input, as Go has it."),
		field.String("summary").Immutable().Comment("It in one line."),
		field.Float("confidence").Optional().Nillable().Immutable(),
		field.JSON("sources", []vocab.ProposalSource{}).Immutable(),
		field.String("reason").Default("").Immutable(),
		field.Int("based_on_number").Immutable().Comment("The newest message that it looked at."),
		field.Int("turn").Default(0).Immutable().Comment("The conversation's turn when it was made."),
		field.String("run_id").Default("").Immutable().Comment("The run of the bot that made it; \"\": none."),
		field.String("author_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("author_id").Immutable(),
		made(),
		text("decided_by"),
		instant("decided_at"),
		text("note"),
		text("message_id"),
		field.Bool("was_edited").Default(false).Comment("The reply went out with another text."),
		field.Float("edited").Default(0).Comment("How much of the reply was changed, 0 to 1."),
		field.Int("reopen_count").Default(0).Comment("How often the conversation had been reopened when it was decided."),
		instant("reopened_at"),
		instant("heard_at"),
	}
}

// Indexes of Proposal. The migrations also index those that wait, those with a message,
// and decisions that a bot did not hear of.
func (Proposal) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "conversation_id", "id"), index.Fields("conversation_id", "id"), index.Fields("account_id", "id").Unique(), index.Fields("account_id", "created_at", "id"),
	}
}

// Annotation is a fact that a machine or a person attached to a conversation or message (AG-4).
type Annotation struct{ ent.Schema }

// Mixin of Annotation.
func (Annotation) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Annotation.
func (Annotation) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("message_id").Default("").Immutable().Comment("\"\": it is about the whole conversation."),
		field.String("kind").Immutable(),
		field.String("value").Immutable(),
		field.String("value_key").Immutable().Comment("By what filters find it: the value's beginning in lower case."),
		field.String("model").Default("").Immutable(),
		field.Float("confidence").Optional().Nillable().Immutable(),
		field.Int("based_on_number").Immutable(),
		field.String("author_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("author_id").Immutable(),
		made(),
		instant("superseded_at"),
	}
}

// Indexes of Annotation. The migrations also index those of now by their values.
func (Annotation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "conversation_id", "message_id", "kind", "author_id", "id"), index.Fields("conversation_id", "id"), index.Fields("account_id", "id").Unique()}
}
