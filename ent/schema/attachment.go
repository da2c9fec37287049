package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Attachment is a file: uploaded, and then of a message (IN-14, CH-7). One that
// no message took, and no draft keeps, is removed after a day.
type Attachment struct{ ent.Schema }

// Mixin of Attachment.
func (Attachment) Mixin() []ent.Mixin { return []ent.Mixin{InboxOwned{}} }

// Fields of Attachment.
func (Attachment) Fields() []ent.Field {
	return []ent.Field{
		reference("conversation_id"),
		field.String("message_id").Default("").Comment("Empty: no message has it yet."),
		field.String("draft_id").Default("").Comment("The draft that keeps it until a message takes it (CO-3)."),
		field.String("engagement_id").Default("").Comment("The engagement that it belongs to (CR-8)."),
		field.Int("position").Default(0).Comment("Place among the message's attachments, from 1."),
		field.String("uploader_kind").GoType(viewer.Kind("")).Immutable(),
		field.String("uploader_id").Immutable(),
		field.String("file_name").Immutable(),
		field.String("content_type").Immutable().Comment("As found in the content."),
		field.Int("size").Immutable().Comment("Bytes."),
		field.String("hash").Immutable().Comment("SHA-256 in hexadecimal."),
		field.String("blob_key").Immutable(),
		field.Bool("inline").Default(false).Comment("The message's HTML shows it."),
		text("content_id"),
		field.String("scan").GoType(vocab.ScanState("")).Comment("What the virus scanner said."),
		made(),
	}
}

// Indexes of Attachment.
func (Attachment) Indexes() []ent.Index {
	return []ent.Index{index.Fields("message_id", "position"), index.Fields("conversation_id"), index.Fields("blob_key"), index.Fields("draft_id", "position"),
		index.Fields("engagement_id", "position")}
}

// ForgottenBlob is a blob that nothing names any longer, to be removed from the
// storage: rows go in a transaction, blobs after it.
type ForgottenBlob struct{ ent.Schema }

// Mixin of ForgottenBlob.
func (ForgottenBlob) Mixin() []ent.Mixin { return []ent.Mixin{AccountOwned{}} }

// Fields of ForgottenBlob.
func (ForgottenBlob) Fields() []ent.Field {
	return []ent.Field{field.String("blob_key").Immutable(), made()}
}
