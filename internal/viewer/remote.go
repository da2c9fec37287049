package viewer

import "context"

type remoteKey struct{}

// WithRemote returns a context that has the network that a request comes
// from, as rate limits count it.
func WithRemote(ctx context.Context, network string) context.Context {
	return context.WithValue(ctx, remoteKey{}, network)
}

// Remote returns the network that the request comes from; "": not known.
func Remote(ctx context.Context) string {
	network, _ := ctx.Value(remoteKey{}).(string)
	return network
}
