package viewer

import "context"

// Live is a viewer who may change while a stream runs for them: they join and
// leave inboxes, and their token expires or is revoked (AC-11).
type Live interface {
	// At returns the viewer as of a position of the account's log, or later; as
	// they were last known for 0. An error says that the token is no longer
	// valid: the stream ends with it.
	At(ctx context.Context, sequence int64) (*Viewer, error)
	// Changed returns a channel that is closed when the viewer changes next.
	Changed() <-chan struct{}
}

type liveKey struct{}

// NewLiveContext returns a context for streams, in which the viewer may change.
func NewLiveContext(ctx context.Context, l Live) context.Context {
	return context.WithValue(ctx, liveKey{}, l)
}

// LiveFrom returns the context's live viewer; without one its viewer, who then
// never changes.
func LiveFrom(ctx context.Context) Live {
	if l, ok := ctx.Value(liveKey{}).(Live); ok {
		return l
	}
	return fixed{FromContext(ctx)}
}

// fixed is a viewer who never changes.
type fixed struct{ v *Viewer }

// At returns the viewer.
func (f fixed) At(context.Context, int64) (*Viewer, error) { return f.v, nil }

// Changed returns nil, which never is ready.
func (fixed) Changed() <-chan struct{} { return nil }
