package visitor

import (
	"context"
	"slices"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation/live"
	"parley/internal/event"
	"parley/internal/presence"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Change is a change of what a visitor sees of their conversation:
// *MessageChange, *TypingChange, *StatusChange, *QueueChange or *Continued.
type Change interface{ isChange() }

// MessageChange is a change of the messages that a visitor sees. Sequence is the
// event's number in the log.
type MessageChange struct {
	Sequence int64
	Kind     vocab.ChangeKind
	Message  *ent.Message
}

// TypingChange says that someone of the team, or a bot, types or stopped.
type TypingChange struct {
	AuthorName string
	Typing     bool
}

// StatusChange says that the conversation was closed or reopened.
type StatusChange struct {
	ConversationID string

	Sequence int64
	Status   vocab.ConversationStatus
}

// Continued says that the conversation went on with a visitor who proved who they
// are. Nothing follows (CH-8).
type Continued struct{ Conversation *ent.Conversation }

// QueueChange says that the visitor's place in the queue is another one; nil: they
// have none (IN-23).
type QueueChange struct{ QueuePosition *int }

func (*QueueChange) isChange()   {}
func (*MessageChange) isChange() {}
func (*TypingChange) isChange()  {}
func (*StatusChange) isChange()  {}
func (*Continued) isChange()     {}

// Live holds the streams of visitors. It is safe for concurrent use.
type Live struct {
	*Service
	feed     *event.Feed
	threads  *live.Service
	presence *presence.Service
	queues   queues
	clock    clock.Clock // of the timers: never a turned one
}

// NewLive returns the streams that follow a feed of the service's store.
func NewLive(s *Service, feed *event.Feed, threads *live.Service, p *presence.Service) *Live {
	return &Live{Service: s, feed: feed, threads: threads, presence: p, clock: clock.System{}}
}

// Stream is what a visitor sees of their own conversation, live.
type Stream struct {
	live         *Live
	conversation *ent.Conversation
	reader       *event.Reader
	typing       *presence.Typing
	viewer       viewer.Live
	me           string      // the visitor
	here         *time.Timer // when to note again that the visitor is here; nil: it does not matter
	queue        queued
	seen         int        // the number of the last message that the visitor knows to be seen
	continued    *Continued // the conversation went on elsewhere: nothing follows; nil: it did not
	reported     bool       // and the visitor knows
}

// Watch returns the changes of one of the visitor's own conversations after a
// cursor, then what comes; nil: what comes from now on. NOT_FOUND if there is
// none; INVALID for what is no cursor; see also event.Feed.Follow.
func (l *Live) Watch(ctx context.Context, conversationID string, cursor *string) (*Stream, error) {
	c, err := l.Conversation(ctx, conversationID)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, notFound(conversationID)
	}
	after, err := l.openCursor(c.ID, cursor)
	if err != nil {
		return nil, err
	}
	seen := 0
	if after == nil { // before it follows: what comes between is reported twice rather than not at all
		if seen, err = l.seenUpTo(ctx, c); err != nil {
			return nil, err
		}
	}
	r, err := l.feed.Follow(ctx, event.Topic{AccountID: c.AccountID, ConversationID: c.ID}, after)
	if err != nil {
		return nil, err
	}
	typing, err := l.presence.WatchVisitor(ctx, c.AccountID, c.InboxID, c.ID)
	if err != nil {
		r.Close()
		return nil, err
	}
	s := &Stream{live: l, conversation: c, reader: r, typing: typing, viewer: viewer.LiveFrom(ctx), me: viewer.FromContext(ctx).ActorID, seen: seen}
	s.queue.due = true
	// Now that it follows, nothing goes on elsewhere unnoticed.
	if c, err = l.Conversation(ctx, conversationID); err == nil && c != nil && ContinuedElsewhere(ctx, c) {
		s.continued = &Continued{c}
	}
	if err == nil {
		err = s.followSettings(ctx)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.recordStay(ctx)
	return s, nil
}

// Close ends the stream.
func (s *Stream) Close() {
	s.reader.Close()
	s.typing.Close()
	if s.here != nil {
		s.here.Stop()
	}
	if s.queue.timer != nil {
		s.queue.timer.Stop()
	}
	if s.queue.stop != nil {
		s.queue.stop()
	}
}

// Next waits for the next change. NOT_FOUND ends the stream: the conversation is
// gone, or in the trash, which looks the same to a visitor (IN-13).
func (s *Stream) Next(ctx context.Context) (Change, error) {
	for {
		if _, err := s.viewer.At(ctx, max(s.reader.Position(), 1)); err != nil {
			return nil, err
		}
		changed := s.viewer.Changed()
		if s.continued != nil {
			if !s.reported {
				s.reported = true
				return s.continued, nil
			}
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}
		e, more, err := s.reader.Peek(ctx)
		if err != nil {
			return nil, err
		}
		if e != nil {
			s.queue.due = true
			change, err := s.changeOf(ctx, e)
			if change != nil || err != nil {
				return change, err
			}
			continue
		}
		t, moreTyping, err := s.typing.Peek()
		if err != nil {
			return nil, err
		}
		if t != nil {
			return s.typingChange(ctx, t)
		}
		if change, err := s.queueChange(ctx); change != nil || err != nil {
			return change, err
		}
		select {
		case <-more:
		case <-s.queue.later():
			s.queue.due = true
		case <-s.queue.settings:
			s.queue.due = true
		case <-moreTyping:
		case <-changed:
		case <-s.nextStay():
			s.recordStay(ctx)
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// changeOf is what an event means to the visitor; nil: nothing.
func (s *Stream) changeOf(ctx context.Context, e *event.Entry) (Change, error) {
	switch now := e.Type.Status(); {
	case e.Type.HidesFromVisitor():
		return nil, notFound(s.conversation.ID)
	case s.leaves(e):
		return nil, s.leaveChat(ctx)
	case now != "":
		return statusChange(e, now)
	case e.Type == vocab.ConversationRead:
		return s.readReceipt(ctx, e)
	case e.Type == vocab.MessageDeliveryChanged: // the visitor's own doing
		return nil, nil
	}
	m, err := s.live.threads.MessageOf(ctx, e)
	if m == nil || err != nil || m.Message.Direction == vocab.Note || m.Message.VisibleNumber == 0 {
		return nil, err
	}
	return event.Derive(e, messageKey{}, func() (Change, error) {
		return &MessageChange{Sequence: m.Sequence, Kind: m.Kind, Message: m.Message}, nil
	})
}

// leaves reports whether by an event the conversation goes on with another visitor.
func (s *Stream) leaves(e *event.Entry) bool {
	return e.Type == vocab.ConversationUpdated && slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool {
		return c.Field == "visitor" && c.From != nil && *c.From == s.me
	})
}

// leaveChat ends what the visitor sees of the conversation.
func (s *Stream) leaveChat(ctx context.Context) error {
	me := &viewer.Viewer{Kind: viewer.Visitor, AccountID: s.conversation.AccountID, ActorID: s.me, ChannelID: s.conversation.ChannelID}
	c, err := s.live.continuedChat(viewer.NewContext(ctx, me), me, s.conversation.ID)
	if err == nil && c == nil {
		err = notFound(s.conversation.ID)
	}
	if err == nil {
		s.continued = &Continued{c}
	}
	return err
}

type (
	messageKey struct{}
	statusKey  struct{}
)

func statusChange(e *event.Entry, now vocab.ConversationStatus) (Change, error) {
	return event.Derive(e, statusKey{}, func() (Change, error) {
		return &StatusChange{ConversationID: e.ConversationID, Sequence: e.Sequence, Status: now}, nil
	})
}

// typingChange reports who types by the name that visitors see.
func (s *Stream) typingChange(ctx context.Context, t *presence.TypingChange) (Change, error) {
	authors, err := s.live.Authors(ctx, []*ent.Message{{AuthorID: t.ActorID, Direction: vocab.Outgoing}})
	if err != nil {
		return nil, err
	}
	return &TypingChange{AuthorName: authors[0].Name, Typing: t.Typing}, nil
}
