package conversation

import (
	"context"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/event"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Thread is the changes of one conversation's messages, live.
type Thread struct {
	live   *Live
	reader *event.Reader
	viewer viewer.Live
	id     string
	inbox  string
}

// Thread returns the changes of a conversation's messages after a number of the
// log, then what comes; nil: what comes from now on. NOT_FOUND if the viewer may
// not see the conversation; see also event.Feed.Follow.
func (l *Live) Thread(ctx context.Context, conversationID string, after *int64) (*Thread, error) {
	c, err := find(ctx, l.store.Client(ctx).Conversation.Query(), conversationID)
	if err != nil {
		return nil, err
	}
	r, err := l.feed.Follow(ctx, event.Topic{AccountID: c.AccountID, ConversationID: c.ID}, after)
	if err != nil {
		return nil, err
	}
	return &Thread{live: l, reader: r, viewer: viewer.LiveFrom(ctx), id: c.ID, inbox: c.InboxID}, nil
}

// Close ends the stream.
func (t *Thread) Close() { t.reader.Close() }

// Next waits for the next change. NOT_FOUND ends the stream: the viewer may not
// see the conversation any more, or it is gone.
func (t *Thread) Next(ctx context.Context) (*MessageChange, error) {
	for {
		changed := t.viewer.Changed()
		e, more, err := t.reader.Peek(ctx)
		if err != nil {
			return nil, err
		}
		if err := t.check(ctx, e); err != nil {
			return nil, err
		}
		if e == nil {
			if err := wait(ctx, more, changed); err != nil {
				return nil, err
			}
			continue
		}
		m, err := t.live.MessageOf(ctx, e)
		if m != nil || err != nil {
			return m, err
		}
	}
}

// check ends the stream when the conversation is gone, or out of sight.
func (t *Thread) check(ctx context.Context, e *event.Entry) error {
	at := t.reader.Position()
	v, err := t.viewer.At(ctx, max(at, 1))
	if err != nil {
		return err
	}
	if !v.InInbox(t.inbox) || e != nil && e.Type == vocab.ConversationPurged {
		return notFound(t.id)
	}
	return nil
}

// wait waits for one of two channels; ctx's end is an error.
func wait(ctx context.Context, a, b <-chan struct{}) error {
	select {
	case <-a:
	case <-b:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

var messageKinds = map[vocab.EventType]vocab.ChangeKind{
	vocab.MessageCreated: vocab.ChangeAdded, vocab.MessageUpdated: vocab.ChangeChanged, vocab.MessageDeleted: vocab.ChangeDeleted,
	vocab.MessageDeliveryChanged: vocab.ChangeChanged,
}

type messageKey struct{}

// MessageOf returns what an event did to a message, which is read once for all
// who ask on this node; nil: nothing, or the message is gone.
func (l *Live) MessageOf(ctx context.Context, e *event.Entry) (*MessageChange, error) {
	kind, ok := messageKinds[e.Type]
	if !ok || e.MessageID == "" {
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
