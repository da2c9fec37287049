package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/pageurl"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// RoutingPreviewInput is the input of routingPreview: a conversation there is,
// a chat or a mail that would begin one.
type RoutingPreviewInput struct {
	Conversation RoutingPreviewConversation
	Person       *RoutingPreviewPerson
	PageURL      *string
	At           *clock.Micros
}

// RoutingPreviewConversation is the SDL's RoutingPreviewConversation: one of them.
type RoutingPreviewConversation struct {
	ConversationID    *string
	TargetedMessageID *string
	Email             *RoutingPreviewEmail
}

// RoutingPreviewEmail is the SDL's RoutingPreviewEmail: a mail to a channel.
type RoutingPreviewEmail struct {
	ChannelID string
	To        []string
	Subject   *string
}

// RoutingPreviewPerson is the SDL's RoutingPreviewPerson: who writes.
type RoutingPreviewPerson struct {
	ContactID *string
	Address   *string
}

// PreviewRouting says who would get a conversation now, and why, without doing
// it (RT-5). Turns and counts are those of this moment. Errors: NOT_FOUND;
// INVALID unless exactly one of conversation, targeted message and e-mail
// is given, and for a sender's address without an e-mail.
func (s *Service) PreviewRouting(ctx context.Context, in RoutingPreviewInput) (*ent.RoutingDecision, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	c, err := s.imaginedConversation(ctx, in)
	if err != nil {
		return nil, err
	}
	ctx = byRouting(ctx, c.AccountID)
	r := s.router(ctx)
	if mail := in.Conversation.Email; mail != nil {
		r.To = mail.To
	}
	if in.Person != nil && in.Person.Address != nil {
		from, err := cleanMailbox(*in.Person.Address, "person", "address")
		if err != nil {
			return nil, err
		}
		if r.Newcomer, err = r.LinkSender(ctx, c, from); err != nil {
			return nil, err
		}
	}
	if in.At != nil {
		r.Now = *in.At
	}
	rules, err := r.RulesOf(ctx, c)
	if err != nil {
		return nil, err
	}
	d, err := r.Decide(ctx, c, rules, routing.Case{})
	if err != nil {
		return nil, err
	}
	return &ent.RoutingDecision{
		ID: id.New(id.RoutingDecision), AccountID: c.AccountID, InboxID: c.InboxID, ConversationID: c.ID, DecidedAt: r.Now, Trigger: string(vocab.RoutedPreview),
		Source: c.RoutingSource, Rule: d.Rule, Target: string(d.Target), AssigneeID: d.AssigneeID, AssignedTeamID: d.TeamID, Candidates: d.Candidates,
	}, nil
}

func (in RoutingPreviewInput) check() error {
	given := 0
	of := in.Conversation
	for _, one := range []bool{of.ConversationID != nil, of.TargetedMessageID != nil, of.Email != nil} {
		if one {
			given++
		}
	}
	switch {
	case given != 1:
		return errs.New(errs.Invalid, "Pass exactly one of conversationId, targetedMessageId and email.").On("conversation")
	case in.Person != nil && (in.Person.ContactID == nil) == (in.Person.Address == nil):
		return errs.New(errs.Invalid, "Pass either contactId or address.").On("person")
	case of.Email == nil && in.Person != nil && in.Person.Address != nil:
		return errs.New(errs.Invalid, "A sender's address is allowed only with an e-mail; pass contactId.").On("person", "address")
	case of.Email != nil && len(of.Email.To) > MaxRecipients:
		return errs.Exceeds(MaxRecipients, "There are %d recipients; at most %d are allowed.", len(of.Email.To), MaxRecipients).On("conversation", "email", "to")
	}
	return nil
}

// imaginedConversation is the conversation that is asked about: as it is, but for
// what the input says otherwise.
func (s *Service) imaginedConversation(ctx context.Context, in RoutingPreviewInput) (*ent.Conversation, error) {
	client := s.store.Client(ctx)
	c, err := in.Conversation.find(ctx, client)
	if err != nil {
		return nil, err
	}
	if in.PageURL != nil {
		c.OriginURL = pageurl.WithoutUser(*in.PageURL)
	}
	if in.Person == nil || in.Person.ContactID == nil {
		return c, nil
	}
	c.ContactID = *in.Person.ContactID
	if id.Is(c.ContactID, id.Contact) {
		var known *ent.Contact
		if known, err = loader.Contact(ctx, client, c.ContactID); err == nil {
			c.ContactID = known.ID
		}
	}
	if !id.Is(c.ContactID, id.Contact) || ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(c.ContactID)).On("person", "contactId")
	}
	return c, err
}

// find loads or imagines the conversation that is named.
func (of RoutingPreviewConversation) find(ctx context.Context, client *ent.Client) (c *ent.Conversation, err error) {
	at := []string{"conversation", "conversationId"}
	switch {
	case of.ConversationID != nil:
		c, err = view.Find(ctx, client.Conversation.Query(), *of.ConversationID)
	case of.TargetedMessageID != nil:
		at[1] = "targetedMessageId"
		c, err = routing.ChatOf(ctx, client, *of.TargetedMessageID)
	default:
		at = []string{"conversation", "email", "channelId"}
		c, err = routing.MailTo(ctx, client, of.Email.ChannelID)
	}
	if e := errs.Of(err); e != nil {
		return nil, e.On(at...)
	}
	if err == nil && of.Email != nil && of.Email.Subject != nil {
		c.Subject = *of.Email.Subject
	}
	return c, err
}
