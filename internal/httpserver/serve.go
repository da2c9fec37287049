package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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
// connection, gives requests under way the grace to finish, and cuts off what
// is left: their contexts, WebSockets' too, are cancelled. It returns nil
// after a clean end, an error if something had to be cut off or the listener failed.
func Serve(ctx context.Context, ln net.Listener, h http.Handler, grace time.Duration) error {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	srv := &http.Server{
		Handler:           h,
		BaseContext:       func(net.Listener) context.Context { return base },
		ReadHeaderTimeout: readHeaderTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving HTTP: %w", err)
	case <-ctx.Done():
	}
	patience, stop := context.WithTimeout(base, grace)
	defer stop()
	err := srv.Shutdown(patience)
	cancel()
	if err != nil {
		return errors.Join(fmt.Errorf("requests were cut off at shutdown: %w", err), srv.Close())
	}
	return nil
}
