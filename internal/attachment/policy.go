package attachment

import (
	"context"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

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
		return nil, errs.New(errs.Unauthenticated, "Files are taken from staff and visitors alone: send a token.")
	case v.Kind == viewer.Visitor:
		return s.visitorsDestination(ctx, v, in)
	case in.ConversationID != "":
		return s.inConversation(ctx, v, in.ConversationID)
	case in.InboxID == "":
		return nil, errs.New(errs.Required, "Say which conversation or inbox the file is for.").On("conversationId")
	}
	return s.inInbox(ctx, v, in.InboxID)
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
	_, err := tx.Client.Visitor.Query().Where(entvisitor.ID(v.ActorID)).Modify(forUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return errs.New(errs.Unauthenticated, "The visitor of this token is gone; start a new session.")
	}
	if err != nil {
		return err
	}
	return s.mayWait(ctx, tx.Client, v, size)
}

// mayWait refuses a visitor's file if too much of theirs waits to be sent.
func (s *Service) mayWait(ctx context.Context, client *ent.Client, v *viewer.Viewer, size int64) error {
	sizes, err := client.Attachment.Query().Where(entattachment.MessageID(""), entattachment.UploaderID(v.ActorID)).
		Select(entattachment.FieldSize).Ints(ctx)
	if err != nil {
		return err
	}
	for _, n := range sizes {
		size += int64(n)
	}
	if len(sizes) >= s.options.VisitorPending || size > s.options.VisitorPendingBytes {
		return errs.New(errs.TooLong, "Too many files wait to be sent (at most %d, of %d bytes together). Send them first.",
			s.options.VisitorPending, s.options.VisitorPendingBytes).On("file")
	}
	return nil
}

// forUpdate locks the rows where the database locks rows: SQLite has one writer.
func forUpdate(s *sql.Selector) {
	if s.Dialect() == dialect.Postgres {
		s.ForUpdate()
	}
}
