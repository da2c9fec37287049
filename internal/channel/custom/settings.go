package custom

import (
	"context"
	"reflect"
	"regexp"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entbot "parley/ent/bot"
	"parley/ent/customchannel"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Made is a new channel. Token, its connector's, is shown once: it is empty when the
// mutation was repeated.
type Made struct {
	Channel *ent.CustomChannel
	Token   string
}

var typeName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,49}$`)

// Create makes a channel in an inbox, and a token for its connector (CC-1). Errors:
// NOT_FOUND on inboxId, integrationId and botId; INVALID on type, on capabilities and on
// integrationId, if it does not see the inbox; those of routing.
func (s *Service) Create(ctx context.Context, in CreateCustomChannelInput) (Made, error) {
	made := Made{}
	call := idempotency.Call{
		Mutation: "createCustomChannel", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Channel),
		Own: []idempotency.Own{{Kind: id.Channel, Field: "id", ID: in.ID}},
	}
	channelID, err := account.AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := newChannel(ctx, tx, in)
		if err != nil {
			return err
		}
		c.ID = call.Result
		if err := insertChannel(ctx, tx, c); err != nil {
			return err
		}
		made.Token, err = account.MintConnectorToken(ctx, tx, c.Name, c.IntegrationID, c.ID)
		return err
	})
	if err != nil {
		return Made{}, err
	}
	made.Channel, err = s.store.Client(ctx).CustomChannel.Get(ctx, channelID)
	return made, err
}

// newChannel checks the input and returns the channel that it asks for.
func newChannel(ctx context.Context, tx *store.Tx, in CreateCustomChannelInput) (*ent.CustomChannel, error) {
	c := &ent.CustomChannel{Type: in.Type, CreatedAt: tx.Now()}
	if !typeName.MatchString(in.Type) {
		return nil, errs.New(errs.Invalid, "A type has 1 to 50 lower-case letters, digits, -, _ and ., such as telegram.").On("type")
	}
	var err error
	if c.Name, err = account.CleanName(in.Name, "name"); err != nil {
		return nil, err
	}
	if c.Capabilities, err = in.Capabilities.clean(); err != nil {
		return nil, err
	}
	c.Live = c.Capabilities.Presence
	inboxes, err := account.GrantedInboxes(ctx, tx, []string{in.InboxID})
	if err != nil {
		return nil, errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(in.InboxID)).On("inboxId")
	}
	c.InboxID = inboxes[0]
	if in.Routing != nil {
		c.Routing = *in.Routing
	}
	if in.BotID != nil {
		c.BotID = *in.BotID
	}
	if err := checkWork(ctx, tx.Client, c, vocab.Routing{}, ""); err != nil {
		return nil, err
	}
	if in.IntegrationID == nil || *in.IntegrationID == "" {
		c.IntegrationID, err = account.MakeIntegration(ctx, tx, c.Name, inboxes)
		return c, err
	}
	i, err := account.LoadIntegration(ctx, tx.Client, *in.IntegrationID)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(i.InboxIds, c.InboxID) {
		return nil, errs.New(errs.Invalid, "The integration does not see the inbox: add it with updateIntegration.").On("integrationId")
	}
	c.IntegrationID = i.ID
	return c, nil
}

// checkWork checks who gets the channel's conversations.
// A bot that was archived since stays.
func checkWork(ctx context.Context, client *ent.Client, c *ent.CustomChannel, before vocab.Routing, botBefore string) error {
	if err := routing.CheckChange(ctx, client, c.InboxID, kindOf(c), before, c.Routing); err != nil {
		return err
	}
	if c.BotID == "" {
		return nil
	}
	unknown := errs.New(errs.NotFound, "There is no bot %q.", errs.Clip(c.BotID)).On("botId")
	if !id.Is(c.BotID, id.Bot) {
		return unknown
	}
	b, err := client.Bot.Query().Where(entbot.ID(c.BotID)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return unknown
	case err == nil && b.ArchivedAt.IsSet() && c.BotID != botBefore:
		return account.Archived("bot", b.Name, "botId")
	}
	return err
}

// kindOf is the kind of a channel, as it is stored.
func kindOf(c *ent.CustomChannel) vocab.ChannelKind {
	if c.Live {
		return vocab.CustomLive
	}
	return vocab.Custom
}

func insertChannel(ctx context.Context, tx *store.Tx, c *ent.CustomChannel) error {
	err := tx.Client.Channel.Create().SetID(c.ID).SetInboxID(c.InboxID).SetKind(kindOf(c)).SetKey(c.ID).SetTitle(c.Name).SetCreatedAt(c.CreatedAt).Exec(ctx)
	if err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.ChannelCreated, InboxID: c.InboxID, SubjectID: c.ID})
	return tx.Client.CustomChannel.Create().SetID(c.ID).SetInboxID(c.InboxID).SetType(c.Type).SetName(c.Name).SetCapabilities(c.Capabilities).
		SetIntegrationID(c.IntegrationID).SetRouting(c.Routing).SetBotID(c.BotID).SetLive(c.Live).SetCreatedAt(c.CreatedAt).Exec(ctx)
}

// Update changes a channel. Errors: as Create; INVALID on capabilities.presence, which stays.
func (s *Service) Update(ctx context.Context, in UpdateCustomChannelInput) (*ent.CustomChannel, error) {
	call := idempotency.Call{Mutation: "updateCustomChannel", Key: in.IdempotencyKey, Input: in, Result: in.ChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := findChannel(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		c := *before
		if err := in.apply(&c); err != nil {
			return err
		}
		if err := checkWork(ctx, tx.Client, &c, before.Routing, before.BotID); err != nil {
			return err
		}
		return saveChannel(ctx, tx, before, &c)
	})
	if err != nil {
		return nil, err
	}
	return findChannel(ctx, s.store.Client(ctx), in.ChannelID)
}

// apply changes what was given.
func (in UpdateCustomChannelInput) apply(c *ent.CustomChannel) error {
	name, err := opt.NotNull(in.Name, "name")
	if err != nil {
		return err
	}
	if name != nil {
		if c.Name, err = account.CleanName(*name, "name"); err != nil {
			return err
		}
	}
	can, err := opt.NotNull(in.Capabilities, "capabilities")
	if err != nil {
		return err
	}
	if can != nil {
		if c.Capabilities, err = can.clean(); err != nil {
			return err
		}
		if c.Capabilities.Presence != c.Live {
			return errs.New(errs.Invalid, "Whether a channel is live stays as it was made: make another channel.").On("capabilities", "presence")
		}
	}
	opt.Set(&c.Routing, in.Routing)
	opt.Set(&c.BotID, in.BotID)
	return nil
}

func saveChannel(ctx context.Context, tx *store.Tx, before, c *ent.CustomChannel) error {
	var changes store.Changes
	changes.Named("name", before.Name != c.Name)
	changes.Named("capabilities", !reflect.DeepEqual(before.Capabilities, c.Capabilities))
	changes.Named("routing", !reflect.DeepEqual(before.Routing, c.Routing))
	changes.Named("bot", before.BotID != c.BotID)
	if len(changes) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.ChannelUpdated, InboxID: c.InboxID, SubjectID: c.ID, Changes: changes})
	if err := tx.Client.Channel.UpdateOneID(c.ID).SetTitle(c.Name).Exec(ctx); err != nil {
		return err
	}
	return tx.Client.CustomChannel.UpdateOneID(c.ID).SetName(c.Name).SetCapabilities(c.Capabilities).SetRouting(c.Routing).SetBotID(c.BotID).Exec(ctx)
}

// Remove is the input of removeChannel or deleteCustomChannel. Input is the mutation's.
type Remove struct {
	Mutation, ChannelID, ConfirmName string
	IdempotencyKey                   *string
	Input                            any
}

// RemoveArgs asks to cancel what waits in a channel that was removed.
type RemoveArgs struct {
	AccountID string `json:"accountId"`
	ChannelID string `json:"channelId"`
}

// Kind names the job.
func (RemoveArgs) Kind() string { return "cancel-removed-outbox" }

// Remove removes a channel (IB-6): its tokens end, what waits is canceled, its conversations
// stay. Errors: CONFIRMATION_MISMATCH on confirmName.
func (s *Service) Remove(ctx context.Context, in Remove) (*ent.CustomChannel, error) {
	call := idempotency.Call{Mutation: in.Mutation, Key: in.IdempotencyKey, Input: in.Input, Result: in.ChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := findChannel(ctx, tx.Client, in.ChannelID)
		if err != nil {
			return err
		}
		if in.ConfirmName != c.Name {
			return errs.New(errs.ConfirmationMismatch, "To remove the channel, repeat its exact name.").On("confirmName")
		}
		if err := account.RevokeConnectorTokens(ctx, tx, c.ID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.ChannelRemoved, InboxID: c.InboxID, SubjectID: c.ID})
		tx.Enqueue(store.Job{Args: RemoveArgs{AccountID: c.AccountID, ChannelID: c.ID}})
		if err := tx.Client.Channel.UpdateOneID(c.ID).SetRemovedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		return tx.Client.CustomChannel.UpdateOneID(c.ID).SetRemovedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).CustomChannel.Get(ctx, in.ChannelID)
}

// canceledAtOnce is how many messages one transaction cancels.
const canceledAtOnce = 50

// CancelRemoved is the queue's worker: it cancels what waits in a channel that was removed.
func (s *Service) CancelRemoved(ctx context.Context, args RemoveArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("custom-channels", args.AccountID))
	for more := true; more; {
		err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) (err error) {
			more, err = s.deps.Conversations.CancelOutbound(ctx, tx, args.ChannelID, canceledAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// channels are listed oldest first.
var channels = store.Listing[ent.CustomChannel]{Name: "customChannels", Kind: id.Channel, ID: func(c *ent.CustomChannel) string { return c.ID }}

// Of returns a page of each inbox's custom channels, oldest first.
func (s *Service) Of(ctx context.Context, inboxes []*ent.Inbox, args paging.PageArgs) ([]*paging.Connection[*ent.CustomChannel], error) {
	ids := make([]string, len(inboxes))
	for i, inbox := range inboxes {
		ids[i] = inbox.ID
	}
	return channels.Pages(args, account.PageOfRow, ids, store.Of(customchannel.FieldInboxID), func(narrow func(*sql.Selector)) ([]*ent.CustomChannel, error) {
		q := s.store.Client(ctx).CustomChannel.Query().Where(customchannel.RemovedAt(0))
		q.Modify(narrow)
		return q.All(ctx)
	})
}
