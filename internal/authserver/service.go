package authserver

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"parley/ent/oauthapp"
	"parley/internal/account"
	"parley/internal/pageurl"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// codeLife is how long a code works.
	codeLife = time.Minute
	// codeKept is how long a code is known, so that its second use is.
	codeKept = 24 * time.Hour
	// AccessLife is how long an access token works.
	AccessLife = time.Hour
	// refreshGrace is how long a refresh token may be used again by an app that has not
	// used what the first use gave: its answer was lost.
	refreshGrace = 30 * time.Second
	// clientsUnused is how long a registration is kept that no user has granted anything.
	clientsUnused = 30 * 24 * time.Hour
	// maxUnused is how many of those there are. Beyond it the oldest goes, if it is older
	// than freshClient.
	maxUnused   = 10_000
	freshClient = time.Hour
	// siteShare is how many of them one site may have, while there are too many.
	siteShare = 20
	// appsUnused is how long an app of an account is kept in which no user has a session.
	appsUnused = 24 * time.Hour
	// forgetBatch is how many apps are removed in one transaction.
	forgetBatch = 200
	// perHour is how often a session is refreshed within an hour, and answers how often it
	// is while the app loses the answers.
	perHour, answers = 30, 5

	codePrefix, refreshPrefix, secretPrefix = "parleycode_", "parleyrefresh_", "parleyclient_"
	// clientPrefix begins the names by which apps are registered.
	clientPrefix = "client_"
	// ToolsPath is where the tools for language models are.
	ToolsPath = "/mcp"
)

// Service has the use cases. It is safe for concurrent use.
type Service struct {
	store *store.Store
	// issuer is the server's address, without a slash at its end.
	issuer string
	keys   *secret.Keyring
	log    *slog.Logger
	// documents fetches what apps say of themselves, of which fetching are under way.
	documents *http.Client
	fetching  chan struct{}
	failed    failures
	// maxUnused and siteShare are the constants, but in tests.
	maxUnused, siteShare int
}

// New returns the use cases on a store. publicURL is where browsers reach the server. Documents of apps are fetched by the
// transport of the given client, whose matter it is to keep connections out of the operator's network.
func New(s *store.Store, keys *secret.Keyring, publicURL string, documents *http.Client, log *slog.Logger) *Service {
	narrow := &http.Client{Transport: documents.Transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Service{
		store: s, issuer: strings.TrimSuffix(publicURL, "/"), keys: keys, log: log, maxUnused: maxUnused, siteShare: siteShare,
		documents: narrow, fetching: make(chan struct{}, documentsAtOnce),
	}
}

// Issuer is how the server calls itself in its answers.
func (s *Service) Issuer() string { return s.issuer }

// Refusal is an error by RFC 6749. Text says what would be right.
type Refusal struct {
	Code, Text string
	// Redirect is where the browser takes it; "": it does not.
	Redirect string
	// Link is where the user may take it, and Place what they see of that, where the
	// browser is not sent by itself.
	Link, Place string
}

// Error is the code with the text.
func (r *Refusal) Error() string { return r.Code + ": " + r.Text }

func refuse(code, text string) *Refusal { return &Refusal{Code: code, Text: text} }

// Codes of refusals.
const (
	invalidRequest = "invalid_request"
	invalidGrant   = "invalid_grant"
	invalidScope   = "invalid_scope"
	invalidTarget  = "invalid_target"
	accessDenied   = "access_denied"
	// InvalidClient is answered by 401.
	InvalidClient = "invalid_client"
	// Unavailable is answered by 503.
	Unavailable = "temporarily_unavailable"
)

// named are the resources that have a value: one without is as if left out (RFC 6749, 3.1).
func named(resources []string) []string {
	return slices.DeleteFunc(slices.Clone(resources), func(resource string) bool { return resource == "" })
}

// hostOf is a URL's host, without the port that is its scheme's own.
func hostOf(u *url.URL) string {
	if port := u.Port(); port == "443" && strings.EqualFold(u.Scheme, "https") || port == "80" && strings.EqualFold(u.Scheme, "http") {
		return strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Host
}

// kindOf returns what a resource (RFC 8707) is: the tools, or the API, which is meant if
// none is named, and whose tokens are good at the tools too. A server on this machine is known by each of its names.
func (s *Service) kindOf(resources []string) (vocab.SessionKind, *Refusal) {
	if len(resources) > 1 {
		return "", refuse(invalidTarget, "A token is for one resource: pass one.")
	}
	if len(resources) == 0 {
		return vocab.SessionOfApp, nil
	}
	u, err := url.Parse(resources[0])
	own, err2 := url.Parse(s.issuer)
	if err == nil && err2 == nil && u.User == nil && u.RawQuery == "" && u.Fragment == "" && strings.EqualFold(u.Scheme, own.Scheme) &&
		(strings.EqualFold(hostOf(u), hostOf(own)) || pageurl.IsLoopback(u.Hostname()) && pageurl.IsLoopback(own.Hostname()) && u.Port() == own.Port()) {
		switch strings.TrimSuffix(u.Path, "/") {
		case ToolsPath:
			return vocab.SessionOfTools, nil
		case "", "/graphql":
			return vocab.SessionOfApp, nil
		}
	}
	return "", refuse(invalidTarget, "There is no such resource here: pass "+s.issuer+ToolsPath+" for the tools, or "+s.issuer+" for the API.")
}

func asSystem(ctx context.Context, accountID string) context.Context {
	return viewer.NewContext(ctx, viewer.System("sign-in", accountID))
}

func everywhere(ctx context.Context) context.Context {
	return viewer.NewContext(ctx, viewer.Everywhere("sign-in"))
}

// Forget removes what is over: codes, tokens, apps in which no user has had a session for a
// month, and registrations that no account has an app of. The system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
	if err := s.forgetApps(ctx); err != nil {
		return err
	}
	return s.store.WithTx(everywhere(ctx), func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		for _, d := range []struct {
			statement string
			before    int64
		}{
			{"DELETE FROM oauth_codes WHERE expires_at < $1", int64(now.Add(-codeKept))},
			{"DELETE FROM oauth_tokens WHERE expires_at < $1", int64(now)},
			{`DELETE FROM oauth_clients WHERE created_at < $1 AND used_at < $1 AND NOT EXISTS
				(SELECT 1 FROM oauth_apps a WHERE a.client_id = oauth_clients.id)`, int64(now.Add(-clientsUnused))},
		} {
			if _, err := tx.Exec(ctx, d.statement, d.before); err != nil {
				return err
			}
		}
		return nil
	})
}

// forgetApps removes apps in which no user has a session, neither one that ended within the
// time that ended ones are kept: programs that register each time they are connected would
// fill the list.
func (s *Service) forgetApps(ctx context.Context) error {
	const unused = ` FROM oauth_apps WHERE created_at < $1 AND NOT EXISTS (SELECT 1 FROM sessions n WHERE n.app_id = oauth_apps.id)
		AND NOT EXISTS (SELECT 1 FROM oauth_codes c WHERE c.app_id = oauth_apps.id)`
	before := int64(s.store.Now().Add(-appsUnused))
	accounts, err := s.store.Strings(ctx, "SELECT DISTINCT account_id"+unused, before)
	if err != nil {
		return err
	}
	for _, accountID := range accounts {
		err := s.store.WithTx(asSystem(ctx, accountID), func(ctx context.Context, tx *store.Tx) error {
			if err := account.Lock(ctx, tx); err != nil {
				return err
			}
			found, err := tx.Strings(ctx, "SELECT id"+unused+fmt.Sprintf(" AND account_id = $2 ORDER BY id LIMIT %d", forgetBatch), before, accountID)
			if err != nil || len(found) == 0 {
				return err
			}
			for _, appID := range found {
				tx.Append(ctx, store.Event{Type: vocab.OauthAppDeleted, SubjectID: appID})
			}
			_, err = tx.Client.OauthApp.Delete().Where(oauthapp.IDIn(found...)).Exec(ctx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
