package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"parley/internal/conversation"
	conversationlive "parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/vocab"
)

// BenchmarkViews is the time from sending a note until every live view has told
// it, or has found that it does not concern it; without views: the sending alone.
func BenchmarkViews(b *testing.B) {
	s, err := store.Open(b.Context(), store.Options{File: filepath.Join(b.TempDir(), "parley.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	f := testkit.Account(b, s)
	service := desk.Conversations(s, conversation.Deps{})
	feed := event.NewFeed(s, &wire{}, slog.New(slog.DiscardHandler))
	for _, tc := range []struct {
		name string
		n    int
		view vocab.ConversationView
	}{{"none", 0, vocab.ViewAll}, {"1 shows it", 1, vocab.ViewAll}, {"100 show it", 100, vocab.ViewAll}, {"100 do not", 100, vocab.ViewTrash}} {
		b.Run(tc.name, func(b *testing.B) {
			benchViews(b, f, service, conversationlive.New(s, feed, slog.New(slog.DiscardHandler)), tc.n, tc.view)
		})
	}
}

func benchViews(b *testing.B, f *testkit.Fixture, service *conversation.Service, live *conversationlive.Service, n int, shown vocab.ConversationView) {
	var streams []*conversationlive.ViewStream
	for i := range n {
		first := i + 1
		stream := check.Must(live.View(f.Agent(0), view.Selection{View: shown}, &first, false))(b)
		defer stream.Close()
		streams = append(streams, stream)
	}
	client := f.Store.Client(f.System)
	for i := 0; b.Loop(); i++ {
		_, _, err := service.SendMessage(f.Agent(0), conversation.SendMessageInput{Target: conversation.On(f.ConversationIDs[0]), Text: check.Ptr(fmt.Sprint("Note ", i)), Note: true})
		if err != nil {
			b.Fatal(err)
		}
		head := check.Must(client.AccountSequence.Get(f.System, f.AccountID))(b).Sequence
		for _, stream := range streams {
			check.Must(stream.Until(context.Background(), head))(b)
		}
	}
}
