package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxOverlap is the longest that a rotated token's old secret may still work.
const MaxOverlap = 24 * time.Hour

// useTokens runs apply as administer does, for users, who see what the fence shows
// them: their own tokens, and admins all (AC-13).
func (s *Service) useTokens(ctx context.Context, call idempotency.Call, apply step) (string, error) {
	if err := mayUseTokens(ctx); err != nil {
		return call.Result, err
	}
	return administer(ctx, s.store, call, apply, idempotency.Run)
}

// UpdateToken changes a token's name, scopes and expiry, and can end the secret that it
// had before it was rotated (AC-13). Errors: NOT_ELIGIBLE on apiTokenId, INVALID on
// [scopes, index] and expiresAt.
func (s *Service) UpdateToken(ctx context.Context, in UpdateApiTokenInput) (*ent.ApiToken, error) {
	call := idempotency.Call{Mutation: "updateApiToken", Key: in.IdempotencyKey, Input: in, Result: in.APITokenID}
	_, err := s.useTokens(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := changeable(ctx, tx, in.APITokenID)
		if err != nil {
			return err
		}
		after, err := in.applyTo(viewer.FromContext(ctx), tx, before)
		if err != nil {
			return err
		}
		return saveToken(ctx, tx, before, after)
	})
	if err != nil {
		return nil, err
	}
	return loadToken(ctx, s.store.Client(ctx), in.APITokenID)
}

// changeable returns a token that the caller may change.
func changeable(ctx context.Context, tx *store.Tx, tokenID string) (*ent.ApiToken, error) {
	t, err := loadToken(ctx, tx.Client, tokenID)
	if err != nil {
		return nil, err
	}
	return t, mayChangeToken(viewer.FromContext(ctx), t, tx.Now())
}

// applyTo returns the token as the input wants it.
func (in UpdateApiTokenInput) applyTo(v *viewer.Viewer, tx *store.Tx, before *ent.ApiToken) (*ent.ApiToken, error) {
	t := *before
	faults := []error{rename(&t.Name, in.Name)}
	if scopes, ok := in.Scopes.ValueOK(); ok {
		var err error
		t.Scopes, err = CleanScopes(v, scopes, before.Scopes)
		faults = append(faults, err, mayConnect(t.Scopes, t.ChannelID != ""))
	}
	if at, ok := in.ExpiresAt.ValueOK(); ok {
		var err error
		t.ExpiresAt, err = expiry(tx, at)
		faults = append(faults, err)
	}
	var end bool
	faults = append(faults, opt.Require(&end, in.EndPreviousSecret, "endPreviousSecret"))
	if end {
		t.PreviousHash, t.PreviousUntil = nil, 0
	}
	return &t, errors.Join(faults...)
}

func saveToken(ctx context.Context, tx *store.Tx, before, after *ent.ApiToken) error {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	if !slices.Equal(before.Scopes, after.Scopes) {
		c.Optional("scopes", strings.Join(before.Scopes, ","), strings.Join(after.Scopes, ","))
	}
	c.Optional("expiresAt", expiryText(before.ExpiresAt), expiryText(after.ExpiresAt))
	c.Optional("previousSecretExpiresAt", expiryText(before.PreviousUntil), expiryText(after.PreviousUntil))
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.TokenUpdated, SubjectID: after.ID, UserID: ownerOf(after), Changes: c})
	update := tx.Client.ApiToken.UpdateOneID(after.ID).SetName(after.Name).SetScopes(after.Scopes).SetExpiresAt(after.ExpiresAt).
		SetPreviousUntil(after.PreviousUntil)
	if after.PreviousHash == nil {
		update.ClearPreviousHash()
	}
	return update.Exec(ctx)
}

// expiryText is a time as events have it; "": never, or none.
func expiryText(at clock.Micros) string {
	if !at.IsSet() || at == clock.Never {
		return ""
	}
	return at.String()
}

// RotateToken gives a token a new secret, which is shown once. The old one ends at
// once, or when the overlap ends; one from a rotation before ends at once (AC-13).
// Errors: INVALID on overlapSeconds, NOT_ELIGIBLE on apiTokenId.
func (s *Service) RotateToken(ctx context.Context, in RotateApiTokenInput) (Token, error) {
	t := Token{}
	call := idempotency.Call{Mutation: "rotateApiToken", Key: in.IdempotencyKey, Input: in, Result: in.APITokenID}
	_, err := s.useTokens(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		overlap, err := in.overlap()
		if err != nil {
			return err
		}
		old, err := changeable(ctx, tx, in.APITokenID)
		if err != nil {
			return err
		}
		if err := mayHaveSecret(viewer.FromContext(ctx), old); err != nil {
			return err
		}
		t.Text, err = rotateToken(ctx, tx, old, overlap)
		return err
	})
	if err != nil {
		return Token{}, err
	}
	t.Token, err = loadToken(ctx, s.store.Client(ctx), in.APITokenID)
	return t, err
}

func (in RotateApiTokenInput) overlap() (time.Duration, error) {
	if in.OverlapSeconds == nil {
		return 0, nil
	}
	overlap := time.Duration(*in.OverlapSeconds) * time.Second
	if overlap < 0 || overlap > MaxOverlap {
		return 0, errs.New(errs.Invalid, "The overlap must be from 0 to %d seconds.", int(MaxOverlap.Seconds())).On("overlapSeconds")
	}
	return overlap, nil
}

// mayHaveSecret refuses to show a caller the secret of a token that grants more than
// the caller's own (AC-12).
func mayHaveSecret(v *viewer.Viewer, t *ent.ApiToken) error {
	if v.TokenID == t.ID {
		return nil
	}
	for _, scope := range t.Scopes {
		if !v.MayGrant(scope) {
			return errs.New(errs.NotEligible, "Your own token does not grant %q, which this one does: rotate it with a token that does.", scope).
				On("apiTokenId")
		}
	}
	return nil
}

func rotateToken(ctx context.Context, tx *store.Tx, old *ent.ApiToken, overlap time.Duration) (string, error) {
	text, hash := secret.NewToken(TokenPrefix)
	update := tx.Client.ApiToken.UpdateOneID(old.ID).SetHash(hash)
	until := clock.Micros(0)
	if overlap > 0 {
		until = min(tx.Now().Add(overlap), old.ExpiresAt)
		update.SetPreviousHash(old.Hash).SetPreviousUntil(until)
	} else {
		update.ClearPreviousHash().SetPreviousUntil(0)
	}
	var c store.Changes
	c.Optional("previousSecretExpiresAt", expiryText(old.PreviousUntil), expiryText(until))
	tx.Append(ctx, store.Event{Type: vocab.TokenRotated, SubjectID: old.ID, UserID: ownerOf(old), Changes: c})
	return text, update.Exec(ctx)
}

// PreviousSecretExpiresAt is when the secret before the last rotation ends; nil: it has
// ended, or there is none.
func (s *Service) PreviousSecretExpiresAt(t *ent.ApiToken) *clock.Micros {
	if t.PreviousHash == nil || t.PreviousUntil <= s.store.Now() {
		return nil
	}
	return &t.PreviousUntil
}
