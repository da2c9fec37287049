package live

import (
	"context"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Thread is the changes of one conversation's messages, live.
type Thread struct{ *follow }

// follow goes along one conversation's part of the log as long as its viewer may
// see the conversation.
type follow struct {
	live   *Service
	reader *event.Reader
	viewer viewer.Live
	id     string
	inbox  string
}

// Thread returns the changes of a conversation's messages after a number of the
// log, then what comes; nil: what comes from now on. NOT_FOUND if the viewer may
// not see the conversation; see also event.Feed.Follow.
func (l *Service) Thread(ctx context.Context, conversationID string, after *int64) (*Thread, error) {
	f, err := l.followConversation(ctx, conversationID, after)
	if err != nil {
		return nil, err
	}
	return &Thread{f}, nil
}

func (l *Service) followConversation(ctx context.Context, conversationID string, after *int64) (*follow, error) {
	c, err := view.Find(ctx, l.store.Client(ctx).Conversation.Query(), conversationID)
	if err != nil {
		return nil, err
	}
	r, err := l.feed.Follow(ctx, event.Topic{AccountID: c.AccountID, ConversationID: c.ID}, after)
	if err != nil {
		return nil, err
	}
	return &follow{live: l, reader: r, viewer: viewer.LiveFrom(ctx), id: c.ID, inbox: c.InboxID}, nil
}

// Next waits for the next change. NOT_FOUND ends the stream: the viewer may not
// see the conversation any longer, or it is gone.
func (t *Thread) Next(ctx context.Context) (*MessageChange, error) {
	return nextOf(ctx, t.follow, t.live.MessageOf)
}

// nextOf waits for the next event that means something.
func nextOf[T any](ctx context.Context, f *follow, meaning func(context.Context, *event.Entry) (*T, error)) (*T, error) {
	for {
		e, err := f.next(ctx)
		if err != nil {
			return nil, err
		}
		m, err := meaning(ctx, e)
		if m != nil || err != nil {
			return m, err
		}
	}
}

// Close ends the stream.
func (f *follow) Close() { f.reader.Close() }

// next waits for the conversation's next event.
func (f *follow) next(ctx context.Context) (*event.Entry, error) {
	for {
		changed := f.viewer.Changed()
		e, more, err := f.reader.Peek(ctx)
		if err != nil {
			return nil, err
		}
		if err := f.checkAccess(ctx, e); err != nil {
			return nil, err
		}
		if e != nil {
			return e, nil
		}
		if err := waitForEither(ctx, more, changed); err != nil {
			return nil, err
		}
	}
}

// checkAccess ends the stream when the conversation is gone, or out of sight.
func (f *follow) checkAccess(ctx context.Context, e *event.Entry) error {
	at := f.reader.Position()
	v, err := f.viewer.At(ctx, max(at, 1))
	if err != nil {
		return err
	}
	if !v.InInbox(f.inbox) || e != nil && e.Type == vocab.ConversationPurged {
		return view.NotFound(f.id)
	}
	return nil
}

// waitForEither waits for one of two channels; ctx's end is an error.
func waitForEither(ctx context.Context, a, b <-chan struct{}) error {
	select {
	case <-a:
	case <-b:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

type messageKey struct{}

// MessageOf returns what an event did to a message, which is read once for all
// who ask on this node; nil: nothing, or the message is gone.
func (l *Service) MessageOf(ctx context.Context, e *event.Entry) (*MessageChange, error) {
	kind := e.Type.Message()
	if kind == "" || e.MessageID == "" {
		return nil, nil
	}
	return event.Derive(e, messageKey{}, func() (*MessageChange, error) {
		ctx := viewer.NewContext(context.WithoutCancel(ctx), viewer.System("live", e.AccountID))
		m, err := l.store.Client(ctx).Message.Query().Where(entmessage.ID(e.MessageID)).Only(ctx)
		if ent.IsNotFound(err) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return &MessageChange{Sequence: e.Sequence, Kind: kind, Message: m}, nil
	})
}
