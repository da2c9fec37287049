package slack

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/internal/attachment"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/egress"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service has the use cases of Slack, posts what is due, and takes in what is written there. It
// is safe for concurrent use.
type Service struct {
	store         *store.Store
	keys          *secret.Keyring
	conversations *conversation.Service
	views         *view.Service
	files         *attachment.Service
	viewers       Viewers
	nodes         *loader.Service
	options       Options
	client        *http.Client
	log           *slog.Logger
	notices       Notices

	sender sender
	people people
}

// Viewers reports what a user may see now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Notices say what a user is notified of. Package notification implements it.
type Notices interface {
	// SlackText is what a notification says and where it leads, if its user is to be told of it
	// still; "": they are not.
	SlackText(ctx context.Context, accountID, userID, notificationID string) (text, url string, err error)
}

// Bus carries "there is something" to the other nodes; package bus implements it.
type Bus interface {
	Publish(subject string, data []byte) error
	Listen(subject string, deliver func(data []byte)) (stop func(), err error)
}

// Deps are the use cases that it calls.
type Deps struct {
	Conversations *conversation.Service
	Views         *view.Service
	Files         *attachment.Service
	Viewers       Viewers
}

// Options are what the operator decides, and the seams of tests.
type Options struct {
	// ClientID, ClientSecret and SigningSecret are those of the operator's Slack app; empty: there
	// is none.
	ClientID, ClientSecret, SigningSecret string
	// APIURL is where the methods of Slack are called; empty: slack.com.
	APIURL string
	// PublicURL is where browsers reach the server.
	PublicURL string
	// ConversationURL is where people read a conversation, with {id} for its id; empty: nowhere.
	ConversationURL string
	// Trusts says whether a browser may return to a page; nil: to none.
	Trusts func(*url.URL) bool
	// Networks are private networks in which Slack may be.
	Networks []netip.Prefix
	// MaxBytes bounds a file.
	MaxBytes int64
	// Pace is the time between two posts to a channel; zero: a second, as Slack asks for.
	Pace time.Duration
	// Sweep is the time between two looks for what no one reported; zero: five seconds.
	Sweep time.Duration
}

// New returns the use cases on a store. The keys seal the tokens of workspaces.
func New(s *store.Store, keys *secret.Keyring, d Deps, o Options, log *slog.Logger) *Service {
	if o.APIURL == "" {
		o.APIURL = api.APIURL
	}
	o.APIURL = strings.TrimSuffix(o.APIURL, "/") + "/"
	if o.Pace == 0 {
		o.Pace = time.Second
	}
	if o.Sweep == 0 {
		o.Sweep = 5 * time.Second
	}
	client := egress.New(o.Networks).HTTPClient()
	return &Service{
		store: s, keys: keys, conversations: d.Conversations, views: d.Views, files: d.Files, viewers: d.Viewers, nodes: loader.New(s),
		options: o, client: client, log: slog.New(hiding{log.Handler()}),
		sender: sender{node: id.New("node"), serve: (*runner).run, runners: map[string]*runner{}, ended: sync.NewCond(&sync.Mutex{})},
		people: people{known: map[personKey]*person{}},
	}
}

// UseNotices has users be notified in Slack. It is called before the queue starts.
func (s *Service) UseNotices(n Notices) { s.notices = n }

// isSetUp refuses what needs a Slack app, where the operator has set none up: NOT_ELIGIBLE.
func (s *Service) isSetUp() error {
	if s.options.ClientID == "" || s.options.ClientSecret == "" || s.options.SigningSecret == "" {
		return errs.New(errs.NotEligible, "This server has no Slack app: its operator has to make one, and to set PARLEY_SLACK_CLIENT_ID, PARLEY_SLACK_CLIENT_SECRET and PARLEY_SLACK_SIGNING_SECRET (docs/slack.md).")
	}
	return nil
}

// asSystem is a context of the service's own work in an account.
func asSystem(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("slack", accountID))
}

// everywhere is a context of work that begins before an account is known.
func everywhere(ctx context.Context) context.Context {
	return viewer.NewContext(ctx, viewer.Everywhere("slack"))
}

func tokenPlace(workspaceID string) []byte { return []byte("slack_workspaces.token/" + workspaceID) }

// clientOf calls Slack's methods as the app in a workspace.
func (s *Service) clientOf(w *ent.SlackWorkspace) (*api.Client, error) {
	token, err := s.keys.Open(w.Token, tokenPlace(w.ID))
	if err != nil {
		s.log.Error("the token of a Slack workspace cannot be read", "workspace", w.ID, "error", err)
		return nil, errs.New(errs.NotEligible, "The workspace's access cannot be read: connect it again.")
	}
	return s.clientWith(string(token)), nil
}

// transfersOf transfers files as the app in a workspace, for which there is more time.
func (s *Service) transfersOf(w *ent.SlackWorkspace) (*api.Client, error) {
	token, err := s.keys.Open(w.Token, tokenPlace(w.ID))
	if err != nil {
		return nil, err
	}
	client := *s.client
	client.Timeout = fileTime
	return api.New(string(token), api.OptionHTTPClient(&client), api.OptionAPIURL(s.options.APIURL)), nil
}

func (s *Service) clientWith(token string) *api.Client {
	return api.New(token, api.OptionHTTPClient(s.client), api.OptionAPIURL(s.options.APIURL))
}

// conversationURL is where people read a conversation; "": nowhere.
func (s *Service) conversationURL(conversationID string) string {
	if s.options.ConversationURL == "" {
		return ""
	}
	return strings.ReplaceAll(s.options.ConversationURL, "{id}", url.PathEscape(conversationID))
}
