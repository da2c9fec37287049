package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Bounds of a connection. writeTimeout counts from the end of the request's
// headers, so it exceeds what a request may take; a streaming transport lifts
// it for its own connection by http.ResponseController.
const (
	readHeaderTimeout = 10 * time.Second
	writeTimeout      = 2 * time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// Serve serves h on the listener until ctx ends. Then it takes no new
// connection, notifies the streams to end (WebSockets close with 1001), gives
// requests under way the grace to finish, and cuts off what is left. It returns
// nil after a clean end, an error if something had to be cut off or the
// listener failed. The log gets what goes wrong with connections.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, grace time.Duration, log *slog.Logger) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	streams := newLifetime()
	srv := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return context.WithValue(base, lifetimeKey{}, streams) },
		ReadHeaderTimeout: readHeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		streams.endStreams()
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	patience, stop := context.WithTimeout(base, grace)
	defer stop()
	streams.endStreams()
	err := srv.Shutdown(patience)
	if err == nil {
		streams.waitForSockets(patience)
	}
	cancel()
	if err != nil {
		return errors.Join(fmt.Errorf("requests were cut off at shutdown: %w", err), srv.Close())
	}
	return nil
}

// lifetime is how long streams may run. http.Server forgets WebSockets, and
// would wait for event streams, which never end by themselves.
type lifetime struct {
	ctx    context.Context
	cancel context.CancelFunc

	mu    sync.Mutex
	open  int
	ended chan struct{} // closed when the last socket of an ended lifetime is gone
}

type lifetimeKey struct{}

// always is the lifetime of streams that Serve does not serve.
var always = newLifetime()

func newLifetime() *lifetime {
	l := &lifetime{ended: make(chan struct{})}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l
}

// lifetimeOf returns the lifetime of streams that begin with a request.
func lifetimeOf(ctx context.Context) *lifetime {
	if l, ok := ctx.Value(lifetimeKey{}).(*lifetime); ok {
		return l
	}
	return always
}

// addSocket registers a socket. It reports false when none may begin any longer.
func (l *lifetime) addSocket() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx.Err() != nil {
		return false
	}
	l.open++
	return true
}

func (l *lifetime) removeSocket() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	if l.open == 0 && l.ctx.Err() != nil {
		close(l.ended)
	}
}

// endStreams notifies the streams to end.
func (l *lifetime) endStreams() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cancel()
	if l.open == 0 {
		close(l.ended)
	}
}

// waitForSockets returns when the last socket is gone, or ctx is done.
func (l *lifetime) waitForSockets(ctx context.Context) {
	select {
	case <-l.ended:
	case <-ctx.Done():
	}
}
