package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// LibraryItem is what a team keeps to insert into replies (CO-1).
type LibraryItem struct{ ent.Schema }

// Mixin of LibraryItem.
func (LibraryItem) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of LibraryItem.
func (LibraryItem) Fields() []ent.Field {
	return []ent.Field{
		field.String("kind").GoType(vocab.LibraryItemKind("")).Immutable(),
		field.String("name"),
		field.String("name_key").Comment("The name without case, by which items are listed."),
		text("folder"),
		field.String("shortcut").Default("").Comment("Without case; one item of each shortcut for whoever may use it."),
		field.String("owner_id").Default("").Comment("A user; empty: made by an integration."),
		field.String("usable_by").GoType(vocab.LibraryAudience("")),
		field.String("editable_by").GoType(vocab.LibraryAudience("")),
		reference("team_id"),
		field.String("shown_to").Comment("Who sees it: the id of the owner or of the team, or EVERYONE."),
		field.JSON("content", vocab.LibraryContent{}),
		field.Int("usage_count").Default(0),
		instant("last_used_at"),
		field.Int("revision").Default(1),
		instant("archived_at"),
		field.Int64("updated_at").GoType(clock.Micros(0)),
		made(),
	}
}

// Indexes of LibraryItem: the list in the order of names, for each audience.
func (LibraryItem) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account_id", "id").Unique(), index.Fields("account_id", "shown_to", "name_key", "id"),
		index.Fields("account_id", "shown_to", "kind", "name_key", "id"), index.Fields("account_id", "shown_to", "folder", "name_key", "id"),
		index.Fields("account_id", "shortcut"),
	}
}

// LibraryFile is a file of an item: its content is that of an upload, whose id it has.
type LibraryFile struct{ ent.Schema }

// Mixin of LibraryFile.
func (LibraryFile) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of LibraryFile.
func (LibraryFile) Fields() []ent.Field {
	return []ent.Field{
		field.String("item_id").Immutable(),
		field.Int("position").Comment("Place among the item's files, or number of the version, from 1; 0: a picture of its card."),
		field.String("file_name").Immutable(),
		field.String("content_type").Immutable(),
		field.Int("size").Immutable().Comment("Bytes."),
		field.String("hash").Immutable().Comment("SHA-256 in hexadecimal."),
		field.String("blob_key").Immutable(),
		field.String("scan").GoType(vocab.ScanState("")).Comment("What the virus scanner said."),
		made(),
	}
}

// Indexes of LibraryFile.
func (LibraryFile) Indexes() []ent.Index {
	return []ent.Index{index.Fields("item_id", "position"), index.Fields("blob_key")}
}

// LibraryShare is a link of its own by which an item was sent in a conversation (CO-8).
type LibraryShare struct{ ent.Schema }

// Mixin of LibraryShare.
func (LibraryShare) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of LibraryShare.
func (LibraryShare) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("contact_id").Default("").Comment("Whom it was sent to; empty: not known."),
		field.String("item_id").Immutable(),
		field.String("message_id").Immutable(),
		field.String("sender_id").Immutable(),
		field.String("token").Immutable().Comment("The secret of its address."),
		field.String("url").Immutable().Comment("Where it leads; empty: to the newest version of its item (CO-9)."),
		field.String("title").Default("").Immutable().Comment("What its item was called."),
		instant("expires_at"),
		instant("revoked_at"),
		field.Bool("asks_email").Default(false).Immutable().Comment("Whoever opens it says who they are first."),
		field.String("pass").Default("").Immutable().Comment("The secret that those get who said it."),
		field.Int("open_count").Default(0),
		field.Int("program_count").Default(0).Comment("How often it was opened by what is not known to be a person."),
		instant("opened_at"),
		instant("last_opened_at"),
		made(),
	}
}

// Indexes of LibraryShare.
func (LibraryShare) Indexes() []ent.Index {
	return []ent.Index{index.Fields("token").Unique(), index.Fields("item_id", "created_at", "id"), index.Fields("conversation_id"), index.Fields("contact_id")}
}
