package attachment

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"

	"parley/ent"
	entattachment "parley/ent/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/viewer"
)

// Of returns the attachments of each message that the viewer sees, in their
// order. A deleted message has none (IN-14).
func (s *Service) Of(ctx context.Context, messages []*ent.Message) ([][]*ent.Attachment, error) {
	var ids []string
	for _, m := range messages {
		if !m.DeletedAt.IsSet() {
			ids = append(ids, m.ID)
		}
	}
	lists := make([][]*ent.Attachment, len(messages))
	if len(ids) == 0 {
		return lists, nil
	}
	found, err := s.store.Client(ctx).Attachment.Query().Where(entattachment.MessageIDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b *ent.Attachment) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	byMessage := map[string][]*ent.Attachment{}
	for _, a := range found {
		byMessage[a.MessageID] = append(byMessage[a.MessageID], a)
	}
	for i, m := range messages {
		if !m.DeletedAt.IsSet() {
			lists[i] = byMessage[m.ID]
		}
	}
	return lists, nil
}

// Open reads an attachment's content for Parley's own work, such as sending it
// by mail; ctx must live as long as the reader does.
func (s *Service) Open(ctx context.Context, a *ent.Attachment) (io.ReadCloser, error) {
	return s.bucket.NewReader(ctx, a.BlobKey)
}

// File is a file on its way to a browser.
type File struct {
	blob.Reader
	Name string
	// ContentType is one that lets no browser run the file.
	ContentType string
	// Shown says that a browser may show the file instead of keeping it.
	Shown bool
	// Hash is the content's SHA-256 in hexadecimal.
	Hash string
}

// Download returns a file, or a raw mail, for the token of its address, while who got the
// address still sees the file. FORBIDDEN: the token is not valid, or its viewer
// has no access any longer; NOT_FOUND: they see no such file; UNAVAILABLE: the
// storage does not work. ctx must live as long as the file is read.
func (s *Service) Download(ctx context.Context, attachmentID, token string) (*File, error) {
	var c claims
	if s.signer.Verify(token, &c) != nil || c.Attachment != attachmentID {
		return nil, errs.New(errs.Forbidden, "The URL of a file is valid for ten minutes. This one has expired or is incomplete: request the attachment's url again.")
	}
	v, err := s.viewer(ctx, &c)
	if err != nil {
		return nil, err
	}
	f, err := s.findMail(viewer.NewContext(ctx, v), attachmentID)
	if err != nil {
		return nil, err
	}
	return s.content(ctx, f)
}

// content opens what was found.
func (s *Service) content(ctx context.Context, f *found) (*File, error) {
	r, err := s.bucket.NewReader(ctx, f.blobKey)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err // a fault of ours, which the log is to have
	}
	if err != nil {
		return nil, s.reportUnavailable(ctx, err)
	}
	shown := f.shown
	if shown {
		if shown, err = s.showable(ctx, f.blobKey, f.contentType); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return &File{Reader: r, Name: f.name, ContentType: f.contentType, Shown: shown, Hash: f.hash}, nil
}

// viewer is who got the address, as they are now.
func (s *Service) viewer(ctx context.Context, c *claims) (*viewer.Viewer, error) {
	if c.Mailed {
		return s.reader(ctx, c)
	}
	if c.Kind == viewer.Visitor {
		return s.visitor(ctx, c)
	}
	if id.Is(c.Actor, id.User) || id.Is(c.Actor, id.Integration) {
		return s.viewers.ViewerOf(ctx, c.Account, c.Actor, c.Token)
	}
	return nil, errs.New(errs.Forbidden, "Only staff and visitors can download files.")
}

// reader is who reads a mail with the address: nothing of a conversation in the trash
// (IN-13).
func (s *Service) reader(ctx context.Context, c *claims) (*viewer.Viewer, error) {
	kept, err := s.store.Strings(ctx, `SELECT c.id FROM attachments a JOIN conversations c ON c.id = a.conversation_id
		WHERE a.id = $1 AND a.account_id = $2 AND c.deleted_at = 0`, c.Attachment, c.Account)
	if err == nil && len(kept) == 0 {
		err = gone()
	}
	return viewer.System("files", c.Account), err
}

// visitor is the visitor who got the address, unless their session was ended (CH-8).
func (s *Service) visitor(ctx context.Context, c *claims) (*viewer.Viewer, error) {
	ended, err := s.store.Strings(ctx, `SELECT v.id FROM visitors v LEFT JOIN visitor_sessions s ON s.id = $1 AND s.visitor_id = v.id
		WHERE v.id = $2 AND v.account_id = $3 AND COALESCE(s.ended_at, v.sessions_ended_at) <> 0`, c.Token, c.Actor, c.Account)
	if err != nil {
		return nil, err
	}
	if len(ended) > 0 {
		return nil, errs.New(errs.Forbidden, "The session of this URL was ended: start a new one and request the attachment's url again.")
	}
	return &viewer.Viewer{Kind: c.Kind, AccountID: c.Account, ActorID: c.Actor, ChannelID: c.Channel, TokenID: c.Token}, nil
}

// visible returns an attachment that the context's viewer sees now.
func (s *Service) visible(ctx context.Context, attachmentID string) (*ent.Attachment, error) {
	client := s.store.Client(ctx)
	a, err := client.Attachment.Get(ctx, attachmentID)
	if ent.IsNotFound(err) {
		return nil, gone()
	}
	if err != nil {
		return nil, err
	}
	lives, err := s.inboxLives(ctx, a)
	if err != nil {
		return nil, err
	}
	if !lives {
		return nil, gone()
	}
	if a.MessageID == "" {
		return a, nil
	}
	m, err := client.Message.Get(ctx, a.MessageID)
	if ent.IsNotFound(err) || err == nil && m.DeletedAt.IsSet() {
		return nil, gone()
	}
	return a, err
}

// inboxLives reports whether the attachment's inbox is there: visitors do not
// see inboxes, whose deletion ends their access too (IB-3).
func (s *Service) inboxLives(ctx context.Context, a *ent.Attachment) (bool, error) {
	ctx = viewer.NewContext(ctx, viewer.System("files", a.AccountID))
	box, err := s.store.Client(ctx).Inbox.Get(ctx, a.InboxID)
	if ent.IsNotFound(err) {
		return false, nil
	}
	return err == nil && !box.DeletedAt.IsSet(), err
}
