package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// Inbox is where conversations arrive; its members work in it (IB-1).
type Inbox struct{ ent.Schema }

// Mixin of Inbox.
func (Inbox) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Inbox.
func (Inbox) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.Strings("email_allow_list").Default([]string{}).Comment("Senders that are never filtered: addresses, domains, '*.' and a domain (IN-11)."),
		field.JSON("settings", vocab.InboxSettings{}).Default(vocab.InboxSettings{}),
		field.Strings("role_names").Optional().Comment("Local parts of role addresses; null: the usual ones (IN-11)."),
		field.Bool("role_filter").Default(true).Comment("Whether mail of role addresses is filtered (IN-11)."),
		instant("deleted_at"),
		made(),
	}
}

// Indexes of Inbox.
func (Inbox) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "id").Unique(), index.Fields("account_id", "name", "id")}
}

// InboxUser makes a user a direct member of an inbox (AC-3).
type InboxUser struct{ ent.Schema }

// Mixin of InboxUser.
func (InboxUser) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of InboxUser.
func (InboxUser) Fields() []ent.Field { return []ent.Field{field.String("user_id").Immutable()} }

// Indexes of InboxUser.
func (InboxUser) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inbox_id", "user_id").Unique(), index.Fields("user_id")}
}

// InboxTeam makes the users of a team members of an inbox (AC-3).
type InboxTeam struct{ ent.Schema }

// Mixin of InboxTeam.
func (InboxTeam) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of InboxTeam.
func (InboxTeam) Fields() []ent.Field { return []ent.Field{field.String("team_id").Immutable()} }

// Indexes of InboxTeam.
func (InboxTeam) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inbox_id", "team_id").Unique(), index.Fields("team_id")}
}

// Channel is a way by which conversations come into an inbox: chat (CH-1) or e-mail.
type Channel struct{ ent.Schema }

// Mixin of Channel.
func (Channel) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Channel.
func (Channel) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").GoType(vocab.ChannelKind("")).Immutable(),
		field.String("key").Unique().Comment("Public: names the channel in the tracking code."),
		field.String("accent_color").Default("#2457d6"),
		field.String("title").Default(""),
		field.Bool("send_transcript").Default(true),
		field.JSON("style", vocab.WidgetStyle{}).Default(vocab.DefaultStyle),
		field.JSON("texts", vocab.WidgetTexts{}).Default(vocab.WidgetTexts{}),
		field.JSON("availability", vocab.Availability{}).Default(vocab.DefaultAvailability),
		field.String("identity_secret").Default("").Sensitive().Comment("Sealed; verifies signed visitor identities (CH-8)."),
		instant("removed_at"), // zero: it is there (IB-6)
		made(),
	}
}

// Indexes of Channel.
func (Channel) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inbox_id", "kind"), index.Fields("account_id", "id").Unique()}
}

// TargetedMessage meets visitors with a message on the pages that it is for (TM-1).
type TargetedMessage struct{ ent.Schema }

// Mixin of TargetedMessage.
func (TargetedMessage) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of TargetedMessage.
func (TargetedMessage) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id").Immutable(),
		field.String("name"),
		field.String("state").GoType(vocab.TargetedMessageState("")),
		field.Int("position").Comment("Place among the channel's messages, from 1: the first match wins."),
		field.String("audience").GoType(vocab.Audience("")),
		field.Strings("include_list_ids"),
		field.Strings("exclude_list_ids"),
		field.JSON("contact_properties", []vocab.PropertyCondition{}).Default([]vocab.PropertyCondition{}).Comment("All must be met by the contact (CR-11)."),
		field.JSON("rules", []vocab.Targeting{}),
		field.String("welcome_message"),
		text("welcome_html"),
		field.JSON("heading", vocab.Heading{}).Default(vocab.DefaultHeading),
		field.JSON("email_capture", vocab.EmailCapture{}).Default(vocab.DefaultCapture),
		field.JSON("display", vocab.Display{}).Default(vocab.DefaultDisplay),
		field.JSON("consent", vocab.Consent{}).Default(vocab.DefaultConsent),
		field.JSON("routing", vocab.Routing{}).Default(vocab.Routing{}),
		reference("bot_id"),
		field.Int("version").Default(1).Comment("Rises with every edit; chats keep the one that they began with."),
		instant("published_at"),
		instant("off_at"),
		made(),
	}
}

// Indexes of TargetedMessage.
func (TargetedMessage) Indexes() []ent.Index {
	return []ent.Index{index.Fields("channel_id", "position", "id")}
}

// ContactList is a named list of contacts (CR-4).
type ContactList struct{ ent.Schema }

// Mixin of ContactList.
func (ContactList) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactList.
func (ContactList) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.String("criteria").Default("").Comment("Of a smart list, as JSON; empty: it is static."),
		field.Int("criteria_revision").Default(0).Comment("Goes up when the list is to be filled again."),
		field.Bool("filling").Default(false).Comment("Not all contacts were compared with the criteria yet."),
		field.String("filled_to").Default("").Comment("The contact up to which they were."),
		field.Int("filled").Default(0).Comment("How many contacts were."),
		field.Int("fill_total").Default(0).Comment("How many there were when the filling began."),
		field.Int("size").Default(0).Comment("How many contacts are on it."),
		instant("archived_at"),
		made(),
	}
}

// Indexes of ContactList.
func (ContactList) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "id").Unique(), index.Fields("account_id", "name", "id")}
}
