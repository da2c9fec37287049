package graph

import (
	"context"
	"sync"

	"parley/ent"
	"parley/internal/event"
	"parley/internal/viewer"
)

// following is something that is read again whenever an event happened that may change
// it, and reported when it is another. It is for one goroutine.
type following[T any] struct {
	who  viewer.Live
	read func(ctx context.Context) (T, error)
	// same reports whether two readings show the same.
	same func(a, b T) bool
	// also is what else than the log may change it; nil: nothing.
	also func(accountID string) <-chan struct{}

	moved    chan struct{} // something happened that may show
	failed   chan error    // the log can no longer be followed
	stop     func()
	reported T
	began    bool
}

// startFollowing follows the account's log for what the viewer may read now. moves reports whether
// an event may change it. What the viewer may not see is taken into account only as
// something that happened.
func (f *following[T]) startFollowing(ctx context.Context, feed *event.Feed, name string, moves func(*ent.Event) bool) (*following[T], error) {
	v := viewer.FromContext(ctx)
	background, cancel := context.WithCancel(viewer.NewContext(context.Background(), viewer.System(name, v.AccountID)))
	events, err := feed.Watch(background, nil, event.Filter{})
	if err != nil {
		cancel()
		return nil, err
	}
	f.who, f.moved, f.failed = viewer.LiveFrom(ctx), make(chan struct{}, 1), make(chan error, 1)
	var running sync.WaitGroup
	running.Go(func() { f.followEvents(background, events, moves) })
	f.stop = func() { cancel(); events.Close(); running.Wait() }
	if _, err := f.read(ctx); err != nil {
		f.stop()
		return nil, err
	}
	return f, nil
}

func (f *following[T]) followEvents(ctx context.Context, events *event.Stream, moves func(*ent.Event) bool) {
	for {
		e, err := events.Next(ctx)
		if err != nil {
			f.failed <- err
			return
		}
		if !moves(e) {
			continue
		}
		select {
		case f.moved <- struct{}{}:
		default:
		}
	}
}

// Next waits until what is read is another than before, and returns it; the first at
// once. Who is slow gets the last one.
func (f *following[T]) Next(ctx context.Context) (now T, err error) {
	for {
		changed := f.who.Changed()
		v, err := f.who.At(ctx, 0)
		if err != nil {
			return now, err
		}
		var also <-chan struct{}
		if f.also != nil {
			also = f.also(v.AccountID)
		}
		now, err := f.read(viewer.NewContext(ctx, v))
		if err != nil || !f.began || !f.same(f.reported, now) {
			f.reported, f.began = now, true
			return now, err
		}
		select {
		case <-f.moved:
		case <-also:
		case <-changed:
		case err := <-f.failed:
			return now, err
		case <-ctx.Done():
			return now, context.Cause(ctx)
		}
	}
}

// Close ends the stream.
func (f *following[T]) Close() { f.stop() }
