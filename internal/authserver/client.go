package authserver

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// How apps authenticate at the token endpoint.
const (
	methodNone  = "none"
	methodBasic = "client_secret_basic"
	methodPost  = "client_secret_post"
)

// Methods are all of them.
var Methods = []string{methodNone, methodBasic, methodPost}

// GrantTypes are what apps may ask the token endpoint by.
var GrantTypes = []string{"authorization_code", "refresh_token"}

const (
	maxName         = 100
	maxRedirects    = 10
	maxRedirectSize = 500
)

// Client is an app as it is registered.
type Client struct {
	ID, Name     string
	RedirectURIs []string
	// Method is how it authenticates.
	Method     string
	secretHash []byte
	// documentUntil is when the document about it is fetched again; 0: it is registered here.
	documentUntil clock.Micros
}

// Registered is the answer to a registration (RFC 7591, 3.2.1).
type Registered struct {
	oauthex.ClientRegistrationMetadata
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret,omitempty"`
	IssuedAt     int64  `json:"client_id_issued_at"`
	// SecretExpiresAt is 0, never, where there is a secret.
	SecretExpiresAt *int64 `json:"client_secret_expires_at,omitempty"`
}

// Register registers an app (RFC 7591). Of its redirect addresses those are kept, and
// returned, that browsers may be sent to. Errors: a Refusal of invalid_redirect_uri or
// invalid_client_metadata; temporarily_unavailable while there are too many that no one uses.
func (s *Service) Register(ctx context.Context, in oauthex.ClientRegistrationMetadata) (*Registered, error) {
	c, refusal := cleanClient(in)
	if refusal != nil {
		return nil, refusal
	}
	c.ID = id.New(strings.TrimSuffix(clientPrefix, "_"))
	made := &Registered{ClientID: c.ID, ClientRegistrationMetadata: oauthex.ClientRegistrationMetadata{
		RedirectURIs: c.RedirectURIs, TokenEndpointAuthMethod: c.Method, GrantTypes: GrantTypes, ResponseTypes: []string{"code"}, ClientName: c.Name,
		ApplicationType: in.ApplicationType,
	}}
	c.secretHash = []byte{}
	if c.Method != methodNone {
		made.ClientSecret, c.secretHash = secret.NewToken(secretPrefix)
		made.SecretExpiresAt = new(int64)
	}
	redirects, err := json.Marshal(c.RedirectURIs)
	if err != nil {
		return nil, err
	}
	err = s.store.WithTx(everywhere(ctx), func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		made.IssuedAt = now.Time().Unix()
		if err := s.evictUnused(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO oauth_clients (id, name, redirect_uris, auth_method, secret_hash, site, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			c.ID, c.Name, string(redirects), c.Method, c.secretHash, s.siteOf(ctx), int64(now))
		return err
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

// siteOf names the site that a request comes from, without saying which it is.
func (s *Service) siteOf(ctx context.Context) string {
	return hex.EncodeToString(s.keys.HMAC("app-site", []byte(viewer.Site(ctx)))[:16])
}

// evictUnused keeps the registrations bounded that no one uses. Where there are too many, the
// oldest goes of the site with the most, if those are more than its share; otherwise the
// oldest of all, once it is older than freshClient: who connects an app just now needs theirs.
func (s *Service) evictUnused(ctx context.Context, tx *store.Tx) error {
	unused, err := tx.Number(ctx, "SELECT COUNT(*) FROM oauth_clients WHERE used_at = 0")
	if err != nil || unused < int64(s.maxUnused) {
		return err
	}
	n, err := tx.Exec(ctx, `DELETE FROM oauth_clients WHERE id IN (SELECT id FROM oauth_clients WHERE used_at = 0 AND site =
		(SELECT site FROM oauth_clients WHERE used_at = 0 GROUP BY site HAVING COUNT(*) > $1 ORDER BY COUNT(*) DESC, site LIMIT 1) ORDER BY created_at, id LIMIT 1)`, s.siteShare)
	if err != nil || n > 0 {
		return err
	}
	n, err = tx.Exec(ctx, `DELETE FROM oauth_clients WHERE id IN (SELECT id FROM oauth_clients WHERE used_at = 0 AND created_at < $1
		ORDER BY created_at, id LIMIT 1)`, int64(tx.Now().Add(-freshClient)))
	if err == nil && n == 0 {
		err = refuse(Unavailable, "Too many apps were registered lately. Try again in an hour.")
	}
	return err
}

func cleanClient(in oauthex.ClientRegistrationMetadata) (Client, *Refusal) {
	wrong := func(text string) (Client, *Refusal) { return Client{}, refuse("invalid_client_metadata", text) }
	c := Client{Name: cleanName(in.ClientName), Method: in.TokenEndpointAuthMethod}
	if c.Method == "" {
		c.Method = methodBasic // RFC 7591, 2
	}
	switch {
	case !slices.Contains(Methods, c.Method):
		return wrong("token_endpoint_auth_method is one of " + strings.Join(Methods, ", ") + ".")
	case len(in.GrantTypes) > 0 && !slices.Contains(in.GrantTypes, "authorization_code"):
		return wrong("grant_types must have authorization_code: that is how users let apps in here.")
	case len(in.ResponseTypes) > 0 && !slices.Contains(in.ResponseTypes, "code"):
		return wrong("response_types must have code.")
	case len(in.RedirectURIs) == 0 || len(in.RedirectURIs) > maxRedirects:
		return Client{}, refuse("invalid_redirect_uri", fmt.Sprintf("redirect_uris has 1 to %d addresses.", maxRedirects))
	}
	var refused string
	for _, text := range in.RedirectURIs {
		u, why := parseRedirect(text)
		if why != "" {
			refused = why
			continue
		}
		c.RedirectURIs = append(c.RedirectURIs, text)
		if c.Name == "" {
			c.Name = cleanName(placeOf(u))
		}
	}
	if len(c.RedirectURIs) == 0 {
		return Client{}, refuse("invalid_redirect_uri", refused)
	}
	return c, nil
}

// maxMarks is how many marks one letter of a name may have.
const maxMarks = 3

// cleanName is a name as people can read it: what is not shown, turns the direction of
// writing, or could end a quotation of it, is taken out.
func cleanName(name string) string {
	marks := 0
	shown := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == utf8.RuneError, !unicode.IsPrint(r), isBlank(r), isQuote(r):
			return ' '
		}
		if !unicode.IsMark(r) {
			marks = 0
			return r
		}
		if marks++; marks > maxMarks {
			return -1
		}
		return r
	}, name)
	runes := []rune(strings.Join(strings.Fields(shown), " "))
	if len(runes) > maxName {
		runes = append(runes[:maxName-1], '…')
	}
	return string(runes)
}

// isBlank reports whether a letter is shown as nothing, though it counts as one.
func isBlank(r rune) bool { return strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r) }

// isQuote reports whether a character opens or closes a quotation; ’ is in names, too.
func isQuote(r rune) bool {
	return r != '’' && (unicode.In(r, unicode.Pi, unicode.Pf) || strings.ContainsRune("\"„‚‟＂〝〞〟", r))
}

// client returns an app that is registered, or whose document was fetched; nil: there is none.
func (s *Service) client(ctx context.Context, clientID string) (*Client, error) {
	if isDocument(clientID) || strings.HasPrefix(clientID, clientPrefix) && len(clientID) <= maxName {
		return s.registered(ctx, clientID)
	}
	return nil, nil
}

func (s *Service) registered(ctx context.Context, clientID string) (*Client, error) {
	rows, err := s.store.Query(ctx, "SELECT id, name, redirect_uris, auth_method, secret_hash, document_until FROM oauth_clients WHERE id = $1", clientID)
	if err != nil {
		return nil, fmt.Errorf("look an app up: %w", err)
	}
	defer func() { _ = rows.Close() }()
	if !rows.Next() {
		return nil, rows.Err()
	}
	c := &Client{}
	var redirects []byte
	if err := rows.Scan(&c.ID, &c.Name, &redirects, &c.Method, &c.secretHash, &c.documentUntil); err != nil {
		return nil, fmt.Errorf("read an app: %w", err)
	}
	return c, json.Unmarshal(redirects, &c.RedirectURIs)
}

// Credentials are what an app presents at the token endpoint.
type Credentials struct{ ID, Secret string }

// authenticate returns the app that has the credentials. A secret may come in the header or
// in the form, whichever the app registered: many do not do as they said.
func (s *Service) authenticate(ctx context.Context, with Credentials) (*Client, error) {
	c, err := s.client(ctx, with.ID)
	if err != nil {
		return nil, err
	}
	wrong := refuse(InvalidClient, "The app is not registered here, or its secret is wrong. Register again.")
	if c == nil {
		return nil, wrong
	}
	if c.Method == methodNone {
		if with.Secret != "" {
			return nil, wrong
		}
		return c, nil
	}
	if subtle.ConstantTimeCompare(secret.HashToken(with.Secret), c.secretHash) != 1 {
		return nil, wrong
	}
	return c, nil
}

// AsRefusal returns the refusal that an error is; nil: it is none.
func AsRefusal(err error) *Refusal {
	var r *Refusal
	errors.As(err, &r)
	return r
}
