package imap

import (
	"context"
	"time"
)

// Idle waits until the server reports new mail that Fetch has not looked for
// yet, and returns nil. It uses IDLE, or asks every Config.Poll where there is
// none. waiting, if not nil, is called each time when the server listens.
//
// When ctx ends, it returns the context's error, and the connection is still
// good; any other error is of the connection.
func (c *Conn) Idle(ctx context.Context, waiting func()) error {
	if waiting == nil {
		waiting = func() {}
	}
	for {
		again, err := c.waitForNews(ctx, waiting)
		if err != nil || !again {
			return err
		}
	}
}

// waitForNews waits for one round of IDLE or polling, and reports whether to go on.
func (c *Conn) waitForNews(ctx context.Context, waiting func()) (again bool, err error) {
	if err := ended(ctx, "wait"); err != nil {
		return false, err
	}
	if len(c.news) > 0 {
		return false, nil
	}
	if c.idle {
		return c.idleOnce(ctx, waiting)
	}
	// What comes in answer to NOOP is heard before its end.
	lenient, cancel := grace(ctx)
	defer cancel()
	if err := c.noop(lenient); err != nil {
		return false, err
	}
	waiting()
	return c.pause(ctx, c.config.Poll)
}

func (c *Conn) idleOnce(ctx context.Context, waiting func()) (again bool, err error) {
	lenient, cancel := grace(ctx)
	defer cancel()
	end := c.wire.beginOperation(lenient, smallAnswer)
	command, err := c.client.Idle()
	end()
	if err != nil {
		if statusOf(err) == nil {
			return false, c.failOperation("IDLE", nil, err)
		}
		c.idle = false
		return true, nil
	}
	waiting()
	again, err = c.pause(ctx, c.config.Renew)
	// The server gets its DONE, whatever ended the waiting.
	defer c.wire.beginOperation(lenient, smallAnswer)()
	closed := command.Close()
	if closed == nil {
		closed = command.Wait()
	}
	if closed != nil && (err == nil || ctx.Err() == nil) {
		return false, c.failOperation("IDLE", nil, closed)
	}
	return again, err
}

// grace returns a context that ends a little after ctx, so that a server can answer
// what was begun and the connection stays good.
func grace(ctx context.Context) (lenient context.Context, cancel func()) {
	lenient, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(parting, end) })
	return lenient, func() {
		stop()
		end()
	}
}

// pause waits for news, for the end of ctx or of the connection, or for d, after
// which it reports true.
func (c *Conn) pause(ctx context.Context, d time.Duration) (passed bool, err error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.news:
		c.heardNews() // it stays news until Fetch looks
		return false, nil
	case <-ctx.Done():
		return false, ended(ctx, "wait")
	case <-c.client.Closed():
		return false, c.failOperation("wait", nil, errGone)
	case <-timer.C:
		return true, nil
	}
}
