package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

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
