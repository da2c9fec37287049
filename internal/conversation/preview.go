package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// RoutingPreviewInput is the input of routingPreview: a conversation there is,
// or a chat that would begin.
type RoutingPreviewInput struct {
	ConversationID    *string
	TargetedMessageID *string
	ContactID         *string
	PageURL           *string
	At                *clock.Micros
}

// PreviewRouting says who would get a conversation now, and why, without doing
// it (RT-5). Turns and counts are those of this moment. Errors: NOT_FOUND;
// INVALID unless exactly one of conversation and targeted message is given.
func (s *Service) PreviewRouting(ctx context.Context, in RoutingPreviewInput) (*ent.RoutingDecision, error) {
	if (in.ConversationID == nil) == (in.TargetedMessageID == nil) {
		return nil, errs.New(errs.Invalid, "Give either conversationId or targetedMessageId.").On("conversationId")
	}
	c, err := s.imagined(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx = byRouting(ctx, c.AccountID)
	r := s.router(ctx)
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

// imagined is the conversation that is asked about: as it is, but for what the
// input says otherwise.
func (s *Service) imagined(ctx context.Context, in RoutingPreviewInput) (*ent.Conversation, error) {
	client := s.store.Client(ctx)
	var c *ent.Conversation
	var err error
	if in.ConversationID != nil {
		c, err = find(ctx, client.Conversation.Query(), *in.ConversationID)
	} else {
		c, err = begunBy(ctx, client, *in.TargetedMessageID)
	}
	if err != nil {
		return nil, err
	}
	if in.PageURL != nil {
		c.OriginURL = *in.PageURL
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
