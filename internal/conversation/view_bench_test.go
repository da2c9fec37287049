package conversation_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"parley/internal/conversation"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
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
	service := conversation.New(s, nil)
	feed := event.NewFeed(s, &wire{}, slog.New(slog.DiscardHandler))
	for _, tc := range []struct {
		name string
		n    int
		view vocab.ConversationView
	}{{"none", 0, vocab.ViewAll}, {"1 shows it", 1, vocab.ViewAll}, {"100 show it", 100, vocab.ViewAll}, {"100 do not", 100, vocab.ViewTrash}} {
		b.Run(tc.name, func(b *testing.B) { benchViews(b, f, conversation.NewLive(service, feed), tc.n, tc.view) })
	}
}

func benchViews(b *testing.B, f *testkit.Fixture, live *conversation.Live, n int, view vocab.ConversationView) {
	var streams []*conversation.ViewStream
	for i := range n {
		first := i + 1
		stream := must(live.View(f.Agent(0), conversation.Selection{View: view}, &first, false))(b)
		defer stream.Close()
		streams = append(streams, stream)
	}
	client := f.Store.Client(f.System)
	for i := 0; b.Loop(); i++ {
		_, _, err := live.SendMessage(f.Agent(0), conversation.SendMessageInput{ConversationID: f.ConversationIDs[0], Text: ptr(fmt.Sprint("Note ", i)), Note: true})
		if err != nil {
			b.Fatal(err)
		}
		head := must(client.AccountSequence.Get(f.System, f.AccountID))(b).Sequence
		for _, stream := range streams {
			must(stream.Until(context.Background(), head))(b)
		}
	}
}
