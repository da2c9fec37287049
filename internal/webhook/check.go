package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	maxEndpoints = 50
	maxURL       = 2000
	maxDocument  = 10_000
	maxFields    = 50
	maxTypes     = 500
)

// cleanURL checks where requests are to be sent: REQUIRED, TOO_LONG or INVALID on url.
func (s *Service) cleanURL(text string) (string, error) {
	text = strings.TrimSpace(text)
	bad := func(why string) error {
		return errs.New(errs.Invalid, "This is not a URL that events can be sent to: %s", why).On("url")
	}
	switch n := utf8.RuneCountInString(text); {
	case n == 0:
		return "", errs.New(errs.Required, "Enter the URL that events are sent to.").On("url")
	case n > maxURL:
		return "", errs.Exceeds(maxURL, "The URL has %d characters; at most %d are allowed.", n, maxURL).On("url")
	case !store.Storable(text):
		return "", bad("it is not valid UTF-8, or contains a character that is not allowed in text.")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return "", bad("it has to begin with https:// and a host.")
	case u.User != nil:
		return "", bad("it may have no user and no password. Requests are signed instead.")
	case u.Fragment != "" || strings.Contains(text, "#"):
		return "", bad("it may have no fragment.")
	case u.Scheme == "http" && !s.isAllowed(u.Hostname()):
		return "", bad("it has to begin with https://. Only addresses of networks that the operator allows may do without.")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return "", bad("there is no such port.")
		}
	}
	return text, nil
}

// isAllowed reports whether a host is an address of a network that the operator allows, or
// this machine's name where that network is allowed.
func (s *Service) isAllowed(host string) bool {
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1"
	}
	at, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(s.options.Networks, func(p netip.Prefix) bool { return p.Contains(at.Unmap()) })
}

// fieldName is how the names of fields are written.
var fieldName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,99}$`)

// cleanFields checks names of fields: INVALID or TOO_LONG on changedFields.
func cleanFields(names []string) ([]string, error) {
	if len(names) > maxFields {
		return nil, errs.Exceeds(maxFields, "The list has %d fields; at most %d are allowed.", len(names), maxFields).On("changedFields")
	}
	clean := []string{}
	for i, name := range names {
		if !fieldName.MatchString(name) {
			return nil, errs.New(errs.Invalid, "%q is not the name of a field, such as \"status\".", errs.Clip(name)).On("changedFields", strconv.Itoa(i))
		}
		if !slices.Contains(clean, name) {
			clean = append(clean, name)
		}
	}
	return clean, nil
}

// cleanTypes returns each type once: TOO_LONG on types.
func cleanTypes(types []vocab.EventType) ([]vocab.EventType, error) {
	if len(types) > maxTypes {
		return nil, errs.Exceeds(maxTypes, "The list has %d types; at most %d are allowed.", len(types), maxTypes).On("types")
	}
	clean := []vocab.EventType{}
	for _, t := range types {
		if !slices.Contains(clean, t) {
			clean = append(clean, t)
		}
	}
	return clean, nil
}

// reader is an endpoint's integration as far as its scopes say.
func reader(e *ent.WebhookEndpoint) *viewer.Viewer {
	return &viewer.Viewer{Kind: viewer.Integration, AccountID: e.AccountID, ActorID: e.IntegrationID, Scopes: e.Scopes}
}

// checkRights refuses scopes that do not suffice for what the endpoint is to read: INVALID on
// scopes, and on document for what that asks beyond them.
func (s *Service) checkRights(ctx context.Context, e *ent.WebhookEndpoint) error {
	v := reader(e)
	needs := func(scope, what string) error {
		if v.Grants(scope) {
			return nil
		}
		return errs.New(errs.Invalid, "The scopes have to include %q, for %s.", scope, what).On("scopes")
	}
	err := needs("events:read", "the events")
	if len(e.Filter) > 0 {
		err = errors.Join(err, needs("conversations:read", "the filter"))
	}
	if err != nil || e.Document == "" {
		return err
	}
	return s.documents.Check(ctx, v, e.Document)
}

// cleanDocument returns a document as it is kept: TOO_LONG or INVALID on document.
func cleanDocument(text string) (string, error) {
	if n := utf8.RuneCountInString(text); n > maxDocument {
		return "", errs.Exceeds(maxDocument, "The document has %d characters; at most %d are allowed.", n, maxDocument).On("document")
	}
	if !store.Storable(text) {
		return "", errs.New(errs.Invalid, "The document is not valid UTF-8, or contains a character that is not allowed in text.").On("document")
	}
	return strings.TrimSpace(text), nil
}

// secretPrefix is what secrets begin with, by the convention of Standard Webhooks.
const secretPrefix = "whsec_"

// NewSecret returns a fresh secret.
func NewSecret() string {
	b := make([]byte, 32)
	rand.Read(b) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(b)
}

// newSecret returns a fresh secret, and how it is kept.
func (s *Service) newSecret(endpointID string) (text, sealed string, err error) {
	text = NewSecret()
	sealed, err = s.keys.Seal([]byte(text), placeOf(endpointID))
	return text, sealed, err
}

// placeOf is where an endpoint's secrets are kept.
func placeOf(endpointID string) []byte { return []byte("webhook_endpoints.secret." + endpointID) }
