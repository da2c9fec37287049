package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

var microsType = clock.Micros(0)

// IdempotencyKey remembers a mutation that succeeded, so that its replay gives
// the same answer (OP-3). Kept for 24 hours.
type IdempotencyKey struct{ ent.Schema }

// Mixin of IdempotencyKey.
func (IdempotencyKey) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of IdempotencyKey.
func (IdempotencyKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("actor_id").Immutable(),
		field.String("mutation").Immutable(),
		field.String("key").Immutable(),
		field.Bytes("input_hash").Immutable(),
		field.Strings("result").Comment("Ids of the objects in the answer."),
		made(),
	}
}

// Indexes of IdempotencyKey.
func (IdempotencyKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "actor_id", "mutation", "key").Unique(),
		index.Fields("created_at"),
	}
}

// Task is background work whose progress can be watched (IN-6, IB-3, OP-3).
type Task struct{ ent.Schema }

// Mixin of Task.
func (Task) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Task.
func (Task) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").GoType(vocab.TaskKind("")).Immutable(),
		field.String("state").GoType(vocab.TaskState("")),
		field.JSON("params", json.RawMessage{}).Immutable(),
		field.String("cursor").Default("").Comment("The last conversation that was done with."),
		field.Int("total"),
		field.Int("done").Default(0),
		field.Int("skipped").Default(0),
		field.JSON("problems", []vocab.TaskProblem{}),
		text("failure"),
		field.String("actor_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("actor_id").Immutable(),
		field.String("token_id").Immutable().Default("").Comment("What the actor may do is asked again while the task runs."),
		instant("finished_at"),
		made(),
	}
}
