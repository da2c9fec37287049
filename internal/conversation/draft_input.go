package conversation

import (
	"slices"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// SaveDraftInput is the input of saveDraft: all that the caller is writing.
type SaveDraftInput struct {
	ConversationID   string
	Note             bool
	Markdown         *string
	MentionUserIDs   []string
	To               []string
	Cc               []string
	Bcc              []string
	Subject          *string
	AttachmentIDs    []string
	ReplyToMessageID *string
	// ExpectedRevision is the revision that the caller saw, if it matters; 0: there
	// was no draft.
	ExpectedRevision *int
	IdempotencyKey   *string
}

// message is the message that the draft may become.
func (in *SaveDraftInput) message() SendMessageInput {
	return SendMessageInput{
		Note: in.Note, MentionUserIDs: in.MentionUserIDs, To: in.To, Cc: in.Cc, Bcc: in.Bcc, Subject: in.Subject,
		ReplyToMessageID: in.ReplyToMessageID,
	}
}

// keptDraft is what a draft has of its own, and its files.
type keptDraft struct {
	markdown string
	details  vocab.DraftDetails
	files    []string
}

// kept checks the lengths of what is to be kept.
func (in *SaveDraftInput) kept() (keptDraft, error) {
	d := keptDraft{files: in.AttachmentIDs, details: vocab.DraftDetails{To: in.To, Cc: in.Cc, Bcc: in.Bcc, MentionUserIDs: in.MentionUserIDs}}
	if in.Markdown != nil {
		d.markdown = *in.Markdown
	}
	if in.ReplyToMessageID != nil {
		d.details.ReplyToMessageID = *in.ReplyToMessageID
	}
	var err error
	switch n := len(in.To) + len(in.Cc) + len(in.Bcc); {
	case utf8.RuneCountInString(d.markdown) > MaxMarkdown:
		return d, errs.Exceeds(MaxMarkdown, "The text may have at most %d characters.", MaxMarkdown).On("markdown")
	case n > MaxRecipients:
		return d, errs.Exceeds(MaxRecipients, "A mail may have at most %d recipients; these are %d.", MaxRecipients, n).On("to")
	}
	if given(in.Subject) {
		d.details.Subject, err = richtext.OneLine(*in.Subject, maxSubject, "subject")
	}
	return d, err
}

// isEmpty reports whether nothing is left that someone wrote or chose.
func (d *keptDraft) isEmpty() bool {
	return d.markdown == "" && d.details.Subject == "" && len(d.files) == 0 && len(d.details.To)+len(d.details.Cc)+len(d.details.Bcc) == 0
}

// sameAs reports whether a stored draft has the same text and details.
func (d *keptDraft) sameAs(row *ent.Draft) bool {
	a, b := d.details, row.Details
	return d.markdown == row.Markdown && a.Subject == b.Subject && a.ReplyToMessageID == b.ReplyToMessageID &&
		slices.Equal(a.To, b.To) && slices.Equal(a.Cc, b.Cc) && slices.Equal(a.Bcc, b.Bcc) && slices.Equal(a.MentionUserIDs, b.MentionUserIDs)
}
