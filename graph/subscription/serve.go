package subscription

import (
	"context"
	"errors"
)

// Stream yields what a subscription reports. Next waits for the next item; its
// error ends the subscription and reaches the client. Close is called once.
type Stream[T any] interface {
	Next(ctx context.Context) (T, error)
	Close()
}

// source is a Stream of any type.
type source interface {
	next(ctx context.Context) (any, error)
	Close()
}

type typed[T any] struct{ Stream[T] }

func (t typed[T]) next(ctx context.Context) (any, error) { return t.Next(ctx) }

type slotKey struct{}

// slot is how Executor and resolvers meet: the resolver puts its stream in, and
// takes out the item that is to be answered.
type slot struct {
	perViewer bool
	source    source
	item      any
	rendering bool
}

var errNoExecutor = errors.New("subscriptions run only in live.Executor")

// Serve is what a subscription's resolver returns: the stream that open makes.
func Serve[T any, S Stream[T]](ctx context.Context, open func() (S, error)) (<-chan T, error) {
	s, ok := ctx.Value(slotKey{}).(*slot)
	if !ok {
		return nil, errNoExecutor
	}
	items := make(chan T, 1)
	defer close(items)
	if s.rendering {
		items <- s.item.(T) //nolint:errcheck // the same field's stream yielded it
		return items, nil
	}
	stream, err := open()
	if err != nil {
		return nil, err
	}
	s.source = typed[T]{stream}
	return items, nil
}

// PerViewer reports whether the subscription selects a field that depends on
// the very user who asks.
func PerViewer(ctx context.Context) bool {
	s, ok := ctx.Value(slotKey{}).(*slot)
	return ok && s.perViewer
}
