package targeting

import (
	"cmp"
	"context"
	"errors"
	"strconv"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/schema"
	entmessage "parley/ent/targetedmessage"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Create makes a draft for everyone and all pages, last in its channel's order
// (TM-1).
func (s *Service) Create(ctx context.Context, in CreateTargetedMessageInput) (*ent.TargetedMessage, error) {
	name, nameErr := people.CleanName(in.Name, "name")
	welcome, welcomeErr := cleanWelcome(in.WelcomeMessage)
	faults := errors.Join(nameErr, welcomeErr)
	in1 := people.Call{Mutation: "createTargetedMessage", Key: in.IdempotencyKey, Input: in, Result: id.New(id.TargetedMessage)}
	messageID, err := people.Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		c, err := findChannel(ctx, tx.Client, in.ChatChannelID)
		if err := errors.Join(err, faults); err != nil {
			return err
		}
		return insert(ctx, tx, c, in1.Result, name, welcome)
	})
	if err != nil {
		return nil, err
	}
	return find(ctx, s.store.Client(ctx), messageID)
}

func findChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.Channel, error) {
	gone := errs.New(errs.NotFound, "There is no chat channel %q.", errs.Clip(channelID)).On("chatChannelId")
	if !id.Is(channelID, id.Channel) {
		return nil, gone
	}
	c, err := client.Channel.Query().Where(channel.ID(channelID), channel.KindEQ(vocab.Chat)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	if lives, err := inboxLives(ctx, client, c.InboxID); err != nil || !lives {
		return nil, cmp.Or[error](err, gone)
	}
	return c, nil
}

func insert(ctx context.Context, tx *store.Tx, c *ent.Channel, messageID, name, welcome string) error {
	before, err := tx.Client.TargetedMessage.Query().Where(entmessage.ChannelID(c.ID)).Count(ctx)
	if err != nil {
		return err
	}
	m, err := tx.Client.TargetedMessage.Create().
		SetID(messageID).SetInboxID(c.InboxID).SetChannelID(c.ID).SetName(name).SetWelcomeMessage(welcome).
		SetState(vocab.TargetedDraft).SetPosition(before + 1).SetAudience(vocab.AudienceEveryone).
		SetIncludeListIds([]string{}).SetExcludeListIds([]string{}).
		SetRules([]schema.Targeting{{Operator: vocab.OpAllPages}}).SetCreatedAt(tx.Now()).
		Save(ctx)
	if err != nil {
		return err
	}
	tell(ctx, tx, vocab.TargetedMessageCreated, m, went("state", "", string(m.State)), went("position", "", strconv.Itoa(m.Position)))
	return nil
}
