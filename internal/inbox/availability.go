package inbox

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// UpdateAvailability changes when a chat channel's team counts as available
// (AV-1 to AV-3). Errors, joined, each on its field, such as hours.0.from.
func (s *Service) UpdateAvailability(ctx context.Context, in UpdateChatChannelAvailabilityInput) (*ent.Channel, error) {
	call := people.Call{Mutation: "updateChatChannelAvailability", Key: in.IdempotencyKey, Input: in, Result: in.ChatChannelID}
	return s.changeChannel(ctx, call, in.applied)
}

// applied returns the channel as the input wants it.
func (in UpdateChatChannelAvailabilityInput) applied(before *ent.Channel) (*ent.Channel, error) {
	c := *before
	a := &c.Availability
	set(&a.Mode, in.Mode)
	set(&a.ReplyTime, in.ReplyTime)
	set(&a.WhenAway, in.WhenAway)
	set(&a.OutOfHours, in.OutOfHours)
	set(&a.TimeZone, in.TimeZone)
	if in.Hours != nil {
		a.Hours = in.Hours
	}
	if in.Holidays != nil {
		a.Holidays = slices.SortedFunc(slices.Values(in.Holidays), func(a, b schema.Holiday) int { return strings.Compare(a.Date, b.Date) })
	}
	if err := cleanInto(&a.AwayMessage, in.AwayMessage, "awayMessage"); err != nil {
		return nil, err
	}
	if err := cleanInto(&a.OutOfHoursMessage, in.OutOfHoursMessage, "outOfHoursMessage"); err != nil {
		return nil, err
	}
	// Faults are named by their place in the input, before holidays are sorted.
	asked := *a
	if in.Holidays != nil {
		asked.Holidays = in.Holidays
	}
	return &c, availability.Check(asked)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

func cleanInto(field, text *string, name string) error {
	if text == nil {
		return nil
	}
	clean, err := richtext.Clean(*text, name)
	*field = strings.TrimSpace(clean)
	return err
}

// available adds what is different in when the team counts as available.
func (c *changes) available(before, after schema.Availability) {
	c.told("mode", string(before.Mode), string(after.Mode))
	c.told("replyTime", string(before.ReplyTime), string(after.ReplyTime))
	c.told("whenAway", string(before.WhenAway), string(after.WhenAway))
	c.named("awayMessage", before.AwayMessage != after.AwayMessage)
	c.told("timeZone", before.TimeZone, after.TimeZone)
	c.named("hours", !slices.Equal(before.Hours, after.Hours))
	c.named("holidays", !slices.Equal(before.Holidays, after.Holidays))
	c.told("outOfHours", string(before.OutOfHours), string(after.OutOfHours))
	c.named("outOfHoursMessage", before.OutOfHoursMessage != after.OutOfHoursMessage)
}

// Availability answers whether a chat channel's team is there at a moment, not
// set for now, and why. Of the inbox's members those in userIDs count, or
// all where userIDs is nil (AV-0). Errors: NOT_FOUND on channelId, NOT_A_MEMBER
// on userIds.
func (s *Service) Availability(ctx context.Context, channelID string, at clock.Micros, userIDs []string) (*availability.Answer, error) {
	c, err := loadChannel(ctx, s.store.Client(ctx), channelID)
	if fault := errs.Of(err); fault != nil && fault.Code == errs.NotFound {
		return nil, fault.On("channelId")
	}
	if err != nil {
		return nil, err
	}
	counting, err := s.counting(ctx, c.InboxID, userIDs)
	if err != nil {
		return nil, err
	}
	if !at.IsSet() {
		at = s.store.Now()
	}
	answer := availability.Of(c.Availability, counting, at.Time())
	return &answer, nil
}

// counting returns the members of an inbox who count.
func (s *Service) counting(ctx context.Context, inboxID string, userIDs []string) ([]availability.Person, error) {
	members, err := s.Members(ctx, []*ent.Inbox{{ID: inboxID}})
	if err != nil {
		return nil, err
	}
	for i, userID := range userIDs {
		if !slices.ContainsFunc(members[0], func(u *ent.User) bool { return u.ID == userID }) {
			return nil, errs.New(errs.NotAMember, "%q is no active member of the inbox.", errs.Clip(userID)).On("userIds", strconv.Itoa(i))
		}
	}
	var list []availability.Person
	for _, u := range members[0] {
		if userIDs == nil || slices.Contains(userIDs, u.ID) {
			list = append(list, availability.Person{ID: u.ID, Available: u.Availability == vocab.Available})
		}
	}
	return list, nil
}
