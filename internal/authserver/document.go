package authserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/oauthex"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/pageurl"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	// documentTime is how long an app's site may take to answer, and maxDocument the most bytes that it may answer with.
	documentTime = 5 * time.Second
	maxDocument  = 16 << 10
	// documentLife is how long a document is believed, whatever the site says of it.
	documentLife = time.Hour
	// documentRest is how long a site is left alone whose document was not to be had, and documentStale how much longer than
	// documentLife a document is believed meanwhile.
	documentRest  = 2 * time.Minute
	documentStale = 24 * time.Hour
	// maxFailed is the most failures that are remembered.
	maxFailed = 1000
	// documentsAtOnce is how many documents are fetched at once.
	documentsAtOnce = 8
	// maxClientURL is the most characters of the address of a document.
	maxClientURL = 500
)

// isDocument reports whether an app calls itself by the address of a document about it (OAuth Client ID Metadata Document):
// https, or http on this machine, with a path.
func isDocument(clientID string) bool {
	u, err := url.Parse(clientID)
	if err != nil || len(clientID) > maxClientURL || u.User != nil || u.RawQuery != "" || u.Host == "" || u.Opaque != "" || strings.ContainsAny(clientID, "#?\\ ") {
		return false
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !pageurl.IsLoopback(u.Hostname())) {
		return false
	}
	segments := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	return segments[0] != "" && !slices.Contains(segments, ".") && !slices.Contains(segments, "..")
}

// currentDocument returns the app that a document is about, which is fetched if that is due. It is fetched for users who are
// signed in only: no one makes Parley fetch what they like. While a site does not answer, the document that is kept holds for
// another day. Errors, for the person: UNAUTHENTICATED, to sign in first;
// INVALID for a document that is none; UNAVAILABLE while too many are fetched.
func (s *Service) currentDocument(ctx context.Context, clientID string) (*Client, error) {
	known, err := s.registered(ctx, clientID)
	if err != nil || known != nil && known.documentUntil > s.store.Now() {
		return known, err
	}
	if v := viewer.FromContext(ctx); v == nil || !v.IsUser() {
		return nil, errs.New(errs.Unauthenticated, "Sign in first.")
	}
	stale := known != nil && known.documentUntil.Add(documentStale) > s.store.Now()
	err = s.failed.recent(clientID, s.store.Now())
	var c *Client
	if err == nil {
		if c, err = s.fetchDocument(ctx, clientID); err == nil {
			return c, s.keepDocument(ctx, c)
		}
		s.log.WarnContext(ctx, "the document of an app was not fetched", "client", clientID, "error", err)
		if ctx.Err() == nil && !errs.Is(err, errs.Unavailable) { // of which the site is no cause
			s.failed.noteFailure(clientID, s.store.Now().Add(documentRest), err)
		}
	}
	if refused := errs.Of(err); refused != nil && !errs.Is(err, errs.Unavailable) { // the site answers, and not as it did
		return nil, refused
	}
	if stale {
		return known, nil
	}
	if busy := errs.Of(err); busy != nil {
		return nil, busy
	}
	return nil, errs.New(errs.Invalid, "The app's description at %s could not be fetched. Try again in a few minutes, or ask whoever makes the app.", placeOfDocument(clientID))
}

// failures remembers which documents were not to be had.
type failures struct {
	mu sync.Mutex
	of map[string]failed
}

type failed struct {
	until clock.Micros
	err   error
}

// recent returns why a document was not to be had just now; nil: it may be fetched.
func (f *failures) recent(clientID string, now clock.Micros) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of[clientID].until <= now {
		return nil
	}
	return f.of[clientID].err
}

// noteFailure remembers a failure. If there are too many, all are forgotten.
func (f *failures) noteFailure(clientID string, until clock.Micros, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil || len(f.of) >= maxFailed {
		f.of = map[string]failed{}
	}
	f.of[clientID] = failed{until, err}
}

// placeOfDocument is the host of an app's document.
func placeOfDocument(clientID string) string {
	u, err := url.Parse(clientID)
	if err != nil {
		return ""
	}
	return u.Host
}

func (s *Service) fetchDocument(ctx context.Context, clientID string) (*Client, error) {
	select {
	case s.fetching <- struct{}{}:
		defer func() { <-s.fetching }()
	default:
		return nil, errs.New(errs.Unavailable, "Too many apps are connected at the moment. Try again.")
	}
	ctx, cancel := context.WithTimeout(ctx, documentTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, clientID, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	answer, err := s.documents.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusGone {
		return nil, errs.New(errs.Invalid, "There is no longer a description of the app at %s. Ask whoever makes the app.", placeOfDocument(clientID))
	}
	kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if answer.StatusCode != http.StatusOK || kind != "application/json" && !strings.HasSuffix(kind, "+json") {
		return nil, fmt.Errorf("the answer is %s, of type %q", answer.Status, kind)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxDocument {
		return nil, errors.New("the answer is too long")
	}
	return readDocument(clientID, body)
}

// readDocument reads the document at an address.
func readDocument(clientID string, body []byte) (*Client, error) {
	wrong := func(why string) (*Client, error) {
		return nil, errs.New(errs.Invalid, "The app's description at %s cannot be used: %s Ask whoever makes the app.", placeOfDocument(clientID), why)
	}
	var in struct {
		oauthex.ClientRegistrationMetadata
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
	}
	if json.Unmarshal(body, &in) != nil {
		return wrong("a JSON object with the members of RFC 7591 was expected.")
	}
	if in.ClientID != clientID {
		return wrong("its client_id is not its own address.")
	}
	if in.ClientSecret != "" || in.TokenEndpointAuthMethod != "" && in.TokenEndpointAuthMethod != methodNone {
		return wrong("token_endpoint_auth_method must be none: what is public has no secret.")
	}
	in.TokenEndpointAuthMethod = methodNone
	c, refusal := cleanClient(in.ClientRegistrationMetadata)
	if refusal != nil {
		return wrong(refusal.Text)
	}
	c.ID = clientID
	return &c, nil
}

// keepDocument keeps what a document says, like a registration.
func (s *Service) keepDocument(ctx context.Context, c *Client) error {
	redirects, err := json.Marshal(c.RedirectURIs)
	if err != nil {
		return err
	}
	return s.store.WithTx(everywhere(ctx), func(ctx context.Context, tx *store.Tx) error {
		now := tx.Now()
		n, err := tx.Exec(ctx, "UPDATE oauth_clients SET name = $1, redirect_uris = $2, document_until = $3 WHERE id = $4",
			c.Name, string(redirects), int64(now.Add(documentLife)), c.ID)
		if err != nil || n > 0 {
			return err
		}
		if err := s.evictUnused(ctx, tx); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO oauth_clients (id, name, redirect_uris, auth_method, secret_hash, site, created_at, document_until)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO NOTHING`,
			c.ID, c.Name, string(redirects), methodNone, []byte{}, s.siteOf(ctx), int64(now), int64(now.Add(documentLife)))
		return err
	})
}
