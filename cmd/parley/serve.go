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
	"path/filepath"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"

	"parley/docs"
	"parley/graph"
	"parley/graph/subscription"
	"parley/internal/channel/chat/widget"
	"parley/internal/httpserver"
	"parley/internal/mcp"
	"parley/internal/scim"
	"parley/internal/viewer"
)

// gcPercent lets the heap grow fourfold between collections: it is small, some
// tens of megabytes, and what an answer is made of lives for a millisecond.
// GOGC overrides it.
const gcPercent = 300

type serveCommand struct {
	serverSettings `embed:""`

	// mailURL is where forwarded mail is received; empty: nowhere.
	mailURL string
	// uploads is the folder in which large files wait.
	uploads string
	// postmaster is the folder in which mail to the postmaster is kept; empty: none is taken.
	postmaster string
}

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, d *databaseSettings) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	log := d.log()
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
	c.loopbackOrigins = c.PublicURL == ""
	if c.uploads, err = uploadFolder(d.DataDir); err != nil {
		return errors.Join(err, listener.Close())
	}
	c.postmaster = filepath.Join(d.DataDir, "postmaster")
	if c.PublicURL == "" {
		c.PublicURL = "http://" + listener.Addr().String()
	}
	opened, err := d.openStorage(ctx, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, opened.close()) }()
	a, err := compose(opened, &c.serverSettings, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := a.resetLeases(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	post, err := c.openPost(a, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	l, err := a.connect(ctx, c.NATSURL, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	following, unfollow := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 2)
	go func() { ended <- l.run(following) }()
	go func() { ended <- post.run(following) }()
	defer func() {
		l.conversations.Close() // before the feed and the database that it reads
		unfollow()
		err = errors.Join(err, <-ended, <-ended)
	}()
	c.mailURL = post.url()
	return c.serve(ctx, a, l, listener, log, os.Stdout)
}

func (c *serveCommand) serve(ctx context.Context, a *app, l *live, listener net.Listener, log *slog.Logger, out io.Writer) error {
	first, err := a.chats.Bootstrap(ctx, c.AdminToken)
	if err != nil {
		return errors.Join(fmt.Errorf("set the first account up: %w", err), listener.Close())
	}
	if err := c.useSignInSettings(ctx, a, first.AccountID); err != nil {
		return errors.Join(fmt.Errorf("set the identity provider up: %w", err), listener.Close())
	}
	handler, err := c.handler(a, l, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	if err := a.queue.Start(ctx); err != nil {
		return errors.Join(err, listener.Close())
	}
	c.printWelcome(out, first.Token)
	err = httpserver.Serve(ctx, listener, handler, c.ShutdownTimeout, log)
	return errors.Join(err, a.stop(c.ShutdownTimeout, log))
}

func (c *serveCommand) handler(a *app, l *live, log *slog.Logger) (http.Handler, error) {
	schema, err := a.schema(l, c.limits(), log, c.features()...)
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
	directory, err := scim.New(a.accounts, c.PublicURL, log)
	if err != nil {
		return nil, err
	}
	return httpserver.New(httpserver.Config{
		Schema: schema,
		Install: func(srv *handler.Server) {
			graph.Install(srv, c.limits(), log)
			srv.Use(graph.Batches{})
			srv.Use(&graph.Deprecations{Record: a.accounts.RecordDeprecated})
			srv.Use(&graph.AdminReads{Record: a.audit.RecordRead})
			srv.Use(graph.Seen{Record: a.accounts.RecordSeen})
		},
		Authenticator:    a,
		Sessions:         l.sessions,
		Streams:          l.streams,
		Limits:           c.streams(),
		TrustedDocuments: trusted,
		Tools: func(run func(context.Context, []byte) ([]byte, error)) (http.Handler, error) {
			return mcp.New(schema.Schema(), run, version(), log)
		},
		Reference:         &httpserver.Reference{SDL: graph.SDL(), Files: docs.Files},
		Files:             a.files,
		RemoteImages:      a.images,
		Callbacks:         a.emails,
		Slack:             a.slack,
		Invitations:       a.accounts,
		SignIns:           a.signIns,
		Apps:              a.apps,
		Directory:         directory,
		SignedIn:          a.accounts,
		FilteredLinks:     a.digests,
		Transcripts:       a.transcripts,
		Ratings:           a.transcripts,
		Exports:           a.transfers,
		Outcomes:          a.proposals,
		Archives:          a.privacy,
		AuditExports:      a.audit,
		SharedLinks:       a.library,
		Knowledge:         a.library,
		Quotes:            a.quotes,
		QuoteFiles:        a.files,
		LibraryFiles:      a.files,
		NotificationLinks: a.notifications,
		Uploads: httpserver.UploadLimits{
			FileBytes: max(c.MaxFileBytes, c.MaxDocumentBytes), TotalBytes: 2 * max(c.MaxFileBytes, c.MaxDocumentBytes), VisitorFileBytes: c.MaxFileBytes, Folder: c.uploads,
		},
		TrustedProxies:  proxies,
		AllowedOrigins:  c.AllowedOrigins,
		LoopbackOrigins: c.loopbackOrigins,
		PublicURL:       c.PublicURL,
		MaxBodyBytes:    c.MaxBodyBytes,
		Timeout:         c.RequestTimeout,
		RateLimit:       perSecond(c.RateLimit),
		StaffRateLimit:  perSecond(c.StaffRateLimit),
		Widget:          widget.Handler(),
		Ready:           func(ctx context.Context) error { return a.ready(ctx, c.uploads) },
		Log:             log,
	})
}

// printWelcome shows a newcomer where to go. A random token is shown this once.
func (c *serveCommand) printWelcome(out io.Writer, token string) {
	fmt.Fprintf(out, "Parley is ready.\n\n  Playground  %s/\n  GraphQL     %s/graphql\n", c.PublicURL, c.PublicURL)
	if c.mailURL != "" {
		fmt.Fprintf(out, "  Mail        %s (to addresses @%s)\n", c.mailURL, c.MailDomain)
	}
	if token != "" && token != c.AdminToken {
		fmt.Fprintf(out, "  Token       %s\n\nThe token belongs to the first admin and is shown only once: keep it. `parley token create` creates another.\n", token)
	}
}

// streams wraps the executor of subscriptions: those of the same document share answers,
// and whoever has one is connected.
func (l *live) streams(inner graphql.GraphExecutor) graphql.GraphExecutor {
	return subscription.Track(subscription.Share(inner), func(ctx context.Context) func() {
		leave, disconnect := l.presence.Connect(viewer.FromContext(ctx)), l.accounts.Connect(ctx)
		return func() {
			leave()
			disconnect()
			l.accounts.RecordSeen(ctx)
		}
	})
}
