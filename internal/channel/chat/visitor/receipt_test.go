package visitor_test

import (
	"context"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	entmessage "parley/ent/message"
	"parley/internal/bus"
	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/event"
	"parley/internal/presence"
	"parley/internal/vocab"
)

// live gives the world streams.
func (w *world) live() (*visitor.Live, *presence.Service) {
	w.t.Helper()
	silent := slog.New(slog.DiscardHandler)
	b, err := bus.Open(bus.Options{Log: silent})
	w.ok(err)
	feed := event.NewFeed(w.Store, b, silent)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); feed.Run(ctx) }()
	w.t.Cleanup(func() {
		cancel()
		<-done
		if err := b.Close(); err != nil {
			w.t.Error(err)
		}
	})
	p := presence.New(w.Store, b, silent)
	return visitor.NewLive(w.Service, feed, live.New(w.Store, feed, silent), p), p
}

func (w *world) reads(user int, conversationID string) {
	w.t.Helper()
	_, err := w.conversations.MarkRead(w.Agent(user), conversation.MarkConversationReadInput{ConversationID: conversationID})
	w.ok(err)
}

// IN-14: what the visitor has read is READ for the team, once, and no revision
// rises: reading makes no conflict.
func TestReadReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me := w.as(w.start("", ""))
		c := w.startChat(me, "q1")
		first := w.answer(c.ID, "a1", false)
		w.answer(c.ID, "note", true)
		second := w.answer(c.ID, "a2", false)
		revision := w.conversation(c.ID).Revision
		read := func(number int, told ...vocab.EventType) {
			w.t.Helper()
			_, _, _, before := w.count()
			_, err := w.MarkRead(me, visitor.MarkVisitorConversationReadInput{ConversationID: c.ID, UpTo: w.messageAt(c.ID, number)})
			w.ok(err)
			if diff := cmp.Diff(append([]vocab.EventType{}, told...), w.since(before)); diff != "" {
				w.t.Error(diff)
			}
		}
		delivery := func(want ...vocab.DeliveryState) {
			w.t.Helper()
			var got []vocab.DeliveryState
			for _, messageID := range []string{first.ID, second.ID} {
				m, err := w.Store.Client(w.System).Message.Query().Where(entmessage.ID(messageID)).Only(w.System)
				w.ok(err)
				got = append(got, m.Delivery)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				w.t.Error(diff)
			}
		}
		delivery(vocab.DeliverySent, vocab.DeliverySent)
		read(2, vocab.MessageDeliveryChanged)
		delivery(vocab.DeliveryRead, vocab.DeliverySent)
		read(2)
		read(3, vocab.MessageDeliveryChanged)
		delivery(vocab.DeliveryRead, vocab.DeliveryRead)
		read(1)
		if now := w.conversation(c.ID).Revision; now != revision {
			w.t.Errorf("the revision went from %d to %d", revision, now)
		}
	})
}

// IN-15: the visitor learns live that the team has read, once, and not who it
// was; their own reading is no news to them.
func TestSeenLive(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		l, _ := w.live()
		me := w.as(w.start("", ""))
		c := w.startChat(me, "q1")
		w.send(me, c.ID, "q2")
		begin := w.head()
		s, err := l.Watch(me, c.ID, nil)
		w.ok(err)
		defer s.Close()
		w.reads(0, c.ID)
		w.seen(me, s, "q2")
		w.reads(1, c.ID) // a colleague changes nothing
		w.answer(c.ID, "a", false)
		if m := w.next(s).(*visitor.MessageChange); m.Kind != vocab.ChangeAdded || m.Message.Text != "a" {
			w.t.Errorf("%+v", m)
		}
		_, err = w.MarkRead(me, visitor.MarkVisitorConversationReadInput{ConversationID: c.ID})
		w.ok(err)
		w.send(me, c.ID, "q3")
		if m := w.next(s).(*visitor.MessageChange); m.Kind != vocab.ChangeAdded || m.Message.Text != "q3" {
			w.t.Errorf("%+v", m)
		}
		w.reads(1, c.ID)
		w.seen(me, s, "q3")

		cursor, err := w.Cursor(c.ID, begin)
		w.ok(err)
		again, err := l.Watch(me, c.ID, &cursor)
		w.ok(err)
		defer again.Close()
		w.seen(me, again, "q2") // what happened while the visitor was cut off
	})
}

// seen expects the news that the team has read up to a message.
func (w *world) seen(me context.Context, s *visitor.Stream, text string) {
	w.t.Helper()
	change, ok := w.next(s).(*visitor.MessageChange)
	if !ok || change.Kind != vocab.ChangeChanged || change.Message.Text != text {
		w.t.Fatalf("%+v", change)
	}
	if seen, err := w.Seen(me, []*ent.Message{change.Message}); err != nil || !seen[0] {
		w.t.Errorf("seen: %v (%v)", seen, err)
	}
}

func (w *world) next(s *visitor.Stream) visitor.Change {
	w.t.Helper()
	change, err := s.Next(w.t.Context())
	w.ok(err)
	return change
}

// head is the number of the newest event.
func (w *world) head() int64 {
	w.t.Helper()
	head, err := event.New(w.Store).Head(w.System)
	w.ok(err)
	return head
}
