package settings

import (
	"context"
	"crypto/rand"
	"strings"

	"parley/ent"
	"parley/ent/channel"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/inbox"
	"parley/internal/store"
	"parley/internal/vocab"
)

// CreateChannel gives an inbox its chat channel, with a public key of its own
// (CH-1). Errors: ALREADY_EXISTS on inboxId.
func (s *Service) CreateChannel(ctx context.Context, in CreateChatChannelInput) (*ent.Channel, error) {
	call := idempotency.Call{Mutation: "createChatChannel", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Channel)}
	channelID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		i, err := inbox.Load(ctx, tx.Client, in.InboxID)
		if err != nil {
			return err
		}
		taken, err := tx.Client.Channel.Query().Where(channel.InboxID(i.ID), channel.KindEQ(vocab.Chat), channel.RemovedAt(0)).Exist(ctx)
		if err != nil {
			return err
		}
		if taken {
			return errs.New(errs.AlreadyExists, "The inbox already has a chat channel.").On("inboxId")
		}
		return makeChannel(ctx, tx, call.Result, i.ID)
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), channelID)
}

func makeChannel(ctx context.Context, tx *store.Tx, channelID, inboxID string) error {
	tx.Append(ctx, store.Event{Type: vocab.ChannelCreated, InboxID: inboxID, SubjectID: channelID})
	return tx.Client.Channel.Create().SetID(channelID).SetInboxID(inboxID).SetKind(vocab.Chat).
		SetKey(strings.ToLower(rand.Text())).SetCreatedAt(tx.Now()).Exec(ctx)
}

// loadChannel returns a chat channel by an id of the caller's: NOT_FOUND on
// channelId, also when its inbox is deleted.
func loadChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.Channel, error) {
	missing := errs.New(errs.NotFound, "There is no chat channel %q that you may see.", errs.Clip(channelID)).On("channelId")
	if !id.Is(channelID, id.Channel) {
		return nil, missing
	}
	c, err := client.Channel.Query().Where(channel.ID(channelID), channel.KindEQ(vocab.Chat), channel.RemovedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	if _, err := inbox.Load(ctx, client, c.InboxID); errs.Is(err, errs.NotFound) {
		return nil, missing
	} else if err != nil {
		return nil, err
	}
	return c, nil
}
