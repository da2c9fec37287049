package main

import (
	"context"
	"log/slog"
	"os"

	"parley/internal/bus"
	"parley/internal/conversation"
	"parley/internal/event"
	"parley/internal/presence"
	"parley/internal/session"
	"parley/internal/visitor"
)

// live is what subscriptions need: the bus to the other nodes, and the feed of
// the log that it speeds up.
type live struct {
	bus      *bus.Bus
	feed     *event.Feed
	sessions *session.Sessions
}

// connect opens the bus and gives the use cases their streams.
func (a *app) connect(url string, log *slog.Logger) (*live, error) {
	name, err := os.Hostname()
	if err != nil {
		name = "parley"
	}
	b, err := bus.Open(bus.Options{URL: url, Log: log, Name: name})
	if err != nil {
		return nil, err
	}
	feed := event.NewFeed(a.store, b, log)
	a.services.Feed = feed
	a.services.Presence = presence.New(a.store, b, log)
	a.services.LiveConversations = conversation.NewLive(a.services.Conversations, feed)
	a.services.LiveVisitors = visitor.NewLive(a.visitors, feed, a.services.LiveConversations, a.services.Presence)
	return &live{bus: b, feed: feed, sessions: session.New(a, feed, a.store.Clock())}, nil
}

// run follows the log until ctx ends, and then closes the bus.
func (l *live) run(ctx context.Context) error {
	l.feed.Run(ctx)
	return l.bus.Close()
}
