package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/clock"
	"parley/internal/vocab"
)

// Quote is an offer to a contact (CO-7).
type Quote struct{ ent.Schema }

// Mixin of Quote.
func (Quote) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of Quote.
func (Quote) Fields() []ent.Field {
	return []ent.Field{
		field.Int("number").Immutable().Comment("From 1, unique in the account."),
		field.JSON("content", vocab.QuoteContent{}).Comment("What it says now, published or not."),
		field.String("state").GoType(vocab.QuoteState("")),
		field.Int("version").Default(0).Comment("The number of the last version that was published; 0: none."),
		field.Bool("changed").Default(true).Comment("The content differs from the last version."),
		field.Int64("valid_until").GoType(clock.Micros(0)).Default(0).Comment("Until when the last version can be accepted; 0: permanently."),
		field.String("token").Optional().Nillable().Comment("The secret of its address; null: it was never published."),
		reference("accepted_stage_id"),
		reference("owner_id"),
		reference("contact_id"),
		reference("company_id"),
		reference("deal_id"),
		externalID(),
		field.String("conversation_id").Optional().Nillable().Comment("The conversation that it was made for."),
		field.Int("revision").Default(1),
		field.Int("view_count").Default(0),
		field.Int("program_count").Default(0).Comment("How often it was opened by what is not known to be a person."),
		instant("viewed_at"),
		instant("last_viewed_at"),
		instant("published_at"),
		field.Int64("last_activity_at").GoType(clock.Micros(0)).Default(0),
		made(),
	}
}

// Indexes of Quote.
func (Quote) Indexes() []ent.Index {
	list := []ent.Index{
		index.Fields("account_id", "number").Unique(), index.Fields("token").Unique(), index.Fields("account_id", "external_id").Unique(),
		index.Fields("state", "valid_until", "id"),
		index.Fields("account_id", "conversation_id", "created_at", "id"), index.Fields("account_id", "contact_id", "created_at", "id"),
		index.Fields("account_id", "company_id", "created_at", "id"), index.Fields("account_id", "deal_id", "created_at", "id"),
	}
	for _, order := range []string{"last_activity_at", "created_at"} {
		list = append(list, index.Fields("account_id", "state", order, "id"), index.Fields("account_id", "owner_id", "state", order, "id"))
	}
	return list
}

// QuoteVersion is a quote as it was published, and what became of that.
type QuoteVersion struct{ ent.Schema }

// Mixin of QuoteVersion.
func (QuoteVersion) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of QuoteVersion.
func (QuoteVersion) Fields() []ent.Field {
	return []ent.Field{
		field.String("quote_id").Immutable(),
		field.Int("number").Immutable().Comment("From 1, unique in the quote."),
		field.JSON("content", vocab.QuoteContent{}),
		field.JSON("sums", vocab.QuoteSums{}),
		instant("accepted_at"),
		field.String("accepted_name").Default("").Comment("What whoever accepted it typed as their name."),
		field.String("accepted_text").Default("").Comment("What they ticked."),
		instant("declined_at"),
		text("decline_reason"),
		field.Int64("published_at").GoType(clock.Micros(0)).Immutable(),
	}
}

// Indexes of QuoteVersion.
func (QuoteVersion) Indexes() []ent.Index {
	return []ent.Index{index.Fields("quote_id", "number").Unique()}
}

// QuoteLogo is a picture that a quote shows, or showed in a version of it, or that new quotes
// of the account take (CO-7). Its content is that of an upload.
type QuoteLogo struct{ ent.Schema }

// Mixin of QuoteLogo.
func (QuoteLogo) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of QuoteLogo.
func (QuoteLogo) Fields() []ent.Field {
	return []ent.Field{
		field.String("quote_id").Optional().Nillable().Immutable().Comment("Null: new quotes take it."),
		field.String("file_id").Immutable().Comment("The upload that it was."),
		field.String("file_name").Immutable(),
		field.String("content_type").Immutable(),
		field.Int("width").Immutable().Comment("Pixels."),
		field.Int("height").Immutable(),
		field.String("hash").Immutable().Comment("SHA-256 in hexadecimal."),
		field.String("blob_key").Immutable(),
		field.String("scan").GoType(vocab.ScanState("")).Immutable().Comment("What the virus scanner said."),
		field.Bool("published").Default(false).Comment("A version has it."),
		made(),
	}
}

// Indexes of QuoteLogo.
func (QuoteLogo) Indexes() []ent.Index {
	return []ent.Index{index.Fields("quote_id", "file_id").Unique(), index.Fields("file_id"), index.Fields("blob_key")}
}

// QuoteView is that a person read a quote. It says nothing of where they were.
type QuoteView struct{ ent.Schema }

// Mixin of QuoteView.
func (QuoteView) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of QuoteView.
func (QuoteView) Fields() []ent.Field {
	return []ent.Field{
		field.String("quote_id").Immutable(),
		field.String("contact_id").Default("").Comment("Whom the quote is for; empty: not known."),
		field.Int("version").Immutable().Comment("The version that they read."),
		field.Bool("again").Immutable().Comment("Whether the quote had been read before."),
		field.Int("seconds").Default(0).Comment("How long it was in sight."),
		instant("downloaded_at"),
		field.Int64("viewed_at").GoType(clock.Micros(0)).Immutable(),
	}
}

// Indexes of QuoteView.
func (QuoteView) Indexes() []ent.Index {
	return []ent.Index{index.Fields("quote_id", "viewed_at", "id"), index.Fields("contact_id")}
}
