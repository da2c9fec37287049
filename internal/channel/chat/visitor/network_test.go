package visitor_test

import (
	"testing"
	"time"

	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// startFrom begins a session of a new visitor who comes from a network.
func (w *world) startFrom(network string) *visitor.Session {
	w.t.Helper()
	ctx := viewer.WithRemote(viewer.NewContext(w.t.Context(), viewer.Anonymous()), network)
	session, err := w.StartSession(ctx, visitor.StartVisitorSessionInput{ChannelKey: key(w.ChannelIDs[0])})
	w.ok(err)
	return session
}

// IN-10: with a visitor whose address was only typed, new sessions from their network
// are blocked for 24 hours, and no one else; unblocking one of them is final.
func TestBlockAlsoAddress(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		folder := func(s *visitor.Session) vocab.Folder { return w.conversation(w.startChat(w.as(s), "hello").ID).Folder }
		before, troll := w.startFrom("203.0.113.7"), w.startFrom("203.0.113.7")
		c := w.startChat(w.as(troll), "rude")
		blocked, err := w.conversations.BlockSender(w.Agent(0), conversation.BlockConversationSenderInput{
			Target: conversation.On(c.ID), BlockTerms: conversation.BlockTerms{AlsoAddress: check.Ptr(true)},
		})
		w.ok(err)
		if got, want := blocked.Block.NetworkEndsAt, w.Store.Now().Add(24*time.Hour); got != want {
			w.t.Errorf("the network is blocked until %v, want %v", got, want)
		}
		if network := blocked.Block.Network; network == "" || len(network) != 64 {
			w.t.Errorf("the network is kept as %q, not as a keyed hash", network)
		}
		again := w.startFrom("203.0.113.7")
		for name, c := range map[string]struct {
			who  *visitor.Session
			want vocab.Folder
		}{
			"came before": {before, vocab.FolderMain}, "elsewhere": {w.startFrom("198.51.100.1"), vocab.FolderMain},
			"the troll": {troll, vocab.FolderFiltered}, "a new one": {again, vocab.FolderFiltered},
		} {
			if got := folder(c.who); got != c.want {
				w.t.Errorf("%s: got %s, want %s", name, got, c.want)
			}
		}
		third := w.startChat(w.as(again), "it was not me")
		_, err = w.conversations.UnblockConversationSender(w.Agent(0), conversation.UnblockConversationSenderInput{Target: conversation.On(third.ID)})
		w.ok(err)
		if got := folder(again); got != vocab.FolderMain {
			w.t.Errorf("after unblocking: %s", got)
		}
		w.clock.Advance(24 * time.Hour)
		if got := folder(w.startFrom("203.0.113.7")); got != vocab.FolderMain {
			w.t.Errorf("a day later: %s", got)
		}

		proved := w.start("", w.identity(map[string]any{"sub": "7"}))
		_, err = w.conversations.BlockSender(w.Agent(0), conversation.BlockConversationSenderInput{
			Target: conversation.On(w.startChat(w.as(proved), "hello").ID), BlockTerms: conversation.BlockTerms{AlsoAddress: check.Ptr(true)},
		})
		w.fails(err, errs.Invalid, "alsoAddress")
	})
}
