package conversation

import (
	"context"

	"parley/ent"
	"parley/ent/contactemail"
	"parley/ent/emailchannel"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// RoutingPreviewInput is the input of routingPreview: a conversation there is,
// a chat or a mail that would begin one.
type RoutingPreviewInput struct {
	ConversationID    *string
	TargetedMessageID *string
	EmailChannelID    *string
	ContactID         *string
	PageURL           *string
	From              *string
	To                []string
	Subject           *string
	At                *clock.Micros
}

// PreviewRouting says who would get a conversation now, and why, without doing
// it (RT-5). Turns and counts are those of this moment. Errors: NOT_FOUND;
// INVALID unless exactly one of conversation, targeted message and e-mail channel
// is given, and for what goes with mail alone.
func (s *Service) PreviewRouting(ctx context.Context, in RoutingPreviewInput) (*ent.RoutingDecision, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	c, err := s.imagined(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx = byRouting(ctx, c.AccountID)
	r := s.router(ctx)
	r.to = in.To
	if in.From != nil {
		if r.newcomer, err = r.writer(ctx, c, *in.From); err != nil {
			return nil, err
		}
	}
	if in.At != nil {
		r.now = *in.At
	}
	rules, err := r.rules(ctx, c)
	if err != nil {
		return nil, err
	}
	d, err := r.decide(ctx, c, rules, routing.Case{})
	if err != nil {
		return nil, err
	}
	return &ent.RoutingDecision{
		AccountID: c.AccountID, InboxID: c.InboxID, ConversationID: c.ID, DecidedAt: r.now, Trigger: string(vocab.RoutedPreview),
		Source: c.RoutingSource, Rule: d.Rule, Target: string(d.Target), AssigneeID: d.AssigneeID, AssignedTeamID: d.TeamID, Candidates: d.Candidates,
	}, nil
}

func (in RoutingPreviewInput) check() error {
	given := 0
	for _, one := range []*string{in.ConversationID, in.TargetedMessageID, in.EmailChannelID} {
		if one != nil {
			given++
		}
	}
	switch {
	case given != 1:
		return errs.New(errs.Invalid, "Give one of conversationId, targetedMessageId and emailChannelId.").On("conversationId")
	case in.EmailChannelID == nil && in.From != nil:
		return errs.New(errs.Invalid, "A sender goes with emailChannelId.").On("from")
	case in.EmailChannelID == nil && len(in.To) > 0:
		return errs.New(errs.Invalid, "Recipients go with emailChannelId.").On("to")
	case in.EmailChannelID == nil && in.Subject != nil:
		return errs.New(errs.Invalid, "A subject goes with emailChannelId.").On("subject")
	case in.From != nil && in.ContactID != nil:
		return errs.New(errs.Invalid, "Give either contactId or from.").On("from")
	case len(in.To) > MaxRecipients:
		return errs.New(errs.TooLong, "There are %d recipients; at most %d are allowed.", len(in.To), MaxRecipients).On("to")
	}
	return nil
}

// writer makes the contact whose address it is the conversation's. Of nobody
// known, the properties that the new contact would have are returned.
func (r router) writer(ctx context.Context, c *ent.Conversation, address string) (map[string]string, error) {
	from, err := cleanMailbox(address, "from")
	if err != nil {
		return nil, err
	}
	known, err := r.client.ContactEmail.Query().Where(contactemail.Address(from.Address)).Only(ctx)
	switch {
	case ent.IsNotFound(err):
		return map[string]string{"name": from.Name, "email": from.Address, "phone": ""}, nil
	case err != nil:
		return nil, err
	}
	c.ContactID = known.ContactID
	return nil, nil
}

// imagined is the conversation that is asked about: as it is, but for what the
// input says otherwise.
func (s *Service) imagined(ctx context.Context, in RoutingPreviewInput) (*ent.Conversation, error) {
	client := s.store.Client(ctx)
	var c *ent.Conversation
	var err error
	switch {
	case in.ConversationID != nil:
		c, err = find(ctx, client.Conversation.Query(), *in.ConversationID)
	case in.TargetedMessageID != nil:
		c, err = begunBy(ctx, client, *in.TargetedMessageID)
	default:
		c, err = mailedTo(ctx, client, *in.EmailChannelID)
	}
	if err != nil {
		return nil, err
	}
	if in.PageURL != nil {
		c.OriginURL = *in.PageURL
	}
	if in.Subject != nil {
		c.Subject = *in.Subject
	}
	if in.ContactID == nil {
		return c, nil
	}
	c.ContactID = *in.ContactID
	if id.Is(c.ContactID, id.Contact) {
		_, err = client.Contact.Get(ctx, c.ContactID)
	}
	if !id.Is(c.ContactID, id.Contact) || ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(c.ContactID)).On("contactId")
	}
	return c, err
}

// begunBy is a chat that a targeted message would begin.
func begunBy(ctx context.Context, client *ent.Client, messageID string) (*ent.Conversation, error) {
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

// mailedTo is a conversation that a mail to a channel would begin.
func mailedTo(ctx context.Context, client *ent.Client, channelID string) (*ent.Conversation, error) {
	unknown := errs.New(errs.NotFound, "There is no e-mail channel %q.", errs.Clip(channelID)).On("emailChannelId")
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
