package presence_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/presence"
	"parley/internal/viewer"
)

// IN-16: staff see who looks and who types, whatever node they are on.
func TestPresence(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		c := w.ConversationIDs[0]
		ada := watch(w.Admin, t, w.a, c, true)
		reach(t, ada, who(w.Admin, true, false))
		ben := watch(w.Agent(0), t, w.b, c, true)
		reach(t, ada, who(w.Admin, true, false), who(w.Agent(0), true, false))
		reach(t, ben, who(w.Admin, true, false), who(w.Agent(0), true, false))
		dora := w.visit(t, w.a, 0)

		typing(w.Agent(0), t, w.b, c, true, false)
		reach(t, ada, who(w.Admin, true, false), who(w.Agent(0), true, true))
		next(t, dora, who(w.Agent(0), false, true))
		typing(w.Visitor(0), t, w.b, c, true, false)
		reach(t, ada, who(w.Admin, true, false), who(w.Agent(0), true, true), who(w.Visitor(0), false, true))
		typing(w.Agent(0), t, w.b, c, false, false)
		next(t, dora, who(w.Agent(0), false, false))
		typing(w.Visitor(0), t, w.b, c, false, false)
		reach(t, ada, who(w.Admin, true, false), who(w.Agent(0), true, false))

		cleo := watch(w.Agent(1), t, w.b, c, false)
		reach(t, cleo, who(w.Admin, true, false), who(w.Agent(0), true, false))
		ben.Close()
		reach(t, ada, who(w.Admin, true, false))
		reach(t, cleo, who(w.Admin, true, false))
		ada.Close()
		reach(t, cleo)
	})
}

// AC-3, CH-8: no one learns of, or shows in, a conversation that they may not see.
func TestWhoMay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		other := w.ConversationIDs[2]
		set := func(ctx context.Context, conversation string) error {
			return w.a.SetTyping(ctx, presence.SetTypingInput{ConversationID: conversation, Typing: true})
		}
		_, err := w.a.Watch(w.Agent(0), other, true)
		refused(t, err, errs.NotFound)
		for _, ctx := range []context.Context{w.Agent(0), w.Admin, w.Visitor(0)} {
			refused(t, set(ctx, other), errs.NotFound)
			refused(t, set(ctx, w.AgentIDs[0]), errs.NotFound)
			refused(t, set(ctx, id.New(id.Conversation)), errs.NotFound)
		}
		refused(t, set(w.Visitor(0), w.ConversationIDs[1]), errs.NotFound)
		_, err = w.a.Watch(w.Visitor(0), w.ConversationIDs[0], false)
		refused(t, err, errs.Forbidden)
		for _, v := range []*viewer.Viewer{nil, viewer.Anonymous(), viewer.System("test", w.AccountID)} {
			refused(t, set(viewer.NewContext(t.Context(), v), other), errs.Forbidden)
			_, err = w.a.Watch(viewer.NewContext(t.Context(), v), other, false)
			refused(t, err, errs.Forbidden)
		}
		_, err = w.a.WatchVisitor(w.Visitor(0), id.New(id.Account), w.InboxIDs[0], w.ConversationIDs[0])
		refused(t, err, errs.NotFound)
	})
}

// Next ends with its context's cause.
func TestStreamsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		st, visitor := watch(w.Agent(0), t, w.a, w.ConversationIDs[0], true), w.visit(t, w.a, 0)
		reach(t, st, who(w.Agent(0), true, false))
		ctx, cancel := context.WithCancelCause(t.Context())
		over := errors.New("over")
		cancel(over)
		if _, err := st.Next(ctx); !errors.Is(err, over) {
			t.Error(err)
		}
		if _, err := visitor.Next(ctx); !errors.Is(err, over) {
			t.Error(err)
		}
	})
}

// Many come, type and go at once; then no one is there.
func TestCrowd(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, w *world) {
		last := watch(w.Agent(1), t, w.a, w.ConversationIDs[0], false)
		var crowd sync.WaitGroup
		for i := range 16 {
			crowd.Go(func() {
				service, ctx := []*presence.Service{w.a, w.b}[i%2], []context.Context{w.Admin, w.Agent(0)}[i/2%2]
				for range 5 {
					st, err := service.Watch(ctx, w.ConversationIDs[i%3%2], true)
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := st.Next(ctx); err != nil {
						t.Error(err)
					}
					note := false
					_ = service.SetTyping(ctx, presence.SetTypingInput{ConversationID: w.ConversationIDs[0], Typing: true, Note: &note})
					st.Close()
				}
				_ = service.SetTyping(ctx, presence.SetTypingInput{ConversationID: w.ConversationIDs[0]})
			})
		}
		crowd.Wait()
		reach(t, last)
	})
}
