package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// EmailChannel is what a channel of kind EMAIL has beside the rest. Its id is
// the channel's (EM).
type EmailChannel struct{ ent.Schema }

// Mixin of EmailChannel.
func (EmailChannel) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of EmailChannel.
func (EmailChannel) Fields() []ent.Field {
	return []ent.Field{
		field.String("address").Comment("In lower case; ChannelAddress makes it unique."),
		field.Strings("aliases").Comment("Other addresses that mail to it may have, in lower case."),
		text("sender_name"),
		field.String("provider").GoType(vocab.EmailProvider("")).Immutable(),
		field.String("state").GoType(vocab.EmailChannelState("")),
		field.String("state_reason").GoType(vocab.EmailStateReason("")).Default(""),
		text("state_detail"),
		instant("state_since"),
		field.JSON("imap", vocab.MailServer{}).Default(vocab.MailServer{}),
		field.JSON("smtp", vocab.MailServer{}).Default(vocab.MailServer{}),
		field.String("authentication").GoType(vocab.EmailAuthentication("")).Default(""),
		field.String("credentials").Default("").Sensitive().Comment("Sealed: a password, or OAuth tokens."),
		field.JSON("routing", vocab.Routing{}).Default(vocab.Routing{}),
		field.JSON("ticket_preset", &vocab.TicketPreset{}).Optional().Comment("Null: no ticket is made."),
		text("signature"),
		field.Int("undo_seconds").Default(0).Comment("How long a sent mail waits, so that it can be taken back."),
		text("dkim_selector"),
		field.String("dkim_key").Default("").Sensitive().Comment("Sealed PEM; empty: mail is not signed."),
		field.Int64("uid_validity").Default(0).Comment("Of the mailbox, when it was last read (EM-5)."),
		field.Int64("last_uid").Default(0).Comment("All mail up to it was fetched."),
		field.Int64("import_since").GoType(clock.Micros(0)).Default(0).Comment("Mail that came before is left in the mailbox."),
		instant("last_sync_at"),
		instant("next_attempt_at"),
		field.Int("failures").Default(0).Comment("Attempts in a row that failed."),
		instant("failing_since"),
		field.String("terms_accepted_by").Default("").Comment("Who accepted that the whole team reads the mail (EM-8)."),
		instant("terms_accepted_at"),
		instant("connected_at"),
		field.JSON("confirmation", vocab.ForwardingConfirmation{}).Default(vocab.ForwardingConfirmation{}).Comment("The last one that came (EM-10)."),
		field.String("confirmation_in").Default("").Comment("The conversation that it is in; empty: none came."),
		instant("removed_at"),  // zero: it is there (IB-6)
		instant("sends_until"), // of a removed channel: until then what waits still goes out
		made(),
	}
}

// Indexes of EmailChannel.
func (EmailChannel) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inbox_id", "id"), index.Fields("state", "next_attempt_at")}
}

// ChannelAddress is an address that an e-mail channel receives: its own, and
// each alias. It is unique in the account (EM-8).
type ChannelAddress struct{ ent.Schema }

// Mixin of ChannelAddress.
func (ChannelAddress) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of ChannelAddress.
func (ChannelAddress) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id").Immutable(),
		field.String("address").Immutable().Comment("In lower case."),
	}
}

// Indexes of ChannelAddress.
func (ChannelAddress) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "address").Unique(), index.Fields("channel_id"), index.Fields("address")}
}

// PersonalMailbox is a user's own mailbox, which no inbox may connect (AC-10, EM-2).
type PersonalMailbox struct{ ent.Schema }

// Mixin of PersonalMailbox.
func (PersonalMailbox) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of PersonalMailbox.
func (PersonalMailbox) Fields() []ent.Field {
	return []ent.Field{
		field.String("user_id").Immutable(),
		field.String("address").Immutable().Comment("In lower case."),
		field.String("provider").GoType(vocab.EmailProvider("")).Immutable(),
		made(),
	}
}

// Indexes of PersonalMailbox.
func (PersonalMailbox) Indexes() []ent.Index {
	return []ent.Index{index.Fields("account_id", "address").Unique(), index.Fields("user_id", "id")}
}

// EmailConnection is an authorization that an admin began at a provider and did
// not finish yet. It works once (EM-1).
type EmailConnection struct{ ent.Schema }

// Mixin of EmailConnection.
func (EmailConnection) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of EmailConnection.
func (EmailConnection) Fields() []ent.Field {
	return []ent.Field{
		field.Bytes("state_hash").Immutable().Comment("SHA-256 of the state that the browser carries."),
		field.String("user_id").Immutable(),
		field.String("token_id").Immutable().Default("").Comment("Of the session that began it."),
		field.String("channel_id").Immutable().Comment("The channel to make, or to connect again."),
		field.String("provider").GoType(vocab.EmailProvider("")).Immutable(),
		field.String("secrets").Immutable().Sensitive().Comment("Sealed: PKCE verifier and nonce."),
		field.JSON("settings", vocab.EmailConnectionSettings{}).Immutable(),
		field.Int64("expires_at").GoType(clock.Micros(0)).Immutable(),
		made(),
	}
}

// Indexes of EmailConnection.
func (EmailConnection) Indexes() []ent.Index {
	return []ent.Index{index.Fields("state_hash").Unique(), index.Fields("expires_at")}
}

// InboundMail is a mail as it came, kept before it is read (EM-5, pitfall 7).
type InboundMail struct{ ent.Schema }

// Mixin of InboundMail.
func (InboundMail) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of InboundMail.
func (InboundMail) Fields() []ent.Field {
	return []ent.Field{
		field.String("channel_id").Immutable(),
		field.String("place").Immutable().Comment("Where it came from: 'UIDVALIDITY:UID' of the mailbox, or 'smtp:' and a receipt."),
		field.String("blob_key").Immutable().Comment("Of the raw mail."),
		field.Int("size").Immutable().Comment("Bytes of the raw mail."),
		field.String("hash").Immutable().Comment("SHA-256 of the raw mail, in hexadecimal."),
		field.String("envelope_from").Default("").Immutable(),
		field.Strings("envelope_to").Immutable().Comment("Recipients that the listener took; none from a mailbox."),
		field.Int64("arrived_at").GoType(clock.Micros(0)).Immutable().Comment("When the provider, or the listener, took it."),
		field.String("state").GoType(vocab.InboundState("")),
		field.String("identity").Optional().Nillable().Comment("Makes it unique in its inbox (EM-8), salted; null: not known yet, or another has it."),
		field.String("likeness").Default("").Comment("The identity of all mails that may be the same one, salted (EM-5)."),
		field.String("content").Default("").Comment("Of what it says, salted (EM-5)."),
		field.String("internet_id").Default("").Comment("Message-ID without the brackets."),
		reference("conversation_id"),
		reference("message_id"),
		field.JSON("verdict", vocab.MailVerdict{}).Default(vocab.MailVerdict{}),
		field.Int("attempts").Default(0),
		text("error"),
		made(),
	}
}

// Indexes of InboundMail.
func (InboundMail) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("channel_id", "place").Unique(),
		index.Fields("inbox_id", "identity").Unique(),
		index.Fields("inbox_id", "likeness"),
		index.Fields("message_id", "id"),
		index.Fields("state", "created_at", "id"),
		index.Fields("conversation_id"),
		index.Fields("blob_key"),
	}
}

// Email is what a message has that came or goes by mail. Its id is the
// message's.
type Email struct{ ent.Schema }

// Mixin of Email.
func (Email) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Email.
func (Email) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("channel_id").Immutable(),
		field.String("inbound_mail_id").Default("").Immutable().Comment("Empty: it is ours."),
		text("internet_id"),
		text("in_reply_to"),
		field.Strings("references"),
		field.String("root").Default("").Comment("The Message-ID with which its thread begins, of an incoming mail."),
		field.String("user_id").Default("").Comment("Of the team's, from whose own mailbox it came (EM-9)."),
		field.Bool("typed").Default(false).Comment("Its contact was taken from a form's Reply-To, or from a quotation (EM-9)."),
		field.JSON("from", vocab.Mailbox{}).Default(vocab.Mailbox{}),
		field.JSON("reply_to", []vocab.Mailbox{}).Default([]vocab.Mailbox{}),
		field.JSON("to", []vocab.Mailbox{}).Default([]vocab.Mailbox{}),
		field.JSON("cc", []vocab.Mailbox{}).Default([]vocab.Mailbox{}),
		field.JSON("bcc", []vocab.Mailbox{}).Default([]vocab.Mailbox{}),
		text("subject"),
		text("quoted_html"),
		field.Bool("automatic").Default(false),
		field.JSON("verdict", vocab.MailVerdict{}).Default(vocab.MailVerdict{}),
		// What follows is only of outgoing mail.
		instant("send_at"), // no sooner than this: until then it can be taken back
		field.Int("attempts").Default(0),
		instant("next_attempt_at"),
		instant("sent_at"),
		field.JSON("recipients", []vocab.Recipient{}).Default([]vocab.Recipient{}),
		made(),
	}
}

// Indexes of Email.
func (Email) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id"), index.Fields("inbox_id", "root")}
}

// EmailReference finds the conversation of a Message-ID: of mail that came or
// went, and of the ids that servers gave our mail instead (EM-4).
type EmailReference struct{ ent.Schema }

// Mixin of EmailReference.
func (EmailReference) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of EmailReference.
func (EmailReference) Fields() []ent.Field {
	return []ent.Field{
		field.String("internet_id").Immutable(),
		field.String("conversation_id").Immutable(),
		field.String("message_id").Immutable(),
	}
}

// Indexes of EmailReference.
func (EmailReference) Indexes() []ent.Index {
	return []ent.Index{index.Fields("inbox_id", "internet_id").Unique(), index.Fields("conversation_id")}
}

// Participant is an address that takes part in an e-mail conversation: only its
// mail joins by headers alone (pitfall 5).
type Participant struct{ ent.Schema }

// Mixin of Participant.
func (Participant) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Participant.
func (Participant) Fields() []ent.Field {
	return []ent.Field{
		field.String("conversation_id").Immutable(),
		field.String("address").Immutable().Comment("In lower case."),
		text("name"),
		field.Bool("joined").Default(false).Comment("By mail of their own: no one who took part named them (EM-6)."),
	}
}

// Indexes of Participant.
func (Participant) Indexes() []ent.Index {
	return []ent.Index{index.Fields("conversation_id", "address").Unique(), index.Fields("conversation_id", "id"), index.Fields("address", "account_id")}
}
