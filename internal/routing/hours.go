package routing

import (
	"context"
	"errors"
	"strconv"

	"parley/ent"
	"parley/ent/channel"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// hoursOf are an inbox's operating hours: those of its chat channel, for all of its
// channels and whatever the chat shows (RT-3).
func hoursOf(ctx context.Context, client *ent.Client, inboxID string) (vocab.Availability, error) {
	c, err := client.Channel.Query().Where(channel.InboxID(inboxID), channel.KindEQ(vocab.Chat)).Order(channel.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return vocab.Availability{}, nil
	}
	if err != nil {
		return vocab.Availability{}, err
	}
	return c.Availability, nil
}

// CheckHours refuses conditions on operating hours where the inbox has none: INVALID, with
// an error for each (RT-3).
func CheckHours(ctx context.Context, client *ent.Client, inboxID string, r vocab.Routing) error {
	if !Asks(r, vocab.RouteByHours) {
		return nil
	}
	hours, err := hoursOf(ctx, client, inboxID)
	if err != nil || len(hours.Hours) > 0 {
		return err
	}
	var faults []error
	for i, rule := range r.Rules {
		for j, c := range rule.Conditions {
			if c.Kind == vocab.RouteByHours {
				faults = append(faults, errs.New(errs.Invalid, "The inbox has no operating hours: set the hours of its chat channel first.").
					On("routing", "rules", strconv.Itoa(i), "conditions", strconv.Itoa(j), inputFields[c.Kind]))
			}
		}
	}
	return errors.Join(faults...)
}
