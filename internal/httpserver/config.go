package httpserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"

	"parley/internal/clock"
	"parley/internal/httpserver/playground"
	"parley/internal/viewer"
)

// Defaults of Config.
const (
	DefaultMaxBodyBytes = 4 << 20
	DefaultTimeout      = 30 * time.Second
)

// Authenticator knows whose credentials a bearer token is.
type Authenticator interface {
	// Authenticate returns the viewer whose token bearer is. A token that is
	// unknown, expired or revoked gives an *errs.Error of code
	// UNAUTHENTICATED, whose message the caller sees; any other error is ours.
	Authenticate(ctx context.Context, bearer string) (*viewer.Viewer, error)
}

// Sessions follow a token for as long as a stream runs with it.
type Sessions interface {
	// Begin returns a context that has v's session, and is canceled when the
	// token expires or is revoked, with an *errs.Error of code UNAUTHENTICATED
	// or FORBIDDEN as its cause. end releases the session.
	Begin(ctx context.Context, bearer string, v *viewer.Viewer) (session context.Context, end func())
}

// Config is what a server is made of. Schema and Authenticator are required.
type Config struct {
	Schema graphql.ExecutableSchema
	// Install gives the GraphQL server its limits, interceptors and error
	// presenter; nil leaves gqlgen's own.
	Install       func(*handler.Server)
	Authenticator Authenticator
	// Sessions follow whose streams run; nil: a stream's viewer stays as it was
	// authenticated.
	Sessions Sessions
	// Streams wraps the executor of WebSockets and event streams, once; nil: none.
	Streams func(graphql.GraphExecutor) graphql.GraphExecutor
	// TrustedDocuments are the only documents that are run, by their SHA-256 in
	// hexadecimal (LoadTrustedDocuments reads them); nil: every document is run,
	// and automatic persisted queries are kept.
	TrustedDocuments map[string]string

	// TrustedProxies are the networks of reverse proxies whose X-Forwarded-For
	// has a client's address; none: it is the connection's.
	TrustedProxies []netip.Prefix
	// AllowedOrigins are the web origins whose pages may call the API, e.g.
	// "https://app.example.com"; "*" admits all. None: only pages of this server.
	AllowedOrigins []string
	// LoopbackOrigins also allows pages that this machine serves to itself, such as
	// http://localhost:3000, where nothing hints at a proxy between.
	LoopbackOrigins bool
	// PublicURL is where browsers reach the server; with https they are reported
	// to stay there.
	PublicURL string
	// MaxBodyBytes bounds a request's body; 0 means DefaultMaxBodyBytes.
	MaxBodyBytes int64
	// Timeout bounds reading a request, and running it; 0 means DefaultTimeout.
	Timeout time.Duration
	// RateLimit is for visitors, and for addresses without a valid token;
	// StaffRateLimit for each token of staff and integrations.
	RateLimit, StaffRateLimit RateLimit
	// Limits bounds streams.
	Limits Limits
	// Uploads bounds requests that carry files.
	Uploads UploadLimits

	// Tools makes what serves language models at /mcp; nil: it is not there.
	Tools Tools

	// Widget serves the chat widget at /widget.js and below /widget/, and a page
	// that shows it at /demo; nil: neither is there.
	Widget http.Handler
	// Reference is the schema and the documentation; nil: neither is served.
	Reference *Reference
	// Files serves attachments below /files/; nil: there are none.
	Files Files
	// RemoteImages serves images of other servers at /remote-image; nil: there are none.
	RemoteImages RemoteImages
	// Callbacks serves /oauth/callback; nil: it is not there.
	Callbacks Callbacks
	// Slack serves /slack/, what Slack sends and where it sends browsers back; nil: it is not there.
	Slack Slack
	// SignIns serves the pages below /auth/, and SignedIn ends sessions there; nil: they are not there.
	SignIns  SignIns
	SignedIn SignedIn
	// Apps lets apps act for users: the pages and endpoints of OAuth; nil: they are not there.
	Apps Apps
	// Directory serves /scim/v2; nil: it is not there.
	Directory Directory
	// Invitations serves /invitation; nil: it is not there.
	Invitations Invitations
	// FilteredLinks serves /filtered; nil: it is not there.
	FilteredLinks FilteredLinks
	// AuditExports serves /audit.ndjson and /audit.csv; nil: they are not there.
	AuditExports AuditExports
	// Archives serves /archives/, where everything of a contact is fetched; nil: it is not there.
	Archives Archives
	// Exports serves /exports/, where exported contacts are fetched; nil: it is not there.
	Exports Exports
	// Outcomes serves /proposal-outcomes/, where what became of proposals is fetched; nil: it is not there.
	Outcomes Outcomes
	// Ratings serves /ratings/, where contacts rate conversations; nil: it is not there.
	Ratings Ratings
	// Transcripts serves /transcripts/, where contacts refuse them; nil: it is not there.
	Transcripts Transcripts
	// NotificationLinks serves /notifications/, where users end e-mails about notifications; nil: it is not there.
	NotificationLinks NotificationLinks
	// Knowledge serves /kb/, the pages of articles; nil: it is not there.
	Knowledge Knowledge
	// Quotes serves /q/, the pages of quotes; nil: it is not there.
	Quotes Quotes
	// QuoteFiles opens the logos that those show.
	QuoteFiles QuoteFiles
	// SharedLinks serves /l/, where links lead that were sent, and the pictures of cards
	// below /library-images/; nil: neither is there. LibraryFiles opens what they show.
	SharedLinks  SharedLinks
	LibraryFiles LibraryFiles
	// Ready reports why the server cannot serve now, for /readyz; nil: always ready.
	Ready func(context.Context) error
	// Log gets the access log and internal errors; nil means none.
	Log *slog.Logger
	// Clock times requests and refills rate limits; nil means the machine's.
	Clock clock.Clock
}

// New returns the handler of all routes. An error says which setting is wrong
// and what would be right.
func New(c Config) (http.Handler, error) {
	if c.Schema == nil || c.Authenticator == nil {
		return nil, errors.New("httpserver: Schema and Authenticator are required")
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	srv, s := c.graphql()
	mux.Handle("/graphql", s.origins.handle(refuseQueryTokens(c.withSession(s.origins, c.authenticate(s.gate, srv)))))
	if err := c.routeTools(mux, s, srv); err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /healthz", healthz)
	mux.HandleFunc("GET /readyz", c.readyz)
	pages := refuseQueryTokens(playground.Handler())
	mux.Handle("GET /{$}", pages)
	mux.Handle("GET /playground/", pages)
	c.routeReference(mux)
	c.routeWidget(mux)
	c.routeFiles(mux)
	c.routeRemoteImages(mux)
	c.routeOAuth(mux)
	c.routeSlack(mux)
	c.routeSignIn(mux, s)
	c.routeApps(mux, s)
	c.routeDirectory(mux, s)
	c.routeInvitations(mux, s)
	c.routeFiltered(mux)
	c.routeExports(mux)
	c.routeOutcomes(mux)
	c.routeArchives(mux)
	c.routeAudit(mux, s)
	c.routeTranscripts(mux)
	c.routeNotifications(mux)
	c.routeRatings(mux)
	c.routeKnowledge(mux)
	c.routeSharedLinks(mux)
	c.routeQuotes(mux)
	return logRequests(c.Log, c.Clock, setSecurityHeaders(c.PublicURL, boundBodies(c.Timeout, forwarded(c.TrustedProxies, mux)))), nil
}

// complete checks the settings and puts the defaults in.
func (c *Config) complete() error {
	if c.MaxBodyBytes < 0 || c.Timeout < 0 || c.RateLimit.negative() || c.StaffRateLimit.negative() {
		return errors.New("httpserver: MaxBodyBytes, Timeout and RateLimit must not be negative")
	}
	if err := errors.Join(c.Limits.check(), c.Uploads.check()); err != nil {
		return err
	}
	c.Limits, c.Uploads = c.Limits.withDefaults(), c.Uploads.withDefaults()
	if c.PublicURL != "" && !isOrigin(c.PublicURL) {
		return fmt.Errorf("public URL %q: want a scheme and a host, as in \"https://parley.example.com\"", c.PublicURL)
	}
	for _, origin := range c.AllowedOrigins {
		if origin != "*" && !isOrigin(origin) {
			return fmt.Errorf("allowed origin %q: want a scheme and a host, as in \"https://app.example.com\", or \"*\"", origin)
		}
	}
	if c.MaxBodyBytes == 0 {
		c.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	return nil
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		(u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.Fragment == "" && u.User == nil
}

// graphql returns gqlgen's handler, which is behind CORS, then credentials, then the
// rate limit, and what its transports share.
func (c *Config) graphql() (http.Handler, *streams) {
	srv, s := handler.New(c.Schema), newStreams(c)
	srv.AddTransport(&socketTransport{s})
	srv.AddTransport(&httpTransport{streams: s, uploads: c.Schema.Schema().Types["Upload"] != nil})
	if c.Install != nil {
		c.Install(srv)
	}
	return srv, s
}
