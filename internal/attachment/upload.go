package attachment

import (
	"bufio"
	"context"
	"io"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// UploadInput is a file, and where it is to go. Staff name a conversation or, for
// one that they begin, an inbox; visitors name one of their conversations or, for
// one that they begin, nothing.
type UploadInput struct {
	ConversationID, InboxID string
	File                    io.Reader
	FileName                string
	// Size is what the caller says, in bytes; 0: nothing. It is not relied on.
	Size int64
	// ForDocument: it is for a document of the library, which may be larger (CO-9).
	ForDocument    bool
	IdempotencyKey *string
}

// Upload keeps a file for a message that is to be sent within a day (IN-14, CH-7).
// It fails with NOT_FOUND on conversationId or inboxId for what the caller does
// not see, and on file: INVALID for an empty file, a virus, or a type that
// visitors may not send; TOO_LONG for too large a file, and for a visitor who has
// too much waiting; UNAVAILABLE while storage or scanner do not work. A visitor
// may be refused by Options.Allow.
func (s *Service) Upload(ctx context.Context, in UploadInput) (*ent.Attachment, error) {
	to, err := s.destination(ctx, &in)
	if err != nil {
		return nil, err
	}
	stored, name, err := s.receiveContent(ctx, to.viewer, &in)
	if err != nil {
		return nil, err
	}
	a, err := s.insertAttachment(ctx, to, &in, stored, name)
	switch e := errs.Of(err); {
	case err == nil && a.ID != stored.ID, // the key was used before
		e != nil && e.Code != errs.Unavailable: // else it may have been saved
		s.discardContent(ctx, stored.BlobKey)
	}
	return a, err
}

// receiveContent takes the file in and has it scanned.
func (s *Service) receiveContent(ctx context.Context, v *viewer.Viewer, in *UploadInput) (Stored, string, error) {
	most := s.options.MaxBytes
	if in.ForDocument {
		most = max(most, s.options.MaxDocument)
	}
	tooLarge := errs.Exceeds(most, "The file is larger than the maximum of %d bytes.", most).On("file")
	if in.Size > most {
		return Stored{}, "", tooLarge
	}
	from := bufio.NewReaderSize(in.File, sniffed)
	head, err := peekHead(from)
	if err != nil {
		return Stored{}, "", err
	}
	if len(head) == 0 {
		return Stored{}, "", errs.New(errs.Invalid, "The file is empty.").On("file")
	}
	contentType := typeOf(head)
	name := cleanName(in.FileName, contentType)
	if v.Kind == viewer.Visitor && !s.options.visitorsMay(name, contentType) {
		return Stored{}, "", errs.New(errs.Invalid, "Files such as %q (%s) are not accepted. Send images, PDF, office documents, text, audio or video.", errs.Clip(name), contentType).On("file")
	}
	stored, err := s.writeContent(ctx, v.AccountID, head, &bounded{Reader: from, left: most, fault: tooLarge})
	if err != nil {
		return Stored{}, "", err
	}
	if stored.Scan, err = s.scanUpload(ctx, stored); err != nil {
		s.discardContent(ctx, stored.BlobKey)
		return Stored{}, "", err
	}
	return stored, name, nil
}

// scanUpload refuses a file with a virus, and any while the scanner is down.
func (s *Service) scanUpload(ctx context.Context, stored Stored) (vocab.ScanState, error) {
	state, virus, err := s.scanContent(ctx, stored.BlobKey)
	switch {
	case err != nil:
		s.options.Log.ErrorContext(ctx, "an upload could not be scanned for viruses", "error", err)
		return state, errs.New(errs.Unavailable, "Files cannot be checked for viruses at the moment. Try again shortly.")
	case state == vocab.ScanInfected:
		return state, errs.New(errs.Invalid, "The file contains a virus: %s.", errs.Clip(virus)).On("file")
	}
	return state, nil
}

// insertAttachment makes the attachment, or finds the one that the idempotency
// key made.
func (s *Service) insertAttachment(ctx context.Context, to *destination, in *UploadInput, stored Stored, name string) (*ent.Attachment, error) {
	input := struct{ ConversationID, InboxID, FileName, Hash string }{in.ConversationID, in.InboxID, name, stored.Hash}
	call := idempotency.Call{Mutation: "uploadAttachment", Key: in.IdempotencyKey, Input: input, Result: stored.ID}
	var a *ent.Attachment
	err := idempotency.Run(system(ctx, to.viewer), s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		if err := s.lockPending(ctx, tx, to.viewer, stored.Size); err != nil {
			return err
		}
		a, err = newRow(tx, stored, to.viewer).SetInboxID(to.inboxID).SetConversationID(to.conversationID).
			SetFileName(name).SetContentID(stored.ID).Save(ctx)
		if err != nil {
			return err
		}
		return s.noteAddress(ctx, tx, a)
	}, func(ctx context.Context, tx *store.Tx, first string) (err error) {
		a, err = tx.Client.Attachment.Get(ctx, first)
		if ent.IsNotFound(err) {
			return errs.New(errs.NotFound, "The file uploaded with this idempotency key was removed, because it was not sent within a day.").On("idempotencyKey")
		}
		return err
	})
	return a, err
}

// newRow begins an attachment of a content.
func newRow(tx *store.Tx, stored Stored, uploader *viewer.Viewer) *ent.AttachmentCreate {
	return tx.Client.Attachment.Create().SetID(stored.ID).SetUploaderKind(uploader.Kind).SetUploaderID(uploader.ActorID).
		SetContentType(stored.ContentType).SetSize(int(stored.Size)).SetHash(stored.Hash).SetBlobKey(stored.BlobKey).
		SetScan(stored.Scan).SetCreatedAt(tx.Now())
}
