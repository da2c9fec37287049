package authserver

import (
	"context"
	"net/url"
	"strings"
	"time"

	"parley/internal/pageurl"
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
	// maxUnused is the constant, but in tests.
	maxUnused int
}

// New returns the use cases on a store. publicURL is where browsers reach the server.
func New(s *store.Store, publicURL string) *Service {
	return &Service{store: s, issuer: strings.TrimSuffix(publicURL, "/"), maxUnused: maxUnused}
}

// Issuer is how the server calls itself in its answers.
func (s *Service) Issuer() string { return s.issuer }

// Refusal is an error by RFC 6749. Text says what would be right.
type Refusal struct {
	Code, Text string
	// Redirect is where the browser takes it; "": it does not.
	Redirect string
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

// kindOf returns what a resource (RFC 8707) is: the tools, or the API, which is meant if
// none is named. A server on this machine is known by each of its names.
func (s *Service) kindOf(resources []string) (vocab.SessionKind, *Refusal) {
	if len(resources) > 1 {
		return "", refuse(invalidTarget, "A token is for one resource: pass one.")
	}
	if len(resources) == 0 || resources[0] == "" {
		return vocab.SessionOfApp, nil
	}
	u, err := url.Parse(resources[0])
	own, err2 := url.Parse(s.issuer)
	if err == nil && err2 == nil && u.User == nil && u.RawQuery == "" && u.Fragment == "" && strings.EqualFold(u.Scheme, own.Scheme) &&
		(strings.EqualFold(u.Host, own.Host) || pageurl.IsLoopback(u.Hostname()) && pageurl.IsLoopback(own.Hostname()) && u.Port() == own.Port()) {
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

// Forget removes what is over: codes, tokens, and registrations that no account has an app
// of. The system runs it each hour.
func (s *Service) Forget(ctx context.Context) error {
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
