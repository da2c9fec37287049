package settings

import (
	"context"
	"errors"
	"slices"
	"strings"

	"parley/ent"
	"parley/internal/availability"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// UpdateAvailability changes when a chat channel's team counts as available
// (AV-1 to AV-3). Errors, joined, each on its field, such as hours.0.from.
func (s *Service) UpdateAvailability(ctx context.Context, in UpdateChatChannelAvailabilityInput) (*ent.Channel, error) {
	call := idempotency.Call{Mutation: "updateChatChannelAvailability", Key: in.IdempotencyKey, Input: in, Result: in.ChannelID}
	return s.changeChannel(ctx, call, in.applyTo)
}

// applyTo returns the channel as the input wants it.
func (in UpdateChatChannelAvailabilityInput) applyTo(before *ent.Channel) (*ent.Channel, error) {
	c := *before
	a := &c.Availability
	faults := []error{
		opt.Require(&a.Mode, in.Mode, "mode"), opt.Require(&a.ReplyTime, in.ReplyTime, "replyTime"),
		opt.Require(&a.WhenAway, in.WhenAway, "whenAway"), opt.Require(&a.OutOfHours, in.OutOfHours, "outOfHours"),
		cleanInto(&a.AwayMessage, in.AwayMessage, "awayMessage"),
		cleanInto(&a.OutOfHoursMessage, in.OutOfHoursMessage, "outOfHoursMessage"),
	}
	opt.Set(&a.TimeZone, in.TimeZone)
	opt.SetList(&a.Hours, in.Hours)
	opt.SetList(&a.Holidays, in.Holidays)
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	// Faults are named by their place in the input, before holidays are sorted.
	err := availability.Check(*a)
	a.Holidays = slices.SortedFunc(slices.Values(a.Holidays), func(a, b vocab.Holiday) int { return strings.Compare(a.Date, b.Date) })
	return &c, err
}

func cleanInto(field *string, text opt.Value[*string], name string) error {
	given := opt.OrZero(text)
	if given == nil {
		return nil
	}
	clean, err := richtext.Clean(*given, name)
	*field = strings.TrimSpace(clean)
	return err
}

// available adds what is different in when the team counts as available.
func addAvailability(c *store.Changes, before, after vocab.Availability) {
	c.Value("mode", string(before.Mode), string(after.Mode))
	c.Value("replyTime", string(before.ReplyTime), string(after.ReplyTime))
	c.Value("whenAway", string(before.WhenAway), string(after.WhenAway))
	c.Named("awayMessage", before.AwayMessage != after.AwayMessage)
	c.Value("timeZone", before.TimeZone, after.TimeZone)
	c.Named("hours", !slices.Equal(before.Hours, after.Hours))
	c.Named("holidays", !slices.Equal(before.Holidays, after.Holidays))
	c.Value("outOfHours", string(before.OutOfHours), string(after.OutOfHours))
	c.Named("outOfHoursMessage", before.OutOfHoursMessage != after.OutOfHoursMessage)
}
