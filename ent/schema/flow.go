package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// BotFlow is a version of a bot's flow, as it was published (BT-4). It never changes.
type BotFlow struct{ ent.Schema }

// Mixin of BotFlow.
func (BotFlow) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of BotFlow.
func (BotFlow) Fields() []ent.Field {
	return []ent.Field{
		field.String("bot_id").Immutable(),
		field.Int("version").Immutable().Comment("From 1."),
		field.JSON("flow", vocab.Flow{}).Immutable(),
		field.String("published_by").Default("").Immutable().Comment("A user."),
		made(),
	}
}

// Indexes of BotFlow.
func (BotFlow) Indexes() []ent.Index {
	return []ent.Index{index.Fields("bot_id", "version").Unique(), index.Fields("account_id", "id").Unique()}
}

// FlowRun is where a flow stands in a conversation (BT-4).
type FlowRun struct{ ent.Schema }

// Mixin of FlowRun.
func (FlowRun) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of FlowRun.
func (FlowRun) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("bot_id").Immutable(),
		field.Int("version").Immutable(),
		field.String("step_id"),
		field.String("phase").GoType(vocab.FlowPhase("")),
		field.Int("tries").Default(0),
		field.Int("step_count").Default(0).Comment("How many steps were done."),
		field.Int("read_number").Default(0).Comment("The conversation's last message that was looked at: what comes later may be an answer."),
		text("last_answer"),
		field.JSON("answers", []vocab.FlowAnswer{}).Default([]vocab.FlowAnswer{}),
		field.String("outcome").GoType(vocab.FlowOutcome("")).Default(""),
		text("problem"),
		instant("due_at"),
		instant("moved_at"),
		made(),
		instant("ended_at"),
	}
}

// Indexes of FlowRun. The migrations also index those that are at work.
func (FlowRun) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "id"), index.Fields("account_id", "id").Unique()}
}

// BotStepCount counts what became of a step of a version (BT-5).
type BotStepCount struct{ ent.Schema }

// Mixin of BotStepCount.
func (BotStepCount) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of BotStepCount.
func (BotStepCount) Fields() []ent.Field {
	return []ent.Field{
		field.String("bot_id").Immutable(),
		field.Int("version").Immutable(),
		field.String("step_id").Immutable(),
		field.Int("reached").Default(0),
		field.Int("answered").Default(0),
		field.Int("abandoned").Default(0),
	}
}

// Indexes of BotStepCount.
func (BotStepCount) Indexes() []ent.Index {
	return []ent.Index{index.Fields("bot_id", "version", "step_id").Unique(), index.Fields("account_id", "id").Unique()}
}
