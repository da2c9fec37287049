package settings

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/url"

	"parley/ent"
	"parley/ent/emailconnection"
	"parley/internal/errs"
	"parley/internal/oauth"
	"parley/internal/viewer"
)

// returnTo checks where a browser goes from the callback: to pages of this
// server, or of a site that the operator trusts.
func (s *Service) returnTo(address *string) (string, error) {
	if address == nil || *address == "" {
		return "", nil
	}
	u, err := url.Parse(*address)
	if err != nil || u.Host == "" || u.User != nil || s.o.Trusts == nil || !s.o.Trusts(u) {
		return "", errs.New(errs.Invalid, "The browser may return only to pages of this server and of PARLEY_ALLOWED_ORIGINS.").On("returnUrl")
	}
	return u.String(), nil
}

// Returns says where the browser goes that came back from a provider: to the
// page that the admin named, with the query as it came; "" to none.
func (s *Service) Returns(ctx context.Context, query url.Values) (string, error) {
	hash := sha256.Sum256([]byte(query.Get("state")))
	ctx = viewer.NewContext(ctx, viewer.Everywhere("oauth"))
	pending, err := s.store.Client(ctx).EmailConnection.Query().Where(emailconnection.StateHash(hash[:])).Only(ctx)
	if ent.IsNotFound(err) {
		return "", errs.New(errs.NotFound, "This sign-in is unknown or has ended. Start again.")
	}
	if err != nil {
		return "", err
	}
	if _, err := oauth.Callback(s.o.Providers[pending.Provider], query); errors.Is(err, oauth.ErrIdentity) {
		return "", errs.New(errs.Invalid, "The response came from a different provider than expected. Start again.")
	}
	if pending.Settings.ReturnURL == "" {
		return "", nil
	}
	u, err := url.Parse(pending.Settings.ReturnURL)
	if err != nil {
		return "", err
	}
	q := u.Query()
	for _, name := range []string{"state", "code", "error", "error_description"} {
		if value := query.Get(name); value != "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}
