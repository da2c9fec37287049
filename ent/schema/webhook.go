package schema

import (
	"encoding/json"

	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// WebhookEndpoint is an address that gets the account's events (NT-4).
type WebhookEndpoint struct{ ent.Schema }

// Mixin of WebhookEndpoint.
func (WebhookEndpoint) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of WebhookEndpoint.
func (WebhookEndpoint) Fields() []ent.Field {
	return []ent.Field{
		field.String("integration_id").Immutable().Comment("As which it reads."),
		field.String("name"),
		field.String("url"),
		field.JSON("types", []vocab.EventType{}).Comment("Empty: all that it may see."),
		field.Strings("inbox_ids").Comment("Empty: all of its integration's."),
		field.JSON("filter", json.RawMessage{}).Optional().Comment("Of the event's conversation; null: none."),
		field.Strings("changed_fields").Comment("Empty: any, or none."),
		text("document"),
		field.Int("payload_version").Default(1),
		field.Strings("scopes"),
		field.String("secret").Sensitive().Comment("Sealed."),
		field.String("previous_secret").Default("").Sensitive().Comment("Sealed; empty: there is none."),
		instant("previous_until"),
		field.String("state").GoType(vocab.WebhookEndpointState("")),
		field.String("pause_reason").GoType(vocab.WebhookPauseReason("")).Default("").Comment("Empty: it is not paused."),
		field.Int("failures").Default(0).Comment("In a row, up to now."),
		instant("retry_at"),      // before it, no request is sent; only while it is FAILING
		instant("failing_since"), // the first of the failures in a row
		text("document_problem"),
		field.Int("rounds").Default(0).Comment("How many replays and tests there were."),
		field.Int64("since_sequence").Default(0).Comment("It gets what came after it."),
		instant("deleted_at"),
		made(),
	}
}

// Indexes of WebhookEndpoint.
func (WebhookEndpoint) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "id").Unique(),
	}
}

// WebhookDelivery is an event on its way to an endpoint. Of a conversation, and of all that
// is about none, only the first one of an endpoint that is pending is ready.
type WebhookDelivery struct{ ent.Schema }

// Mixin of WebhookDelivery.
func (WebhookDelivery) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of WebhookDelivery.
func (WebhookDelivery) Fields() []ent.Field {
	return []ent.Field{
		field.String("endpoint_id").Immutable(),
		field.Int64("sequence").Immutable().Comment("Of the event; 0: it is a test."),
		field.String("event_type").GoType(vocab.EventType("")).Default("").Immutable(),
		field.String("conversation_id").Default("").Immutable().Comment("Empty: it is about none."),
		field.Int("round").Default(0).Immutable().Comment("0: the first one; otherwise a replay or a test."),
		field.String("state").GoType(vocab.WebhookDeliveryState("")),
		field.Bool("ready").Comment("No other one has to go before it."),
		field.Int("attempts").Default(0),
		instant("next_attempt_at"),
		field.Int("last_status").Default(0),
		field.String("last_failure").GoType(vocab.WebhookFailure("")).Default(""),
		instant("finished_at"),
		made(),
	}
}

// Indexes of WebhookDelivery. The migrations also index those that are pending, and those that
// are finished.
func (WebhookDelivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("endpoint_id", "sequence", "round").Unique(),
		index.Fields("endpoint_id", "id"),
		index.Fields("endpoint_id", "state", "id"),
		index.Fields("conversation_id", "endpoint_id"),
	}
}

// WebhookAttempt is a request that was sent, and how it was answered.
type WebhookAttempt struct{ ent.Schema }

// Mixin of WebhookAttempt.
func (WebhookAttempt) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of WebhookAttempt.
func (WebhookAttempt) Fields() []ent.Field {
	return []ent.Field{
		field.String("delivery_id").Immutable(),
		field.String("conversation_id").Default("").Immutable().Comment("The delivery's."),
		field.Int64("at").GoType(clock.Micros(0)).Immutable(),
		field.Int("duration_ms").Immutable(),
		field.Int("status").Default(0).Immutable().Comment("0: there was no answer."),
		field.String("failure").GoType(vocab.WebhookFailure("")).Default("").Immutable(),
		text("excerpt"),
	}
}

// Indexes of WebhookAttempt.
func (WebhookAttempt) Indexes() []ent.Index {
	return []ent.Index{index.Fields("delivery_id", "at"), index.Fields("conversation_id")}
}
