package account

import (
	"context"
	"slices"

	"parley/ent"
	"parley/ent/apitoken"
	"parley/ent/customchannel"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// mayConnect refuses the connectors' scope for a token that is bound to no channel, and
// any other for one that is (NT-4).
func mayConnect(scopes []string, bound bool) error {
	switch connects := slices.Contains(scopes, viewer.ScopeConnect); {
	case bound && (!connects || len(scopes) > 1):
		return errs.New(errs.Invalid, "The only scope of a token that is bound to a channel is %q.", viewer.ScopeConnect).On("scopes")
	case connects && !bound:
		return errs.New(errs.Invalid, "A token with the scope %q is bound to a custom channel: pass channelId.", viewer.ScopeConnect).On("channelId")
	}
	return nil
}

// forChannel makes t a token of a custom channel's connector.
func (in CreateApiTokenInput) forChannel(ctx context.Context, tx *store.Tx, t *ent.ApiToken) error {
	v := viewer.FromContext(ctx)
	switch {
	case given(in.UserID), given(in.BotID):
		return errs.New(errs.Invalid, "A token that is bound to a channel belongs to an integration: leave userId and botId out.").On("channelId")
	case !v.AllInboxes():
		return errs.New(errs.Forbidden, "Only admins create the tokens of integrations.")
	case len(in.InboxIDs) > 0:
		return errs.New(errs.Invalid, "inboxIds are for a new integration; this one already has its inboxes.").On("inboxIds")
	}
	unknown := errs.New(errs.NotFound, "There is no custom channel %q that you may see.", errs.Clip(*in.ChannelID)).On("channelId")
	if !id.Is(*in.ChannelID, id.Channel) {
		return unknown
	}
	c, err := tx.Client.CustomChannel.Query().Where(customchannel.ID(*in.ChannelID), customchannel.RemovedAt(clock.Micros(0))).Only(ctx)
	if ent.IsNotFound(err) {
		return unknown
	}
	if err != nil {
		return err
	}
	t.ChannelID, t.IntegrationID = c.ID, c.IntegrationID
	if !given(in.IntegrationID) {
		return nil
	}
	i, err := loadIntegration(ctx, tx.Client, *in.IntegrationID)
	if err != nil {
		return err
	}
	if !slices.Contains(i.InboxIds, c.InboxID) {
		return errs.New(errs.Invalid, "The integration does not see the channel's inbox.").On("integrationId")
	}
	t.IntegrationID = i.ID
	return nil
}

// MintConnectorToken makes the token of a custom channel's connector, within the
// transaction that makes the channel, and returns its text. As for any token, its maker is a
// user, and grants no more than they have: an app gives none, which would outlive it (AC-12,
// AC-13, AC-18).
func MintConnectorToken(ctx context.Context, tx *store.Tx, name, integrationID, channelID string) (string, error) {
	if err := mayUseTokens(ctx); err != nil {
		return "", err
	}
	if !viewer.FromContext(ctx).MayGrant(viewer.ScopeConnect) {
		return "", errs.New(errs.Forbidden, "Your own token does not grant %q: it cannot make a channel, whose connector gets a token with it.", viewer.ScopeConnect)
	}
	return mintToken(ctx, tx, &ent.ApiToken{
		ID: id.New(id.APIToken), Name: name, IntegrationID: integrationID, ChannelID: channelID, Scopes: []string{viewer.ScopeConnect}, ExpiresAt: clock.Never,
	})
}

// RevokeConnectorTokens ends the tokens that are bound to a channel, within the transaction
// that removes it.
func RevokeConnectorTokens(ctx context.Context, tx *store.Tx, channelID string) error {
	return revokeTokens(ctx, tx, apitoken.ChannelID(channelID))
}
