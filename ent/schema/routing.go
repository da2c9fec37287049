package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// RoutingDecision keeps who got a conversation by which rule, and why (RT-5).
type RoutingDecision struct{ ent.Schema }

// Mixin of RoutingDecision.
func (RoutingDecision) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of RoutingDecision.
func (RoutingDecision) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.Int64("decided_at").GoType(microsType).Immutable(),
		field.String("trigger").Immutable().Comment("What asked for it: START, UNFILTERED, REOPENED ..."),
		field.String("source").Default("").Immutable().Comment("The targeted message or bot with the rule."),
		field.Int("rule").Immutable().Comment("Place of the rule, from 1; 0: none."),
		field.String("target").Immutable(),
		field.String("assignee_id").Default("").Immutable(),
		field.String("assigned_team_id").Default("").Immutable(),
		field.JSON("candidates", []vocab.RoutingCandidate{}),
		field.Int("offer_max_age").Default(0).Immutable().Comment("Seconds; 0: no offer (RT-7)."),
		field.Int("offer_per_minute").Default(0).Immutable(),
		field.Bool("connected").Default(false).Immutable().Comment("The visitor was connected (RT-4)."),
	}
}

// Indexes of RoutingDecision.
func (RoutingDecision) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "id"), index.Fields("assignee_id", "decided_at")}
}

// RoutingTurn remembers whose turn was last in a round robin (RT-6).
type RoutingTurn struct{ ent.Schema }

// Mixin of RoutingTurn.
func (RoutingTurn) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of RoutingTurn.
func (RoutingTurn) Fields() []ent.Field {
	return []ent.Field{
		field.String("scope").Immutable().Comment("The circle of people that takes turns."),
		reference("last_user_id"),
		field.Int("turn").Default(0),
	}
}

// Indexes of RoutingTurn.
func (RoutingTurn) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "scope").Unique()}
}
