package attachment

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Claim makes uploads the attachments of a message, in the order of ids. It takes
// what the actor of the context uploaded for c's inbox and did not send yet;
// anything else is NOT_FOUND or INVALID on attachmentIds and its index. More or
// larger files than a message may have are TOO_LONG on attachmentIds. It runs in
// the transaction that saves the message, after that: what the message's HTML
// shows, as <img src="cid:..."> with an upload's id, becomes inline.
func (s *Service) Claim(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, messageID string) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > s.options.MaxCount {
		return errs.Exceeds(s.options.MaxCount, "A message may have at most %d files.", s.options.MaxCount).On("attachmentIds")
	}
	list, err := loadUploads(ctx, tx, ids, c)
	if err != nil {
		return err
	}
	m, err := tx.Client.Message.Get(ctx, messageID)
	if err != nil {
		return fmt.Errorf("load the message that files are for: %w", err)
	}
	total := int64(0)
	for i, a := range list {
		if total += int64(a.Size); total > s.options.MaxTotal {
			return errs.Exceeds(s.options.MaxTotal, "The files of a message may have at most %d bytes in total.", s.options.MaxTotal).On("attachmentIds")
		}
		if int64(a.Size) > s.options.MaxBytes { // it was uploaded for a document
			return errs.Exceeds(s.options.MaxBytes, "The file %q is larger than the maximum of %d bytes.", a.FileName, s.options.MaxBytes).On("attachmentIds", strconv.Itoa(i))
		}
		if err := claimUpload(ctx, tx, a, m, i); err != nil {
			return err
		}
	}
	return nil
}

// loadUploads returns the actor's uploads by their ids, in order.
func loadUploads(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation) ([]*ent.Attachment, error) {
	found, err := tx.Client.Attachment.Query().Where(
		entattachment.IDIn(ids...), entattachment.InboxID(c.InboxID),
		entattachment.UploaderID(viewer.FromContext(ctx).Actor().ActorID),
	).All(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]*ent.Attachment, len(ids))
	for i, one := range ids {
		at := slices.IndexFunc(found, func(a *ent.Attachment) bool { return a.ID == one })
		switch {
		case at < 0:
			return nil, errs.New(errs.NotFound, "You have uploaded no file %q for this inbox within the last day.", errs.Clip(one)).On("attachmentIds", strconv.Itoa(i))
		case slices.Contains(ids[:i], one):
			return nil, errs.New(errs.Invalid, "The file %q is listed twice; list it once.", one).On("attachmentIds", strconv.Itoa(i))
		case found[at].Scan == vocab.ScanInfected:
			return nil, errs.New(errs.Invalid, "The file %q contains a virus.", one).On("attachmentIds", strconv.Itoa(i))
		}
		list[i] = found[at]
	}
	return list, nil
}

// claimUpload gives one upload to the message, unless another message has it.
func claimUpload(ctx context.Context, tx *store.Tx, a *ent.Attachment, m *ent.Message, index int) error {
	taken, err := tx.Client.Attachment.Update().Where(entattachment.ID(a.ID), entattachment.MessageID(""), entattachment.EngagementID("")).
		SetMessageID(m.ID).SetConversationID(m.ConversationID).SetPosition(index + 1).
		SetInline(ReferencesIn(m.HTML).Take(a.ContentID, a.ContentType)).Save(ctx)
	if err == nil && taken == 0 {
		err = alreadySent(a, index)
	}
	return err
}

func alreadySent(a *ent.Attachment, index int) error {
	return errs.New(errs.Invalid, "The file %q has already been sent. Upload it again.", a.ID).On("attachmentIds", strconv.Itoa(index))
}

// Incoming is a file of an inbound mail, whose content Write stored.
type Incoming struct {
	Stored
	FileName  string
	ContentID string // as the mail's HTML names it, without "cid:"; "": it does not
	Inline    bool   // the mail's HTML shows it
	Position  int    // place among the message's files; 0: as in the list
}

// Store makes stored contents the attachments of a mail's message, in order, in
// the transaction that saves the message. The actor of the context sent them.
func (s *Service) Store(ctx context.Context, tx *store.Tx, files []Incoming, c *ent.Conversation, messageID string) ([]*ent.Attachment, error) {
	list := make([]*ent.Attachment, len(files))
	for i, f := range files {
		a, err := newRow(tx, f.Stored, viewer.FromContext(ctx).Actor()).SetInboxID(c.InboxID).SetConversationID(c.ID).
			SetMessageID(messageID).SetPosition(cmp.Or(f.Position, i+1)).SetFileName(cleanName(f.FileName, f.ContentType)).
			SetContentID(f.ContentID).SetInline(f.Inline).Save(ctx)
		if err != nil {
			return nil, err
		}
		if f.Scan == vocab.ScanNone && s.options.Scanner != nil {
			tx.Enqueue(store.Job{Args: scanArgs{AccountID: a.AccountID, AttachmentID: a.ID}})
		}
		list[i] = a
	}
	return list, nil
}
