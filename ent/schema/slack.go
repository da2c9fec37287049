package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// SlackWorkspace is a Slack workspace in which the account has the app (NT-2).
type SlackWorkspace struct{ ent.Schema }

// Mixin of SlackWorkspace.
func (SlackWorkspace) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of SlackWorkspace.
func (SlackWorkspace) Fields() []ent.Field {
	return []ent.Field{
		field.String("team_id").Immutable().Comment("Slack's."),
		field.String("name"),
		field.String("bot_user_id").Comment("As whom the app writes."),
		field.String("token").Sensitive().Comment("Sealed; empty: there is none."),
		field.String("integration_id").Comment("Who writes the notes of those who are not users."),
		field.String("state").GoType(vocab.SlackWorkspaceState("")),
		text("problem"),
		reference("connected_by"),
		text("installer"), // who installed it, in Slack
		instant("connected_at"),
		made(),
	}
}

// Indexes of SlackWorkspace.
func (SlackWorkspace) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "team_id").Unique(),
		index.Fields("team_id"),
	}
}

// SlackChannel is a Slack channel that gets an inbox's conversations (IB-4).
type SlackChannel struct{ ent.Schema }

// Mixin of SlackChannel.
func (SlackChannel) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of SlackChannel.
func (SlackChannel) Fields() []ent.Field {
	return []ent.Field{
		field.String("workspace_id").Immutable(),
		field.String("team_id").Immutable().Comment("The workspace's."),
		field.String("slack_id").Immutable(),
		field.String("name"),
		field.JSON("kinds", []vocab.SlackPostKind{}),
		reference("view_id"), // empty: all conversations begin a thread
		field.String("thread_replies").GoType(vocab.SlackThreadReplies("")),
		field.String("state").GoType(vocab.SlackChannelState("")),
		text("problem"),
		made(),
	}
}

// Indexes of SlackChannel.
func (SlackChannel) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("inbox_id", "workspace_id", "slack_id").Unique(),
		index.Fields("workspace_id", "id"),
		index.Fields("team_id", "slack_id"),
	}
}
