package account

import (
	"context"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/integration"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// integrations are listed by name.
var integrations = store.Listing[ent.Integration]{
	Name: "integrations", Kind: id.Integration, Column: integration.FieldName,
	Text: func(i *ent.Integration) string { return i.Name }, ID: func(i *ent.Integration) string { return i.ID },
}

// Integrations returns a page of the account's integrations by name.
func (s *Service) Integrations(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Integration], error) {
	return integrations.Page(args, PageOfList, func(narrow func(*sql.Selector)) ([]*ent.Integration, error) {
		q := s.store.Client(ctx).Integration.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// UpdateIntegration changes what visitors and the team see of an integration, its name
// and its picture, and the inboxes that its tokens see, at once (AC-12).
func (s *Service) UpdateIntegration(ctx context.Context, in UpdateIntegrationInput) (*ent.Integration, error) {
	call := idempotency.Call{Mutation: "updateIntegration", Key: in.IdempotencyKey, Input: in, Result: in.IntegrationID}
	_, err := Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadIntegration(ctx, tx.Client, in.IntegrationID)
		if err != nil {
			return err
		}
		after := *before
		if err := rename(&after.Name, in.Name); err != nil {
			return err
		}
		opt.Set(&after.AvatarURL, in.AvatarURL)
		if ids, ok := in.InboxIDs.ValueOK(); ok {
			if after.InboxIds, err = GrantedInboxes(ctx, tx, ids); err != nil {
				return err
			}
		}
		return saveIntegration(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, err
	}
	return loadIntegration(ctx, s.store.Client(ctx), in.IntegrationID)
}

func saveIntegration(ctx context.Context, tx *store.Tx, before, after *ent.Integration) error {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("avatarUrl", before.AvatarURL != after.AvatarURL)
	for _, i := range after.InboxIds {
		if !slices.Contains(before.InboxIds, i) {
			c.Optional("inboxes", "", i)
		}
	}
	for _, i := range before.InboxIds {
		if !slices.Contains(after.InboxIds, i) {
			c.Optional("inboxes", i, "")
		}
	}
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.IntegrationUpdated, SubjectID: after.ID, Changes: c})
	return tx.Client.Integration.UpdateOneID(after.ID).SetName(after.Name).SetAvatarURL(after.AvatarURL).SetInboxIds(after.InboxIds).Exec(ctx)
}

func loadBot(ctx context.Context, client *ent.Client, botID string) (*ent.Bot, error) {
	if id.Is(botID, id.Bot) {
		b, err := client.Bot.Get(ctx, botID)
		if !ent.IsNotFound(err) {
			return b, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no bot %q.", errs.Clip(botID)).On("botId")
}

func loadIntegration(ctx context.Context, client *ent.Client, integrationID string) (*ent.Integration, error) {
	if id.Is(integrationID, id.Integration) {
		i, err := client.Integration.Get(ctx, integrationID)
		if !ent.IsNotFound(err) {
			return i, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no integration %q.", errs.Clip(integrationID)).On("integrationId")
}

// LoadIntegration returns an integration of the account: NOT_FOUND on integrationId.
func LoadIntegration(ctx context.Context, client *ent.Client, integrationID string) (*ent.Integration, error) {
	return loadIntegration(ctx, client, integrationID)
}

// MakeIntegration makes an integration that sees the inboxes, and returns its id: NOT_FOUND on
// [inboxIds, index] for one that is not there.
func MakeIntegration(ctx context.Context, tx *store.Tx, name string, inboxIDs []string) (string, error) {
	t := &ent.ApiToken{Name: name}
	err := makeIntegration(ctx, tx, t, inboxIDs)
	return t.IntegrationID, err
}

// GrantInbox has an integration see an inbox, if it does not yet.
func GrantInbox(ctx context.Context, tx *store.Tx, integrationID, inboxID string) error {
	before, err := tx.Client.Integration.Query().Where(integration.ID(integrationID)).Modify(store.ForUpdate).Only(ctx)
	if err != nil || slices.Contains(before.InboxIds, inboxID) {
		return err
	}
	after := *before
	after.InboxIds = append(slices.Clone(before.InboxIds), inboxID)
	return saveIntegration(ctx, tx, before, &after)
}
