package main

import (
	"context"
	"errors"
)

// run follows the log until ctx ends, waits for its consumers, for the flows of bots,
// for the webhooks that are being sent and what is posted to Slack, and for what is still to be written of tokens and of who is connected, and then closes the bus.
func (l *live) run(ctx context.Context) error {
	reacted := make(chan struct{})
	go func() {
		defer close(reacted)
		l.reactions.Run(ctx, l.feed, l.bus)
	}()
	wrote := make(chan error, 2)
	go func() { wrote <- l.accounts.FollowDeprecated(ctx) }()
	go func() { wrote <- l.accounts.FollowConnections(ctx) }()
	played := make(chan struct{})
	go func() {
		defer close(played)
		l.bots.FollowFlows(ctx, l.log)
	}()
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		l.webhooks.Run(ctx, l.bus)
	}()
	posted := make(chan struct{})
	go func() {
		defer close(posted)
		l.slack.Run(ctx, l.bus)
	}()
	l.feed.Run(ctx)
	<-reacted
	<-played
	<-sent
	<-posted
	return errors.Join(<-wrote, <-wrote, l.bus.Close())
}
