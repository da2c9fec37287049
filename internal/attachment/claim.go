package attachment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Claim makes uploads the attachments of a message, in the order of ids, and
// returns them. It takes what the actor of the context uploaded for c's inbox and
// did not send yet; anything else is NOT_FOUND or INVALID on attachmentIds and
// its index. More or larger files than a message may have are TOO_LONG on
// attachmentIds. It runs in the transaction that saves the message.
func (s *Service) Claim(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation, messageID string) ([]*ent.Attachment, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if len(ids) > s.options.MaxCount {
		return nil, errs.New(errs.TooLong, "A message has at most %d files.", s.options.MaxCount).On("attachmentIds")
	}
	list, err := uploads(ctx, tx, ids, c)
	if err != nil {
		return nil, err
	}
	total := int64(0)
	for i, a := range list {
		if total += int64(a.Size); total > s.options.MaxTotal {
			return nil, errs.New(errs.TooLong, "The files of a message have at most %d bytes together.", s.options.MaxTotal).On("attachmentIds")
		}
		if err := take(ctx, tx, a, c, messageID, i); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// uploads returns the actor's uploads by their ids, in order.
func uploads(ctx context.Context, tx *store.Tx, ids []string, c *ent.Conversation) ([]*ent.Attachment, error) {
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
			return nil, errs.New(errs.Invalid, "The file %q is there twice.", one).On("attachmentIds", strconv.Itoa(i))
		case found[at].Scan == vocab.ScanInfected:
			return nil, errs.New(errs.Invalid, "The file %q contains a virus.", one).On("attachmentIds", strconv.Itoa(i))
		}
		list[i] = found[at]
	}
	return list, nil
}

// take gives one upload to the message, unless another message has it.
func take(ctx context.Context, tx *store.Tx, a *ent.Attachment, c *ent.Conversation, messageID string, index int) error {
	taken, err := tx.Client.Attachment.Update().Where(entattachment.ID(a.ID), entattachment.MessageID("")).
		SetMessageID(messageID).SetConversationID(c.ID).SetPosition(index + 1).Save(ctx)
	if err != nil {
		return err
	}
	if taken == 0 {
		return errs.New(errs.Invalid, "The file %q was sent already. Upload it again.", a.ID).On("attachmentIds", strconv.Itoa(index))
	}
	a.MessageID, a.ConversationID, a.Position = messageID, c.ID, index+1
	return nil
}

// ShowInline notes which of a message's files its HTML shows, as
// <img src="cid:..."> with the file's content id, which an upload's own id is.
func (s *Service) ShowInline(ctx context.Context, tx *store.Tx, list []*ent.Attachment, html string) error {
	for _, a := range list {
		if a.Inline || !strings.Contains(html, "cid:"+a.ContentID) {
			continue
		}
		if err := tx.Client.Attachment.UpdateOneID(a.ID).SetInline(true).Exec(ctx); err != nil {
			return err
		}
		a.Inline = true
	}
	return nil
}

// Incoming is a file of an inbound mail, whose content Write stored.
type Incoming struct {
	Stored
	FileName  string
	ContentID string // as the mail's HTML names it, without "cid:"; "": it does not
	Inline    bool   // the mail's HTML shows it
}

// Store makes stored contents the attachments of a mail's message, in order, in
// the transaction that saves the message. The actor of the context sent them.
func (s *Service) Store(ctx context.Context, tx *store.Tx, files []Incoming, c *ent.Conversation, messageID string) ([]*ent.Attachment, error) {
	list := make([]*ent.Attachment, len(files))
	for i, f := range files {
		a, err := row(tx, f.Stored, viewer.FromContext(ctx).Actor()).SetInboxID(c.InboxID).SetConversationID(c.ID).
			SetMessageID(messageID).SetPosition(i + 1).SetFileName(cleanName(f.FileName, f.ContentType)).
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
