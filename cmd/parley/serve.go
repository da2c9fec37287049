package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"time"

	"github.com/99designs/gqlgen/graphql/handler"

	"parley/graph"
	graphlive "parley/graph/live"
	"parley/internal/httpserver"
	"parley/internal/widget"
)

// gcPercent lets the heap grow fourfold between collections: it is small, some
// tens of megabytes, and what an answer is made of lives for a millisecond.
// GOGC overrides it.
const gcPercent = 300

type serveCommand struct {
	serverSettings `embed:""`

	// mailURL is where forwarded mail is received; empty: nowhere.
	mailURL string
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, d *databaseSettings) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	log := d.log()
	slog.SetDefault(log)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if err := d.makeDataDir(); err != nil {
		return err
	}
	if d.DatabaseURL == "" {
		unlock, err := lockDataDir(d.DataDir)
		if err != nil {
			return err
		}
		defer unlock()
	}
	listener, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("PARLEY_LISTEN: cannot listen on %s: %w", c.Listen, err)
	}
	if c.PublicURL == "" {
		c.PublicURL = "http://" + listener.Addr().String()
	}
	keys, err := d.keys()
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	s, err := d.open(ctx, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	a := wire(s, keys, c.PublicURL, log)
	if err := c.sendMail(a, d.DataDir, log); err != nil {
		return errors.Join(err, listener.Close())
	}
	c.guard(a)
	post, err := c.openPost(ctx, a, d.DataDir, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	l, err := a.connect(c.NATSURL, log)
	if err != nil {
		return errors.Join(fmt.Errorf("PARLEY_NATS_URL: %w", err), listener.Close())
	}
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 2)
	go func() { ended <- l.run(following) }()
	go func() { ended <- post.run(following) }()
	defer func() {
		unfollow()
		err = errors.Join(err, <-ended, <-ended)
	}()
	c.mailURL = post.url()
	return c.serve(ctx, a, l, listener, log, os.Stdout)
}

func (c *serveCommand) serve(ctx context.Context, a *app, l *live, listener net.Listener, log *slog.Logger, out io.Writer) error {
	first, err := a.inboxes.Bootstrap(ctx, c.AdminToken)
	if err != nil {
		return errors.Join(fmt.Errorf("set the first account up: %w", err), listener.Close())
	}
	handler, err := c.handler(a, l, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	a.queue.Periodic("trim-log", time.Hour, func(ctx context.Context) error { return a.services.Events.Trim(ctx, c.EventRetention) })
	if err := a.queue.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	c.greet(out, first.Token)
	err = httpserver.Serve(ctx, listener, handler, c.ShutdownTimeout)
	return errors.Join(err, a.stop(c.ShutdownTimeout))
}

// stop lets running jobs end. Those that do not in time run again at the next start.
func (a *app) stop(grace time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	if err := a.queue.Stop(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

func (c *serveCommand) handler(a *app, l *live, log *slog.Logger) (http.Handler, error) {
	schema, err := graph.Schema(a.services)
	if err != nil {
		return nil, err
	}
	trusted, err := c.trusted()
	if err != nil {
		return nil, err
	}
	proxies, err := httpserver.ParseProxies(c.TrustedProxies)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_TRUSTED_PROXIES: %w", err)
	}
	return httpserver.New(httpserver.Config{
		Schema: schema,
		Install: func(srv *handler.Server) {
			graph.Install(srv, c.limits(), log)
			srv.Use(graph.Batches{})
		},
		Authenticator:    a,
		Sessions:         l.sessions,
		Streams:          graphlive.Share,
		Limits:           c.streams(),
		TrustedDocuments: trusted,
		Files:            a.services.Attachments,
		Callbacks:        a.services.Emails,
		Uploads:          httpserver.UploadLimits{FileBytes: c.MaxFileBytes, TotalBytes: 2 * c.MaxFileBytes},
		TrustedProxies:   proxies,
		AllowedOrigins:   c.AllowedOrigins,
		PublicURL:        c.PublicURL,
		MaxBodyBytes:     c.MaxBodyBytes,
		Timeout:          c.RequestTimeout,
		RateLimit:        perSecond(c.RateLimit),
		StaffRateLimit:   perSecond(c.StaffRateLimit),
		Widget:           widget.Handler(),
		Ready:            a.store.Ping,
		Log:              log,
	})
}

// greet tells a newcomer where to go. A random token is shown this once.
func (c *serveCommand) greet(out io.Writer, token string) {
	fmt.Fprintf(out, "Parley is ready.\n\n  Playground  %s/\n  GraphQL     %s/graphql\n", c.PublicURL, c.PublicURL)
	if c.mailURL != "" {
		fmt.Fprintf(out, "  Mail        %s (to addresses @%s)\n", c.mailURL, c.MailDomain)
	}
	if token != "" && token != c.AdminToken {
		fmt.Fprintf(out, "  Token       %s\n\nThe token is the first admin's and is shown this once: keep it. `parley token create` makes another.\n", token)
	}
}
