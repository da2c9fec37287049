package settings

import (
	"context"
	"errors"

	"parley/internal/oauth"
	"parley/internal/vocab"
)

// RenewToken has a token renewed that a mail server did not take, and returns the
// error: that the grant is gone, if the provider says so.
func RenewToken(ctx context.Context, source *oauth.TokenSource, err error) error {
	if reason, _ := Diagnose(err); reason != vocab.EmailAuthenticationFailed {
		return err
	}
	InvalidateToken(ctx, source)
	if _, gone := source.Token(ctx); errors.Is(gone, oauth.ErrRevoked) {
		return gone
	}
	return err
}

// InvalidateToken has a token renewed, when it is needed next, that a mail server
// did not take.
func InvalidateToken(ctx context.Context, source *oauth.TokenSource) {
	if access, err := source.Token(ctx); err == nil {
		source.Invalidate(access)
	}
}
