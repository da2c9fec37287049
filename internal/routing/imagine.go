package routing

import (
	"context"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/ent/emailchannel"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/vocab"
)

// LinkSender makes the contact whose address it is the conversation's. Of no one
// known, the properties that the new contact would have are returned.
func (r Router) LinkSender(ctx context.Context, c *ent.Conversation, from vocab.Mailbox) (map[string]string, error) {
	known, err := r.Client.ContactEmail.Query().Where(contactemail.Address(from.Address)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return map[string]string{"name": from.Name, "email": from.Address, "phone": ""}, nil
	case err != nil:
		return nil, err
	}
	c.ContactID = known.ContactID
	return nil, nil
}

// ChatOf is a chat that a targeted message would begin.
func ChatOf(ctx context.Context, client *ent.Client, messageID string) (*ent.Conversation, error) {
	unknown := errs.New(errs.NotFound, "There is no targeted message %q.", errs.Clip(messageID)).On("targetedMessageId")
	if !id.Is(messageID, id.TargetedMessage) {
		return nil, unknown
	}
	m, err := client.TargetedMessage.Get(ctx, messageID)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	return &ent.Conversation{
		AccountID: m.AccountID, InboxID: m.InboxID, ChannelID: m.ChannelID, Kind: vocab.Chat, Status: vocab.Open,
		RoutingSource: m.ID, TargetedMessageID: m.ID, TargetedMessageVersion: m.Version,
	}, nil
}

// MailTo is a conversation that a mail to a channel would begin.
func MailTo(ctx context.Context, client *ent.Client, channelID string) (*ent.Conversation, error) {
	unknown := errs.New(errs.NotFound, "There is no e-mail channel %q.", errs.Clip(channelID)).On("channelId")
	if !id.Is(channelID, id.Channel) {
		return nil, unknown
	}
	channel, err := client.EmailChannel.Query().Where(emailchannel.ID(channelID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, unknown
	}
	if err != nil {
		return nil, err
	}
	return &ent.Conversation{
		AccountID: channel.AccountID, InboxID: channel.InboxID, ChannelID: channel.ID, Kind: vocab.Email, Status: vocab.Open,
		ToAddress: channel.Address, RoutingSource: channel.ID,
	}, nil
}
