package account

import (
	"cmp"
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
	"parley/internal/idempotency"
	"parley/internal/paging"
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

// CreateToken makes a token: users for themselves; admins also for a new integration,
// for one that there is, for a bot, and for a user who never had one (AC-9, AC-12, AC-13). Only
// its hash is kept.
func (s *Service) CreateToken(ctx context.Context, in CreateApiTokenInput) (Token, error) {
	t := Token{}
	call := idempotency.Call{Mutation: "createApiToken", Key: in.IdempotencyKey, Input: in, Result: id.New(id.APIToken)}
	tokenID, err := s.useTokens(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		made, err := newToken(ctx, tx, in)
		if err != nil {
			return err
		}
		if made.UserID+made.IntegrationID+made.BotID == "" {
			if err := makeIntegration(ctx, tx, made, in.InboxIDs); err != nil {
				return err
			}
		}
		made.ID = call.Result
		t.Text, err = mintToken(ctx, tx, made)
		return err
	})
	if err != nil {
		return Token{}, err
	}
	t.Token, err = s.store.Client(ctx).ApiToken.Get(ctx, tokenID)
	return t, err
}

// newToken checks the input and returns the token that it asks for.
func newToken(ctx context.Context, tx *store.Tx, in CreateApiTokenInput) (*ent.ApiToken, error) {
	v := viewer.FromContext(ctx)
	name, err := CleanName(in.Name, "name")
	scopes, err2 := CleanScopes(v, in.Scopes, nil)
	expires, err3 := expiry(tx, in.ExpiresAt)
	if err := errors.Join(err, err2, err3); err != nil {
		return nil, err
	}
	t := &ent.ApiToken{Name: name, Scopes: scopes, ExpiresAt: expires}
	if err := mayConnect(scopes, given(in.ChannelID)); err != nil {
		return nil, err
	}
	switch {
	case given(in.ChannelID):
		return t, in.forChannel(ctx, tx, t)
	case given(in.UserID):
		return t, in.forUser(ctx, tx, t)
	case !v.AllInboxes():
		return nil, errs.New(errs.Forbidden, "Only admins create the tokens of integrations and bots. Pass your own id as userId for a personal token.")
	case given(in.BotID):
		return t, in.forBot(ctx, tx, t)
	case given(in.IntegrationID):
		return t, in.forIntegration(ctx, tx, t)
	}
	return t, nil
}

// given reports whether an id was given; "" is as if left out.
func given(id *string) bool { return id != nil && *id != "" }

// forUser makes t a user's.
func (in CreateApiTokenInput) forUser(ctx context.Context, tx *store.Tx, t *ent.ApiToken) error {
	u, err := loadUser(ctx, tx.Client, *in.UserID, "userId")
	if err != nil {
		return err
	}
	t.UserID = u.ID
	if given(in.IntegrationID) || given(in.BotID) {
		err = oneOwner("integrationId", in.BotID)
	}
	if len(in.InboxIDs) > 0 {
		err = errors.Join(err, errs.New(errs.Invalid, "A personal token sees what its user sees; inboxIds are for integrations.").On("inboxIds"))
	}
	return errors.Join(mayHaveToken(ctx, tx, u), mustBeActive(u, "userId"), err)
}

// oneOwner refuses a token for two.
func oneOwner(field string, botID *string) error {
	if given(botID) {
		field = "botId"
	}
	return errs.New(errs.Invalid, "A token belongs to a user, to an integration or to a bot: pass one of userId, integrationId and botId.").On(field)
}

// forBot makes t a token of a bot, whose inboxes become those that are given, if any are.
func (in CreateApiTokenInput) forBot(ctx context.Context, tx *store.Tx, t *ent.ApiToken) error {
	if given(in.IntegrationID) {
		return oneOwner("integrationId", in.BotID)
	}
	b, err := loadBot(ctx, tx.Client, *in.BotID)
	if err != nil {
		return err
	}
	t.BotID = b.ID
	if in.InboxIDs == nil {
		return nil
	}
	granted, err := GrantedInboxes(ctx, tx, in.InboxIDs)
	if err != nil {
		return err
	}
	return tx.Client.Bot.UpdateOneID(b.ID).SetInboxIds(granted).Exec(ctx)
}

// forIntegration makes t one more token of an integration, which keeps its inboxes.
func (in CreateApiTokenInput) forIntegration(ctx context.Context, tx *store.Tx, t *ent.ApiToken) error {
	i, err := loadIntegration(ctx, tx.Client, *in.IntegrationID)
	if err != nil {
		return err
	}
	t.IntegrationID = i.ID
	if len(in.InboxIDs) > 0 {
		return errs.New(errs.Invalid, "inboxIds are for a new integration; this one already has its inboxes.").On("inboxIds")
	}
	return nil
}

func expiry(tx *store.Tx, at *clock.Micros) (clock.Micros, error) {
	switch {
	case at == nil:
		return clock.Never, nil
	case *at <= tx.Now():
		return 0, errs.New(errs.Invalid, "The token would already have expired at %s; use a future time.", *at).On("expiresAt")
	}
	return *at, nil
}

// GrantedInboxes are the inboxes that an integration or a bot is to see: NOT_FOUND on
// [inboxIds, index] for one that is not there.
func GrantedInboxes(ctx context.Context, tx *store.Tx, inboxIDs []string) ([]string, error) {
	wanted, err := Candidates("inboxIds", inboxIDs, id.Inbox)
	if err != nil {
		return nil, err
	}
	found, err := tx.Client.Inbox.Query().Where(inbox.IDIn(wanted...), inbox.DeletedAt(clock.Micros(0))).IDs(ctx)
	if err != nil {
		return nil, err
	}
	granted, err := Listed("inboxIds", inboxIDs, contains(found))
	if granted == nil {
		granted = []string{}
	}
	return granted, err
}

func makeIntegration(ctx context.Context, tx *store.Tx, t *ent.ApiToken, inboxIDs []string) error {
	granted, err := GrantedInboxes(ctx, tx, inboxIDs)
	if err != nil {
		return err
	}
	t.IntegrationID = id.New(id.Integration)
	return tx.Client.Integration.Create().SetID(t.IntegrationID).SetName(t.Name).SetInboxIds(granted).
		SetCreatedAt(tx.Now()).Exec(ctx)
}

// mintToken writes the token under a fresh random text, which it returns.
func mintToken(ctx context.Context, tx *store.Tx, t *ent.ApiToken) (string, error) {
	text, hash := secret.NewToken(TokenPrefix)
	return text, insertToken(ctx, tx, t, hash)
}

func insertToken(ctx context.Context, tx *store.Tx, t *ent.ApiToken, hash []byte) error {
	var c store.Changes
	c.Optional("user", "", t.UserID)
	c.Optional("integration", "", t.IntegrationID)
	c.Optional("bot", "", t.BotID)
	c.Optional("channel", "", t.ChannelID)
	c.Optional("scopes", "", strings.Join(t.Scopes, ","))
	tx.Append(ctx, store.Event{Type: vocab.TokenCreated, SubjectID: t.ID, UserID: ownerOf(t), Changes: c})
	return tx.Client.ApiToken.Create().SetID(t.ID).SetHash(hash).SetName(t.Name).SetUserID(t.UserID).
		SetIntegrationID(t.IntegrationID).SetBotID(t.BotID).SetChannelID(t.ChannelID).SetScopes(t.Scopes).SetExpiresAt(t.ExpiresAt).SetCreatedAt(tx.Now()).Exec(ctx)
}

// ownerOf is the user, the integration or the bot that a token belongs to, who sees its
// events.
func ownerOf(t *ent.ApiToken) string { return cmp.Or(t.UserID, t.IntegrationID, t.BotID) }

// RevokeToken ends a token at once and permanently; a revoked one stays as it is.
// Users end their own, admins every one (AC-13).
func (s *Service) RevokeToken(ctx context.Context, in RevokeApiTokenInput) (*ent.ApiToken, error) {
	call := idempotency.Call{Mutation: "revokeApiToken", Key: in.IdempotencyKey, Input: in, Result: in.APITokenID}
	_, err := s.useTokens(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		if _, err := loadToken(ctx, tx.Client, in.APITokenID); err != nil {
			return err
		}
		return revokeTokens(ctx, tx, apitoken.ID(in.APITokenID))
	})
	if err != nil {
		return nil, err
	}
	return loadToken(ctx, s.store.Client(ctx), in.APITokenID)
}

// revokeTokens ends the tokens that match and still hold.
func revokeTokens(ctx context.Context, tx *store.Tx, which func(*sql.Selector)) error {
	ended, err := tx.Client.ApiToken.Query().Where(which, apitoken.RevokedAt(clock.Micros(0))).Order(apitoken.ByID()).All(ctx)
	if err != nil || len(ended) == 0 {
		return err
	}
	ids := make([]string, len(ended))
	for i, t := range ended {
		ids[i] = t.ID
		tx.Append(ctx, store.Event{Type: vocab.TokenRevoked, SubjectID: t.ID, UserID: ownerOf(t)})
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
	return nil, errs.New(errs.NotFound, "There is no token %q.", errs.Clip(tokenID)).On("apiTokenId")
}

// Tokens returns the tokens that the viewer may see, newest first, revoked and
// expired ones included: admins all of the account, others their own (AC-9, AC-13).
func (s *Service) Tokens(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.ApiToken], error) {
	return tokens.Page(args, PageOfList, func(narrow func(*sql.Selector)) ([]*ent.ApiToken, error) {
		q := s.store.Client(ctx).ApiToken.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// tokens are listed newest first.
var tokens = store.Listing[ent.ApiToken]{Name: "apiTokens", Kind: id.APIToken, Desc: true, ID: func(t *ent.ApiToken) string { return t.ID }}
