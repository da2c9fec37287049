package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"parley/internal/vocab"
)

// Account is the tenant (AC-1).
type Account struct{ ent.Schema }

// Mixin of Account.
func (Account) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}} }

// Fields of Account.
func (Account) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("number").Immutable().Comment("Short name of the account in the search index."),
		field.String("name"),
		field.String("time_zone").Default("UTC"),
		field.Int("max_inboxes").Optional().Nillable(),
		field.Bool("gdpr_enabled").Default(false),
		field.Bool("tags_managed").Default(false).Comment("Only admins make and change tags (IN-31)."),
		field.String("contact_visibility").GoType(vocab.ContactVisibility("")).Default(string(vocab.ContactsOfAccount)).Comment("Who sees contacts (AC-14)."),
		field.String("who_may_block").GoType(vocab.BlockingRight("")).Default(string(vocab.MembersBlock)).Comment("Who blocks senders (IN-10)."),
		field.Bool("trust_typed_addresses").Default(false).Comment("Addresses that visitors typed count as proved (CH-9)."),
		field.Bool("sign_in_links").Default(true).Comment("Users may sign in by a link that is mailed to them (AC-16)."),
		field.Bool("new_apps").Default(true).Comment("Users may connect apps that no one of the account has connected before (AC-18)."),
		field.String("phone_region").Default("").Comment("The country of phone numbers without a country's code: ISO 3166, two letters; empty: none."),
		made(),
	}
}

// AccountSequence counts an account's events. Its id is the account's.
type AccountSequence struct{ ent.Schema }

// Mixin of AccountSequence.
func (AccountSequence) Mixin() []ent.Mixin { return []ent.Mixin{Identified{}} }

// Fields of AccountSequence.
func (AccountSequence) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("sequence").Default(0).Comment("Of the account's newest event."),
		field.Int64("log_floor").Default(0).Comment("Events up to this one are no longer served."),
		text("log_epoch"),
		field.Int64("log_trimmed").Default(0).Comment("Up to where the audit log says that the event log was trimmed."),
		field.Int64("audit_number").Default(0).Comment("Of the account's newest entry of the audit log."),
		field.Int64("audit_floor").Default(0).Comment("Entries of the audit log up to this one were deleted after their time."),
	}
}
