package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Contact is a person outside who writes to the account (CR-1).
type Contact struct{ ent.Schema }

// Mixin of Contact.
func (Contact) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Contact.
func (Contact) Fields() []ent.Field {
	return []ent.Field{
		text("name"),
		field.String("first_name").Default("").Comment("As it was set; empty with last_name: they are parts of the name."),
		text("last_name"),
		field.String("email").Default("").Comment("The main address, in lower case; empty: none is known."),
		text("phone"),
		text("avatar_url"),
		externalID(),
		reference("owner_id"),
		field.String("company_id").Default("").Comment("Empty: none is known."),
		field.Bool("company_by_hand").Default(false).Comment("Someone set the company, or that there is none: a mail domain does not change it (CR-6)."),
		text("job_title"),
		field.String("language").Default("").Comment("A BCP 47 tag."),
		field.String("time_zone").Default("").Comment("An IANA name."),
		field.String("country").Default("").Comment("ISO 3166, two letters."),
		text("city"),
		field.String("lifecycle_stage").GoType(vocab.LifecycleStage("")).Default(""),
		field.String("source").GoType(vocab.ContactSource("")).Default("").Comment("Empty: made before sources were kept."),
		instant("first_seen_at"),
		instant("last_seen_at"),
		field.Int64("contacted_at").GoType(clock.Micros(0)).Default(0).Comment("When the team last wrote to them, by chat or mail; zero: never."),
		instant("written_at"),             // when the team last wrote to them by mail; zero: never (IN-11)
		instant("transcripts_refused_at"), // when they asked for no further transcripts; zero: they did not (CO-4)
		made(),
	}
}

// Indexes of Contact.
func (Contact) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "id").Unique(), index.Fields("account_id", "created_at", "id"),
		index.Fields("account_id", "external_id").Unique(), index.Fields("account_id", "name", "id"), index.Fields("account_id", "last_seen_at", "id"),
		index.Fields("account_id", "contacted_at", "id"), index.Fields("account_id", "owner_id", "created_at", "id"),
		index.Fields("account_id", "lifecycle_stage", "created_at", "id"),
		index.Fields("company_id", "created_at", "id")}
}

// ContactEmail is an address of a contact.
type ContactEmail struct{ ent.Schema }

// Mixin of ContactEmail.
func (ContactEmail) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactEmail.
func (ContactEmail) Fields() []ent.Field {
	return []ent.Field{
		field.String("contact_id"),
		field.String("address").Comment("In lower case; unique in the account."),
		field.String("domain").Default("").Comment("What stands behind the address's @."),
		text("label"),
		field.Bool("verified").Default(false).Comment("It is known to be theirs."),
	}
}

// Indexes of ContactEmail.
func (ContactEmail) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "address").Unique(), index.Fields("contact_id"), index.Fields("account_id", "domain", "contact_id")}
}

// ContactPhone is a phone number of a contact (CR-10).
type ContactPhone struct{ ent.Schema }

// Mixin of ContactPhone.
func (ContactPhone) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactPhone.
func (ContactPhone) Fields() []ent.Field {
	return []ent.Field{
		field.String("contact_id"),
		field.String("number").Comment("As it was typed."),
		field.String("e164").Default("").Comment("In international form; empty: it cannot be dialed."),
		field.String("digits").Comment("What it is searched by: the digits of the international form, or else those that were typed."),
		text("label"),
		field.Int("place").Default(0).Comment("Among the contact's; the first is the main one."),
	}
}

// Indexes of ContactPhone.
func (ContactPhone) Indexes() []ent.Index {
	return []ent.Index{index.Fields("contact_id"), index.Fields("account_id", "digits", "contact_id")}
}

// ContactMerge is a contact that became part of another, by its old id (CR-6).
type ContactMerge struct{ ent.Schema }

// Mixin of ContactMerge.
func (ContactMerge) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactMerge.
func (ContactMerge) Fields() []ent.Field {
	return []ent.Field{
		field.String("from_id").Immutable(),
		field.String("into_id").Immutable(),
		field.String("external_id").Default("").Immutable().Comment("That of the merged contact, where the survivor kept another."),
		field.String("snapshot").Default("").Comment("The merged contact as it was, as JSON; empty: it can no longer be undone."),
		field.String("filled").Default("").Comment("What the survivor did not know before, as JSON."),
		field.Int64("merged_at").GoType(clock.Micros(0)).Immutable(),
	}
}

// Indexes of ContactMerge.
func (ContactMerge) Indexes() []ent.Index {
	return []ent.Index{index.Fields("from_id").Unique(), index.Fields("into_id", "id"), index.Fields("account_id", "external_id"), index.Fields("merged_at")}
}

// ContactMove is a row that a merge gave to the survivor (CR-6).
type ContactMove struct{ ent.Schema }

// Mixin of ContactMove.
func (ContactMove) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ContactMove.
func (ContactMove) Fields() []ent.Field {
	return []ent.Field{
		field.String("merge_id").Immutable(),
		field.String("kind").Immutable().Comment("The row's table."),
		field.String("row_id").Immutable(),
	}
}

// Indexes of ContactMove.
func (ContactMove) Indexes() []ent.Index {
	return []ent.Index{index.Fields("merge_id", "kind", "row_id").Unique()}
}

// Visitor is someone on a web site, known by a token (CH-5).
type Visitor struct{ ent.Schema }

// Mixin of Visitor.
func (Visitor) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Visitor.
func (Visitor) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id").Immutable(),
		field.String("contact_id").Default("").Comment("Linked for the agents' eyes; proves nothing (CH-8)."),
		field.String("identity").Optional().Nillable().Comment("Subject of a signed identity token; null: not proved."),
		text("name"),
		text("email"),
		field.Bool("email_verified").Default(false).Comment("Proved by a signed identity or by mail, not typed (CH-8)."),
		field.String("mail_identity").Optional().Nillable().Comment("The address by which a mailed link or code proved them; null: not so."),
		instant("claims_at"),         // when the identity was signed whose claims the contact has (CH-10)
		instant("sessions_ended_at"), // when staff ended all sessions; of those older than their list
		field.String("network").Default("").Comment("Keyed hash of the network that the last session began from (IN-10)."),
		field.String("language").Default("").Comment("What their browser asks for, as a BCP 47 tag; empty: not known."),
		field.String("time_zone").Default("").Comment("That of their browser, by its IANA name; empty: not known."),
		field.Bool("contact_typed").Default(false).Comment("The contact is that of an address that they typed, and did not prove (CH-9)."),
		field.Bool("contact_own").Default(false).Comment("Their own typing made the contact (CH-9)."),
		field.JSON("suggested", []vocab.SuggestedProperty{}).Default([]vocab.SuggestedProperty{}).Comment("What they said of themselves, and did not prove (CH-9)."),
		field.JSON("answered", []vocab.AnsweredField{}).Default([]vocab.AnsweredField{}).Comment("The fields of forms that they are not asked for again (TM-5)."),
		instant("last_seen_at"),
		made(),
	}
}

// Indexes of Visitor.
func (Visitor) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("channel_id", "identity").Unique(), index.Fields("channel_id", "mail_identity").Unique(), index.Fields("contact_id"),
	}
}

// VisitorSession is one browser's token of a visitor, from its start or from a
// proof on (CH-8).
type VisitorSession struct{ ent.Schema }

// Mixin of VisitorSession.
func (VisitorSession) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of VisitorSession.
func (VisitorSession) Fields() []ent.Field {
	return []ent.Field{
		field.String("visitor_id").Immutable(),
		field.String("proof").GoType(vocab.VisitorProof("")).Immutable(),
		instant("last_seen_at"),
		instant("expires_at"),
		instant("ended_at"),
		made(),
	}
}

// Indexes of VisitorSession.
func (VisitorSession) Indexes() []ent.Index {
	return []ent.Index{index.Fields("visitor_id", "created_at", "id"), index.Fields("expires_at")}
}

// Block keeps a sender's messages out of one channel's views (IN-10).
type Block struct{ ent.Schema }

// Mixin of Block.
func (Block) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Block.
func (Block) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id").Immutable(),
		field.String("kind").GoType(vocab.ChannelKind("")).Immutable(),
		field.String("sender").Immutable().Comment("A contact's or visitor's id, an e-mail address, or @ and a domain."),
		field.String("blocked_by"),
		text("reason"),
		instant("ends_at"), // zero: never
		field.Bool("all_channels").Default(false).Comment("It holds on every channel of the inbox."),
		field.String("network").Default("").Comment("Keyed hash: visitors that come from there until network_ends_at are blocked too."),
		instant("network_ends_at"),
		made(),
	}
}

// Indexes of Block.
func (Block) Indexes() []ent.Index {
	return []ent.Index{index.Fields("channel_id", "sender").Unique(), index.Fields("channel_id", "created_at", "id"), index.Fields("account_id", "sender")}
}
