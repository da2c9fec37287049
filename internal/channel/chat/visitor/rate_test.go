package visitor_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/presence"
	"parley/internal/viewer"
)

// limited expects that a call has to wait so long.
func (w *world) limited(err error, wait string) {
	w.t.Helper()
	if !errs.Is(err, errs.RateLimited) || !strings.HasSuffix(err.Error(), "in "+wait+".") {
		w.t.Errorf("got %v, want RATE_LIMITED for %s", err, wait)
		return
	}
	seconds, _ := time.ParseDuration(strings.ReplaceAll(wait, " ", ""))
	if got, most := errs.Of(err).Data.RetryAt, w.clock.Now().Add(seconds); got.Time().After(most) || !got.Time().After(w.clock.Now()) { // API-15
		w.t.Errorf("retryAt is %s, want after %s and by %s", got, w.clock.Now(), most)
	}
}

func (w *world) sends(me context.Context, conversationID string) error {
	_, err := w.SendMessage(me, visitor.SendVisitorMessageInput{ConversationID: conversationID, Text: "more"})
	return err
}

// Architecture 5: a visitor writes so many messages a minute, and begins so many
// chats an hour; what is refused or replayed does not count.
func TestVisitorRates(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.compose(conversation.Deps{}, visitor.Options{Limits: visitor.Limits{MessagesPerMinute: 3, ChatsPerHour: 2}})
		me := w.as(w.start("", ""))
		c := w.startChat(me, "one")
		w.ok(w.sends(me, c.ID))
		in := visitor.SendVisitorMessageInput{ConversationID: c.ID, Text: "again", IdempotencyKey: new("k")}
		for range 3 {
			_, err := w.SendMessage(me, in)
			w.ok(err)
		}
		w.clock.Advance(20 * time.Second)
		w.limited(w.sends(me, c.ID), "40 s")
		_, err := w.StartChat(me, w.chat("two"))
		w.limited(err, "40 s")
		stranger := w.as(w.start("", ""))
		w.startChat(stranger, "theirs") // others are not kept waiting
		w.clock.Advance(40 * time.Second)
		w.startChat(me, "two")
		w.clock.Advance(time.Minute)
		_, err = w.StartChat(me, w.chat("three"))
		w.limited(err, "3480 s")
		w.ok(w.sends(me, c.ID))
		w.clock.Advance(time.Hour)
		w.startChat(me, "three")
		w.clock.Advance(25 * time.Hour)
		w.ok(w.Forget(w.t.Context()))
		left, err := w.Store.Numbers(w.System, "SELECT COUNT(*) FROM visitor_rates")
		if w.ok(err); left[0] != 0 {
			w.t.Errorf("%d counts are kept", left[0])
		}
	})
}

// Architecture 5: an address begins so many sessions a minute, and its visitors
// write ten times what one may. Addresses are not kept.
func TestAddressRates(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.compose(conversation.Deps{}, visitor.Options{Limits: visitor.Limits{SessionsPerMinute: 11, MessagesPerMinute: 1}})
		from := func(remote string) error {
			ctx := viewer.WithRemote(viewer.NewContext(w.t.Context(), viewer.Anonymous()), remote)
			session, err := w.StartSession(ctx, visitor.StartVisitorSessionInput{ChannelKey: key(w.ChannelIDs[0])})
			if err != nil {
				return err
			}
			_, err = w.StartChat(viewer.WithRemote(w.as(session), remote), w.chat("hello"))
			return err
		}
		for range 10 {
			w.ok(from("192.0.2.1"))
		}
		w.limited(from("192.0.2.1"), "60 s") // the eleventh message
		w.limited(from("192.0.2.1"), "60 s") // the twelfth session
		w.ok(from("192.0.2.2"))
		kept, err := w.Store.Strings(w.System, "SELECT key FROM visitor_rates WHERE key LIKE '%192.0%'")
		if w.ok(err); len(kept) != 0 {
			w.t.Errorf("addresses are kept: %v", kept)
		}
	})
}

// IN-10: a blocked visitor's typing reaches no one, and they notice nothing.
func TestBlockedTyping(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		_, p := w.live()
		me, blocked := w.as(w.start("", "")), w.as(w.start("", ""))
		c, silent := w.startChat(me, "hello"), w.startChat(blocked, "hello")
		w.block(silent.ID)
		for ctx, conversationID := range map[context.Context]string{me: c.ID, blocked: silent.ID} {
			w.ok(p.SetTyping(ctx, presence.SetTypingInput{ConversationID: conversationID, Typing: true}))
		}
		for conversationID, want := range map[string]int{c.ID: 1, silent.ID: 0} {
			r, err := p.Watch(w.Agent(0), conversationID, false)
			w.ok(err)
			defer r.Close()
			roster, err := r.Next(w.t.Context())
			if w.ok(err); len(roster.List) != want {
				w.t.Errorf("%d type, want %d", len(roster.List), want)
			}
		}
	})
}

// CH-8: a visitor gives so many addresses an hour; others are counted for themselves, and
// one that is given again, or replayed, counts as any other call.
func TestAddressesPerVisitor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.compose(conversation.Deps{}, visitor.Options{Limits: visitor.Limits{AddressesPerHour: 2}})
		gives := func(me context.Context, address string) error {
			_, err := w.CaptureEmail(me, visitor.CaptureVisitorEmailInput{Email: address})
			return err
		}
		me, other := w.as(w.start("", "")), w.as(w.start("", ""))
		w.ok(gives(me, "one@example.net"))
		w.ok(gives(me, "two@example.net"))
		w.limited(gives(me, "three@example.net"), "3600 s")
		w.ok(gives(other, "three@example.net"))
		w.clock.Advance(time.Hour)
		w.ok(gives(me, "three@example.net"))
	})
}

// TM-5: a visitor sends so many forms an hour, and what the page says counts with them.
func TestAnswersPerVisitor(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.compose(conversation.Deps{}, visitor.Options{Limits: visitor.Limits{AnswersPerHour: 2}})
		said := []visitor.VisitorFieldInput{{Field: "name", Value: new("Dora")}}
		says := func(me context.Context) error {
			_, err := w.SetProperties(me, visitor.SetVisitorPropertiesInput{Properties: said})
			return err
		}
		me, other := w.as(w.start("", "")), w.as(w.start("", ""))
		w.ok(says(me))
		w.ok(says(me))
		_, err := w.SubmitFields(me, visitor.SubmitVisitorFieldsInput{Fields: said})
		w.limited(err, "3600 s")
		w.ok(says(other))
		w.clock.Advance(time.Hour)
		w.ok(says(me))
	})
}
