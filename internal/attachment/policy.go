package attachment

import (
	"context"

	"parley/ent"
	entattachment "parley/ent/attachment"
	entvisitor "parley/ent/visitor"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// destination is where an upload goes, and who makes it.
type destination struct {
	viewer                  *viewer.Viewer // the actor
	inboxID, conversationID string
}

// destination finds where the upload goes; what the caller may not see, or not
// send to, is refused.
func (s *Service) destination(ctx context.Context, in *UploadInput) (*destination, error) {
	v := viewer.FromContext(ctx)
	switch {
	case v == nil || v.Kind == viewer.Anyone:
		return nil, errs.New(errs.Unauthenticated, "Only staff and visitors can upload files: send a token.")
	case v.Kind == viewer.Visitor:
		return s.visitorsDestination(ctx, v, in)
	}
	to, err := s.staffsDestination(ctx, v, in)
	if e := errs.Of(err); e != nil {
		return nil, e.On(append([]string{"to"}, e.Field...)...)
	}
	return to, err
}

func (s *Service) staffsDestination(ctx context.Context, v *viewer.Viewer, in *UploadInput) (*destination, error) {
	switch {
	case in.ConversationID != "":
		return s.inConversation(ctx, v, in.ConversationID)
	case in.InboxID != "":
		return s.inInbox(ctx, v, in.InboxID)
	}
	return nil, errs.New(errs.Required, "Name the conversation or inbox that the file is for.")
}

func (s *Service) visitorsDestination(ctx context.Context, v *viewer.Viewer, in *UploadInput) (*destination, error) {
	if err := s.options.Allow(ctx); err != nil {
		return nil, err
	}
	if err := s.mayWait(ctx, s.store.Client(ctx), v, in.Size); err != nil { // before the file is taken in
		return nil, err
	}
	if in.ConversationID != "" {
		return s.inConversation(ctx, v, in.ConversationID)
	}
	c, err := s.store.Client(ctx).Channel.Get(ctx, v.ChannelID)
	if err != nil {
		return nil, err
	}
	return &destination{viewer: v, inboxID: c.InboxID}, nil
}

func (s *Service) inConversation(ctx context.Context, v *viewer.Viewer, conversationID string) (*destination, error) {
	if id.Is(conversationID, id.Conversation) {
		c, err := s.store.Client(ctx).Conversation.Get(ctx, conversationID)
		if err == nil {
			return &destination{viewer: v.Actor(), inboxID: c.InboxID, conversationID: c.ID}, nil
		}
		if !ent.IsNotFound(err) {
			return nil, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no conversation %q.", errs.Clip(conversationID)).On("conversationId")
}

// inInbox: those who may see its conversations may send from it (AC-3).
func (s *Service) inInbox(ctx context.Context, v *viewer.Viewer, inboxID string) (*destination, error) {
	if id.Is(inboxID, id.Inbox) && v.InInbox(inboxID) {
		_, err := s.store.Client(ctx).Inbox.Get(ctx, inboxID)
		if err == nil {
			return &destination{viewer: v.Actor(), inboxID: inboxID}, nil
		}
		if !ent.IsNotFound(err) {
			return nil, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no inbox %q that you are a member of.", errs.Clip(inboxID)).On("inboxId")
}

// lockPending refuses a visitor's file if too much of theirs waits; of several
// that come at once, one is looked at after the other.
func (s *Service) lockPending(ctx context.Context, tx *store.Tx, v *viewer.Viewer, size int64) error {
	if v.Kind != viewer.Visitor {
		return nil
	}
	_, err := tx.Client.Visitor.Query().Where(entvisitor.ID(v.ActorID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return errs.New(errs.Unauthenticated, "The visitor of this token no longer exists; start a new session.")
	}
	if err != nil {
		return err
	}
	return s.mayWait(ctx, tx.Client, v, size)
}

// crowd is how many visitors of one network address may have as much waiting as
// they may: a company goes out by one.
const crowd = 10

// mayWait refuses a visitor's file if too much of theirs waits to be sent, or too
// much from their network address: sessions cost nothing.
func (s *Service) mayWait(ctx context.Context, client *ent.Client, v *viewer.Viewer, size int64) error {
	sizes, err := client.Attachment.Query().Where(entattachment.MessageID(""), entattachment.UploaderID(v.ActorID)).
		Select(entattachment.FieldSize).Ints(ctx)
	if err != nil {
		return err
	}
	if exceeds(sizes, size, s.options.VisitorPending, s.options.VisitorPendingBytes) {
		return errs.Exceeds(s.options.VisitorPending,
			"Too many files are waiting to be sent (at most %d, with %d bytes in total). Send them first.", s.options.VisitorPending, s.options.VisitorPendingBytes).On("file")
	}
	return s.mayWaitHere(ctx, v, size)
}

func (s *Service) mayWaitHere(ctx context.Context, v *viewer.Viewer, size int64) error {
	address := s.addressDigest(ctx)
	if address == nil {
		return nil
	}
	waiting, err := s.store.Numbers(ctx, `SELECT a.size FROM upload_addresses u JOIN attachments a ON a.id = u.attachment_id AND a.message_id = ''
		WHERE u.account_id = $1 AND u.digest = $2`, v.AccountID, address)
	if err != nil {
		return err
	}
	most, bytes := crowd*s.options.VisitorPending, crowd*s.options.VisitorPendingBytes
	if exceeds(waiting, size, most, bytes) {
		return errs.Exceeds(most, "Too many files from this network address are waiting to be sent (at most %d, with %d bytes in total). Send some first.", most, bytes).On("file")
	}
	return nil
}

func exceeds[N int | int64](sizes []N, more int64, most int, bytes int64) bool {
	for _, n := range sizes {
		more += int64(n)
	}
	return len(sizes) >= most || more > bytes
}

// noteAddress keeps a digest of where a visitor's upload came from, while it waits.
func (s *Service) noteAddress(ctx context.Context, tx *store.Tx, a *ent.Attachment) error {
	address := s.addressDigest(ctx)
	if address == nil || a.UploaderKind != viewer.Visitor {
		return nil
	}
	_, err := tx.Exec(ctx, "INSERT INTO upload_addresses (attachment_id, account_id, inbox_id, digest) VALUES ($1, $2, $3, $4)", a.ID, a.AccountID, a.InboxID, address)
	return err
}

// addressDigest is a digest of the caller's network address, which itself is not kept;
// nil: it is not known.
func (s *Service) addressDigest(ctx context.Context) []byte {
	remote := viewer.Remote(ctx)
	if remote == "" {
		return nil
	}
	return s.keys.HMAC("upload-addresses", []byte(remote))
}
