package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"parley/graph"
	"parley/internal/channel/chat/widget"
	"parley/internal/httpserver"
	"parley/internal/mcp"
	"parley/internal/secret"
	"parley/internal/store"
)

// databaseSettings say where the data lies; every command takes them.
type databaseSettings struct {
	DataDir     string `env:"PARLEY_DATA_DIR" default:"./parley-data" placeholder:"DIR" help:"Folder of the embedded database, the secret key and files. Created if missing."`
	DatabaseURL string `env:"PARLEY_DATABASE_URL" placeholder:"URL" help:"postgres://user:password@host:5432/name. Empty: SQLite in the data folder."`
	SecretKeys  string `env:"PARLEY_SECRET_KEYS" placeholder:"KEYS" help:"Keys for encrypting secrets and signing tokens: base64 of 32 random bytes each, separated by commas; the first one encrypts, all decrypt. Empty: a key is created in the data folder. Required with PostgreSQL."`
	AcceptLoss  bool   `env:"PARLEY_ACCEPT_LOSS" help:"Start although the key or the database is gone or another one, with the one that is there or a new one in its place."`
	FilesURL    string `env:"PARLEY_FILES_URL" placeholder:"URL" help:"Where files and raw e-mails are stored: s3://bucket?region=...&endpoint=... Empty: the folder files/ in the data folder. Nodes that share a database share it."`
	LogLevel    string `env:"PARLEY_LOG_LEVEL" default:"info" enum:"debug,info,warn,error" help:"Minimum level of log lines on standard error: ${enum}."`
	LogFormat   string `env:"PARLEY_LOG_FORMAT" default:"text" enum:"text,json" help:"Format of log lines: ${enum}."`
}

// check refuses values that cannot work, naming the variable and what would be right.
func (d *databaseSettings) check() error {
	if d.DatabaseURL == "" {
		return nil
	}
	u, err := url.Parse(d.DatabaseURL)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || u.Host == "" {
		return wrong("PARLEY_DATABASE_URL", "is not a PostgreSQL URL", "postgres://user:password@host:5432/parley, or nothing for SQLite")
	}
	if d.SecretKeys == "" {
		return wrong("PARLEY_SECRET_KEYS", "is empty, but nodes that share a PostgreSQL database must share their keys", "base64 of 32 random bytes, such as `openssl rand -base64 32` prints")
	}
	return nil
}

func wrong(variable, what, right string) error {
	return fmt.Errorf("%s %s. Expected: %s", variable, what, right)
}

func (d *databaseSettings) log() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(d.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if d.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, options))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, options))
}

// makeDataDir makes the data folder. With PostgreSQL nothing needs it.
func (d *databaseSettings) makeDataDir() error {
	if err := os.MkdirAll(d.DataDir, 0o700); err != nil {
		return fmt.Errorf("PARLEY_DATA_DIR: cannot make the data folder %s: %w", d.DataDir, err)
	}
	for _, file := range []string{"parley.db", "parley.db-wal", "parley.db-shm"} { // of earlier versions, which others could read
		if err := os.Chmod(filepath.Join(d.DataDir, file), 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("PARLEY_DATA_DIR: %w", err)
		}
	}
	return nil
}

// uploadFolder is where large files wait while a request with them is received. What
// a server that was killed left there, on a system where an open file keeps its
// name, is removed.
func uploadFolder(dataDir string) (string, error) {
	folder := filepath.Join(dataDir, "uploads")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("PARLEY_DATA_DIR: %w", err)
	}
	left, err := filepath.Glob(filepath.Join(folder, httpserver.SpoolPattern))
	for _, file := range left {
		err = errors.Join(err, os.Remove(file))
	}
	if err != nil {
		return "", fmt.Errorf("PARLEY_DATA_DIR: %w", err)
	}
	return folder, nil
}

func (d *databaseSettings) open(ctx context.Context, log *slog.Logger) (*store.Store, error) {
	if err := d.makeDataDir(); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{URL: d.DatabaseURL, File: filepath.Join(d.DataDir, "parley.db"), Log: log})
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return s, nil
}

func (d *databaseSettings) keys() (*secret.Keyring, error) {
	if d.SecretKeys != "" {
		return secret.Parse(d.SecretKeys)
	}
	return secret.LoadOrCreate(filepath.Join(d.DataDir, "secret.key"))
}

// serverSettings are those that only serve has.
type serverSettings struct {
	emailSettings     `embed:""`
	Listen            string   `env:"PARLEY_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on; port 0 chooses a free one."`
	NATSURL           string   `env:"PARLEY_NATS_URL" name:"nats-url" placeholder:"URL" help:"Servers of the message bus that several nodes share, separated by commas, e.g. nats://user:password@nats:4222. Empty: a bus within the process, for a single node."`
	PublicURL         string   `env:"PARLEY_PUBLIC_URL" placeholder:"URL" help:"Where browsers reach the server, e.g. https://parley.example.com. Empty: http:// and the address listened on."`
	ConversationURL   string   `env:"PARLEY_CONVERSATION_URL" placeholder:"URL" help:"Where people read a conversation in your inbox, with {id} for its id, e.g. https://inbox.example.com/conversations/{id}: notifications lead there. Empty: nowhere."`
	SMTPURL           string   `env:"PARLEY_SMTP_URL" name:"smtp-url" placeholder:"URL" help:"Server for outgoing mail: smtp://user:password@host:587, encrypted with STARTTLS if the server offers it, and always before a password is sent to another machine, or smtps://user:password@host:465. Empty: mail is written as .eml files into outbox/ in the data folder."`
	MailFrom          string   `env:"PARLEY_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of Parley's own mail, e.g. Parley <parley@example.com>. Empty: parley@ and the host of the public URL."`
	AdminToken        string   `env:"PARLEY_ADMIN_TOKEN" placeholder:"TOKEN" help:"Token of the first admin, at least 16 characters. Empty: a random one is created at the first start and shown once."`
	AllowedOrigins    []string `env:"PARLEY_ALLOWED_ORIGINS" placeholder:"ORIGIN" help:"Web origins with pages that may call the API (CORS), separated by commas; * allows all, and mails of chats then lead to whatever page a chat began on. Empty: this server's, and pages on this machine while PARLEY_PUBLIC_URL is empty."`
	signInSettings    `embed:""`
	slackSettings     `embed:""`
	TrustedProxies    []string      `env:"PARLEY_TRUSTED_PROXIES" placeholder:"NETWORK" help:"Reverse proxies that are trusted to set X-Forwarded-For, as networks or addresses, separated by commas, e.g. 10.0.0.0/8. Empty: none; a client's address is that of the connection."`
	RateLimit         float64       `env:"PARLEY_RATE_LIMIT" default:"25000" help:"Cost per second of the requests of each visitor, and of each address without a token, on each node; twice as much may come at once. 0: no limit."`
	StaffRateLimit    float64       `env:"PARLEY_STAFF_RATE_LIMIT" default:"1000000" help:"Cost per second of the requests with each token of staff and integrations, on each node; twice as much may come at once. 0: no limit."`
	VisitorMessages   int           `env:"PARLEY_VISITOR_MESSAGES" default:"20" help:"Messages per minute of one visitor, on all nodes together; ten times as many from one address. 0: no limit."`
	VisitorChats      int           `env:"PARLEY_VISITOR_CHATS" default:"5" help:"Chats per hour that one visitor may start, on all nodes together; ten times as many from one address. 0: no limit."`
	VisitorSessions   int           `env:"PARLEY_VISITOR_SESSIONS" default:"30" help:"Visitors' sessions per minute that one address may start, on all nodes together. 0: no limit, as behind a proxy that hides the addresses."`
	VisitorAddresses  int           `env:"PARLEY_VISITOR_ADDRESSES" default:"10" help:"E-mail addresses per hour that one visitor may give, on all nodes together; ten times as many from one network address. 0: no limit."`
	VisitorAnswers    int           `env:"PARLEY_VISITOR_ANSWERS" default:"60" help:"Forms per hour that one visitor may send, and calls by which a page says something of them, on all nodes together; ten times as many from one network address. 0: no limit."`
	MissedReplyDelay  time.Duration `env:"PARLEY_MISSED_REPLY_DELAY" default:"10m" help:"Delay after which a visitor who left receives unread replies by e-mail, if their address is known. 0: never."`
	MaxBodyBytes      int64         `env:"PARLEY_MAX_BODY_BYTES" default:"4194304" help:"Largest request body, in bytes."`
	MaxDepth          int           `env:"PARLEY_MAX_DEPTH" default:"15" help:"Deepest nesting of an operation's fields."`
	MaxComplexity     int           `env:"PARLEY_MAX_COMPLEXITY" default:"50000" help:"Highest cost of an operation: one for each field, times the rows of each list."`
	RequestTimeout    time.Duration `env:"PARLEY_REQUEST_TIMEOUT" default:"30s" help:"Longest time for one request."`
	TrustedDocuments  string        `env:"PARLEY_TRUSTED_DOCUMENTS" placeholder:"FILE" help:"Run only the documents in this JSON file, {\"<SHA-256 in hexadecimal>\": \"<document>\"}, and those of the chat widget and the demo page. Empty: every document is run."`
	Federation        string        `env:"PARLEY_FEDERATION" default:"off" enum:"on,off" help:"Serve the fields by which a gateway of Apollo Federation uses Parley as a subgraph: ${enum}."`
	MaxStreams        int           `env:"PARLEY_MAX_STREAMS" default:"10000" help:"Maximum number of sockets and event streams on each node for each account's staff, and the same for its visitors; the same number of operations may run on them."`
	MaxSocketStreams  int           `env:"PARLEY_MAX_SOCKET_OPERATIONS" default:"100" help:"Maximum number of concurrent operations on one socket."`
	MaxVisitorStreams int           `env:"PARLEY_MAX_VISITOR_STREAMS" default:"100" help:"Maximum number of sockets and event streams of one visitor, or of one address without a token."`
	EventRetention    time.Duration `env:"PARLEY_EVENT_RETENTION" default:"720h" help:"How long the event log can be read; a cursor older than that is CURSOR_EXPIRED. The entries of conversations are kept as long as the conversations."`
	AuditRetention    time.Duration `env:"PARLEY_AUDIT_RETENTION" default:"0" help:"How long entries of the audit log are kept, at least 2160h, which are 90 days. 0: permanently."`
	ShutdownTimeout   time.Duration `env:"PARLEY_SHUTDOWN_TIMEOUT" default:"10s" help:"How long running requests may take to finish when the server stops."`

	WebhookNetworks []string `env:"PARLEY_WEBHOOK_NETWORKS" placeholder:"NETWORK" help:"Private networks that webhooks may be sent to, also without https if the URL names the address, separated by commas, e.g. 10.0.0.0/8. Empty: none, only public addresses."`

	// webhookSweep is the time between two looks for webhooks that no one reported; zero: as usual.
	webhookSweep time.Duration
	// webhookTimeout bounds a webhook's request; zero: as usual.
	webhookTimeout time.Duration
	// channelFileTimeout bounds how long a file of a custom channel is fetched; zero: as usual.
	channelFileTimeout time.Duration
	// loopbackOrigins: no public URL is set, so that pages on this machine may call.
	loopbackOrigins bool
	// pushRoots are trusted at push services in place of the system's; nil: the system's.
	pushRoots *x509.CertPool
}

// minAuditRetention is how long the audit log is kept at least.
const minAuditRetention = 90 * 24 * time.Hour

// check refuses values that cannot work, naming the variable and what would be right.
func (s *serverSettings) check() error {
	var problems []error
	bad := func(broken bool, variable, what, right string) {
		if broken {
			problems = append(problems, wrong(variable, what, right))
		}
	}
	_, _, err := net.SplitHostPort(s.Listen)
	bad(err != nil, "PARLEY_LISTEN", fmt.Sprintf("is %q, which is not an address", s.Listen), "a host and a port such as 127.0.0.1:8080")
	bad(s.PublicURL != "" && !isOrigin(s.PublicURL), "PARLEY_PUBLIC_URL", fmt.Sprintf("is %q", s.PublicURL), "a scheme and a host without a path, such as https://parley.example.com")
	bad(s.ConversationURL != "" && !(strings.Contains(s.ConversationURL, "{id}") && isPage(s.ConversationURL)), "PARLEY_CONVERSATION_URL", fmt.Sprintf("is %q", s.ConversationURL), "an address with {id} in it, such as https://inbox.example.com/conversations/{id}")
	bad(s.AdminToken != "" && (len(s.AdminToken) < 16 || strings.ContainsAny(s.AdminToken, " \t\r\n")), "PARLEY_ADMIN_TOKEN", "is too short or has spaces", "at least 16 characters without spaces")
	problems = append(problems, s.checkMail(), s.signInSettings.check())
	problems = append(problems, s.checkVisitors()...)
	problems = append(problems, s.emailSettings.check()...)
	problems = append(problems, s.slackSettings.check()...)
	for _, origin := range s.AllowedOrigins {
		bad(origin != "*" && !isOrigin(origin), "PARLEY_ALLOWED_ORIGINS", fmt.Sprintf("has %q", origin), "origins such as https://app.example.com, or *")
	}
	bad(s.RateLimit < 0, "PARLEY_RATE_LIMIT", "is negative", "a cost of 0 or more per second")
	bad(s.StaffRateLimit < 0, "PARLEY_STAFF_RATE_LIMIT", "is negative", "a cost of 0 or more per second")
	bad(s.MaxBodyBytes < 1024, "PARLEY_MAX_BODY_BYTES", "is below 1024", "1024 or more bytes")
	bad(s.MaxDepth < 1, "PARLEY_MAX_DEPTH", "is below 1", "1 or more; the playground needs 15")
	bad(s.MaxComplexity < 1, "PARLEY_MAX_COMPLEXITY", "is below 1", "1 or more")
	bad(s.RequestTimeout <= 0, "PARLEY_REQUEST_TIMEOUT", "is not positive", "a duration such as 30s")
	bad(min(s.MaxStreams, s.MaxSocketStreams, s.MaxVisitorStreams) < 1, "PARLEY_MAX_STREAMS, PARLEY_MAX_SOCKET_OPERATIONS or PARLEY_MAX_VISITOR_STREAMS", "is below 1", "1 or more")
	bad(s.EventRetention < time.Hour, "PARLEY_EVENT_RETENTION", "is below an hour", "a duration such as 720h")
	bad(s.AuditRetention != 0 && s.AuditRetention < minAuditRetention, "PARLEY_AUDIT_RETENTION", "is below 90 days", "a duration of 2160h or more, or 0 to keep everything")
	bad(s.ShutdownTimeout <= 0, "PARLEY_SHUTDOWN_TIMEOUT", "is not positive", "a duration such as 10s")
	return errors.Join(problems...)
}

func (s *serverSettings) limits() graph.Limits {
	limits := graph.DefaultLimits()
	limits.Depth, limits.Complexity = s.MaxDepth, s.MaxComplexity
	return limits
}

// features are the parts of the schema that are served only where asked for.
func (s *serverSettings) features() []graph.Feature {
	if s.Federation == "on" {
		return []graph.Feature{graph.Federation}
	}
	return nil
}

func (s *serverSettings) streams() httpserver.Limits {
	return httpserver.Limits{
		Operations: s.MaxSocketStreams, AccountStreams: s.MaxStreams, AccountOperations: s.MaxStreams, PublicStreams: s.MaxVisitorStreams,
	}
}

// trusted are the only documents to run: those of the list, and what the widget, the
// demo page and the tools of /mcp send; nil: all.
func (s *serverSettings) trusted() (map[string]string, error) {
	if s.TrustedDocuments == "" {
		return nil, nil
	}
	return trustedDocuments(s.TrustedDocuments)
}

// trustedDocuments are what the widget, the demo page and tools send, and the documents of
// a list, if there is one.
func trustedDocuments(list string) (map[string]string, error) {
	documents := widget.Documents()
	maps.Copy(documents, mcp.Documents())
	if list == "" {
		return documents, nil
	}
	listed, err := httpserver.LoadTrustedDocuments(list)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_TRUSTED_DOCUMENTS: %w", err)
	}
	maps.Copy(documents, listed)
	return documents, nil
}

// perSecond is a limit with a burst of two seconds' worth.
func perSecond(n float64) httpserver.RateLimit {
	return httpserver.RateLimit{PerSecond: n, Burst: int(math.Ceil(2 * n))}
}

func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && (u.Path == "" || u.Path == "/") && u.RawQuery == "" && u.User == nil
}

// named puts the variable's name before an error about a flag's value, since
// the value may come from there.
func named(parser *kong.Kong, err error) error {
	for _, flag := range allFlags(parser.Model.Node) {
		if len(flag.Envs) > 0 && strings.HasPrefix(err.Error(), "--"+flag.Name) {
			return fmt.Errorf("%s: %w", flag.Envs[0], err)
		}
	}
	return err
}

func allFlags(node *kong.Node) []*kong.Flag {
	flags := node.Flags
	for _, child := range node.Children {
		flags = append(flags, allFlags(child)...)
	}
	return flags
}

// isPage reports whether a text is the address of a page.
func isPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil
}
