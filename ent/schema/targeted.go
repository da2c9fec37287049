package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/vocab"
)

// TargetedMessageVersion keeps what a targeted message said, for the chats that
// began from it, also after the message is deleted (TM-1).
type TargetedMessageVersion struct{ ent.Schema }

// Mixin of TargetedMessageVersion.
func (TargetedMessageVersion) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of TargetedMessageVersion.
func (TargetedMessageVersion) Fields() []ent.Field {
	return []ent.Field{
		field.String("targeted_message_id").Immutable(),
		field.Int("version").Immutable(),
		field.JSON("content", vocab.TargetedContent{}),
		made(),
	}
}

// Indexes of TargetedMessageVersion.
func (TargetedMessageVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("targeted_message_id", "version").Unique()}
}

// TargetedMessageCount counts what a targeted message did (TM-10). Its id is
// the message's.
type TargetedMessageCount struct{ ent.Schema }

// Mixin of TargetedMessageCount.
func (TargetedMessageCount) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of TargetedMessageCount.
func (TargetedMessageCount) Fields() []ent.Field {
	return []ent.Field{
		field.Int("shown").Default(0).Comment("Visitors to whom it was shown."),
		field.Int("opened").Default(0).Comment("Visitors who opened it."),
		field.Int("chats").Default(0),
		field.Int("emails").Default(0).Comment("Addresses that its chats captured."),
	}
}

// TargetedMessageView remembers that a visitor was shown a message (TM-1, TM-10).
type TargetedMessageView struct{ ent.Schema }

// Mixin of TargetedMessageView.
func (TargetedMessageView) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of TargetedMessageView.
func (TargetedMessageView) Fields() []ent.Field {
	return []ent.Field{
		field.String("visitor_id").Immutable(),
		field.String("targeted_message_id").Immutable(),
		instant("shown_at"),
		instant("opened_at"),
	}
}

// Indexes of TargetedMessageView.
func (TargetedMessageView) Indexes() []ent.Index {
	return []ent.Index{index.Fields("visitor_id", "targeted_message_id").Unique(), index.Fields("inbox_id")}
}

// SubscriptionType is a kind of mail that contacts are opted in to (TM-8).
type SubscriptionType struct{ ent.Schema }

// Mixin of SubscriptionType.
func (SubscriptionType) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of SubscriptionType.
func (SubscriptionType) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		text("description"),
		instant("archived_at"),
		made(),
	}
}

// Indexes of SubscriptionType.
func (SubscriptionType) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "name").Unique()}
}

// ConsentRecord is an entry of the ledger of consents (TM-8). It is never
// changed, but for its withdrawal and the contact that it turns out to be of.
type ConsentRecord struct{ ent.Schema }

// Mixin of ConsentRecord.
func (ConsentRecord) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Annotations of ConsentRecord.
func (ConsentRecord) Annotations() []schema.Annotation {
	return []schema.Annotation{entsql.Table("consents")}
}

// Fields of ConsentRecord.
func (ConsentRecord) Fields() []ent.Field {
	return []ent.Field{
		reference("inbox_id"),
		reference("visitor_id"),
		reference("contact_id"),
		reference("conversation_id"),
		reference("targeted_message_id"),
		field.String("kind").GoType(vocab.ConsentKind("")).Immutable(),
		field.String("basis").GoType(vocab.ConsentBasis("")).Immutable(),
		reference("subscription_type_id"),
		text("text"),
		field.String("text_version").Immutable().Comment("Hash of the text."),
		text("page_url"),
		field.Int64("given_at").GoType(microsType).Immutable(),
		instant("withdrawn_at"),
	}
}

// Indexes of ConsentRecord.
func (ConsentRecord) Indexes() []ent.Index {
	return []ent.Index{index.Fields("visitor_id", "kind"), index.Fields("contact_id", "given_at", "id"), index.Fields("conversation_id")}
}

// ContactListMember puts a contact on a list (CR-4).
type ContactListMember struct{ ent.Schema }

// Mixin of ContactListMember.
func (ContactListMember) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactListMember.
func (ContactListMember) Fields() []ent.Field {
	return []ent.Field{field.String("list_id").Immutable(), field.String("contact_id").Immutable()}
}

// Indexes of ContactListMember.
func (ContactListMember) Indexes() []ent.Index {
	return []ent.Index{index.Fields("list_id", "contact_id").Unique(), index.Fields("contact_id")}
}

// ContactListTimer is when time alone may move a contact onto a smart list, or off it
// (CR-4).
type ContactListTimer struct{ ent.Schema }

// Mixin of ContactListTimer.
func (ContactListTimer) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactListTimer.
func (ContactListTimer) Fields() []ent.Field {
	return []ent.Field{
		field.String("list_id").Immutable(),
		field.String("contact_id").Immutable(),
		field.Int64("due_at").GoType(microsType),
	}
}

// Indexes of ContactListTimer.
func (ContactListTimer) Indexes() []ent.Index {
	return []ent.Index{index.Fields("list_id", "contact_id").Unique(), index.Fields("contact_id"), index.Fields("due_at", "id")}
}

// PageView is a page that a visitor looked at; the last 100 are kept (CR-1).
type PageView struct{ ent.Schema }

// Mixin of PageView.
func (PageView) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of PageView.
func (PageView) Fields() []ent.Field {
	return []ent.Field{
		field.String("visitor_id").Immutable(),
		field.String("url").Immutable(),
		text("title"),
		field.Int64("viewed_at").GoType(microsType).Immutable(),
	}
}

// Indexes of PageView.
func (PageView) Indexes() []ent.Index {
	return []ent.Index{index.Fields("visitor_id", "viewed_at", "id"), index.Fields("inbox_id")}
}

// VisitorRate counts what a visitor or an address did within a window of time.
type VisitorRate struct{ ent.Schema }

// Mixin of VisitorRate.
func (VisitorRate) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of VisitorRate.
func (VisitorRate) Fields() []ent.Field {
	return []ent.Field{
		field.String("key").Immutable(),
		field.Int64("window_start").GoType(microsType),
		field.Int("count"),
	}
}

// Indexes of VisitorRate.
func (VisitorRate) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "key").Unique(), index.Fields("window_start")}
}
