package settings

import (
	"context"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/emailchannel"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Of returns a page of each inbox's e-mail channels, oldest first.
func (s *Service) Of(ctx context.Context, inboxes []*ent.Inbox, args paging.PageArgs) ([]*paging.Connection[*ent.EmailChannel], error) {
	ids := make([]string, len(inboxes))
	for i, inbox := range inboxes {
		ids[i] = inbox.ID
	}
	return channels.Pages(args, account.PageOfRow, ids, store.Of(emailchannel.FieldInboxID), func(narrow func(*sql.Selector)) ([]*ent.EmailChannel, error) {
		q := s.store.Client(ctx).EmailChannel.Query().Where(emailchannel.RemovedAt(0))
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// channels are listed oldest first.
var channels = store.Listing[ent.EmailChannel]{Name: "emailChannels", Kind: id.Channel, ID: func(c *ent.EmailChannel) string { return c.ID }}

// Get returns channels by their ids, in any order; what the viewer may not see
// is left out.
func (s *Service) Get(ctx context.Context, ids []string) ([]*ent.EmailChannel, error) {
	return s.store.Client(ctx).EmailChannel.Query().Where(emailchannel.IDIn(ids...)).All(ctx)
}

// Find returns a channel by an id of the caller's: NOT_FOUND on channelId.
func Find(ctx context.Context, client *ent.Client, channelID string) (*ent.EmailChannel, error) {
	if id.Is(channelID, id.Channel) {
		c, err := client.EmailChannel.Query().Where(emailchannel.ID(channelID), emailchannel.RemovedAt(0)).Only(ctx)
		if !ent.IsNotFound(err) {
			return c, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no e-mail channel %q that you may see.", errs.Clip(channelID)).On("channelId")
}

// ForwardingAddress is where other mailboxes forward a channel's mail to (EM-1);
// empty where the channel has a mailbox.
func (s *Service) ForwardingAddress(ctx context.Context, c *ent.EmailChannel) (string, error) {
	if c.Provider != vocab.EmailForwarding || s.o.Domain == "" {
		return "", nil
	}
	row, err := s.store.Client(ctx).Channel.Query().Where(channel.ID(c.ID)).Only(ctx)
	if err != nil {
		return "", err
	}
	return row.Key + "@" + s.o.Domain, nil
}

// administer changes a channel as an admin, once per idempotency key.
func (s *Service) administer(ctx context.Context, mutation, channelID string, key *string, input any,
	apply func(ctx context.Context, tx *store.Tx, c *ent.EmailChannel) error) (*ent.EmailChannel, error) {
	call := account.Call{Mutation: mutation, Key: key, Input: input, Result: channelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := Find(ctx, tx.Client, channelID)
		if err != nil {
			return err
		}
		return apply(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	s.announceChange()
	return Find(ctx, s.store.Client(ctx), channelID)
}
