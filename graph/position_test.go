package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"

	"parley/ent"
	"parley/graph"
	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/event"
	"parley/internal/loader"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
)

// lobby is the API of conversations at a desk, with their streams.
type lobby struct {
	*desk.Desk
	handler http.Handler
	live    *live.Service
}

func lobbyOn(t *testing.T, d *desk.Desk) *lobby {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	feed := event.NewFeed(d.Store, silentBus{}, quiet)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { feed.Run(ctx) })
	threads := live.New(d.Store, feed, quiet)
	t.Cleanup(func() { threads.Close(); cancel(); running.Wait() })
	schema, err := graph.Schema(graph.Services{
		Conversations: d.Service, Views: d.Views, Events: event.New(d.Store), Nodes: loader.New(d.Store), LiveConversations: threads, Feed: feed,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv := handler.New(schema)
	srv.AddTransport(transport.POST{})
	graph.Install(srv, graph.DefaultLimits(), quiet)
	srv.Use(graph.Batches{})
	return &lobby{d, srv, threads}
}

// silentBus is a bus that loses everything: the log has it.
type silentBus struct{}

func (silentBus) Publish(string, []byte) error                { return nil }
func (silentBus) Listen(string, func([]byte)) (func(), error) { return func() {}, nil }

// ask runs a document and decodes the data that it answers with.
func (l *lobby) ask(ctx context.Context, document string, into any) string {
	l.T.Helper()
	body, err := json.Marshal(map[string]string{"query": document})
	if err != nil {
		l.T.Fatal(err)
	}
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	if strings.Contains(w.Body.String(), `"errors"`) {
		l.T.Errorf("%s\nanswers %s", document, w.Body)
	}
	if into != nil {
		if err := json.Unmarshal(w.Body.Bytes(), &struct{ Data any }{into}); err != nil {
			l.T.Error(err)
		}
	}
	return strings.TrimSpace(w.Body.String())
}

// followed is a page of messages or entries, and where to follow it from.
type followed struct {
	Sequence   int64
	TotalCount int
	Nodes      []struct{ ID string }
}

// API-7: whoever loads a page with its `sequence`, in one request, and follows from
// there, has everything that is written at the same time: nothing is missing
// between the page and what follows.
func TestLoadThenFollow(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		l := lobbyOn(t, d)
		c := d.StartChat(0, "Hello").ID
		const writers, each, readers = 4, 8, 6
		var writing, reading sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					text := fmt.Sprint(w, n)
					if _, _, err := d.SendMessage(d.Agent(w%2), conversation.SendMessageInput{Target: conversation.On(c), Text: &text}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range readers {
			reading.Go(func() {
				var page struct {
					Conversation struct{ Messages, Entries followed }
				}
				l.ask(d.Agent(0), fmt.Sprintf(`{ conversation(id: %q) { messages(last: 100) { sequence totalCount nodes { id } }
					entries(last: 100, kinds: [MESSAGE]) { sequence nodes { ... on Message { id } } } } }`, c), &page)
				l.followMessages(c, page.Conversation.Messages, 1+writers*each)
				l.followEntries(c, page.Conversation.Entries, 1+writers*each)
			})
		}
		writing.Wait()
		reading.Wait()
	})
}

// followMessages goes on from a page until all messages are there.
func (l *lobby) followMessages(conversationID string, page followed, all int) {
	if page.TotalCount > len(page.Nodes) {
		l.T.Errorf("the page counts %d messages and has %d", page.TotalCount, len(page.Nodes))
	}
	thread, err := l.live.Thread(l.Agent(0), conversationID, &page.Sequence)
	if err != nil {
		l.T.Error(err)
		return
	}
	defer thread.Close()
	l.collect(page, all, func() (any, error) {
		change, err := thread.Next(l.Agent(0))
		if err != nil {
			return nil, err
		}
		return change.Message, nil
	})
}

func (l *lobby) followEntries(conversationID string, page followed, all int) {
	entries, err := l.live.Entries(l.Agent(0), conversationID, &page.Sequence)
	if err != nil {
		l.T.Error(err)
		return
	}
	defer entries.Close()
	l.collect(page, all, func() (any, error) {
		change, err := entries.Next(l.Agent(0))
		if err != nil {
			return nil, err
		}
		return change.Entry, nil
	})
}

func (l *lobby) collect(page followed, all int, next func() (any, error)) {
	known := map[string]bool{}
	for _, n := range page.Nodes {
		known[n.ID] = true
	}
	for len(known) < all {
		entry, err := next()
		if err != nil {
			l.T.Errorf("%d of %d messages, from %d: %v", len(known), all, page.Sequence, err)
			return
		}
		if m, ok := entry.(*ent.Message); ok {
			known[m.ID] = true
		}
	}
}

// API-7: a position is asked for only where it is selected, once for the whole
// operation, with one statement.
func TestPositionIsReadOnce(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		l := lobbyOn(t, d)
		d.StartChat(0, "Hello")
		const document = `fragment F on MessageConnection { %s nodes { id } }
			query { conversations(first: 3) { %s nodes { messages(last: 1) { ...F } entries(first: 1) { %s nodes { ... on Event { id } } } } } }`
		ask := func(field string) []string {
			return asked.Of(func() { l.ask(d.Agent(0), strings.ReplaceAll(document, "%s", field), nil) })
		}
		without, with := ask(""), ask("sequence")
		if len(with) != len(without)+1 || !strings.Contains(with[0], "account_sequences") {
			t.Errorf("%d statements with positions, %d without:\n%s", len(with), len(without), strings.Join(with, "\n"))
		}
	})
}

// API-6, pitfall 12: the edges of a history's messages and events are loaded for
// all of them at once.
func TestStatementsOfEntries(t *testing.T) {
	t.Parallel()
	desk.EachCounted(t, func(t *testing.T, d *desk.Desk, asked *testkit.Statements) {
		l := lobbyOn(t, d)
		c := d.StartChat(0, "Hello").ID
		write := func() {
			d.MustAssign(c, d.AgentIDs[0])
			d.AgentSays(d.Agent(0), c, "Hi")
			d.MustAssign(c, d.AgentIDs[1])
			d.AgentSays(d.Agent(1), c, "Ho")
		}
		for _, rows := range []string{"nodes { %s }", "edges { node { %s } }"} {
			document := fmt.Sprintf(`{ conversation(id: %q) { entries(last: 100) { `+rows+` } } }`, c,
				`... on Message { id conversation { id } author { ... on User { name } } } ... on Event { id conversation { id } actor { ... on User { name } } }`)
			write()
			few := asked.Of(func() { l.ask(d.Agent(0), document, nil) })
			write()
			write()
			more := asked.Of(func() { l.ask(d.Agent(0), document, nil) })
			if len(more) != len(few) {
				t.Errorf("%s: %d statements for more entries, %d for few:\n%s", rows, len(more), len(few), strings.Join(more, "\n"))
			}
		}
	})
}
