package people

import (
	"context"
	"errors"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/apitoken"
	"parley/ent/inbox"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Token is a new API token. Text, the secret, is shown once: it is empty when
// the mutation was repeated.
type Token struct {
	Text  string
	Token *ent.ApiToken
}

// CreateToken makes a token for the caller, or for a new integration (AC-9,
// AC-12). Only its hash is kept.
func (s *Service) CreateToken(ctx context.Context, in CreateApiTokenInput) (Token, error) {
	t := Token{}
	in1 := Call{"createApiToken", in.IdempotencyKey, in, id.New(id.APIToken)}
	tokenID, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		made, err := ordered(ctx, tx, in)
		if err != nil {
			return err
		}
		if in.UserID == nil {
			if err := makeIntegration(ctx, tx, made, in.InboxIDs); err != nil {
				return err
			}
		}
		made.ID = in1.Result
		t.Text, err = mint(ctx, tx, made)
		return err
	})
	if err != nil {
		return Token{}, err
	}
	t.Token, err = s.store.Client(ctx).ApiToken.Get(ctx, tokenID)
	return t, err
}

// ordered checks the input and returns the token that it asks for.
func ordered(ctx context.Context, tx *store.Tx, in CreateApiTokenInput) (*ent.ApiToken, error) {
	v := viewer.FromContext(ctx)
	name, err := CleanName(in.Name, "name")
	scopes, err2 := cleanScopes(v, in.Scopes)
	expires, err3 := expiry(tx, in.ExpiresAt)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	t := &ent.ApiToken{Name: name, Scopes: scopes, ExpiresAt: expires}
	if in.UserID == nil {
		return t, nil
	}
	u, err := loadUser(ctx, tx.Client, *in.UserID, "userId")
	if err != nil {
		return nil, err
	}
	t.UserID = u.ID
	if len(in.InboxIDs) > 0 {
		err = errs.New(errs.Invalid, "A personal token sees what its user sees; inboxIds are for integrations.").On("inboxIds")
	}
	return t, errors.Join(mayHaveToken(v, u.ID), mustBeActive(u, "userId"), err)
}

func expiry(tx *store.Tx, at *clock.Micros) (clock.Micros, error) {
	switch {
	case at == nil:
		return clock.Never, nil
	case *at <= tx.Now():
		return 0, errs.New(errs.Invalid, "The token would have expired at %s already; name a time to come.", *at).On("expiresAt")
	}
	return *at, nil
}

func makeIntegration(ctx context.Context, tx *store.Tx, t *ent.ApiToken, inboxIDs []string) error {
	wanted, err := Candidates("inboxIds", inboxIDs, id.Inbox)
	if err != nil {
		return err
	}
	found, err := tx.Client.Inbox.Query().Where(inbox.IDIn(wanted...), inbox.DeletedAt(clock.Micros(0))).IDs(ctx)
	if err != nil {
		return err
	}
	granted, err := Listed("inboxIds", inboxIDs, contains(found))
	if err != nil {
		return err
	}
	t.IntegrationID = id.New(id.Integration)
	return tx.Client.Integration.Create().SetID(t.IntegrationID).SetName(t.Name).SetInboxIds(granted).
		SetCreatedAt(tx.Now()).Exec(ctx)
}

// mint writes the token under a fresh random text, which it returns.
func mint(ctx context.Context, tx *store.Tx, t *ent.ApiToken) (string, error) {
	text, hash := secret.NewToken(TokenPrefix)
	return text, keep(ctx, tx, t, hash)
}

func keep(ctx context.Context, tx *store.Tx, t *ent.ApiToken, hash []byte) error {
	c := changes{}
	c.told("user", "", t.UserID)
	c.told("integration", "", t.IntegrationID)
	c.told("scopes", "", strings.Join(t.Scopes, ","))
	tx.Append(ctx, store.Event{Type: vocab.TokenCreated, SubjectID: t.ID, Changes: c})
	return tx.Client.ApiToken.Create().SetID(t.ID).SetHash(hash).SetName(t.Name).SetUserID(t.UserID).
		SetIntegrationID(t.IntegrationID).SetScopes(t.Scopes).SetExpiresAt(t.ExpiresAt).SetCreatedAt(tx.Now()).Exec(ctx)
}

// RevokeToken ends a token at once and for ever; a revoked one stays as it is.
func (s *Service) RevokeToken(ctx context.Context, in RevokeApiTokenInput) (*ent.ApiToken, error) {
	in1 := Call{"revokeApiToken", in.IdempotencyKey, in, in.TokenID}
	_, err := Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		if _, err := loadToken(ctx, tx.Client, in.TokenID); err != nil {
			return err
		}
		return revoke(ctx, tx, apitoken.ID(in.TokenID))
	})
	if err != nil {
		return nil, err
	}
	return loadToken(ctx, s.store.Client(ctx), in.TokenID)
}

// revoke ends the tokens that match and still hold.
func revoke(ctx context.Context, tx *store.Tx, which func(*sql.Selector)) error {
	ids, err := tx.Client.ApiToken.Query().Where(which, apitoken.RevokedAt(clock.Micros(0))).Order(apitoken.ByID()).IDs(ctx)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, tokenID := range ids {
		tx.Append(ctx, store.Event{Type: vocab.TokenRevoked, SubjectID: tokenID})
	}
	return tx.Client.ApiToken.Update().Where(apitoken.IDIn(ids...)).SetRevokedAt(tx.Now()).Exec(ctx)
}

func loadToken(ctx context.Context, client *ent.Client, tokenID string) (*ent.ApiToken, error) {
	if id.Is(tokenID, id.APIToken) {
		t, err := client.ApiToken.Get(ctx, tokenID)
		if !ent.IsNotFound(err) {
			return t, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no token %q.", errs.Clip(tokenID)).On("tokenId")
}

// Tokens returns the account's tokens, newest first, revoked and expired ones
// included (AC-9).
func (s *Service) Tokens(ctx context.Context) ([]*ent.ApiToken, error) {
	if err := MayAdminister(ctx); err != nil {
		return nil, err
	}
	return s.store.Client(ctx).ApiToken.Query().
		Order(apitoken.ByCreatedAt(sql.OrderDesc()), apitoken.ByID(sql.OrderDesc())).All(ctx)
}
