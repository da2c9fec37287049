package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// User is a person who works for the account (AC-2).
type User struct{ ent.Schema }

// Mixin of User.
func (User) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of User.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("email").Comment("In lower case; unique among the account's users."),
		text("avatar_url"),
		field.String("role").GoType(vocab.UserRole("")),
		field.String("seat").GoType(vocab.Seat("")),
		field.String("availability").GoType(vocab.UserAvailability("")),
		field.Bool("reassign_replies_when_away").Default(false),
		field.Int("chat_capacity").Default(0).Comment("Open chats at once that routing gives; 0: no limit (RT-2)."),
		field.Bool("auto_assign").Default(true).Comment("Routing may choose them (RT-7)."),
		field.Bool("follows_presence").Default(false).Comment("Availability follows presence (AC-15)."),
		field.Bool("away_by_hand").Default(false).Comment("They set themselves away (AC-15)."),
		field.Bool("overtime").Default(false).Comment("They set themselves available outside their hours (AC-15)."),
		field.JSON("working_hours", vocab.WorkingHours{}).Default(vocab.WorkingHours{}),
		instant("connected_at"),
		instant("answered_at"),
		instant("deactivated_at"),
		instant("last_seen_at"),
		field.Bool("removed_from_directory").Default(false).Comment("Deactivated by SCIM's DELETE: gone for the directory (AC-19)."),
		field.JSON("directory_name", vocab.DirectoryName{}).Default(vocab.DirectoryName{}).Comment("As a directory has it (AC-19)."),
		field.Strings("returning_team_ids").Default([]string{}).Comment("The teams that a directory's reactivation puts them back into (AC-19)."),
		externalID(),
		made(),
	}
}

// Indexes of User.
func (User) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "email").Unique(), index.Fields("account_id", "name", "id"),
		index.Fields("account_id", "external_id").Unique(), index.Fields("email")}
}

// Team groups users (AC-2).
type Team struct{ ent.Schema }

// Mixin of Team.
func (Team) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Team.
func (Team) Fields() []ent.Field {
	return []ent.Field{field.String("name"), instant("archived_at"), externalID(), made()}
}

// Indexes of Team.
func (Team) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "name").Unique(), index.Fields("account_id", "external_id").Unique()}
}

// TeamMember puts a user into a team.
type TeamMember struct{ ent.Schema }

// Mixin of TeamMember.
func (TeamMember) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of TeamMember.
func (TeamMember) Fields() []ent.Field {
	return []ent.Field{field.String("team_id").Immutable(), field.String("user_id").Immutable()}
}

// Indexes of TeamMember.
func (TeamMember) Indexes() []ent.Index {
	return []ent.Index{index.Fields("team_id", "user_id").Unique(), index.Fields("user_id")}
}

// Integration is a program that works for the account with a token of its own (AC-12).
type Integration struct{ ent.Schema }

// Mixin of Integration.
func (Integration) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Integration.
func (Integration) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.Strings("inbox_ids").Comment("The inboxes that it may see; empty: none."),
		text("avatar_url"),
		made(),
	}
}

// Indexes of Integration.
func (Integration) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "name", "id")}
}

// Bot answers visitors by itself (BT-1).
type Bot struct{ ent.Schema }

// Mixin of Bot.
func (Bot) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Bot.
func (Bot) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		text("avatar_url"),
		field.Strings("inbox_ids").Default([]string{}),
		field.JSON("routing", vocab.Routing{}).Default(vocab.Routing{}).Comment("How it hands off (BT-2)."),
		text("nobody_available_text"),
		field.Int("approval_timeout").Default(0).Comment("Seconds; 0: the default (AG-1)."),
		field.Int("flow_version").Default(0).Comment("The version of its flow that new conversations have; 0: it is an external one (BT-4)."),
		instant("archived_at"),
		made(),
	}
}

// Indexes of Bot.
func (Bot) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "name", "id")}
}

// ApiToken is the token of a user, an integration or a bot (AC-9). Only its hash is kept.
type ApiToken struct{ ent.Schema }

// Mixin of ApiToken.
func (ApiToken) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ApiToken.
func (ApiToken) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("hash").Unique().Sensitive(),
		field.Bytes("previous_hash").Optional().Unique().Sensitive().Comment("Of the secret before the last rotation; none: it ended."),
		instant("previous_until"),
		field.String("name"),
		reference("user_id"),
		reference("integration_id"),
		reference("bot_id"),
		field.String("channel_id").Default("").Immutable().Comment("The custom channel that it is bound to; empty: none (NT-4)."),
		field.Strings("scopes"),
		field.Int64("expires_at").GoType(clock.Micros(0)).Comment("Never: it does not expire."),
		instant("revoked_at"),
		field.Int64("last_used_at").GoType(clock.Micros(0)).Default(0).Comment("To the hour; zero: never, or not since it is written."),
		field.JSON("deprecated_uses", map[string]clock.Micros{}).Default(map[string]clock.Micros{}).
			Comment("When each deprecated part of the schema was last used, by schema coordinate (API-26)."),
		made(),
	}
}

// Indexes of ApiToken.
func (ApiToken) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "id"), index.Fields("user_id", "id")}
}

// ImageSender is a sender whose mails a user sees with their images from other
// servers (EM-11).
type ImageSender struct{ ent.Schema }

// Mixin of ImageSender.
func (ImageSender) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ImageSender.
func (ImageSender) Fields() []ent.Field {
	return []ent.Field{
		field.String("user_id").Immutable(),
		field.String("address").Immutable().Comment("In lower case."),
		made(),
	}
}

// Indexes of ImageSender.
func (ImageSender) Indexes() []ent.Index {
	return []ent.Index{index.Fields("user_id", "address").Unique()}
}
