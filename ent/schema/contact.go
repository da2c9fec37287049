package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

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
		field.String("email").Default("").Comment("The main address, in lower case; empty: none is known."),
		text("phone"),
		text("avatar_url"),
		externalID(),
		reference("owner_id"),
		instant("last_seen_at"),
		instant("written_at"), // when the team last wrote to them by mail; zero: never (IN-11)
		made(),
	}
}

// Indexes of Contact.
func (Contact) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "id").Unique(), index.Fields("account_id", "created_at", "id"),
		index.Fields("account_id", "external_id").Unique(), index.Fields("account_id", "name", "id"), index.Fields("account_id", "last_seen_at", "id")}
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
	}
}

// Indexes of ContactEmail.
func (ContactEmail) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "address").Unique(), index.Fields("contact_id")}
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
		field.Bool("contact_typed").Default(false).Comment("The contact is that of an address that they typed, and did not prove (CH-9)."),
		field.Bool("contact_own").Default(false).Comment("Their own typing made the contact (CH-9)."),
		field.JSON("suggested", []vocab.SuggestedProperty{}).Default([]vocab.SuggestedProperty{}).Comment("What they said of themselves, and did not prove (CH-9)."),
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
