package main

import (
	"context"
	"errors"
)

// run follows the log until ctx ends, waits for its consumers and for what is still
// to be written of tokens and of who is connected, and then closes the bus.
func (l *live) run(ctx context.Context) error {
	reacted := make(chan struct{})
	go func() {
		defer close(reacted)
		l.reactions.Run(ctx, l.feed, l.bus)
	}()
	wrote := make(chan error, 2)
	go func() { wrote <- l.accounts.FollowDeprecated(ctx) }()
	go func() { wrote <- l.accounts.FollowConnections(ctx) }()
	l.feed.Run(ctx)
	<-reacted
	return errors.Join(<-wrote, <-wrote, l.bus.Close())
}
