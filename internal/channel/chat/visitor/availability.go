package visitor

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	"parley/ent/channel"
	entconversation "parley/ent/conversation"
	"parley/ent/inbox"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/availability"
	"parley/internal/channel/chat/targeting"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// evaluate says whether the team is there, by those who could get a chat that begins
// on the visit (AV-0), and who have the visitor's open chats (AC-7); a bot is always
// there (AV-4). only, if it is not nil, leaves out everyone else.
func (s *Service) evaluate(ctx context.Context, w *Widget, shown *ent.TargetedMessage, visit targeting.Visit, only []string) (availability.Answer, error) {
	chat := &ent.Conversation{
		AccountID: w.Channel.AccountID, InboxID: w.Channel.InboxID, ChannelID: w.Channel.ID, Kind: vocab.Chat,
		ContactID: w.contactID(), OriginURL: visit.PageURL,
	}
	if w.Visitor != nil {
		chat.VisitorID = w.Visitor.ID
	}
	if shown == nil {
		shown = &ent.TargetedMessage{}
	}
	people, err := s.conversations.WhoCounts(ctx, chat, shown.Routing)
	if err != nil {
		return availability.Answer{}, err
	}
	if people, err = s.addOwners(ctx, w, people, visit.At); err != nil {
		return availability.Answer{}, err
	}
	if only != nil {
		people = slices.DeleteFunc(people, func(p availability.Person) bool { return !slices.Contains(only, p.ID) })
	}
	answer := availability.Evaluate(w.Channel.Availability, people, visit.At.Time())
	if shown.BotID != "" {
		answer = answer.OverriddenByBot()
	}
	return answer, nil
}

// addOwners adds who has an open chat of the visitor and is away: they are there for
// it, while they are connected or answered lately (AC-7).
func (s *Service) addOwners(ctx context.Context, w *Widget, people []availability.Person, at clock.Micros) ([]availability.Person, error) {
	if w.Visitor == nil || w.Visitor.ID == "" {
		return people, nil
	}
	client := s.store.Client(ctx)
	owners, err := client.Conversation.Query().Where(entconversation.VisitorID(w.Visitor.ID), entconversation.StatusEQ(vocab.Open),
		entconversation.DeletedAt(0), entconversation.AssigneeIDNEQ("")).Unique(true).Select(entconversation.FieldAssigneeID).Strings(ctx)
	if err != nil || len(owners) == 0 {
		return people, err
	}
	users, err := client.User.Query().Where(user.IDIn(owners...), user.DeactivatedAt(0)).Order(user.ByID()).All(ctx)
	for _, u := range users {
		if account.IsPresent(u, at) {
			people = append(people, availability.Person{ID: u.ID, Available: true})
		}
	}
	return people, err
}

// AvailabilityQuery asks for a chat channel's availability as one visitor meets it.
type AvailabilityQuery struct {
	ChannelID string
	// At is the moment; not set: now.
	At clock.Micros
	// UserIDs are the members who count; nil: all whom the rule names.
	UserIDs []string
	// PageURL is the page that the visitor is on, TargetedMessageID what they see in
	// place of what the page decides, VisitorID who they are; "": left out.
	PageURL, TargetedMessageID, VisitorID string
}

// Availability answers whether a chat channel's team is there, and why, as the widget
// does: by the people of the rule that a chat from the page would match; all members
// where neither page, message nor visitor is given (AV-0). Errors: NOT_FOUND and INVALID
// on the arguments, NOT_A_MEMBER on userIds.
func (s *Service) Availability(ctx context.Context, in AvailabilityQuery) (*availability.Answer, error) {
	w, visit, err := s.imagineVisit(ctx, in.ChannelID, in.PageURL, in.At)
	if err != nil {
		return nil, err
	}
	if err := s.mustBeMembers(ctx, w.Channel.InboxID, in.UserIDs); err != nil {
		return nil, err
	}
	ctx = viewer.NewContext(ctx, viewer.System("widget", w.Channel.AccountID))
	if in.VisitorID != "" {
		if w.Visitor, err = s.visitorOf(ctx, w.Channel, in.VisitorID); err != nil {
			return nil, err
		}
	}
	shown, err := s.messageMet(ctx, w, visit, in)
	if err != nil {
		return nil, err
	}
	answer, err := s.evaluate(ctx, w, shown, visit, in.UserIDs)
	return &answer, err
}

// imagineVisit is a widget of a channel that the caller sees, and a visit to a page.
func (s *Service) imagineVisit(ctx context.Context, channelID, pageURL string, at clock.Micros) (*Widget, targeting.Visit, error) {
	visit := targeting.Visit{PageURL: pageURL, At: at}
	if !at.IsSet() {
		visit.At = s.store.Now()
	}
	if pageURL != "" {
		var err error
		if visit.PageURL, err = cleanURL(pageURL, "pageUrl"); err != nil {
			return nil, visit, err
		}
	}
	missing := errs.New(errs.NotFound, "There is no chat channel %q that you may see.", errs.Clip(channelID)).On("channelId")
	if !id.Is(channelID, id.Channel) {
		return nil, visit, missing
	}
	client := s.store.Client(ctx)
	c, err := client.Channel.Query().Where(channel.ID(channelID), channel.KindEQ(vocab.Chat)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, visit, missing
	}
	if err != nil {
		return nil, visit, err
	}
	if lives, err := client.Inbox.Query().Where(inbox.ID(c.InboxID), inbox.DeletedAt(0)).Exist(ctx); err != nil || !lives {
		if err == nil {
			err = missing
		}
		return nil, visit, err
	}
	return &Widget{Channel: c}, visit, nil
}

// mustBeMembers refuses who is no active member of an inbox.
func (s *Service) mustBeMembers(ctx context.Context, inboxID string, userIDs []string) error {
	if len(userIDs) == 0 {
		return nil
	}
	members, err := routing.Members(ctx, s.store.Client(ctx), inboxID)
	if err != nil {
		return err
	}
	for i, userID := range userIDs {
		if !members[userID] {
			return errs.New(errs.NotAMember, "%q is not an active member of the inbox.", errs.Clip(userID)).On("userIds", strconv.Itoa(i))
		}
	}
	return nil
}

// visitorOf is a visitor of a channel: NOT_FOUND on visitorId.
func (s *Service) visitorOf(ctx context.Context, c *ent.Channel, visitorID string) (*ent.Visitor, error) {
	unknown := errs.New(errs.NotFound, "There is no visitor %q of this channel.", errs.Clip(visitorID)).On("visitorId")
	if !id.Is(visitorID, id.Visitor) {
		return nil, unknown
	}
	v, err := s.store.Client(ctx).Visitor.Get(ctx, visitorID)
	if ent.IsNotFound(err) || err == nil && v.ChannelID != c.ID {
		return nil, unknown
	}
	return v, err
}

// messageMet is the targeted message that a visitor meets; nil: none.
func (s *Service) messageMet(ctx context.Context, w *Widget, visit targeting.Visit, in AvailabilityQuery) (*ent.TargetedMessage, error) {
	if in.TargetedMessageID == "" {
		if in.PageURL == "" && in.VisitorID == "" {
			return nil, nil
		}
		return s.chooseMessage(ctx, w, visit)
	}
	unknown := errs.New(errs.NotFound, "There is no targeted message %q of this channel.", errs.Clip(in.TargetedMessageID)).On("targetedMessageId")
	if !id.Is(in.TargetedMessageID, id.TargetedMessage) {
		return nil, unknown
	}
	m, err := s.store.Client(ctx).TargetedMessage.Get(ctx, in.TargetedMessageID)
	if ent.IsNotFound(err) || err == nil && m.ChannelID != w.Channel.ID {
		return nil, unknown
	}
	return m, err
}
